"""Addresses below /number-sections/."""

from django.urls import path

from accounts.numbers.views import sections as number_sections
from accounts.numbers.views import test_box as number_test

urlpatterns = [
    path("", number_sections.PlatformSectionsView.as_view(), name="number-sections"),
    path("test/", number_test.NumberTestView.as_view(), name="number-test"),
]
