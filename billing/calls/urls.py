"""Files of call records: handed in, listed."""

from django.urls import path

from billing.calls import views

urlpatterns = [
    path("calls/import/", views.ImportView.as_view(), name="call-import"),
    path("calls/import/files/", views.FilesView.as_view(), name="call-files"),
    path("calls/import/sample/", views.SampleView.as_view(), name="call-sample"),
]
