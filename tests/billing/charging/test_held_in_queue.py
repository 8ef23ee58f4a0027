"""A record that waits and that no switch asked about holds what it would cost, at every level whose
price can be told (docs/domain.md 7).
"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.rules.ending import close_blockers
from billing.calls.models import CallRecord
from billing.charging.queries.books import Tariffs
from billing.charging.queries.integrity import calls_found
from billing.charging.services.charger import charge_batch
from billing.charging.services.queue import (
    record_again,
    record_assign,
    record_correct,
    record_write_off,
)
from billing.errors import InsufficientFunds
from billing.holds.models import Estimate
from billing.ledger.queries.integrity import ledger_found
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory, grant
from tests.factories.calls import cdr, charged, charges, taken, waits
from tests.factories.fixtures import signed_in
from tests.factories.rates import LONG_AGO, rate
from tests.factories.trees import ResellerTree
from tests.support.holding import held_call
from tests.support.pages import markup_of, words_of
from tests.support.paying import pay
from tests.support.sabotage import tamper
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db
LONDON = "442071838750"


def held(*accounts: Account) -> list[Decimal]:
    return [Wallet.objects.get(pk=one.pk).held for one in accounts]


def money(*texts: str) -> list[Decimal]:
    return [Decimal(one) for one in texts]


@pytest.fixture
def chain(tree: ResellerTree) -> list[Account]:
    return [tree.customer, tree.agent, tree.top]


@pytest.fixture
def waiting(tree: ResellerTree, groups: Groups) -> CallRecord:
    """Two minutes to London: 20 cents for the customer, 16 at the top, no rate in between."""
    rate(groups.customer, "44", "0.10", since=LONG_AGO)
    rate(groups.top, "44", "0.08", since=LONG_AGO)
    charged(cdr(account="Customer-001", callee=LONDON, seconds=61))
    assert waits() == [("no_rate", "Dhaka-Retail-Sub")]
    return CallRecord.objects.waiting().get()


def test_every_level_with_a_price_holds_it(waiting: CallRecord, chain: list[Account]) -> None:
    assert held(*chain) == money("0.20", "0", "0.16")
    assert ledger_found().is_sound
    assert calls_found().is_sound


def test_what_is_held_is_not_available(waiting: CallRecord, tree: ResellerTree) -> None:
    pay(tree.customer, "1")
    with pytest.raises(InsufficientFunds, match=r"0\.80"):
        pay(tree.customer, "0.81", "deduction")


def test_it_is_free_once_the_record_is_charged(
    waiting: CallRecord, chain: list[Account], groups: Groups
) -> None:
    rate(groups.agent, "44", "0.09", since=LONG_AGO)
    record_again(actor=SYSTEM, record=waiting)
    assert [amount for _who, _prefix, amount in charges()] == money("0.20", "0.18", "0.16")
    assert held(*chain) == money("0", "0", "0")
    assert not Estimate.objects.exists()


def test_tried_again_it_holds_what_it_would_cost_by_then(
    waiting: CallRecord, chain: list[Account], groups: Groups, tree: ResellerTree
) -> None:
    rate(groups.top, "4420", "0.50", since=LONG_AGO)
    record_again(actor=SYSTEM, record=waiting)
    assert held(*chain) == money("0.20", "0", "1.00")


def test_corrected_it_holds_what_it_says_then(waiting: CallRecord, chain: list[Account]) -> None:
    end = waiting.columns["answer"].replace("+00:00", "Z")
    record_correct(
        actor=SYSTEM, record=waiting, columns={"duration": "0", "answer": "", "end": end},
        reason="It rang",
    )  # fmt: skip
    assert waits() == []
    assert held(*chain) == money("0", "0", "0")


def test_given_to_another_that_one_holds_it(
    waiting: CallRecord, chain: list[Account], tree: ResellerTree
) -> None:
    record_assign(actor=SYSTEM, record=waiting, account=tree.top, reason="Its own call")
    assert waits() == []
    assert held(*chain) == money("0", "0", "0")


def test_given_to_another_that_cannot_pay_either_its_chain_holds_it(
    waiting: CallRecord, chain: list[Account], tree: ResellerTree
) -> None:
    record_assign(actor=SYSTEM, record=waiting, account=tree.agent, reason="Its own call")
    assert held(*chain) == money("0", "0", "0.16")


def test_written_off_it_holds_nothing(waiting: CallRecord, chain: list[Account]) -> None:
    record_write_off(actor=SYSTEM, record=waiting, reason="A test call")
    assert held(*chain) == money("0", "0", "0")
    assert not Estimate.objects.exists()
    assert calls_found().is_sound


def test_nothing_is_held_of_unlimited_credit(
    tree: ResellerTree, groups: Groups, chain: list[Account]
) -> None:
    Wallet.objects.filter(pk=tree.customer.pk).update(payment_mode="postpaid", is_unlimited=True)
    for group in (groups.customer, groups.top):
        rate(group, "44", "0.10", since=LONG_AGO)
    charged(cdr(account="Customer-001", callee=LONDON))
    assert held(*chain) == money("0", "0", "0.10")


@pytest.mark.parametrize(
    ("columns", "reason", "wanted"),
    [
        # A second leg of who has one only: whose it is and what it costs is known.
        ({"leg": "B"}, "two_legs", "0.06"),
        # It goes on waiting for that where nobody has a rate for it either.
        ({"leg": "B", "callee": LONDON}, "two_legs", "0"),
        ({"duration": "-1"}, "absurd", "0"),
        ({"callee": "none"}, "no_number", "0"),
        ({"account": "Nobody-9"}, "nobody", "0"),
    ],
)
def test_what_can_be_told_is_held(
    groups: Groups, chain: list[Account], columns: dict[str, Any], reason: str, wanted: str
) -> None:
    charged(cdr(**{"account": "Customer-001", **columns}))
    assert [why for why, _level in waits()] == [reason]
    assert held(chain[0]) == money(wanted)


def test_what_differs_from_the_first_holds_nothing_more(
    waiting: CallRecord, chain: list[Account]
) -> None:
    charged(cdr(account="Customer-001", callee=LONDON, seconds=300))
    assert {why for why, _level in waits()} == {"no_rate", "differs"}
    assert held(*chain) == money("0.20", "0", "0.16")


class TestPages:
    def test_the_queue_says_what_the_account_that_called_holds(
        self, waiting: CallRecord, tree: ResellerTree
    ) -> None:
        grant(tree.top, "manage_account")
        grant(tree.agent, "manage_account")
        for user in (StaffFactory(administrator=True), UserFactory(account=tree.agent)):
            page = words_of(signed_in(user).get("/calls/queue/"))
            assert f"{LONDON} 1:01 No rate BD" not in page
            assert "held 0.20" in page

    def test_the_record_says_it_of_the_levels_that_one_sees(
        self, waiting: CallRecord, tree: ResellerTree
    ) -> None:
        grant(tree.top, "manage_account")
        grant(tree.agent, "manage_account")
        url = reverse("billing:call-record", args=[waiting.pk])
        every = "Held until then Customer-001 0.20, BD-Wholesale-Agent 0.16 USD"
        assert every in words_of(signed_in(StaffFactory(administrator=True)).get(url))
        assert every in words_of(signed_in(UserFactory(account=tree.top)).get(url))
        page = words_of(signed_in(UserFactory(account=tree.agent)).get(url))
        assert "Held until then Customer-001 0.20 USD" in page

    def test_the_file_has_it(self, waiting: CallRecord) -> None:
        staff = signed_in(StaffFactory(administrator=True))
        answer = staff.get("/calls/queue/export/", {"format": "csv"})
        (row,) = read_csv(answer)
        assert row["Held"] == "0.2"

    def test_the_wallet_counts_it(self, waiting: CallRecord, tree: ResellerTree) -> None:
        customer = signed_in(UserFactory(account=tree.customer))
        page = words_of(customer.get("/accounts/Customer-001/"))
        assert "Available \u22120.20" in page
        assert "less 0.20 held: 1 call waiting" in page
        # Nothing is listed for who may not see the queue.
        assert "/calls/queue/" not in markup_of(customer.get("/accounts/Customer-001/"))

    def test_it_counts_what_runs_beside_what_waits(
        self, waiting: CallRecord, tree: ResellerTree, chain: list[Account]
    ) -> None:
        for one in chain:
            pay(one, "1")
        held_call(chain)
        page = words_of(
            signed_in(UserFactory(account=tree.customer)).get("/accounts/Customer-001/")
        )
        assert "less 0.26 held: 1 call running, 1 waiting" in page


def test_a_level_that_holds_for_calls_of_others_is_not_closed(
    waiting: CallRecord, chain: list[Account]
) -> None:
    words = [str(one.label) for one in close_blockers(chain[2])]
    assert "1 call that waits in the queue and holds its money" in words
    # Its own are said by the queue alone.
    words = [str(one.label) for one in close_blockers(chain[0])]
    assert "1 leg in the queue" in words
    assert not any("holds its money" in one for one in words)


def test_the_checks_find_what_is_held_for_nothing(waiting: CallRecord) -> None:
    tamper(CallRecord.objects.filter(pk=waiting.pk), part="cost", leg=1)
    assert "2 × a hold for a record that does not wait" in " ".join(calls_found().lines)
    tamper(Estimate.objects.filter(level=0), amount=Decimal("0.21"))
    found = " ".join(ledger_found().lines)
    assert "1 × a wallet that holds something else than its calls and records" in found


def test_what_waits_costs_a_batch_no_statement_more_for_each(groups: Groups) -> None:
    rate(groups.customer, "44", "0.10", since=LONG_AGO)

    def statements(count: int, name: str) -> int:
        taken(
            *(cdr(f"{name}-{one}", account="Customer-001", callee=LONDON) for one in range(count))
        )
        with CaptureQueriesContext(connection) as queries:
            charge_batch(Tariffs())
        return len(queries)

    statements(1, "first")
    assert statements(2, "few") == statements(40, "many")
    again = [len_of(count) for count in (2, 40)]
    assert again[0] == again[1]


def len_of(count: int) -> int:
    """The statements that charging so many again takes."""
    pks = list(CallRecord.objects.waiting().values_list("pk", flat=True)[:count])
    CallRecord.objects.filter(pk__in=pks).update(state="new", version=2)
    with CaptureQueriesContext(connection) as queries:
        charge_batch(Tariffs())
    return len(queries)
