"""New customers, below /accounts/: behind a word that no account may be called by."""

from django.urls import path

from accounts.customers import views

account_patterns = [
    path("new/customer/", views.CustomerNewView.as_view(), name="customer-new"),
]
