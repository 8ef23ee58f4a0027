"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path

from accounts.authorizations.views.check_access import CheckAccessView
from accounts.logins.views.view_as import ViewAsEndView
from vosportal.views import health, reports
from vosportal.views.dashboard import DashboardView

handler400 = "vosportal.views.errors.bad_request"
handler403 = "vosportal.views.errors.permission_denied"
handler404 = "vosportal.views.errors.not_found"
handler500 = "vosportal.views.errors.server_error"

urlpatterns = [
    path("", DashboardView.as_view(), name="dashboard"),
    path("", include("accounts.tree.urls")),
    path("accounts/", include("accounts.urls")),
    # Below /accounts/<account_id>/ and /payments/.
    path("", include("billing.urls")),
    path("approvals/", include("accounts.approvals.urls")),
    path("audit/", include("accounts.audit.urls")),
    path("authorizations/", include("accounts.authorizations.urls")),
    path("gateways/", include("accounts.gateways.urls")),
    path("jobs/", include("accounts.jobs.urls")),
    path("phones/", include("accounts.phones.urls")),
    path("number-sections/", include("accounts.numbers.urls")),
    path("check-access/", CheckAccessView.as_view(), name="check-access"),
    path("view-as/end/", ViewAsEndView.as_view(), name="view-as-end"),
    # Sign-in, one's own security, and the admin's doors, which stand before the admin itself.
    path("", include("accounts.logins.urls.security")),
    path("admin/", admin.site.urls),
    path("csp-report/", reports.csp_report, name="csp-report"),
    path("healthz/live", health.live, name="health-live"),
    path("healthz/ready", health.ready, name="health-ready"),
]
