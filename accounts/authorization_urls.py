"""Addresses below /authorizations/."""

from django.urls import path

from accounts.views import reviews, templates

urlpatterns = [
    path("reviews/", reviews.ReviewsView.as_view(), name="reviews"),
    path("reviews/export/", reviews.ReviewsExportView.as_view(), name="reviews-export"),
    path("templates/", templates.TemplatesView.as_view(), name="templates"),
    path("templates/new/", templates.TemplateNewView.as_view(), name="template-new"),
    path("templates/<int:pk>/edit/", templates.TemplateEditView.as_view(), name="template-edit"),
    path(
        "templates/<int:pk>/delete/", templates.TemplateDeleteView.as_view(), name="template-delete"
    ),
]
