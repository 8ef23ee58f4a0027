"""Rates at their very bounds: the moment in which one ends or begins, what is beside it, and what
is written of it (docs/domain.md 7).
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, NotInScope, Refused
from billing.rates.drafts import RateDraft
from billing.rates.services.rates import rate_add, rate_change, rate_end, rate_lock
from tests.billing.rates.conftest import LATER, NOW, Business, draft, standing
from tests.factories.rates import rate, rate_group

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def version_of(business: Business) -> int:
    business.group.refresh_from_db()
    return business.group.version


def test_adding_is_recorded_and_its_destination_tidied(business: Business) -> None:
    more = draft(destination="  Bangladesh   mobile ")
    made = rate_add(actor=business.actor, group=business.group, draft=more)
    assert made.destination == "Bangladesh mobile"
    entry = AuditEntry.objects.get(action="rate.add")
    assert (entry.account, entry.subject, entry.after["price"]) == ("Agent", "Retail 880", "0.02")


def test_a_prefix_of_another_group_is_in_nobodys_way(business: Business) -> None:
    rate(rate_group(business.agent, "Other"), "880", "0.01")
    rate_add(actor=business.actor, group=business.group, draft=draft())
    assert standing(business) == [("0.02", NOW, None)]


def test_nor_is_what_was_taken_back(business: Business) -> None:
    rate_end(actor=business.actor, rate=rate(business.group, "880", "0.01", since=LATER))
    rate_add(actor=business.actor, group=business.group, draft=draft())
    assert standing(business) == [("0.02", NOW, None)]


def test_a_change_keeps_its_prefix_and_is_no_rate_of_another(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    new = rate_change(actor=business.actor, rate=old, draft=RateDraft("91", Decimal("0.02")))
    assert new.prefix == "880"


def test_a_change_to_what_is_no_rate_is_refused(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=old, draft=draft("-1"))
    assert refused.value.field == "price"


def test_a_change_counts_the_versions_up(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    before = version_of(business)
    rate_change(actor=business.actor, rate=old, draft=draft(), expected_version=1)
    assert version_of(business) == before + 1
    old.refresh_from_db()
    assert old.version == 2


def test_what_ends_in_this_very_moment_has_ended(business: Business) -> None:
    old = rate(business.group, "880", "0.01", until=NOW)
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=old, draft=draft())
    assert refused.value.code == "ended"
    with pytest.raises(Refused) as refused:
        rate_end(actor=business.actor, rate=old)
    assert refused.value.code == "ended"


def test_a_change_may_begin_in_this_very_moment(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    rate_change(actor=business.actor, rate=old, draft=draft(since=NOW))
    assert standing(business) == [("0.01", NOW - DAY, NOW), ("0.02", NOW, None)]


def test_what_begins_in_this_very_moment_is_in_effect_and_not_edited(business: Business) -> None:
    fresh = rate(business.group, "880", "0.01", since=NOW)
    changed = rate_change(actor=business.actor, rate=fresh, draft=draft(since=LATER))
    assert changed.pk != fresh.pk
    assert standing(business) == [("0.01", NOW, LATER), ("0.02", LATER, None)]


def test_one_that_is_to_come_never_begins_in_the_past(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    rate_change(actor=business.actor, rate=coming, draft=draft(since=NOW - DAY))
    assert standing(business) == [("0.02", NOW, None)]


def test_one_that_is_to_come_is_not_moved_beside_another(business: Business) -> None:
    rate(business.group, "880", "0.03", until=LATER)
    coming = rate(business.group, "880", "0.01", since=LATER)
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=coming, draft=draft(since=LATER - TICK))
    assert refused.value.code == "collides"


def test_a_change_may_begin_where_the_old_price_ends(business: Business) -> None:
    old = rate(business.group, "880", "0.01", until=LATER)
    rate_change(actor=business.actor, rate=old, draft=draft(since=LATER))
    assert standing(business)[1] == ("0.02", LATER, None)


# --- Locks


def test_a_price_to_come_is_locked_from_its_own_beginning_on(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    locked = rate_lock(actor=business.actor, rate=coming, is_locked=True)
    assert (locked.is_locked, locked.effective_from) == (True, LATER)


def test_locking_what_is_locked_changes_nothing(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY, is_locked=True)
    before = version_of(business)
    rate_lock(actor=business.actor, rate=old, is_locked=True)
    assert standing(business) == [("0.01", NOW - DAY, None)]
    assert version_of(business) == before
    assert not rate_lock(actor=business.actor, rate=old, is_locked=False).is_locked


def test_a_lock_of_what_somebody_else_changed_meanwhile_is_a_clash(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    with pytest.raises(Clash):
        rate_lock(actor=business.actor, rate=old, is_locked=True, expected_version=2)


# --- Ends


def test_an_end_of_what_somebody_else_changed_meanwhile_is_a_clash(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    with pytest.raises(Clash):
        rate_end(actor=business.actor, rate=old, expected_version=2)


def test_what_ends_in_the_moment_in_which_it_begins_never_counted(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    rate_end(actor=business.actor, rate=coming, at=LATER)
    assert standing(business) == []
    entry = AuditEntry.objects.get(action="rate.end")
    assert (entry.subject, entry.after["taken_back"]) == ("Retail 880", True)


def test_an_end_now_is_recorded(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - DAY)
    rate_end(actor=business.actor, rate=old)
    assert standing(business) == [("0.01", NOW - DAY, NOW)]
    entry = AuditEntry.objects.get(action="rate.end")
    assert (entry.account, entry.before["until"]) == ("Agent", None)


def test_what_was_taken_back_is_there_no_longer(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    rate_end(actor=business.actor, rate=coming)
    with pytest.raises(NotInScope):
        rate_end(actor=business.actor, rate=coming)
