"""The release of an account that heard “not available” too often."""

from django.urls import path

from accounts.availability import views

# Below /accounts/.
account_patterns = [
    path(
        "<str:account_id>/availability/",
        views.AvailabilityView.as_view(),
        name="availability",
    ),
]
