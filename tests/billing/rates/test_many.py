"""One deed on many rates of a group, all or nothing (docs/domain.md 7)."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, Refused
from billing.rates.drafts import MarkUp
from billing.rates.models import Rate
from billing.rates.services.many import Deed, many_preview, rates_change_many
from tests.billing.rates.conftest import LATER, NOW, Business
from tests.factories.rates import rate, rate_group

DEARER = Deed(mark_up=MarkUp(Decimal(10)))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def change(business: Business, *rates: Rate, deed: Deed = DEARER) -> int:
    plan = rates_change_many(
        actor=business.actor, group=business.group, rates=[one.pk for one in rates], deed=deed
    )
    return len(plan.done)


def in_effect(business: Business, at: datetime = NOW) -> dict[str, Decimal]:
    rates = Rate.objects.in_effect(at).filter(group=business.group)
    return {one.prefix: one.price for one in rates}


def test_prices_change_from_now_on(business: Business) -> None:
    some = [rate(business.group, "880", "0.01"), rate(business.group, "91", "0.02")]
    rate(business.group, "94", "0.03")
    assert change(business, *some) == 2
    assert in_effect(business) == {
        "880": Decimal("0.011"),
        "91": Decimal("0.022"),
        "94": Decimal("0.03"),
    }


def test_or_from_a_moment_to_come(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    change(business, one, deed=Deed(LATER, mark_up=MarkUp(amount=Decimal("0.005"))))
    assert in_effect(business) == {"880": Decimal("0.01")}
    assert in_effect(business, LATER) == {"880": Decimal("0.015")}


def test_what_has_not_begun_by_then_begins_with_its_new_price(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER + timedelta(days=1))
    change(business, coming, deed=Deed(LATER, mark_up=MarkUp(Decimal(100))))
    rates = Rate.objects.standing().filter(group=business.group)
    assert [(one.price, one.effective_from) for one in rates] == [
        (Decimal("0.02"), LATER + timedelta(days=1))
    ]


def test_the_end_of_a_price_stays(business: Business) -> None:
    until = LATER + timedelta(days=9)
    change(business, rate(business.group, "880", "0.01", until=until))
    new = Rate.objects.in_effect(NOW).get(group=business.group)
    assert new.effective_until == until


def test_locking_ending_and_what_is_so_already(business: Business) -> None:
    locked = rate(business.group, "880", "0.01", is_locked=True)
    other = rate(business.group, "91", "0.02")
    assert change(business, locked, other, deed=Deed(is_locked=True)) == 1
    assert set(Rate.objects.in_effect(NOW).values_list("is_locked", flat=True)) == {True}
    current = Rate.objects.in_effect(NOW).filter(group=business.group)
    assert change(business, *current, deed=Deed(LATER, ends=True)) == 2
    assert in_effect(business, LATER) == {}


def test_the_preview_says_what_would_become_of_each_and_changes_nothing(
    business: Business,
) -> None:
    one = rate(business.group, "880", "0.01")
    over = rate(business.group, "91", "0.02", until=NOW - timedelta(days=1))
    plan = many_preview(
        actor=business.actor, group=business.group, rates=[one.pk, over.pk], deed=DEARER
    )
    assert [(x.rate.prefix, x.before, x.after) for x in plan.done] == [
        ("880", Decimal("0.01"), Decimal("0.011"))
    ]
    assert [x.rate.prefix for x in plan.skipped] == ["91"]
    assert in_effect(business) == {"880": Decimal("0.01")}


def test_nothing_changes_before_now(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    with pytest.raises(Refused) as refused:
        change(business, one, deed=Deed(NOW - timedelta(seconds=1), ends=True))
    assert (refused.value.code, refused.value.field) == ("past", "at")


def test_all_or_nothing(business: Business) -> None:
    one = rate(business.group, "880", "0.01", until=LATER)
    rate(business.group, "880", "0.03", since=LATER)
    other = rate(business.group, "91", "90000")
    with pytest.raises(Refused):
        change(business, one, other, deed=Deed(mark_up=MarkUp(Decimal(20))))
    assert in_effect(business) == {"880": Decimal("0.01"), "91": Decimal(90_000)}


def test_a_rate_of_another_group_is_not_among_them(business: Business) -> None:
    foreign = rate(rate_group(business.top, "Other"), "880", "0.01")
    with pytest.raises(Clash):
        change(business, foreign)


def test_one_entry_of_the_log_for_all(business: Business) -> None:
    some = [rate(business.group, "880", "0.01"), rate(business.group, "91", "0.02")]
    change(business, *some)
    entry = AuditEntry.objects.get(action="rate.change_many")
    assert (entry.after["prefixes"], entry.after["percent"]) == (["880", "91"], "10")


@pytest.mark.parametrize(
    ("deed", "field"),
    [
        (Deed(mark_up=MarkUp()), "percent"),
        (Deed(mark_up=MarkUp(Decimal(-101))), "percent"),
        (Deed(mark_up=MarkUp(Decimal(1), decimals=7)), "decimals"),
    ],
)
def test_what_means_nothing_is_refused(business: Business, deed: Deed, field: str) -> None:
    one = rate(business.group, "880", "0.01")
    with pytest.raises(Refused) as refused:
        change(business, one, deed=deed)
    assert refused.value.field == field


def test_none_chosen_or_none_to_change(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        change(business)
    assert refused.value.code == "nothing_chosen"
    locked = rate(business.group, "880", "0.01", is_locked=True)
    with pytest.raises(Refused) as refused:
        change(business, locked, deed=Deed(is_locked=True))
    assert refused.value.code == "nothing_to_do"
