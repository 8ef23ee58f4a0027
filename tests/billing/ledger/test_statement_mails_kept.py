"""What is kept of statements by mail from one change to the next, and what ends with an account."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import Refused
from accounts.mail.models import Mail
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from billing.ledger.models import StatementMailed, StatementMailing
from billing.ledger.services.mailing import mailing_set, statements_mailed
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.mails import forget_mails, mails_sent
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db

WHERE = "/accounts/Shop-001/statement/mail/"
# In Dhaka, six hours ahead, it is the 11th already: 02:00.
NIGHT = datetime(2027, 3, 10, 20, tzinfo=UTC)
# The end of the 11th there.
END = datetime(2027, 3, 11, 18, tzinfo=UTC)


@pytest.fixture
def customer(reseller_tree: ResellerTree, time_machine: Any) -> Account:
    time_machine.move_to(NIGHT, tick=False)
    return AccountFactory(account_id="Shop-001", parent=reseller_tree.agent, time_zone="Asia/Dhaka")


def mailed(account: Account, rhythm: str = "daily", to: str = "books@shop.example") -> None:
    mailing_set(actor=SYSTEM, account=account, rhythm=rhythm, addresses=to)


def entries() -> list[tuple[dict[str, str], dict[str, str]]]:
    found = AuditEntry.objects.filter(action="statement.mailing").order_by("pk")
    return list(found.values_list("before", "after"))


def test_the_day_that_goes_on_is_that_of_the_account_s_zone(customer: Account) -> None:
    mailed(customer)
    one = StatementMailing.objects.get()
    assert (one.first, one.due_at) == (date(2027, 3, 11), END)


def test_after_a_day_was_sent_the_next_one_is_due_when_it_has_ended(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    time_machine.move_to(END, tick=False)
    assert statements_mailed() == "1 queued"
    assert StatementMailing.objects.get().due_at == datetime(2027, 3, 12, 18, tzinfo=UTC)


def test_the_same_again_is_no_change(customer: Account) -> None:
    mailed(customer)
    mailed(customer)
    kept = {"rhythm": "daily", "statement_addresses": "books@shop.example"}
    assert entries() == [({}, kept)]


def test_other_addresses_get_what_was_not_sent_yet(customer: Account, time_machine: Any) -> None:
    mailed(customer)
    time_machine.move_to(datetime(2027, 3, 14, 12, tzinfo=UTC), tick=False)
    mailed(customer, to="new@shop.example")
    assert StatementMailing.objects.get().first == date(2027, 3, 11)
    assert statements_mailed() == "1 queued"
    sent = StatementMailed.objects.get()
    assert (sent.first, sent.addresses) == (date(2027, 3, 11), "new@shop.example")


def test_another_rhythm_begins_with_the_period_that_goes_on(customer: Account) -> None:
    mailed(customer)
    mailed(customer, rhythm="weekly")
    one = StatementMailing.objects.get()
    # From Monday until the next one, 00:00 in Dhaka.
    assert (one.rhythm, one.first) == ("weekly", date(2027, 3, 8))
    assert one.due_at == datetime(2027, 3, 14, 18, tzinfo=UTC)


def test_in_another_zone_a_day_is_sent_when_it_has_ended_there(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    account_edit(actor=SYSTEM, account=customer, time_zone="America/New_York")
    time_machine.move_to(END, tick=False)
    assert statements_mailed() == "0 queued"
    # Since the 14th of March clocks are four hours behind there, until then five.
    midnight = datetime(2027, 3, 12, 5, tzinfo=UTC)
    assert StatementMailing.objects.get().due_at == midnight
    time_machine.move_to(midnight, tick=False)
    assert statements_mailed() == "1 queued"


def test_ten_addresses_are_not_too_many(customer: Account) -> None:
    mailed(customer, to=" ".join(f"a{at}@b.de" for at in range(10)))
    assert len(StatementMailing.objects.get().addresses.split(", ")) == 10


def of_length(length: int) -> str:
    """Ten addresses that take so many characters with what stands between them."""
    each, more = divmod(length - 9 * len(", "), 10)
    names = ["a" * (each - len("0@b.de") + (more if at == 0 else 0)) for at in range(10)]
    return ", ".join(f"{name}{at}@b.de" for at, name in enumerate(names))


def test_addresses_take_500_characters_together(customer: Account) -> None:
    mailed(customer, to=of_length(500))
    assert len(StatementMailing.objects.get().addresses) == 500
    with pytest.raises(Refused) as refused:
        mailed(customer, to=of_length(501))
    assert refused.value.code == "addresses"


def test_a_closed_account_is_not_begun_with(customer: Account) -> None:
    account_close(actor=SYSTEM, account=customer, reason="x")
    with pytest.raises(Refused) as refused:
        mailed(customer)
    assert refused.value.code == "closed"
    assert not StatementMailing.objects.exists()


def test_nothing_is_sent_of_an_account_that_was_closed_meanwhile(
    customer: Account, time_machine: Any
) -> None:
    mailed(customer)
    forget_mails()
    time_machine.move_to(END, tick=False)
    statements_mailed()
    account_close(actor=SYSTEM, account=customer, reason="x")
    assert mails_sent() == []
    assert Mail.objects.get(kind="statement.period").error == "The account is closed."


def test_nothing_is_sent_where_it_was_ended_meanwhile(customer: Account, time_machine: Any) -> None:
    mailed(customer)
    forget_mails()
    time_machine.move_to(END, tick=False)
    statements_mailed()
    mailed(customer, rhythm="", to="")
    assert mails_sent() == []
    assert "not mailed to this address" in Mail.objects.get(kind="statement.period").error


def test_calls_of_the_day_stand_by_destination_the_dearest_first(
    customer: Account, reseller_tree: ResellerTree, time_machine: Any
) -> None:
    for account in (reseller_tree.top, reseller_tree.agent, customer):
        group = rate_group(account.parent, f"Of {account.account_id}")
        rate(group, "880", "0.05", destination="Bangladesh")
        rate(group, "44", "0.20", destination="United Kingdom")
        buys_at(account, group, since=LONG_AGO)
    charged(
        cdr("one", account="Shop-001", callee="8801711000000", at=NIGHT, seconds=60),
        cdr("two", account="Shop-001", callee="442071838750", at=NIGHT, seconds=120),
    )
    mailed(customer)
    forget_mails()
    time_machine.move_to(END, tick=False)
    statements_mailed()
    (sent,) = mails_sent()
    lines = str(sent.body).splitlines()
    at = lines.index("Calls made on these days: 2, 0.45")
    assert lines[at + 1 : at + 3] == [
        "United Kingdom: 1 calls, 2.0 minutes, 0.40",
        "Bangladesh: 1 calls, 1.0 minutes, 0.05",
    ]


def test_a_move_ends_them_in_the_whole_branch_and_nowhere_else(
    customer: Account, reseller_tree: ResellerTree
) -> None:
    stays = reseller_tree.sibling_customer
    mailed(customer)
    mailed(stays, to="stays@shop.example")
    account_move(actor=SYSTEM, account=reseller_tree.agent, parent=reseller_tree.other_top)
    assert list(StatementMailing.objects.values_list("account_id", flat=True)) == [stays.pk]
    before = {"rhythm": "daily", "statement_addresses": "books@shop.example"}
    assert entries()[-1] == (before, {})


def test_only_what_was_sent_of_the_account_stands_there_the_newest_first(
    customer: Account, reseller_tree: ResellerTree, time_machine: Any
) -> None:
    mailed(customer)
    mailed(reseller_tree.customer, to="others@shop.example")
    for day in (11, 12):
        time_machine.move_to(datetime(2027, 3, day, 18, tzinfo=UTC), tick=False)
        statements_mailed()
    page = text_of(signed_in(UserFactory(account=customer)).get(WHERE))
    assert "2027-03-12 2027-03-13" in page
    assert page.index("2027-03-12 2027-03-13") < page.index("2027-03-11 2027-03-12")
    assert "others@shop.example" not in page


def test_who_may_not_decide_reads_why_and_has_no_form(
    customer: Account, reseller_tree: ResellerTree
) -> None:
    answer = signed_in(UserFactory(account=reseller_tree.agent)).get(WHERE)
    assert "Who gets them" in text_of(answer)
    assert 'name="addresses"' not in answer.content.decode()
