"""Addresses below /authorizations/."""

from django.urls import path

from accounts.authorizations.views import reviews, templates
from accounts.core.models import AuthorizationTemplate
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(AuthorizationTemplate.key_kind)

urlpatterns = [
    path("reviews/", reviews.ReviewsView.as_view(), name="reviews"),
    path("reviews/export/", reviews.ReviewsExportView.as_view(), name="reviews-export"),
    path("templates/", templates.TemplatesView.as_view(), name="templates"),
    path("templates/new/", templates.TemplateNewView.as_view(), name="template-new"),
    *with_former(
        "templates/<template:pk>/edit/", templates.TemplateEditView.as_view(), "template-edit"
    ),
    *with_former(
        "templates/<template:pk>/delete/", templates.TemplateDeleteView.as_view(), "template-delete"
    ),
]
