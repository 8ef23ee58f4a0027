"""Background jobs."""

from django.urls import path

from accounts.jobs import views

urlpatterns = [
    path("jobs/", views.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>/", views.JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/state/", views.JobStateView.as_view(), name="job-state"),
    path("jobs/<uuid:job_id>/cancel/", views.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:job_id>/retry/", views.JobRetryView.as_view(), name="job-retry"),
    path(
        "jobs/<uuid:job_id>/outputs/<slug:output>/",
        views.JobOutputView.as_view(),
        name="job-output",
    ),
    path("jobs/<uuid:job_id>/files/<slug:name>/", views.JobFileView.as_view(), name="job-file"),
]
