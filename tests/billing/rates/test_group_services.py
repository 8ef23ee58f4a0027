"""What is written of a rate group, and what stays as it is (docs/domain.md 7)."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, Refused
from billing.rates.drafts import MarkUp
from billing.rates.models import Rate, VolumeTier
from billing.rates.periods import read_period
from billing.rates.services.copying import group_copy
from billing.rates.services.groups import (
    group_change,
    group_create,
    group_delete,
    tiers_set,
)
from billing.rates.services.rates import rate_end
from billing.wallets.models import RateGroup
from tests.billing.rates.conftest import LATER, NOW, Business
from tests.factories.rates import rate, rate_group

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
NONE = MarkUp()


def change(business: Business, **more: Any) -> RateGroup:
    asked = {"name": "Retail", "time_zone": "UTC", "is_shared": False, **more}
    return group_change(actor=business.actor, group=business.group, **asked)


def test_a_change_is_recorded_and_counted(business: Business) -> None:
    group = change(business, name="  Retail  2 ", is_shared=True, time_zone="Asia/Dhaka", memo="x")
    assert (group.name, group.is_shared, group.time_zone) == ("Retail 2", True, "Asia/Dhaka")
    assert group.version == 2
    entry = AuditEntry.objects.get(action="rate_group.change")
    assert (entry.account, entry.subject) == ("Agent", "Retail 2")
    assert entry.before == {
        "name": "Retail", "is_shared": False, "time_zone": "UTC", "memo": "",
    }  # fmt: skip


def test_the_same_again_is_no_change(business: Business) -> None:
    assert change(business).version == 1
    assert not AuditEntry.objects.filter(action="rate_group.change").exists()


def test_a_name_that_is_taken_is_refused_at_its_field(business: Business) -> None:
    rate_group(business.agent, "Other")
    with pytest.raises(Refused) as refused:
        change(business, name="OTHER")
    assert (refused.value.code, refused.value.field) == ("name_taken", "name")


def test_no_zone_is_changed_to_one_that_there_is_not(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        change(business, time_zone="Mars/Base")
    assert refused.value.field == "time_zone"


def test_the_zone_stays_from_the_moment_in_which_hours_count(business: Business) -> None:
    """Prices for all hours, and hours to come, do not hold it."""
    rate(business.group, "91", "0.01")
    rate(business.group, "880", "0.01", period=read_period("08:00-20:00"), since=LATER)
    assert change(business, time_zone="Asia/Dhaka").time_zone == "Asia/Dhaka"
    with time_machine.travel(LATER, tick=False), pytest.raises(Refused) as refused:
        change(business, time_zone="UTC")
    assert refused.value.code == "has_periods"


def test_everything_else_changes_where_hours_count(business: Business) -> None:
    rate(business.group, "880", "0.01", period=read_period("08:00-20:00"))
    assert change(business, name="Other").name == "Other"


def test_making_and_deleting_are_recorded_with_what_goes(business: Business) -> None:
    group = group_create(actor=business.actor, name="New", memo="For a while")
    made = AuditEntry.objects.get(action="rate_group.create", subject="New")
    assert (made.account, made.after["memo"]) == ("Agent", "For a while")
    rate(group, "880", "0.01")
    rate_end(actor=business.actor, rate=rate(group, "91", "0.01", since=LATER))
    group_delete(actor=business.actor, group=group)
    entry = AuditEntry.objects.get(action="rate_group.delete")
    assert (entry.account, entry.subject, entry.before["rates"]) == ("Agent", "New", 1)


# --- Copies


def copied(business: Business, mark_up: MarkUp = NONE, **more: Any) -> list[Rate]:
    source = more.get("group", business.group)
    copy = group_copy(actor=business.actor, group=source, name="Copy", mark_up=mark_up)
    return list(Rate.objects.filter(group=copy).order_by("prefix", "effective_from"))


def test_a_copy_has_the_zone_and_is_shared_with_nobody(business: Business) -> None:
    source = rate_group(business.top, "World", is_shared=True, time_zone="Asia/Dhaka")
    copied(business, group=source)
    copy = RateGroup.objects.get(name="Copy")
    assert (copy.time_zone, copy.is_shared, copy.owner) == ("Asia/Dhaka", False, business.agent)
    entry = AuditEntry.objects.get(action="rate_group.create", subject="Copy")
    assert entry.after["copied_from"] == "World"


def test_a_copy_leaves_out_what_has_ended_and_what_was_taken_back(business: Business) -> None:
    rate(business.group, "1", "0.01", until=NOW)
    rate_end(actor=business.actor, rate=rate(business.group, "2", "0.01", since=LATER))
    rate(business.group, "3", "0.01", until=LATER, first_block=30, increment=6)
    (one,) = copied(business)
    assert (one.prefix, one.effective_from, one.effective_until) == ("3", NOW, LATER)
    assert (one.first_block, one.increment) == (30, 6)


def test_no_price_of_a_copy_is_larger_than_prices_are(business: Business) -> None:
    rate(business.group, "1", "60000")
    with pytest.raises(Refused) as refused:
        copied(business, MarkUp(Decimal(100)))
    assert (refused.value.code, refused.value.field) == ("too_large", "amount")
    assert not RateGroup.objects.filter(name="Copy").exists()


def test_no_fee_of_a_copy_either(business: Business) -> None:
    rate(business.group, "1", "0.01", connection_fee=Decimal(60_000))
    with pytest.raises(Refused) as refused:
        copied(business, MarkUp(Decimal(100)))
    assert (refused.value.code, refused.value.field) == ("too_large", "percent")


def test_a_copy_with_a_mark_up_that_means_nothing_is_refused(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        copied(business, MarkUp(Decimal(-101)))
    assert refused.value.field == "percent"


# --- Tiers


def test_tiers_are_recorded_and_counted_and_those_of_others_stay(business: Business) -> None:
    other = rate_group(business.agent, "Other")
    for group in (other, business.group):
        tiers_set(actor=business.actor, group=group, tiers=[(1_000, 250)])
    business.group.refresh_from_db()
    assert business.group.version == 2
    assert VolumeTier.objects.filter(group=other).count() == 1
    entry = AuditEntry.objects.filter(action="rate_group.tiers").latest("pk")
    assert (entry.subject, entry.before, entry.after) == (
        "Retail",
        {"tiers": []},
        {"tiers": [{"minutes": 1_000, "discount": "2.50"}]},
    )
    tiers_set(actor=business.actor, group=business.group, tiers=[(1_000, 250)])
    business.group.refresh_from_db()
    assert business.group.version == 2
    assert AuditEntry.objects.filter(action="rate_group.tiers").count() == 2


def test_tiers_that_somebody_else_changed_meanwhile_are_a_clash(business: Business) -> None:
    with pytest.raises(Clash):
        tiers_set(
            actor=business.actor, group=business.group, tiers=[(1_000, 250)], expected_version=2
        )
    assert not VolumeTier.objects.exists()
