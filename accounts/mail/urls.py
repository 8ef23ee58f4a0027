"""The mails of the portal."""

from django.urls import path

from accounts.mail import views

urlpatterns = [
    path("mail/", views.MailsView.as_view(), name="mails"),
    path("mail/export/", views.MailsExportView.as_view(), name="mails-export"),
    path("mail/again/", views.MailAgainView.as_view(), name="mail-again"),
]
