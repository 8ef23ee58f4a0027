"""Carriers, and the rules about them on an account."""

from django.urls import path

from billing.carriers import views

urlpatterns = [
    path("carriers/", views.CarriersView.as_view(), name="carriers"),
    path("carriers/export/", views.CarriersExportView.as_view(), name="carriers-export"),
    path("carriers/<str:account_id>/", views.CarrierView.as_view(), name="carrier"),
    path(
        "accounts/<str:account_id>/carriers/",
        views.CarrierPolicyView.as_view(),
        name="carrier-policy",
    ),
]
