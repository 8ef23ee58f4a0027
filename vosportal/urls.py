"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path

from vosportal.switch.views import TryCallView
from vosportal.views import health, reports
from vosportal.views.dashboard import DashboardView

handler400 = "vosportal.views.errors.bad_request"
handler403 = "vosportal.views.errors.permission_denied"
handler404 = "vosportal.views.errors.not_found"
handler500 = "vosportal.views.errors.server_error"

urlpatterns = [
    path("", DashboardView.as_view(), name="dashboard"),
    path("calls/try/", TryCallView.as_view(), name="try-call"),
    # Some of billing's lie below /accounts/<account_id>/.
    path("", include("billing.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("csp-report/", reports.csp_report, name="csp-report"),
    path("healthz/live", health.live, name="health-live"),
    path("healthz/ready", health.ready, name="health-ready"),
]
