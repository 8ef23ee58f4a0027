"""What every trial begins with; no test of the portal."""

import pytest

from accounts.core.models import Account


@pytest.mark.django_db
def test_the_database_is_made() -> None:
    assert not Account.objects.exists()
