"""Number sections, and the box that tests numbers."""

from django.urls import path

from accounts.numbers.views import sections, test_box

# Below /accounts/.
account_patterns = [
    path(
        "<str:account_id>/number-sections/",
        sections.NumberSectionsView.as_view(),
        name="number-sections",
    ),
]

urlpatterns = [
    path("number-sections/", sections.PlatformSectionsView.as_view(), name="number-sections"),
    path("number-sections/test/", test_box.NumberTestView.as_view(), name="number-test"),
]
