"""The queue of calls, and what is done about a record in it."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from billing.calls.models import CallRecord
from billing.charging.views import queue, record

register_kind(CallRecord.key_kind)

_RECORD = "calls/queue/<call_record:pk>/"

urlpatterns = [
    path("calls/queue/", queue.QueueView.as_view(), name="call-queue"),
    path("calls/queue/again/", queue.QueueAgainView.as_view(), name="call-queue-again"),
    path(_RECORD, record.RecordView.as_view(), name="call-record"),
    path(f"{_RECORD}again/", record.RecordAgainView.as_view(), name="call-record-again"),
    path(f"{_RECORD}assign/", record.AssignView.as_view(), name="call-record-assign"),
    path(f"{_RECORD}correct/", record.CorrectView.as_view(), name="call-record-correct"),
    path(f"{_RECORD}write-off/", record.WriteOffView.as_view(), name="call-record-write-off"),
]
