"""What the overview of an account says of its last payments."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.tree.services.accounts import account_lock
from tests.factories import ResellerTree, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.pages import markup_of, part_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

PAGE = "/accounts/Customer-001/"


def test_each_says_how_much_from_what_to_what_and_leads_to_its_receipt(
    reseller_tree: ResellerTree,
) -> None:
    pay(reseller_tree.customer, "12")
    made = pay(reseller_tree.customer, "50", reference="Bank 77")
    account_lock(actor=SYSTEM, account=reseller_tree.customer, reason="unpaid")
    page = signed_in(UserFactory(account=reseller_tree.agent)).get(PAGE)
    assert f'href="/payments/{made.key}/"' in part_of(page, 'id="recent"')
    words = words_of(page)
    assert "recharge +50.00 Balance was 12.00 becomes 62.00 Bank 77" in words
    assert words.index("Locked") < words.index("+50.00") < words.index("+12.00")


def test_other_deeds_lead_to_the_audit_log(reseller_tree: ResellerTree) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.customer, reason="unpaid")
    browser = signed_in(UserFactory(account=reseller_tree.agent))
    _before, recent = part_of(browser.get(PAGE), 'id="recent"').split('id="recent"')
    url = recent.split('<a class="quiet-link" href="')[1].split('"')[0]
    assert url.startswith("/audit/")
    assert "Locked" in markup_of(browser.get(url))


def test_many_payments_cost_one_query(reseller_tree: ResellerTree) -> None:
    browser = signed_in(UserFactory(account=reseller_tree.agent))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(PAGE).status_code == 200
        return len(queries)

    pay(reseller_tree.customer, "1")
    asked()
    before = asked()
    for at in range(6):
        pay(reseller_tree.customer, str(10 + at))
    assert asked() == before
