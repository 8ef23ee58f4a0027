"""The list of rate groups as a file: the groups the viewer may know, its own memos alone."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.models import AuditEntry, User
from tests.billing.rates.conftest import Business
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.sheets import raw_of, read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

FILE = "/rate-groups/export/?format=csv"


@pytest.fixture
def browser(business: Business, client_of: Callable[[User], Client]) -> Client:
    return client_of(business.login)


def test_it_holds_what_the_page_says(business: Business, browser: Client) -> None:
    buys_at(business.customer, business.group)
    rate(business.group, "880", "0.02")
    rate_group(business.top, "Wholesale", is_shared=True, memo="For the best only")
    rows = {one["Rate group"]: one for one in read_csv(browser.get(FILE))}
    assert set(rows) == {"Retail", "Wholesale"}
    own, shared = rows["Retail"], rows["Wholesale"]
    assert (own["Owner"], own["Used by"], own["Rates"]) == ("yours", "1", "1")
    assert (shared["Owner"], shared["Memo"]) == ("a level above yours", "")
    assert shared["Notes"] == "shared with you"


def test_it_is_narrowed_as_the_page_is_and_on_record(business: Business, browser: Client) -> None:
    rate_group(business.top, "Wholesale", is_shared=True)
    assert [one["Rate group"] for one in read_csv(browser.get(f"{FILE}&owner=others"))] == [
        "Wholesale"
    ]
    assert AuditEntry.objects.get(action="rate_groups.export").after["rows"] == 1


def test_no_group_that_is_not_shared_is_in_it(business: Business, browser: Client) -> None:
    rate_group(business.top, "Secret")
    raw = raw_of(browser.get(FILE))
    assert b"Retail" in raw
    assert b"Secret" not in raw
