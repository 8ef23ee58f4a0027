"""The page of a call: arithmetic by hand, why each rate, what was taken back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_edit
from billing.calls.models import CallRecord, Leg
from billing.charging.services.queue import record_correct
from billing.rates.services.corrections import correction_add
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.rates import rate
from tests.factories.trees import ResellerTree
from tests.support.calling import browser_of, call_page
from tests.support.left_behind import a_call
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
LONDON = "442071838750"


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(StaffFactory(username="explains", administrator=True))


def test_each_charge_is_explained_from_the_seconds_to_the_amount(
    tree: ResellerTree, groups: Groups, administrator: Client
) -> None:
    """3:12 are 192 s. In steps of a minute 240 s; 60 s and then steps of 6 s are exactly 192 s; by
    the second 192 s: 0.024 x 4 = 0.096; 0.012 x 192 / 60 = 0.0384; 0.01 x 3.2 + 0.005 = 0.037.
    """
    rate(groups.customer, "44", "0.024", first_block=60, increment=60)
    rate(groups.agent, "442", "0.012", first_block=60, increment=6, destination="London")
    rate(groups.top, "44", "0.01", first_block=1, increment=1, connection_fee=Decimal("0.005"))
    charged(cdr("london", account="Customer-001", callee=LONDON, seconds=192))
    words = words_of(administrator.get(call_page("london")))
    assert (
        "3 min 12 s = 192 s → steps of 60 s → 240 s billed × 0.0240 ÷ 60 + 0.0000 = 0.096000"
        in words
    )
    assert (
        "3 min 12 s = 192 s → first block 60 s, then steps of 6 s → 192 s billed × 0.0120 ÷ 60 + "
        "0.0000 = 0.038400" in words
    )
    assert (
        "3 min 12 s = 192 s → by the second → 192 s billed × 0.0100 ÷ 60 + 0.0050 = 0.037000"
        in words
    )
    assert "+0.057600 stays with Dhaka-Retail-Sub, 60.0 % of what it is paid" in words
    assert "+0.001400 stays with BD-Wholesale-Agent, 3.6 % of what it is paid" in words
    assert "442 is the longest beginning of the number that had a rate in effect" in words


def test_hours_and_locks_that_decided_are_said(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    time_machine.move_to(NOON)
    rate(groups.customer, "44", "0.20")
    rate(groups.customer, "44", "0.10", period="mon-sun 08:00-20:00", is_locked=True)
    rate(groups.agent, "44", "0.05")
    rate(groups.top, "44", "0.05")
    charged(cdr("noon", account="Customer-001", callee=LONDON, at=NOON - timedelta(hours=1)))
    words = words_of(browser_of(tree.agent).get(call_page("noon")))
    assert "It is for these hours alone and goes before the one for all" in words
    assert "The destination was locked: what was called all the same is charged." in words
    assert "Called though locked" in words


def test_what_was_taken_back_and_charged_anew_stands_in_its_order(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    time_machine.move_to(NOON)
    administrator = signed_in(StaffFactory(username="later", administrator=True))
    charged(cdr("a", account="Customer-001", at=NOON - timedelta(days=1)))
    correction_add(
        actor=SYSTEM, group=groups.agent, prefix="880", begins_at=NOON - timedelta(days=2),
        ends_at=NOON, price=Decimal("0.05"), reason="wrong deck",
    )  # fmt: skip
    day = ("--from", "2027-03-14T00:00:00Z", "--until", "2027-03-15T00:00:00Z")
    call_command("rerate", *day, "--reason", "deck of March")
    words = words_of(administrator.get(call_page("a")))
    lines = (
        "charged: 60 s at 0.0400",
        "taken back: 60 s at 0.0400",
        "charged anew: 60 s at 0.0500",
    )
    places = [words.index(line) for line in lines]
    assert places == sorted(places)
    assert "A correction says 0.0500 a minute in place of 0.0400. Its reason: “wrong deck”" in words
    assert "0.050000 USD" in words
    # The reason is the owner's; who buys there reads the price.
    agent = words_of(browser_of(tree.agent).get(call_page("a")))
    assert "A correction says 0.0500 a minute in place of 0.0400." in agent
    assert "wrong deck" not in agent
    assert "0.050000 USD" in agent


def test_both_legs_of_a_callback_lead_to_one_another(tree: ResellerTree, groups: Groups) -> None:
    account_edit(actor=SYSTEM, account=tree.customer, ctd_billing_model="flow")
    same = {"account": "Customer-001", "session": "s-1"}
    charged(
        cdr("cb", leg="A", **same),
        cdr("cb", leg="B", seconds=120, callee="8801855000000", **same),
        cdr("other", leg="A", account="Customer-001", session="s-2"),
    )
    markup = markup_of(browser_of(tree.customer).get(call_page("cb", "A")))
    assert "The legs of this session" in markup
    assert call_page("cb", "B") in markup
    assert call_page("other", "A") not in markup


def test_what_was_not_answered_is_paid_by_nobody(tree: ResellerTree, groups: Groups) -> None:
    charged(cdr("busy", account="Customer-001", seconds=0, cause="17"))
    words = words_of(browser_of(tree.agent).get(call_page("busy")))
    assert "Nobody pays anything: what was not answered costs nothing." in words
    assert "Busy" in words


def test_what_a_carrier_says_is_for_administrators(
    tree: ResellerTree, groups: Groups, administrator: Client
) -> None:
    charged(cdr("x", account="Customer-001", seconds=0, cause="503", routing_gateway="rt-9"))
    words = words_of(administrator.get(call_page("x")))
    assert "cause 503: the carrier is not available" in words
    assert "Went out by rt-9" in words
    agent = words_of(browser_of(tree.agent).get(call_page("x")))
    assert "Not put through" in agent
    for secret in ("503", "carrier", "rt-9", "The record as it came"):
        assert secret not in agent


def test_a_cost_that_waits_is_linked(
    tree: ResellerTree, groups: Groups, administrator: Client
) -> None:
    charged(cdr("x", account="Customer-001", routing_gateway="rt-unknown"))
    record = CallRecord.objects.waiting().get()
    markup = markup_of(administrator.get(call_page("x")))
    assert f'href="/calls/queue/{record.key}/"' in markup
    assert f'href="{call_page("x")}"' in markup_of(administrator.get(f"/calls/queue/{record.key}/"))
    assert "/calls/queue/" not in markup_of(browser_of(tree.agent).get(call_page("x")))


def test_administrators_read_the_record_and_what_was_put_right(
    tree: ResellerTree, groups: Groups, administrator: Client
) -> None:
    charged(cdr("x", account="Customer-001", callee="none"))
    record = CallRecord.objects.waiting().get()
    record_correct(actor=SYSTEM, record=record, columns={"callee": "8801711"}, reason="typo")
    assert Leg.objects.get().number == "8801711"
    words = words_of(administrator.get(call_page("x")))
    assert "was none becomes 8801711" in words
    assert "why stands in the audit log" in words


def test_a_charge_leads_to_its_movement_and_to_the_price_of_that_moment(
    tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr("x", account="Customer-001"))
    markup = markup_of(browser_of(tree.agent).get(call_page("x")))
    assert markup.count('href="/payments/') == 3
    assert (
        f"{reverse('billing:price')}?account=Customer-001&amp;number=8801711000000&amp;seconds=60"
        in markup
    )


def test_the_number_of_queries_does_not_grow_with_charges_and_legs(
    tree: ResellerTree, groups: Groups, administrator: Client
) -> None:
    def queries(call_id: str, leg: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert administrator.get(call_page(call_id, leg)).status_code == 200
        return len(caught)

    account_edit(actor=SYSTEM, account=tree.customer, ctd_billing_model="flow")
    same = {"account": "Customer-001", "session": "s"}
    charged(cdr("few", leg="A", **same), cdr("few", leg="B", **same))
    queries("few", "A")
    before = queries("few", "A")
    charged(*(cdr("few", leg=str(at), **same) for at in range(8)))
    assert queries("few", "A") == before


def test_the_carrier_is_the_one_whose_gateway_was_told_later(
    carrier: Account, administrator: Client
) -> None:
    a_call("odd", routing_gateway="rhein")
    record_correct(
        actor=SYSTEM, record=CallRecord.objects.get(), columns={"routing_gateway": "elbe"},
        reason="Its old name",
    )  # fmt: skip
    words = words_of(administrator.get(call_page("odd")))
    assert "Went out by elbe Carrier Carrier" in words
