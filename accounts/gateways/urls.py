"""Addresses below /gateways/. Literal words stand before the name."""

from django.urls import path

from accounts.gateways.views import changing as gateway_changing
from accounts.gateways.views import gateway
from accounts.gateways.views import list as gateways

urlpatterns = [
    path("", gateways.GatewaysView.as_view(), name="gateways"),
    path("export/", gateways.GatewaysExportView.as_view(), name="gateways-export"),
    path("new/", gateway_changing.GatewayNewView.as_view(), name="gateway-new"),
    path("<str:name>/", gateway.GatewayPageView.as_view(), name="gateway"),
    path(
        "<str:name>/information/",
        gateway_changing.GatewayInformationView.as_view(),
        name="gateway-information",
    ),
    path(
        "<str:name>/capacity/",
        gateway_changing.GatewayCapacityView.as_view(),
        name="gateway-capacity",
    ),
    path("<str:name>/history/", gateway.GatewayHistoryView.as_view(), name="gateway-history"),
    path("<str:name>/delete/", gateway.GatewayDeleteView.as_view(), name="gateway-delete"),
]
