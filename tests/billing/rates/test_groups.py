"""Rate groups: whose they are, who sees them, copies, tiers, corrections (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.core.actor import NOBODY, SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import NotInScope, Refused
from billing.rates.drafts import MarkUp
from billing.rates.models import Rate, RateCorrection, VolumeTier
from billing.rates.periods import read_period
from billing.rates.services.copying import group_copy
from billing.rates.services.corrections import correction_add
from billing.rates.services.groups import (
    group_change,
    group_create,
    group_delete,
    tiers_set,
)
from billing.wallets.models import RateGroup
from billing.wallets.queries import (
    accounts_offered,
    anybody_without_group,
    groups_kept,
    groups_seen,
    groups_to_sell,
    own_group,
)
from tests.billing.rates.conftest import Business
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.sabotage import plant

pytestmark = pytest.mark.django_db


def names(groups: object) -> set[str]:
    return {one.name for one in groups}  # type: ignore[attr-defined]


def of(account: Account) -> Actor:
    return actor_for(UserFactory(account=account))


@pytest.fixture
def groups(business: Business) -> Business:
    """One of everybody's, shared and not."""
    sibling = AccountFactory(account_id="Sibling", parent=business.top)
    rate_group(None, "Platform")
    rate_group(None, "Platform shared", is_shared=True)
    rate_group(business.top, "Top")
    rate_group(business.top, "Top shared", is_shared=True)
    rate_group(sibling, "Sibling shared", is_shared=True)
    rate_group(business.customer, "Below", is_shared=True)
    return business


def test_an_agent_sees_its_own_groups_and_those_shared_from_above(groups: Business) -> None:
    expected = {"Retail", "Platform shared", "Top shared"}
    assert names(groups_seen(groups.actor)) == expected
    assert names(groups_to_sell(groups.actor, groups.customer)) == expected
    assert names(groups_kept(groups.actor)) == {"Retail"}


def test_the_group_an_account_buys_at_is_seen_and_not_sold_on(groups: Business) -> None:
    bought = RateGroup.objects.get(name="Top")
    buys_at(groups.agent, bought)
    assert "Top" in names(groups_seen(groups.actor))
    assert "Top" not in names(groups_to_sell(groups.actor, groups.customer))


def test_the_own_group_is_the_one_that_is_bought_at(groups: Business) -> None:
    assert own_group(groups.actor) is None
    bought = RateGroup.objects.get(name="Top")
    buys_at(groups.agent, bought)
    assert own_group(groups.actor) == bought
    assert own_group(SYSTEM) is None


def test_who_has_no_group_is_missed_if_it_could_call(groups: Business) -> None:
    AccountFactory(type=Account.Type.CLEARING)
    plant(AccountFactory(), status="closed")
    for one in Account.objects.exclude(type=Account.Type.CLEARING).exclude(status="closed"):
        buys_at(one, groups.group)
    assert not anybody_without_group().exists()
    buys_at(groups.customer, None)
    assert anybody_without_group().count() == 1


def test_a_group_that_there_is_not_is_offered_to_nobody(groups: Business) -> None:
    unknown = RateGroup(pk=99_999_999)
    for actor in (SYSTEM, groups.actor):
        assert accounts_offered(actor, [groups.customer], unknown) == frozenset()


def test_what_a_sibling_or_somebody_below_shares_is_not_seen(groups: Business) -> None:
    grant(groups.customer, Authorization.MANAGE_ACCOUNT)
    assert names(groups_seen(of(groups.customer))) == {"Below", "Platform shared", "Top shared"}


def test_who_may_not_sell_on_is_not_told_what_its_agent_pays(groups: Business) -> None:
    """The agent buys at a group that is shared with it; its customer holds no authorization 1."""
    shared = RateGroup.objects.get(name="Top shared")
    buys_at(groups.agent, shared)
    buys_at(groups.customer, groups.group)
    customer = of(groups.customer)
    assert names(groups_seen(customer)) == {"Below", "Retail"}
    assert names(groups_to_sell(customer, None)) == {"Below"}


