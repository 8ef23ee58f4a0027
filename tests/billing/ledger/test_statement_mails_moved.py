"""To whom a former agent had statements mailed, once the account was moved: who still reads it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.core.record import record
from accounts.tree.services.moving import account_move
from billing.ledger.services.mailing import mailing_set, statements_mailed
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.factories.rates import rate_group
from tests.support.buying import buys_at
from tests.support.pages import text_of, words_of

pytestmark = pytest.mark.django_db

WHERE = "/accounts/Shop-001/statement/mail/"
LOGS = ["/audit/?size=250", "/accounts/Shop-001/audit/"]
FORMER, NEW = "boss@old-agent.example", "desk@new-agent.example"
FIRST, SECOND = datetime(2027, 3, 10, 10, tzinfo=UTC), datetime(2027, 3, 11, 1, tzinfo=UTC)


@pytest.fixture
def imran(reseller_tree: ResellerTree) -> Actor:
    grant(reseller_tree.agent)
    return actor_for(UserFactory(account=reseller_tree.agent, username="imran"))


@pytest.fixture
def shop(reseller_tree: ResellerTree, imran: Actor, time_machine: Any) -> Account:
    """Its agent got the statement of the 10th by mail."""
    time_machine.move_to(FIRST, tick=False)
    shop = AccountFactory(account_id="Shop-001", parent=reseller_tree.agent, time_zone="UTC")
    mailing_set(actor=imran, account=shop, rhythm="daily", addresses=FORMER)
    time_machine.move_to(SECOND, tick=False)
    assert statements_mailed() == "1 queued"
    return shop


@pytest.fixture
def heir(reseller_tree: ResellerTree) -> Client:
    """Of the agent to which it is moved."""
    return signed_in(UserFactory(account=reseller_tree.other_top))


def moved(shop: Account, reseller_tree: ResellerTree) -> None:
    account_move(actor=SYSTEM, account=shop, parent=reseller_tree.other_top)


def test_the_new_agent_sees_the_mail_and_not_to_whom(
    shop: Account, reseller_tree: ResellerTree, heir: Client
) -> None:
    moved(shop, reseller_tree)
    page = heir.get(WHERE)
    assert "2027-03-10 2027-03-11 Every day" in text_of(page)
    assert FORMER not in words_of(page)


def test_nor_where_an_agent_between_was_moved(
    shop: Account, reseller_tree: ResellerTree, heir: Client
) -> None:
    account_move(actor=SYSTEM, account=reseller_tree.agent, parent=reseller_tree.other_top)
    assert FORMER not in words_of(heir.get(WHERE))


def test_what_was_mailed_since_is_read(
    shop: Account, reseller_tree: ResellerTree, time_machine: Any
) -> None:
    moved(shop, reseller_tree)
    mailing_set(actor=SYSTEM, account=shop, rhythm="daily", addresses=NEW)
    time_machine.move_to(datetime(2027, 3, 12, 1, tzinfo=UTC), tick=False)
    assert statements_mailed() == "1 queued"
    mailing_set(actor=SYSTEM, account=shop, rhythm="")
    page = signed_in(UserFactory(account=reseller_tree.other_top)).get(WHERE)
    assert NEW in text_of(page)
    assert FORMER not in words_of(page)


def test_administrators_and_the_account_itself_read_all(
    shop: Account, reseller_tree: ResellerTree, admin: Client
) -> None:
    moved(shop, reseller_tree)
    for browser in (admin, signed_in(UserFactory(account=shop))):
        assert FORMER in text_of(browser.get(WHERE))


def test_another_rate_group_is_no_move(
    shop: Account, reseller_tree: ResellerTree, imran: Actor
) -> None:
    buys_at(shop, rate_group(reseller_tree.agent))
    assert imran.user is not None
    assert FORMER in text_of(signed_in(imran.user).get(WHERE))


@pytest.mark.parametrize("url", LOGS)
def test_the_log_tells_who_may_know_and_calls_them_what_they_are(
    shop: Account, imran: Actor, admin: Client, url: str
) -> None:
    assert imran.user is not None
    for browser in (admin, signed_in(imran.user), signed_in(UserFactory(account=shop))):
        page = text_of(browser.get(url))
        assert f"E-mail addresses: {FORMER}" in page


@pytest.mark.parametrize("url", LOGS)
def test_the_log_does_not_tell_the_new_agent(
    shop: Account, reseller_tree: ResellerTree, heir: Client, url: str
) -> None:
    moved(shop, reseller_tree)
    page = heir.get(url)
    assert "Statements by mail changed" in text_of(page)
    assert FORMER not in words_of(page)


@pytest.mark.parametrize("url", LOGS)
def test_what_an_earlier_version_wrote_is_read_alike(
    shop: Account, reseller_tree: ResellerTree, imran: Actor, heir: Client, admin: Client, url: str
) -> None:
    after = {"rhythm": "weekly", "addresses": "then@old-agent.example"}
    record(actor=imran, action="statement.mailing", account=shop, after=after)
    moved(shop, reseller_tree)
    assert "E-mail addresses: then@old-agent.example" in text_of(admin.get(url))
    assert "then@old-agent.example" not in words_of(heir.get(url))
