"""Records at the ends of the calendar wait, and their pages open in every zone."""

import pytest

from billing.calls.models import CallRecord
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory
from tests.factories.calls import cdr, charged, waits
from tests.factories.trees import ResellerTree
from tests.support.pages import signed_in, words_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_the_first_and_the_last_moment_there_are(
    tree: ResellerTree, groups: Groups, zone: str, moment: str
) -> None:
    charged(cdr(account="Customer-001", setup=moment, answer=moment, end=moment, duration="0"))
    ((reason, _level),) = waits()
    assert reason in ("absurd", "old")
    browser = signed_in(StaffFactory(administrator=True, time_zone=zone))
    page = browser.get("/calls/queue/")
    assert page.status_code == 200
    assert "Customer-001" in words_of(page)
    (record,) = CallRecord.objects.all()
    assert browser.get(f"/calls/queue/{record.key}/").status_code == 200
    assert "Customer-001" in words_of(browser.get(f"/calls/queue/?reason={reason}&sort=call"))
