"""Which calls somebody sees, and how much of them: nothing of a level above, and after a move no
more than one's own (docs/domain.md 7).
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.core.actor import NOBODY, SYSTEM, actor_for
from accounts.tree.services.moving import account_move
from billing.calls.models import Leg
from billing.charging.queries import calls as of_calls
from billing.charging.queries import costs
from billing.charging.queries.costs import seen
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.calling import CALLS, browser_of, call_page
from tests.support.pages import words_of
from tests.support.prepared import agree_in_objects

pytestmark = pytest.mark.django_db
DHAKA, LONDON = "8801711000000", "442071838750"
WORDS_OF_ABOVE = ("BD-Wholesale-Agent", "0.030000", "Platform", "rt-secret")


@pytest.fixture
def calls(tree: ResellerTree, groups: Groups) -> None:
    """A minute of the customer and one of its neighbour: 6 cents each, 4 for their agent, 3 for the
    one above it.
    """
    buys_at(tree.customer_2, groups.customer, since=LONG_AGO)
    charged(
        cdr("one", account="Customer-001", routing_gateway="rt-secret"),
        cdr("two", account="Customer-002"),
    )


@pytest.fixture
def moved(calls: None, tree: ResellerTree) -> None:
    """The neighbour moved to the other agent below the same one."""
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    tree.refresh()


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(StaffFactory(username="looks", administrator=True))


def everything_of(client: Client, call_id: str, account: str) -> str:
    """All that somebody reads of a call: lists, files, its page."""
    asked = [
        CALLS, f"/accounts/{account}/calls/?show=all", f"{CALLS}?period=week&sort=setup",
        call_page(call_id),
    ]  # fmt: skip
    answers = [client.get(one) for one in asked]
    assert {one.status_code for one in answers} == {200}
    file = client.get(f"{CALLS}export/?format=csv")
    return " ".join([*map(words_of, answers), b"".join(file.streaming_content).decode()])


def test_an_agent_reads_its_own_price_and_those_below_it_and_nothing_of_above(
    calls: None, tree: ResellerTree
) -> None:
    words = everything_of(browser_of(tree.agent), "one", "Dhaka-Retail-Sub")
    for known in ("Customer-001", "0.060000", "0.040000", "+0.020000", "stays with you", "Retail"):
        assert known in words
    assert "Whoever stands above you pays a price of its own" in words
    for secret in WORDS_OF_ABOVE:
        assert secret not in words


def test_a_customer_reads_its_own_price_alone(calls: None, tree: ResellerTree) -> None:
    words = everything_of(browser_of(tree.customer), "one", "Customer-001")
    assert "0.060000" in words
    for secret in ("Dhaka-Retail-Sub", "0.040000", "Customer-002", *WORDS_OF_ABOVE):
        assert secret not in words


def test_a_top_level_agent_reads_every_level_below_it_and_no_cost(
    calls: None, tree: ResellerTree
) -> None:
    words = everything_of(browser_of(tree.top), "one", "BD-Wholesale-Agent")
    for known in ("0.060000", "0.040000", "0.030000", "The platform has costs of its own"):
        assert known in words
    assert "rt-secret" not in words


def test_neighbours_find_no_call_of_one_another(calls: None, tree: ResellerTree) -> None:
    for stranger in (tree.sibling, tree.other_top, tree.customer_2):
        client = browser_of(stranger)
        assert client.get(call_page("one")).status_code == 404
        assert "Customer-001" not in words_of(client.get(CALLS))


def test_a_lock_of_a_level_above_is_not_told(tree: ResellerTree, groups: Groups) -> None:
    for group, is_locked in ((groups.top, True), (groups.agent, False), (groups.customer, False)):
        rate(group, "44", "0.10", is_locked=is_locked)
    charged(cdr("locked", account="Customer-001", callee=LONDON))
    agent, top = browser_of(tree.agent), browser_of(tree.top)
    page = words_of(agent.get(call_page("locked")))
    assert "0.100000" in page
    assert "though locked" not in page
    assert "was locked" not in page
    assert "No call of this time matches" in words_of(agent.get(f"{CALLS}?locked=yes"))
    assert "Called though locked" in words_of(top.get(call_page("locked")))
    assert "Customer-001" in words_of(top.get(f"{CALLS}?locked=yes"))


class TestAfterAMove:
    def test_the_old_agent_keeps_its_own_charge_and_nothing_else(
        self, moved: None, tree: ResellerTree
    ) -> None:
        client = browser_of(tree.agent)
        words = everything_of(client, "two", "Dhaka-Retail-Sub")
        assert "former sub-account" in words
        assert "You paid 0.040000" in words
        page = words_of(client.get(call_page("two")))
        for secret in ("Customer-002", "0.060000", DHAKA, LONDON, "Sylhet-Retail-Sub"):
            assert secret not in page
        assert "Customer-002" not in words

    def test_no_filter_tells_the_old_agent_what_is_hidden(
        self, moved: None, tree: ResellerTree
    ) -> None:
        client = browser_of(tree.agent)
        for asked in (f"q={DHAKA[:6]}", "q=two", "amount_from=0.05", "account=Customer-002"):
            assert "former sub-account" not in words_of(client.get(f"{CALLS}?{asked}"))
        assert "former sub-account" in words_of(client.get(f"{CALLS}?result=answered"))

    def test_the_sums_of_the_old_agent_hold_its_price_and_not_the_other_one(
        self, moved: None, tree: ResellerTree
    ) -> None:
        words = words_of(browser_of(tree.agent).get(CALLS))
        assert "Calls 2 Answered 2 100.0 % Minutes 2 Average call 1:00" in words
        assert "Charged 0.06 You pay 0.08 Your margin +0.02" in words

    def test_the_new_agent_reads_the_price_of_the_account_and_of_nobody_else(
        self, moved: None, tree: ResellerTree
    ) -> None:
        words = everything_of(browser_of(tree.sibling), "two", "Sylhet-Retail-Sub")
        for known in ("Customer-002", "0.060000", "former agent", "did not stand below you"):
            assert known in words
        for secret in ("Dhaka-Retail-Sub", "0.040000", "0.030000", "BD-Wholesale-Agent"):
            assert secret not in words

    def test_who_stands_above_both_reads_it_all(self, moved: None, tree: ResellerTree) -> None:
        words = everything_of(browser_of(tree.top), "two", "BD-Wholesale-Agent")
        for known in ("Customer-002", "Dhaka-Retail-Sub", "0.060000", "0.040000", "0.030000"):
            assert known in words

    def test_what_left_with_an_agent_is_former_to_who_stood_above_that(
        self, calls: None, tree: ResellerTree, groups: Groups
    ) -> None:
        buys_at(tree.sub_agent, groups.customer, since=LONG_AGO)
        buys_at(tree.deep_customer, groups.customer, since=LONG_AGO)
        charged(cdr("deep", account="Customer-301"))
        account_move(actor=SYSTEM, account=tree.sub_agent, parent=tree.sibling)
        tree.refresh()
        client = browser_of(tree.agent)
        assert "former sub-account" in words_of(client.get(CALLS))
        assert "You paid 0.040000" in words_of(client.get(call_page("deep")))


def test_the_carriers_cost_is_for_administrators(
    tree: ResellerTree, groups: Groups, administrator: Client
) -> None:
    carrier = AccountFactory(account_id="Carrier-9", type="clearing")
    GatewayFactory(account=carrier, name="rt-padma", direction="routing")
    cheap = rate_group(None, "A to Z")
    rate(cheap, "880", "0.02")
    buys_at(carrier, cheap, since=LONG_AGO)
    charged(cdr("paid", account="Customer-001", routing_gateway="rt-padma"))
    words = everything_of(administrator, "paid", "BD-Wholesale-Agent")
    for known in ("Carrier-9", "rt-padma", "0.020000", "A to Z", "Cost 0.02", "Margin +0.01"):
        assert known in words
    assert "stays with the platform, 33.3 % of what the root pays" in words
    for reader in (tree.top, tree.agent, tree.customer):
        words = everything_of(browser_of(reader), "paid", reader.account_id)
        for secret in ("Carrier-9", "rt-padma", "0.020000 USD", "A to Z", "Cost"):
            assert secret not in words


def test_no_charge_above_reaches_even_the_objects(calls: None, tree: ResellerTree) -> None:
    actor = actor_for(UserFactory(account=tree.agent))
    (one,) = seen(actor, list(Leg.objects.filter(call_id="one")))
    assert [charge.amount for charge in one.charges] == [Decimal("0.06"), Decimal("0.04")]
    assert set(one.names) == {tree.agent.pk, tree.customer.pk}


@pytest.mark.parametrize("everything", [True, False])
def test_statements_of_calls_are_made_once(
    calls: None, tree: ResellerTree, everything: bool
) -> None:
    """Each is what its queryset is."""
    legs = list(Leg.objects.order_by("pk"))
    begin, end = min(one.setup for one in legs), max(one.setup for one in legs)
    pks = [one.pk for one in legs]
    for own in [()] if everything else [(tree.top.pk,), (tree.customer.pk,)]:
        charges = agree_in_objects(
            costs._of_legs, costs._OF_LEGS, everything, *own, begin, end, *pks
        )
        assert {one.level for one in charges} == ({0} if own == (tree.customer.pk,) else {0, 1, 2})
    assert seen(NOBODY, legs)[0].charges == ()
    values = (tree.customer.pk, begin, end + timedelta(seconds=1))
    (found,) = agree_in_objects(of_calls._last, of_calls._LAST, 5, *values)
    assert of_calls.last_of(tree.customer, end, 5) == [found]
    assert of_calls.last_of(tree.agent, end, 5) == []
