"""Addresses below /accounts/. Literal words stand before the account id."""

from django.urls import path

from accounts.login_urls import urlpatterns as login_patterns

app_name = "accounts"

urlpatterns = [
    *login_patterns,
]
