"""Revoking in a review asks as the boxes do: for a proof where accounts below lose something, and
for their number where they are more than a hundred.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.reviews import Loss, grants_lost_below, loss_of
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountGrant, User
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import AccountFactory, ResellerTree, StaffFactory, grant
from tests.factories.fixtures import signed_in, signed_in_long_ago
from tests.support.pages import field_error, markup_of, sent_by_form, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MANAGE, PHONES = Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE
REVIEWS = "/authorizations/reviews/"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """The sub-agent and all above it hold 2, and its customer."""
    for name in ("top", "agent", "sub_agent", "deep_customer"):
        grant(getattr(reseller_tree, name), PHONES)
    return reseller_tree


@pytest.fixture
def admin(tree: ResellerTree) -> User:
    return StaffFactory(username="staff-login", administrator=True)


def grant_of(account: Account, code: Authorization = PHONES) -> AccountGrant:
    return AccountGrant.objects.get(content_object=account, permission__codename=code)


def chosen(*accounts: Account) -> dict[str, Any]:
    """What the list sends to revoke."""
    keys = [grant_of(one).key for one in accounts]
    return {"grant": keys, "decision": "revoke", "note": "Not needed"}


def confirmed(*accounts: Account, **more: str) -> dict[str, Any]:
    return {**chosen(*accounts), "confirmed": "1", "reason": "Not needed", **more}


def customers(agent: Account, count: int) -> list[Account]:
    """Below the agent, which hold 2 as it does."""
    drafts = [Draft(f"Hit-{n:03}", "Hit", agent.account_id) for n in range(count)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    found = list(Account.objects.filter(account_id__startswith="Hit-").order_by("account_id"))
    for one in found:
        grants_set(actor=SYSTEM, account=one, codes=frozenset({PHONES}))
    return found


class TestAProof:
    @pytest.mark.parametrize("sent", [chosen, confirmed])
    def test_it_is_asked_where_accounts_below_lose_something(
        self, tree: ResellerTree, admin: User, sent: Any
    ) -> None:
        answer = signed_in_long_ago(admin).post(REVIEWS, sent(tree.sub_agent))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/security/reauthenticate/")
        assert held(tree.sub_agent) == {PHONES}

    def test_also_where_those_below_were_chosen_too(self, tree: ResellerTree, admin: User) -> None:
        sent = confirmed(tree.sub_agent, tree.deep_customer)
        assert signed_in_long_ago(admin).post(REVIEWS, sent).status_code == 302
        assert held(tree.deep_customer) == {PHONES}

    def test_it_is_not_where_nobody_else_does(self, tree: ResellerTree, admin: User) -> None:
        answer = signed_in_long_ago(admin).post(REVIEWS, confirmed(tree.deep_customer))
        assert (answer.status_code, answer["Location"]) == (303, REVIEWS)
        assert held(tree.deep_customer) == frozenset()

    def test_keeping_asks_for_none(self, tree: ResellerTree, admin: User) -> None:
        sent = {**chosen(tree.sub_agent), "decision": "keep"}
        assert signed_in_long_ago(admin).post(REVIEWS, sent).status_code == 303
        assert grant_of(tree.sub_agent).review_note == "Not needed"

    def test_more_than_a_hundred_chosen_take_one_with_nobody_below(
        self, tree: ResellerTree, admin: User
    ) -> None:
        hit = customers(tree.sub_agent, 101)
        few, many = (
            signed_in_long_ago(admin).post(REVIEWS, chosen(*some)) for some in (hit[1:], hit)
        )
        assert few.status_code == 200
        assert many.status_code == 302


class TestTheNumber:
    def test_more_than_a_hundred_take_their_number(self, tree: ResellerTree, admin: User) -> None:
        browser = signed_in(admin)
        customers(tree.sub_agent, 99)
        # The sub-agent, its customer and 99 more.
        page = browser.post(REVIEWS, chosen(tree.sub_agent))
        assert "This affects 101 accounts" in text_of(page)
        assert "and 100 grants below it" in text_of(page)
        for typed in ("", "100"):
            answer = browser.post(REVIEWS, confirmed(tree.sub_agent, typed=typed))
            assert answer.status_code == 422
            asked = "Type the number of accounts, 101, to confirm."
            assert field_error(answer, "typed") == asked
        assert held(tree.sub_agent) == {PHONES}
        done = browser.post(REVIEWS, confirmed(tree.sub_agent, typed="101"))
        assert done.status_code == 303
        assert not AccountGrant.objects.filter(content_object__account_id="Hit-000").exists()

    def test_fewer_take_none(self, tree: ResellerTree, admin: User) -> None:
        page = signed_in(admin).post(REVIEWS, chosen(tree.sub_agent))
        assert 'name="typed"' not in markup_of(page)

    def test_what_was_granted_since_counts(self, tree: ResellerTree, admin: User) -> None:
        customers(tree.sub_agent, 99)
        late = AccountFactory(parent=tree.sub_agent)
        grant(late, PHONES)
        answer = signed_in(admin).post(REVIEWS, confirmed(tree.sub_agent, typed="101"))
        assert "102, to confirm" in field_error(answer, "typed")
        assert held(late) == {PHONES}


def test_the_note_of_the_list_is_the_reason_that_is_asked_for(
    tree: ResellerTree, admin: User
) -> None:
    page = signed_in(admin).post(REVIEWS, chosen(tree.deep_customer))
    assert sent_by_form(page, "confirmed")["reason"] == ["Not needed"]
    answer = signed_in(admin).post(REVIEWS, confirmed(tree.deep_customer, reason=""))
    assert field_error(answer, "reason") == "Say why they are revoked."
    assert held(tree.deep_customer) == {PHONES}


class TestTheLoss:
    def loss(self, *grants: AccountGrant) -> Loss:
        return loss_of(grants)

    def test_only_who_holds_the_same_loses_it(self, tree: ResellerTree) -> None:
        for one in (tree.top, tree.agent, tree.customer):
            grant(one, MANAGE)
        assert self.loss(grant_of(tree.agent)) == Loss(1, 2)
        assert self.loss(grant_of(tree.agent, MANAGE)) == Loss(1, 1)

    def test_an_account_that_loses_two_counts_once(self, tree: ResellerTree) -> None:
        for one in (tree.top, tree.agent, tree.sub_agent):
            grant(one, MANAGE)
        both = [grant_of(tree.agent), grant_of(tree.agent, MANAGE)]
        assert self.loss(*both) == Loss(1, 2)
        below = grants_lost_below(both)
        assert [below[one.pk] for one in both] == [2, 1]

    def test_who_was_chosen_and_loses_it_from_above_counts_below(self, tree: ResellerTree) -> None:
        grants = [grant_of(tree.sub_agent), grant_of(tree.deep_customer)]
        assert self.loss(*grants) == Loss(1, 1)
        assert grants_lost_below(grants) == {grants[0].pk: 1}

    def test_what_stands_beside_loses_nothing(self, tree: ResellerTree) -> None:
        grant(tree.sibling, PHONES)
        grant(tree.sibling_customer, PHONES)
        assert self.loss(grant_of(tree.sub_agent)) == Loss(1, 1)

    def test_nothing_chosen_loses_nothing(self, tree: ResellerTree) -> None:
        assert (self.loss(), grants_lost_below([])) == (Loss(0, 0), {})


def test_the_check_page_costs_the_same_however_many_are_revoked(
    tree: ResellerTree, admin: User
) -> None:
    browser = signed_in(admin)
    agents = customers(tree.sub_agent, 20)
    for one in agents:
        grant(AccountFactory(parent=one), PHONES)
    counts = [queries_of(browser, agents[:some]) for some in (2, 20)]
    assert counts[0] > 0
    assert counts[0] == counts[1]


def queries_of(browser: Client, accounts: Iterable[Account]) -> int:
    sent = chosen(*accounts)
    browser.post(REVIEWS, sent)
    with CaptureQueriesContext(connection) as queries:
        assert "grant below it" in text_of(browser.post(REVIEWS, sent))
    return len(queries)
