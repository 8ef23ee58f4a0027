"""Authorizations of an account, reviews, templates, and why somebody may or may not."""

from django.urls import path

from accounts.authorizations.views import editor, history, matrix, policy, reviews, templates
from accounts.authorizations.views.check_access import CheckAccessView
from accounts.core.models import AuthorizationTemplate, GrantBatch
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(AuthorizationTemplate.key_kind)
register_kind(GrantBatch.key_kind)

# Below /accounts/.
account_patterns = [
    path(
        "<str:account_id>/authorizations/",
        editor.AuthorizationsView.as_view(),
        name="authorizations",
    ),
    path(
        "<str:account_id>/authorizations/review/",
        editor.AuthorizationReviewView.as_view(),
        name="authorization-review",
    ),
    path(
        "<str:account_id>/authorizations/history/",
        history.AuthorizationHistoryView.as_view(),
        name="authorization-history",
    ),
    *with_former(
        "<str:account_id>/authorizations/batches/<grant_batch:pk>/restore/",
        history.AuthorizationRestoreView.as_view(),
        "authorization-restore",
    ),
    path(
        "<str:account_id>/authorizations/policy/",
        policy.AuthorizationPolicyView.as_view(),
        name="authorization-policy",
    ),
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
]

urlpatterns = [
    path("authorizations/", matrix.HoldersView.as_view(), name="rights"),
    path("authorizations/export/", matrix.HoldersExportView.as_view(), name="rights-export"),
    path("authorizations/reviews/", reviews.ReviewsView.as_view(), name="reviews"),
    path(
        "authorizations/reviews/export/", reviews.ReviewsExportView.as_view(), name="reviews-export"
    ),
    path("authorizations/templates/", templates.TemplatesView.as_view(), name="templates"),
    path("authorizations/templates/new/", templates.TemplateNewView.as_view(), name="template-new"),
    *with_former(
        "authorizations/templates/<template:pk>/edit/",
        templates.TemplateEditView.as_view(),
        "template-edit",
    ),
    *with_former(
        "authorizations/templates/<template:pk>/delete/",
        templates.TemplateDeleteView.as_view(),
        "template-delete",
    ),
    path("check-access/", CheckAccessView.as_view(), name="check-access"),
]
