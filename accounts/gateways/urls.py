"""Gateways, whole and of one account. Literal words stand before the name."""

from django.urls import path

from accounts.gateways.views import ceiling, changing, gateway, routing
from accounts.gateways.views import list as gateways

# Below /accounts/.
account_patterns = [
    path("<str:account_id>/gateways/", gateways.GatewaysView.as_view(), name="gateways"),
    path(
        "<str:account_id>/gateways/export/",
        gateways.GatewaysExportView.as_view(),
        name="gateways-export",
    ),
    path(
        "<str:account_id>/gateways/ceiling/",
        ceiling.GatewayCeilingView.as_view(),
        name="gateway-ceiling",
    ),
]

urlpatterns = [
    path("gateways/", gateways.GatewaysView.as_view(), name="gateways"),
    path("gateways/export/", gateways.GatewaysExportView.as_view(), name="gateways-export"),
    path("gateways/new/", changing.GatewayNewView.as_view(), name="gateway-new"),
    path("gateways/<str:name>/", gateway.GatewayPageView.as_view(), name="gateway"),
    path(
        "gateways/<str:name>/information/",
        changing.GatewayInformationView.as_view(),
        name="gateway-information",
    ),
    path(
        "gateways/<str:name>/capacity/",
        changing.GatewayCapacityView.as_view(),
        name="gateway-capacity",
    ),
    path(
        "gateways/<str:name>/routing/", routing.GatewayRoutingView.as_view(), name="gateway-routing"
    ),
    path(
        "gateways/<str:name>/history/", gateway.GatewayHistoryView.as_view(), name="gateway-history"
    ),
    path("gateways/<str:name>/delete/", gateway.GatewayDeleteView.as_view(), name="gateway-delete"),
]
