"""Rates begin, change and end; what was in effect is never edited (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, NotInScope, Refused
from billing.errors import BadAmount
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.periods import read_period
from billing.rates.services.rates import rate_add, rate_change, rate_end, rate_lock
from tests.billing.rates.conftest import LATER, NOW, Business, draft, standing
from tests.factories.rates import rate, rate_group

LATEST = NOW + timedelta(days=9)
NIGHT = read_period("mon-fri 20:00-08:00")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_rate_begins_now_where_nobody_says_when(business: Business) -> None:
    rate_add(actor=business.actor, group=business.group, draft=draft())
    assert standing(business) == [("0.02", NOW, None)]


def test_a_rate_that_was_missing_may_begin_in_the_past(business: Business) -> None:
    past = NOW - timedelta(days=3)
    rate_add(actor=business.actor, group=business.group, draft=draft(since=past))
    assert standing(business) == [("0.02", past, None)]


def test_two_rates_of_a_prefix_never_count_at_once(business: Business) -> None:
    rate(business.group, "880", "0.01")
    with pytest.raises(Refused) as refused:
        rate_add(actor=business.actor, group=business.group, draft=draft(since=LATER))
    assert (refused.value.code, refused.value.field) == ("collides", "prefix")


def test_one_may_begin_in_the_moment_in_which_the_other_ends(business: Business) -> None:
    rate(business.group, "880", "0.01", until=LATER)
    rate_add(actor=business.actor, group=business.group, draft=draft(since=LATER))
    assert [one[0] for one in standing(business)] == ["0.01", "0.02"]


def test_a_price_for_some_hours_stands_beside_the_one_for_all(business: Business) -> None:
    rate(business.group, "880", "0.01")
    rate_add(actor=business.actor, group=business.group, draft=draft(period=NIGHT))
    assert len(standing(business)) == 2


def test_hours_that_meet_are_refused(business: Business) -> None:
    rate(business.group, "880", "0.01", period=NIGHT)
    with pytest.raises(Refused) as refused:
        rate_add(
            actor=business.actor,
            group=business.group,
            draft=draft(period=read_period("sat 07:00-09:00")),
        )
    assert refused.value.code == "collides"


def test_hours_that_only_touch_are_not(business: Business) -> None:
    rate(business.group, "880", "0.01", period=NIGHT)
    rate_add(
        actor=business.actor,
        group=business.group,
        draft=draft(period=read_period("sat 08:00-09:00")),
    )
    assert len(standing(business)) == 2


def test_a_change_ends_what_was_in_effect_and_begins_a_new_one(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - timedelta(days=1))
    rate_change(actor=business.actor, rate=old, draft=draft(since=LATER))
    assert standing(business) == [
        ("0.01", NOW - timedelta(days=1), LATER),
        ("0.02", LATER, None),
    ]


def test_a_change_never_begins_in_the_past(business: Business) -> None:
    old = rate(business.group, "880", "0.01")
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=old, draft=draft(since=NOW - timedelta(seconds=1)))
    assert (refused.value.code, refused.value.field) == ("past", "since")


def test_one_that_has_not_begun_is_changed_as_it_stands(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    changed = rate_change(actor=business.actor, rate=coming, draft=draft(since=LATEST))
    assert changed.pk == coming.pk
    assert standing(business) == [("0.02", LATEST, None)]


def test_what_begins_and_changes_in_one_moment_never_counted(business: Business) -> None:
    fresh = rate(business.group, "880", "0.01", since=NOW)
    rate_change(actor=business.actor, rate=fresh, draft=draft())
    assert standing(business) == [("0.02", NOW, None)]
    fresh.refresh_from_db()
    assert fresh.void_at == NOW


def test_a_price_that_has_ended_does_not_change(business: Business) -> None:
    old = rate(business.group, "880", "0.01", until=NOW - timedelta(days=1))
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=old, draft=draft())
    assert refused.value.code == "ended"


def test_a_change_must_not_run_into_the_next_price(business: Business) -> None:
    first = rate(business.group, "880", "0.01", until=LATER)
    rate(business.group, "880", "0.03", since=LATER)
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=first, draft=draft())
    assert refused.value.code == "collides"
    assert [one[0] for one in standing(business)] == ["0.01", "0.03"]


def test_the_same_again_changes_nothing(business: Business) -> None:
    same = rate(business.group, "880", "0.02", since=NOW - timedelta(days=1))
    entries = AuditEntry.objects.count()
    rate_change(actor=business.actor, rate=same, draft=draft())
    assert standing(business) == [("0.02", NOW - timedelta(days=1), None)]
    assert AuditEntry.objects.count() == entries


def test_locking_begins_a_locked_price_now(business: Business) -> None:
    old = rate(business.group, "880", "0.02", since=NOW - timedelta(days=1))
    locked = rate_lock(actor=business.actor, rate=old, is_locked=True)
    assert (locked.is_locked, locked.effective_from, locked.price) == (True, NOW, Decimal("0.02"))
    old.refresh_from_db()
    assert (old.is_locked, old.effective_until) == (False, NOW)


def test_a_price_ends_now_or_later_and_not_before(business: Business) -> None:
    old = rate(business.group, "880", "0.01")
    with pytest.raises(Refused) as refused:
        rate_end(actor=business.actor, rate=old, at=NOW - timedelta(seconds=1))
    assert refused.value.code == "past"
    assert rate_end(actor=business.actor, rate=old, at=LATER).effective_until == LATER


def test_what_would_end_before_it_begins_is_taken_back(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    rate_end(actor=business.actor, rate=coming, at=NOW)
    assert standing(business) == []
    assert Rate.objects.get(pk=coming.pk).void_at == NOW


def test_a_longer_life_must_not_run_into_the_next_price(business: Business) -> None:
    first = rate(business.group, "880", "0.01", until=LATER)
    rate(business.group, "880", "0.03", since=LATER)
    with pytest.raises(Refused) as refused:
        rate_end(actor=business.actor, rate=first, at=LATEST)
    assert (refused.value.code, refused.value.field) == ("collides", "until")


def test_every_change_of_a_group_counts_its_version_up(business: Business) -> None:
    before = business.group.version
    old = rate_add(actor=business.actor, group=business.group, draft=draft())
    rate_end(actor=business.actor, rate=old, at=LATER)
    business.group.refresh_from_db()
    assert business.group.version == before + 2


def test_the_log_says_what_a_price_was_and_became(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - timedelta(days=1))
    rate_change(actor=business.actor, rate=old, draft=draft("0.025"))
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.account, entry.subject) == ("rate.change", "Agent", "Retail 880")
    assert (entry.before["price"], entry.after["price"]) == ("0.01", "0.025")


def test_somebody_elses_change_meanwhile_is_a_clash(business: Business) -> None:
    old = rate(business.group, "880", "0.01", since=NOW - timedelta(days=1))
    rate_end(actor=business.actor, rate=old, at=LATER)
    with pytest.raises(Clash):
        rate_change(actor=business.actor, rate=old, draft=draft(), expected_version=1)


def test_a_group_that_is_only_seen_is_not_changed(business: Business) -> None:
    shared = rate_group(business.top, "Wholesale", is_shared=True)
    from_above = rate(shared, "880", "0.01", since=NOW - timedelta(days=1))
    with pytest.raises(NotInScope):
        rate_change(actor=business.actor, rate=from_above, draft=draft())


def test_a_rate_ends_after_it_begins(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        rate_add(actor=business.actor, group=business.group, draft=draft(since=LATEST, until=LATER))
    assert (refused.value.code, refused.value.field) == ("ends_before", "until")


def test_what_ends_before_a_change_begins_is_not_changed_but_followed(business: Business) -> None:
    old = rate(business.group, "880", "0.01", until=LATER)
    with pytest.raises(Refused) as refused:
        rate_change(actor=business.actor, rate=old, draft=draft(since=LATEST))
    assert (refused.value.code, refused.value.field) == ("ended_before", "since")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"first_block": 0}, "first_block"),
        ({"increment": 0}, "increment"),
        ({"first_block": 86_401}, "first_block"),
        ({"connection_fee": Decimal("-1")}, "connection_fee"),
        ({"since": datetime(1999, 12, 1, tzinfo=UTC)}, "since"),
        ({"until": datetime(9999, 1, 1, tzinfo=UTC)}, "until"),
        ({"since": LATER, "until": LATER}, "until"),
        ({"destination": "x" * 101}, "destination"),
    ],
)
def test_what_is_no_rate_is_refused_by_field(
    business: Business, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        rate_add(actor=business.actor, group=business.group, draft=draft(**more))
    assert refused.value.field == field


@pytest.mark.parametrize("prefix", ["", "8801234567890123", "+880", "88a", "٨٨٠", "880 1"])
def test_a_prefix_is_one_to_fifteen_digits(business: Business, prefix: str) -> None:
    with pytest.raises(Refused) as refused:
        rate_add(
            actor=business.actor, group=business.group, draft=RateDraft(prefix, Decimal("0.01"))
        )
    assert refused.value.field == "prefix"


@pytest.mark.parametrize("price", ["-0.01", "0.0000001", "100000.000001", "NaN"])
def test_a_price_is_from_zero_with_six_decimals(business: Business, price: str) -> None:
    with pytest.raises(BadAmount) as refused:
        rate_add(actor=business.actor, group=business.group, draft=draft(price))
    assert refused.value.field == "price"


def test_free_is_a_price(business: Business) -> None:
    free = rate_add(actor=business.actor, group=business.group, draft=draft("0"))
    assert free.price == 0
