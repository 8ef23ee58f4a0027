"""Addresses below /number-sections/."""

from django.urls import path

from accounts.views import number_sections, number_test

urlpatterns = [
    path("", number_sections.PlatformSectionsView.as_view(), name="number-sections"),
    path("test/", number_test.NumberTestView.as_view(), name="number-test"),
]
