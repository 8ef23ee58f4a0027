"""Lists of calls and their pages; the queue, and what is done about a record in it; re-rating."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Rerating
from billing.charging.views import call, calls, queue, record, rerating, reratings

register_kind(CallRecord.key_kind)
register_kind(Leg.key_kind)
register_kind(Rerating.key_kind)

_RECORD = "calls/queue/<call_record:pk>/"
_RERATING = "calls/rerating/<rerating:pk>/"

urlpatterns = [
    path("calls/queue/", queue.QueueView.as_view(), name="call-queue"),
    path("calls/queue/export/", queue.QueueExportView.as_view(), name="call-queue-export"),
    path("calls/queue/again/", queue.QueueAgainView.as_view(), name="call-queue-again"),
    path(_RECORD, record.RecordView.as_view(), name="call-record"),
    path(f"{_RECORD}again/", record.RecordAgainView.as_view(), name="call-record-again"),
    path(f"{_RECORD}assign/", record.AssignView.as_view(), name="call-record-assign"),
    path(f"{_RECORD}correct/", record.CorrectView.as_view(), name="call-record-correct"),
    path(f"{_RECORD}write-off/", record.WriteOffView.as_view(), name="call-record-write-off"),
    path("calls/rerating/", reratings.ReratingsView.as_view(), name="reratings"),
    path("calls/rerating/new/", reratings.ReratingNewView.as_view(), name="rerating-new"),
    path(_RERATING, rerating.ReratingView.as_view(), name="rerating"),
    path(f"{_RERATING}again/", rerating.ReratingAgainView.as_view(), name="rerating-again"),
    path(f"{_RERATING}state/", rerating.ReratingStateView.as_view(), name="rerating-state"),
    path(f"{_RERATING}calls/", rerating.ReratingExportView.as_view(), name="rerating-export"),
    path("calls/", calls.CallsView.as_view(), name="calls"),
    path("calls/columns/", calls.CallColumnsView.as_view(), name="call-columns"),
    path("calls/export/", calls.CallsExportView.as_view(), name="calls-export"),
    path("calls/<leg:pk>/", call.CallView.as_view(), name="call"),
    path("accounts/<str:account_id>/calls/", calls.CallsView.as_view(), name="account-calls"),
    path(
        "accounts/<str:account_id>/calls/export/",
        calls.CallsExportView.as_view(),
        name="account-calls-export",
    ),
]
