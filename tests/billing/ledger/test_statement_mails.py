"""Statements by mail: who decides, that each period is sent once, and what is written."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import NotAllowed, Refused
from accounts.mail.models import Mail
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from billing.ledger.models import StatementMailed, StatementMailing
from billing.ledger.rhythms import period_of
from billing.ledger.services.mailing import mailing_set, statements_mailed
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.mails import forget_mails, mails_sent
from tests.support.pages import text_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

WHERE = "/accounts/Shop-001/statement/mail/"
# A Wednesday; in Dhaka, six hours ahead, it is 16:00.
NOW = datetime(2027, 3, 10, 10, tzinfo=UTC)


@pytest.fixture
def customer(reseller_tree: ResellerTree, time_machine: Any) -> Account:
    time_machine.move_to(NOW, tick=False)
    return AccountFactory(account_id="Shop-001", parent=reseller_tree.agent, time_zone="Asia/Dhaka")


def mailed(account: Account, rhythm: str = "daily", to: str = "books@shop.example") -> None:
    mailing_set(actor=SYSTEM, account=account, rhythm=rhythm, addresses=to)


@pytest.mark.parametrize(
    ("rhythm", "first", "until"),
    [
        ("daily", date(2027, 3, 10), date(2027, 3, 11)),
        ("weekly", date(2027, 3, 8), date(2027, 3, 15)),
        ("monthly", date(2027, 3, 1), date(2027, 4, 1)),
    ],
)
def test_days_weeks_and_months(rhythm: str, first: date, until: date) -> None:
    assert period_of(rhythm, date(2027, 3, 10)) == (first, until)
    assert period_of(rhythm, first) == (first, until)
    assert period_of(rhythm, until)[0] == until


def test_a_day_is_sent_once_it_has_ended_in_the_account_s_zone(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    time_machine.move_to(datetime(2027, 3, 10, 17, 59, tzinfo=UTC), tick=False)
    assert statements_mailed() == "0 queued"
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    assert [statements_mailed(), statements_mailed()] == ["1 queued", "0 queued"]
    sent = StatementMailed.objects.get()
    assert (sent.first, sent.until) == (date(2027, 3, 10), date(2027, 3, 11))


def test_what_was_missed_is_sent_afterwards_period_by_period(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    time_machine.move_to(datetime(2027, 3, 13, 12, tzinfo=UTC), tick=False)
    assert [statements_mailed() for _round in range(4)] == ["1 queued"] * 3 + ["0 queued"]
    days = StatementMailed.objects.order_by("first").values_list("first", flat=True)
    assert list(days) == [date(2027, 3, 10), date(2027, 3, 11), date(2027, 3, 12)]


def test_who_ends_it_and_begins_anew_gets_no_period_twice(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    StatementMailing.objects.update(first=date(2027, 3, 10), due_at=NOW)
    assert statements_mailed() == "0 queued"
    assert StatementMailing.objects.get().first == date(2027, 3, 11)


def test_each_address_gets_the_figures_of_the_ledger(customer: Account, time_machine: Any) -> None:
    pay(customer, "50")
    mailed(customer, to="a@shop.example; b@shop.example, a@shop.example")
    forget_mails()
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    pay(customer, "7")
    sent = mails_sent()
    assert [one.to for one in sent] == [["a@shop.example"], ["b@shop.example"]]
    (html, kind) = sent[0].alternatives[0]  # type: ignore[attr-defined]
    assert kind == "text/html"
    assert sent[0].subject == "Statement of Shop-001, 2027-03-10"
    for body in (str(sent[0].body), str(html)):
        assert "+50.00" in body
        assert "Closing balance" in body
        assert "57.00" not in body
        assert "/accounts/Shop-001/statement/mail/" in body


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_pdf_goes_along_where_the_extra_is_installed(
    customer: Account, time_machine: Any, monkeypatch: Any, is_installed: bool
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", _Paper() if is_installed else None)
    mailed(customer, to="a@shop.example")
    forget_mails()
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    (sent,) = mails_sent()
    (html, _kind) = sent.alternatives[0]  # type: ignore[attr-defined]
    files = [tuple(one) for one in sent.attachments]
    expected = (
        "statement-Shop-001-2027-03-10.pdf",
        f"%PDF of nothing: {html}".encode(),
        "application/pdf",
    )
    assert files == ([expected] if is_installed else [])


class _Paper:
    """As much of WeasyPrint as is asked for."""

    def __init__(self) -> None:
        self.urls = SimpleNamespace(URLFetcher=self._fetcher)

    def _fetcher(self, allowed_protocols: Sequence[str]) -> str:
        assert not allowed_protocols
        return "of nothing"

    def HTML(self, string: str, url_fetcher: str) -> Any:
        return SimpleNamespace(write_pdf=f"%PDF {url_fetcher}: {string}".encode)


def test_nothing_is_sent_to_who_was_taken_off_meanwhile(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    forget_mails()
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    mailed(customer, to="other@shop.example")
    assert mails_sent() == []
    assert "not mailed to this address" in Mail.objects.get(kind="statement.period").error


def test_closed_accounts_get_none(customer: Account, time_machine: Any) -> None:
    mailed(customer)
    account_close(actor=SYSTEM, account=customer, reason="x")
    time_machine.move_to(datetime(2027, 3, 12, tzinfo=UTC), tick=False)
    assert statements_mailed() == "0 queued"


def test_a_locked_account_decides_nothing(customer: Account) -> None:
    """Neither does one that was locked since its page came."""
    login = UserFactory(account=customer)
    before = actor_for(login)
    account_lock(actor=SYSTEM, account=customer, reason="x")
    for actor in (before, actor_for(login)):
        with pytest.raises(NotAllowed) as refused:
            mailing_set(actor=actor, account=customer, rhythm="daily", addresses="a@b.de")
        assert refused.value.code == "own_stopped"


@pytest.mark.parametrize("typed", ["", "nobody", "a@b.de, nobody", ", ".join(
    f"a{at}@b.de" for at in range(11)
)])  # fmt: skip
def test_what_are_no_addresses_is_refused(customer: Account, typed: str) -> None:
    with pytest.raises(Refused) as refused:
        mailed(customer, to=typed)
    assert (refused.value.code, refused.value.field) == ("addresses", "addresses")


def test_an_unknown_rhythm_is_refused(customer: Account) -> None:
    with pytest.raises(Refused) as refused:
        mailed(customer, rhythm="hourly")
    assert refused.value.code == "unknown_choice"


def test_people_set_it_and_end_it_on_its_page(
    customer: Account, reseller_tree: ResellerTree
) -> None:
    browser = signed_in(UserFactory(account=customer))
    assert "None yet." in text_of(browser.get(WHERE))
    asked = {"rhythm": "weekly", "addresses": "a@shop.example"}
    assert browser.post(WHERE, asked).status_code == 303
    assert "The next one is due 2027-03-15 00:00 Asia/Dhaka" in text_of(browser.get(WHERE))
    assert browser.post(WHERE, {"rhythm": "daily", "addresses": "nobody"}).status_code == 422
    assert browser.post(WHERE, {"rhythm": "daily", "addresses": ""}).status_code == 422
    assert browser.post(WHERE, {"rhythm": "", "addresses": ""}).status_code == 303
    assert not StatementMailing.objects.exists()
    assert AuditEntry.objects.filter(action="statement.mailing").count() == 2


def test_an_agent_without_1_looks_and_decides_nothing(
    customer: Account, reseller_tree: ResellerTree
) -> None:
    browser: Client = signed_in(UserFactory(account=reseller_tree.agent))
    page = text_of(browser.get(WHERE))
    assert "Not at all" in page
    assert browser.post(WHERE, {"rhythm": "daily", "addresses": "a@b.de"}).status_code == 403
    foreign = signed_in(UserFactory(account=reseller_tree.sibling))
    assert foreign.get(WHERE).status_code == 404


def test_what_was_sent_stands_there(customer: Account, time_machine: Any) -> None:
    mailed(customer)
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    page = text_of(signed_in(UserFactory(account=customer)).get(WHERE))
    assert "2027-03-10 2027-03-11 Every day books@shop.example" in page


def test_the_mail_names_nothing_but_the_account(
    customer: Account, reseller_tree: ResellerTree, time_machine: Any
) -> None:
    pay(customer, "50")
    mailed(customer)
    forget_mails()
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    (sent,) = mails_sent()
    assert "Opening balance: 0.00" in sent.body
    for level in (reseller_tree.agent, reseller_tree.top):
        assert level.account_id not in sent.body
    assert StatementMailing.objects.get().account_id == customer.pk
    customer.wallet.refresh_from_db()
    assert customer.wallet.balance == Decimal(50)


def test_the_mail_comes_from_whom_the_account_buys_as_published(
    customer: Account, reseller_tree: ResellerTree, time_machine: Any
) -> None:
    for level, company in ((reseller_tree.top, "BD Wholesale"), (reseller_tree.agent, "Dhaka")):
        detail = {"company": f"{company} Ltd.", "contact_person": "Nadia", "phone": "+880 2 5501"}
        account_edit(actor=SYSTEM, account=level, detail={**detail, "is_published": True})
    mailed(customer)
    forget_mails()
    time_machine.move_to(datetime(2027, 3, 10, 18, tzinfo=UTC), tick=False)
    statements_mailed()
    (sent,) = mails_sent()
    (html, _kind) = sent.alternatives[0]  # type: ignore[attr-defined]
    for body in (str(sent.body), str(html)):
        assert "Dhaka Ltd." in body
        assert "+880 2 5501" in body
        assert "BD Wholesale" not in body
        assert "Nadia" not in body


def test_an_agent_that_lost_the_account_gets_no_more_of_its_statements(
    customer: Account, reseller_tree: ResellerTree, time_machine: Any
) -> None:
    mailed(customer, to="former@agent.example")
    account_move(actor=SYSTEM, account=customer, parent=reseller_tree.other_top)
    time_machine.move_to(datetime(2027, 3, 12, tzinfo=UTC), tick=False)
    assert statements_mailed() == "0 queued"
    assert not StatementMailing.objects.exists()
    assert AuditEntry.objects.filter(action="statement.mailing").count() == 2
