"""Running calls: the list, what follows of it by itself, and cutting one."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from billing.holds import views
from billing.holds.models import RunningCall

register_kind(RunningCall.key_kind)

_OF_ACCOUNT = "accounts/<str:account_id>/calls/running/"

urlpatterns = [
    path("calls/running/", views.RunningView.as_view(), name="running-calls"),
    path("calls/running/export/", views.RunningExportView.as_view(), name="running-calls-export"),
    path("calls/running/state/", views.RunningStateView.as_view(), name="running-calls-state"),
    path("calls/running/<running_call:pk>/cut/", views.CutView.as_view(), name="running-call-cut"),
    path(_OF_ACCOUNT, views.RunningView.as_view(), name="account-running-calls"),
    path(
        f"{_OF_ACCOUNT}export/",
        views.RunningExportView.as_view(),
        name="account-running-calls-export",
    ),
    path(
        f"{_OF_ACCOUNT}state/",
        views.RunningStateView.as_view(),
        name="account-running-calls-state",
    ),
]
