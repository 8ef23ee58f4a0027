"""Addresses below /authorizations/."""

from django.urls import path

from accounts.views import templates

urlpatterns = [
    path("templates/", templates.TemplatesView.as_view(), name="templates"),
    path("templates/new/", templates.TemplateNewView.as_view(), name="template-new"),
    path("templates/<int:pk>/edit/", templates.TemplateEditView.as_view(), name="template-edit"),
    path(
        "templates/<int:pk>/delete/", templates.TemplateDeleteView.as_view(), name="template-delete"
    ),
]
