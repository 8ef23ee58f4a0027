"""Number sections, and the box that tests numbers."""

from django.urls import path

from accounts.numbers.views import sections as number_sections
from accounts.numbers.views import test_box as number_test

# Below /accounts/.
account_patterns = [
    path(
        "<str:account_id>/number-sections/",
        number_sections.NumberSectionsView.as_view(),
        name="number-sections",
    ),
]

urlpatterns = [
    path(
        "number-sections/", number_sections.PlatformSectionsView.as_view(), name="number-sections"
    ),
    path("number-sections/test/", number_test.NumberTestView.as_view(), name="number-test"),
]
