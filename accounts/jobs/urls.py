"""Background jobs."""

from django.urls import path

from accounts.jobs import views as jobs

urlpatterns = [
    path("jobs/", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/state/", jobs.JobStateView.as_view(), name="job-state"),
    path("jobs/<uuid:job_id>/cancel/", jobs.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:job_id>/retry/", jobs.JobRetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:job_id>/files/<slug:name>/", jobs.JobFileView.as_view(), name="job-file"),
]
