"""What an agent paid for the calls of each of its sub-accounts, beside what these paid. Prices by
hand from `World`: a minute of 880 costs the customer 0.186666, the mover 0.155555, their agent
0.217777, top 0.248888; one of 44 costs the customer 0.42, the agent 0.49.
"""

import io
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db.models import Sum

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.charging.models import DayTotal, QuarterTotal
from billing.charging.queries.integrity import calls_found
from billing.rates.services.corrections import correction_add
from billing.reports.figures import Beside, Figures
from billing.reports.periods import Period
from billing.reports.queries.figures import sold_by_account, sold_by_destination
from billing.wallets.models import RateGroup
from tests.billing.reports.conftest import World
from tests.factories import UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.support.pages import words_of

pytestmark = pytest.mark.django_db

EARLY, LATE = datetime(2027, 3, 10, 9, tzinfo=UTC), datetime(2027, 3, 20, 9, tzinfo=UTC)
MARCH = "from=2027-03-01&to=2027-03-31"


@pytest.fixture
def called(world: World) -> World:
    """The customer for a minute and two, the mover before and since it went, the agent itself, and
    one that nobody answered.
    """
    charged(
        cdr("a", account="Customer", at=EARLY),
        cdr("b", account="Customer", at=LATE, seconds=120, callee="442071838750"),
        cdr("c", account="Mover", at=EARLY),
        cdr("d", account="Mover", at=LATE),
        cdr("e", account="Agent", at=LATE),
        cdr("f", account="Customer", at=LATE, seconds=0, cause="17"),
    )
    return world


def by_account(whose: Account | None, zone: str = "UTC") -> dict[int, tuple[str, str]]:
    """What each paid, and its agent for it, in March; nothing in the month before."""
    days = datetime(2027, 3, 1).date(), datetime(2027, 4, 1).date()
    found: Beside = sold_by_account(whose, Period.of_days(*days, ZoneInfo(zone)))
    assert found.before == {}
    return {pk: (plain(one.amount), plain(one.bought)) for pk, one in found.now.items()}


def plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Pacific/Pago_Pago"])
def test_each_sub_account_has_its_own_price(called: World, zone: str) -> None:
    """From days where the zone is theirs, from quarters elsewhere."""
    assert by_account(called.agent, zone) == {
        called.customer.pk: ("1.026666", "1.197777"),
        called.mover.pk: ("0.155555", "0.217777"),
    }
    assert by_account(called.top, zone)[called.agent.pk] == (
        "1.633331",  # 0.217777 × 3 and 0.49 × 2
        "1.866664",  # 0.248888 × 3 and 0.56 × 2
    )
    assert {bought for _sold, bought in by_account(None, zone).values()} == {"0"}


def test_each_destination_has_its_own_price(called: World) -> None:
    days = datetime(2027, 3, 1).date(), datetime(2027, 4, 1).date()
    found = sold_by_destination(called.agent, Period.of_days(*days, ZoneInfo("UTC"))).now
    prices = {name: (plain(one.amount), plain(one.bought)) for name, one in found.items()}
    assert prices == {
        # As the customer's rates name it, and the mover's.
        "Bangladesh 1": ("0.186666", "0.217777"),
        "Bangladesh 0": ("0.155555", "0.217777"),
        "Britain 1": ("0.84", "0.98"),
        "": ("0", "0"),
    }


def test_an_agent_reads_its_own_price_and_none_above(called: World) -> None:
    imran = signed_in(UserFactory(account=called.agent))
    words = words_of(imran.get(f"/reports/income/?{MARCH}&zone=UTC&by=account"))
    assert "Customer 1.026666 1.197777 −0.171111 −16.7" in words
    # Without its name, which is not its agent's to read any more.
    assert "Accounts that have moved away 0.155555 0.217777 −0.062222" in words
    for above in ("0.248888", "1.866664", "Top"):
        assert above not in words
    words = words_of(imran.get(f"/reports/income/?{MARCH}&zone=UTC&by=destination"))
    assert "Britain 1 0.84 0.98 −0.14" in words


def test_what_is_rated_anew_at_the_agent_counts_at_its_sub_accounts(called: World) -> None:
    group = RateGroup.objects.get(wallets=called.agent.pk)
    correction_add(
        actor=SYSTEM, group=group, prefix="880", begins_at=datetime(2027, 3, 1, tzinfo=UTC),
        ends_at=datetime(2027, 3, 31, tzinfo=UTC), price=Decimal("0.1"), reason="wrong deck",
    )  # fmt: skip
    call_command(
        "rerate", "--from", "2027-03-01T00:00:00Z", "--until", "2027-03-31T00:00:00Z",
        "--reason", "wrong deck", stdout=io.StringIO(),
    )  # fmt: skip
    assert by_account(called.agent) == {
        called.customer.pk: ("1.026666", "1.08"),
        called.mover.pk: ("0.155555", "0.1"),
    }
    assert by_account(called.top)[called.agent.pk] == ("1.28", "1.866664")
    of_customer = QuarterTotal.objects.filter(account_id=called.customer.pk)
    assert of_customer.aggregate(legs=Sum("legs"))["legs"] == 3
    assert calls_found().is_sound


@pytest.mark.parametrize("model", [QuarterTotal, DayTotal])
def test_the_check_finds_an_own_price_that_is_not_what_was_paid(
    called: World, model: type[QuarterTotal] | type[DayTotal]
) -> None:
    assert calls_found().is_sound
    rows = model.objects.filter(account_id=called.customer.pk)
    rows.update(bought=Decimal("9.99"))
    problem = "\n".join(calls_found().lines)
    assert f": {called.agent.pk}" in problem
    assert "do not add up to what it paid for their calls" in problem


def test_figures_are_added_with_their_own_price() -> None:
    one = Figures(legs=1, amount=Decimal(2), bought=Decimal(1))
    assert (one + one).bought == 2