def test_an_agent_that_is_locked_sells_at_nothing_shared(groups: Business) -> None:
    plant(groups.agent, status="locked")
    assert names(groups_seen(groups.actor)) == {"Retail"}


def test_administrators_see_all_and_give_what_stands_above_an_account(groups: Business) -> None:
    administrator = actor_for(StaffFactory(administrator=True))
    assert len(names(groups_seen(administrator))) == 7
    assert names(groups_to_sell(administrator, groups.customer)) == {
        "Platform",
        "Platform shared",
        "Top",
        "Top shared",
        "Retail",
    }


def test_nobody_sees_none(groups: Business) -> None:
    seen = [groups_seen(NOBODY), groups_kept(NOBODY), groups_to_sell(NOBODY, None)]
    assert [one.count() for one in seen] == [0, 0, 0]


def test_a_name_is_unique_for_its_owner_without_regard_to_case(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        group_create(actor=business.actor, name=" retail ")
    assert (refused.value.code, refused.value.field) == ("name_taken", "name")
    assert rate_group(business.top, "Retail").name == "Retail"
    assert rate_group(None, "Retail").name == "Retail"


def test_administrators_make_the_platforms_groups(db: None) -> None:
    administrator = actor_for(StaffFactory(administrator=True))
    assert group_create(actor=administrator, name="Wholesale").owner is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"memo": "x" * 201}, "memo"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
    ],
)
def test_what_is_no_group_is_refused(business: Business, more: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        group_create(actor=business.actor, **{"name": "New", **more})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_the_zone_of_hours_in_effect_stays(business: Business) -> None:
    rate(business.group, "880", "0.01", period=read_period("08:00-20:00"))
    with pytest.raises(Refused) as refused:
        group_change(
            actor=business.actor,
            group=business.group,
            name="Retail",
            time_zone="Asia/Dhaka",
            is_shared=False,
        )
    assert refused.value.code == "has_periods"


def test_a_group_in_use_is_not_deleted(business: Business) -> None:
    buys_at(business.customer, business.group)
    with pytest.raises(Refused) as refused:
        group_delete(actor=business.actor, group=business.group)
    assert refused.value.code == "in_use"
    assert RateGroup.objects.filter(pk=business.group.pk).exists()


def test_an_unused_one_goes_with_its_rates(business: Business) -> None:
    rate(business.group, "880", "0.01")
    group_delete(actor=business.actor, group=business.group)
    assert not Rate.objects.exists()
    assert not RateGroup.objects.exists()


def test_a_copy_has_the_prices_in_effect_and_to_come_marked_up(business: Business) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        night = read_period("mon-fri 20:00-08:00")
        rate(business.group, "880", "0.01", connection_fee=Decimal("0.005"), is_locked=True)
        rate(business.group, "880", "0.008", period=night, first_block=30, increment=6)
        rate(business.group, "91", "0.02", until=now - timedelta(days=1))
        rate(business.group, "94", "0.033333", since=now + timedelta(days=1))
        copy = group_copy(
            actor=business.actor,
            group=business.group,
            name="Copy",
            mark_up=MarkUp(Decimal(20), Decimal("0.001"), decimals=4),
        )
    rates = Rate.objects.filter(group=copy).order_by("prefix", "days")
    assert [(one.prefix, one.price, one.connection_fee, one.effective_from) for one in rates] == [
        ("880", Decimal("0.013"), Decimal("0.006"), now),
        ("880", Decimal("0.0106"), Decimal(0), now),
        ("94", Decimal("0.041"), Decimal(0), now + timedelta(days=1)),
    ]
    assert [(one.is_locked, one.days, one.first_block) for one in rates] == [
        (True, 0, 60),
        (False, 0b11111, 30),
        (False, 0, 60),
    ]


def test_what_is_shared_from_above_is_copied_into_a_group_of_ones_own(business: Business) -> None:
    shared = rate_group(business.top, "Wholesale", is_shared=True)
    rate(shared, "880", "0.01")
    copy = group_copy(actor=business.actor, group=shared, name="Mine", mark_up=MarkUp(Decimal(50)))
    assert copy.owner == business.agent
    assert [one.price for one in Rate.objects.filter(group=copy)] == [Decimal("0.015")]


def test_what_is_not_seen_is_not_copied(business: Business) -> None:
    hidden = rate_group(business.top, "Hidden")
    with pytest.raises(NotInScope):
        group_copy(actor=business.actor, group=hidden, name="Mine", mark_up=MarkUp())


@pytest.mark.parametrize(
    ("price", "mark_up", "expected"),
    [
        # 0.0105 × 1.1 = 0.01155; half up to four decimals
        ("0.0105", MarkUp(Decimal(10), decimals=4), "0.0116"),
        ("0.010001", MarkUp(decimals=4, is_up=True), "0.0101"),
        ("0.01", MarkUp(Decimal(-100)), "0"),
        # Nothing is paid for calling.
        ("0.01", MarkUp(amount=Decimal("-0.02")), "0"),
        ("0.0000015", MarkUp(Decimal(100), decimals=6), "0.000003"),
    ],
)
def test_a_mark_up_is_percent_then_amount_then_rounding(
    price: str, mark_up: MarkUp, expected: str
) -> None:
    assert mark_up.of_price(Decimal(price)) == Decimal(expected)


def test_tiers_take_the_place_of_those_before(business: Business) -> None:
    tiers_set(actor=business.actor, group=business.group, tiers=[(10_000, 500)])
    tiers_set(actor=business.actor, group=business.group, tiers=[(1_000, 250), (5_000, 750)])
    tiers = VolumeTier.objects.filter(group=business.group)
    assert [(one.minutes, one.percent) for one in tiers] == [
        (1_000, Decimal("2.5")),
        (5_000, Decimal("7.5")),
    ]


@pytest.mark.parametrize(
    "tiers",
    [[(0, 500)], [(1_000, 0)], [(1_000, 10_001)], [(1_000, 500), (2_000, 500)],
     [(1_000, 500), (1_000, 600)]],
)  # fmt: skip
def test_tiers_rise(business: Business, tiers: list[tuple[int, int]]) -> None:
    with pytest.raises(Refused) as refused:
        tiers_set(actor=business.actor, group=business.group, tiers=tiers)
    assert refused.value.code in {"tier", "twice"}


def _corrected(business: Business, **more: object) -> RateCorrection:
    now = timezone.now()
    values = {
        "prefix": "880",
        "begins_at": now - timedelta(days=3),
        "ends_at": now - timedelta(days=1),
        "price": Decimal("0.03"),
        "reason": "Mistyped",
        **more,
    }
    return correction_add(actor=business.actor, group=business.group, **values)  # type: ignore[arg-type]


def test_a_correction_stands_beside_the_rate_it_corrects(business: Business) -> None:
    wrong = rate(business.group, "880", "0.3")
    corrected = _corrected(business)
    assert (corrected.price, corrected.login) == (Decimal("0.03"), business.login)
    wrong.refresh_from_db()
    assert (wrong.price, wrong.effective_until) == (Decimal("0.3"), None)


def test_a_correction_is_about_the_past_and_about_a_price_there_was(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        _corrected(business)
    assert refused.value.code == "no_rate"
    rate(business.group, "880", "0.3")
    with pytest.raises(Refused) as refused:
        _corrected(business, ends_at=timezone.now() + timedelta(minutes=1))
    assert refused.value.code == "not_past"
    with pytest.raises(Refused) as refused:
        _corrected(business, reason=" ")
    assert refused.value.code == "reason_required"


def test_two_corrections_never_speak_of_one_moment(business: Business) -> None:
    rate(business.group, "880", "0.3")
    _corrected(business)
    with pytest.raises(Refused) as refused:
        _corrected(business, begins_at=timezone.now() - timedelta(days=2))
    assert refused.value.code == "collides"


def test_a_phone_card_account_has_no_groups(db: None) -> None:
    account = AccountFactory(type=Account.Type.PHONE_CARD)
    with pytest.raises(Refused) as refused:
        group_create(actor=SYSTEM, name="New", owner=account)
    assert refused.value.code == "agent_not_general"
