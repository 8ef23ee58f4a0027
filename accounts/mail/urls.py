"""The mails of the portal."""

from django.urls import path

from accounts.mail import views

urlpatterns = [
    path("mail/", views.MailsView.as_view(), name="mails"),
    path("mail/again/", views.MailAgainView.as_view(), name="mail-again"),
]
