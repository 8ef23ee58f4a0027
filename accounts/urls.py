"""Addresses below /accounts/. Literal words stand before the account id."""

from django.urls import path

from accounts.audit import views as audit
from accounts.authorizations.views import editor as authorizations
from accounts.authorizations.views import history as authorization_history
from accounts.authorizations.views import matrix
from accounts.authorizations.views import policy as authorization_policy
from accounts.availability import views as availability
from accounts.core.models import GrantBatch
from accounts.gateways.views import ceiling as gateway_ceiling
from accounts.gateways.views import list as gateways
from accounts.kit.object_paths import register_kind
from accounts.logins.urls.logins import urlpatterns as login_patterns
from accounts.logins.views import view_as
from accounts.numbers.views import sections as number_sections
from accounts.phones.urls import account_patterns as phone_patterns
from accounts.portal.urls import with_former
from accounts.tree.views import bulk, columns, creating, editing, ending, moving, picker, status
from accounts.tree.views import list as lists
from accounts.tree.views import overview as account

app_name = "accounts"

register_kind(GrantBatch.key_kind)

urlpatterns = [
    path("", lists.AccountListView.as_view(), name="list"),
    path("export/", lists.AccountListExportView.as_view(), name="export"),
    path("columns/", columns.ColumnsView.as_view(), name="columns"),
    path("bulk/", bulk.BulkView.as_view(), name="bulk"),
    path("new/", creating.AccountNewView.as_view(), name="new"),
    path("picker/", picker.PickerView.as_view(), name="picker"),
    path("<str:account_id>/", account.AccountView.as_view(), name="detail"),
    path("<str:account_id>/edit/", editing.AccountEditView.as_view(), name="edit"),
    path("<str:account_id>/move/", moving.MoveView.as_view(), name="move"),
    path(
        "<str:account_id>/move-sub-accounts/",
        moving.MoveSubAccountsView.as_view(),
        name="move-sub-accounts",
    ),
    path("<str:account_id>/lock/", status.LockView.as_view(), name="lock"),
    path("<str:account_id>/unlock/", status.UnlockView.as_view(), name="unlock"),
    path("<str:account_id>/close/", ending.CloseView.as_view(), name="close"),
    path("<str:account_id>/delete/", ending.DeleteView.as_view(), name="delete"),
    path("<str:account_id>/sub-accounts/", lists.SubAccountsView.as_view(), name="sub-accounts"),
    path(
        "<str:account_id>/sub-accounts/export/",
        lists.SubAccountsExportView.as_view(),
        name="sub-accounts-export",
    ),
    path(
        "<str:account_id>/authorizations/",
        authorizations.AuthorizationsView.as_view(),
        name="authorizations",
    ),
    path(
        "<str:account_id>/authorizations/review/",
        authorizations.AuthorizationReviewView.as_view(),
        name="authorization-review",
    ),
    path(
        "<str:account_id>/authorizations/history/",
        authorization_history.AuthorizationHistoryView.as_view(),
        name="authorization-history",
    ),
    *with_former(
        "<str:account_id>/authorizations/batches/<grant_batch:pk>/restore/",
        authorization_history.AuthorizationRestoreView.as_view(),
        "authorization-restore",
    ),
    path(
        "<str:account_id>/authorizations/policy/",
        authorization_policy.AuthorizationPolicyView.as_view(),
        name="authorization-policy",
    ),
    path("<str:account_id>/gateways/", gateways.GatewaysView.as_view(), name="gateways"),
    path(
        "<str:account_id>/gateways/export/",
        gateways.GatewaysExportView.as_view(),
        name="gateways-export",
    ),
    path(
        "<str:account_id>/gateways/ceiling/",
        gateway_ceiling.GatewayCeilingView.as_view(),
        name="gateway-ceiling",
    ),
    path(
        "<str:account_id>/number-sections/",
        number_sections.NumberSectionsView.as_view(),
        name="number-sections",
    ),
    path("<str:account_id>/audit/", audit.AuditLogView.as_view(), name="audit"),
    path(
        "<str:account_id>/audit/export/",
        audit.AuditLogExportView.as_view(),
        name="audit-export",
    ),
    path(
        "<str:account_id>/availability/",
        availability.AvailabilityView.as_view(),
        name="availability",
    ),
    path("<str:account_id>/menu/", lists.RowMenuView.as_view(), name="menu"),
    path(
        "<str:account_id>/authorizations/matrix/",
        matrix.MatrixView.as_view(),
        name="authorization-matrix",
    ),
    path(
        "<str:account_id>/authorizations/matrix/export/",
        matrix.MatrixExportView.as_view(),
        name="authorization-matrix-export",
    ),
    path("<str:account_id>/view-as/", view_as.ViewAsView.as_view(), name="view-as"),
    *login_patterns,
    *phone_patterns,
]
