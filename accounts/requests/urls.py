"""Requests for authorizations."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from accounts.requests import views
from accounts.requests.models import AuthorizationRequest

register_kind(AuthorizationRequest.key_kind)

urlpatterns = [
    path(
        "authorizations/requests/export/",
        views.RequestsExportView.as_view(),
        name="authorization-requests-export",
    ),
    path("authorizations/requests/", views.RequestsView.as_view(), name="authorization-requests"),
    path(
        "authorizations/requests/new/",
        views.RequestNewView.as_view(),
        name="authorization-request-new",
    ),
    path(
        "authorizations/requests/<authorization_request:pk>/",
        views.RequestView.as_view(),
        name="authorization-request",
    ),
]
