"""One deed on many rates at its bounds, and what is written of it (docs/domain.md 7)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, Refused
from billing.rates.drafts import MarkUp
from billing.rates.models import Rate
from billing.rates.services.many import MOST, Deed, Plan, many_preview, rates_change_many
from billing.rates.services.rates import rate_end
from tests.billing.rates.conftest import LATER, NOW, Business
from tests.factories.rates import rate, rate_group

DAY = timedelta(days=1)
DEARER = Deed(mark_up=MarkUp(Decimal(10)))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def change(business: Business, *rates: Rate, deed: Deed = DEARER, **more: Any) -> Plan:
    pks = [one.pk for one in rates]
    return rates_change_many(
        actor=business.actor, group=business.group, rates=pks, deed=deed, **more
    )


def refusal(business: Business, *rates: Rate, deed: Deed = DEARER) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        change(business, *rates, deed=deed)
    return refused.value.code, refused.value.field


def test_a_deed_counts_the_versions_up_and_clashes_with_others(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    business.group.refresh_from_db()
    before = business.group.version
    with pytest.raises(Clash):
        change(business, one, expected_version=before - 1)
    change(business, one, expected_version=before)
    business.group.refresh_from_db()
    one.refresh_from_db()
    assert (business.group.version, one.version) == (before + 1, 2)
    assert AuditEntry.objects.get(action="rate.change_many").subject == "Retail"


def test_a_deed_may_name_this_very_moment(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    assert len(change(business, one, deed=Deed(NOW, mark_up=MarkUp(Decimal(10)))).done) == 1


def test_a_fee_alone_is_a_change(business: Business) -> None:
    """The percentage is that of the connection fee as well."""
    free = rate(business.group, "880", "0", connection_fee=Decimal("0.01"))
    change(business, free)
    new = Rate.objects.in_effect(NOW).get(group=business.group)
    assert (new.price, new.connection_fee) == (Decimal(0), Decimal("0.011"))


def test_what_ends_by_the_moment_of_the_deed_is_left_out(business: Business) -> None:
    over = rate(business.group, "880", "0.01", until=NOW)
    soon = rate(business.group, "91", "0.01", until=LATER)
    on = rate(business.group, "94", "0.01", until=LATER + DAY)
    plan = change(business, over, soon, on, deed=Deed(LATER, ends=True))
    assert [one.rate.prefix for one in plan.done] == ["94"]
    on.refresh_from_db()
    assert on.effective_until == LATER


def test_a_preview_leaves_out_what_has_ended_whatever_the_moment(business: Business) -> None:
    over = rate(business.group, "880", "0.01", until=NOW - DAY)
    plan = many_preview(
        actor=business.actor,
        group=business.group,
        rates=[over.pk],
        deed=Deed(NOW - 2 * DAY, ends=True),
    )
    assert [one.rate.prefix for one in plan.skipped] == ["880"]


def test_what_begins_in_the_moment_of_its_change_never_counted(business: Business) -> None:
    coming = rate(business.group, "880", "0.01", since=LATER)
    change(business, coming, deed=Deed(LATER, mark_up=MarkUp(Decimal(10))))
    (new,) = Rate.objects.standing().filter(group=business.group)
    assert (new.price, new.effective_from) == (Decimal("0.011"), LATER)
    coming.refresh_from_db()
    assert coming.void_at == NOW


def test_one_thing_is_done_at_a_time(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    for deed in (Deed(), Deed(is_locked=True, ends=True)):
        with pytest.raises(TypeError):
            change(business, one, deed=deed)


def test_a_preview_says_no_to_what_the_deed_would_refuse(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        many_preview(actor=business.actor, group=business.group, rates=[], deed=DEARER)
    assert refused.value.code == "nothing_chosen"


def test_so_many_at_a_time_and_no_more(business: Business) -> None:
    """As many as may be are looked for, and not found."""
    unknown = [Rate(pk=10**9 + at) for at in range(MOST + 1)]
    assert refusal(business, *unknown) == ("too_many", None)
    with pytest.raises(Clash):
        change(business, *unknown[:MOST])


def test_a_price_and_a_fee_stay_within_what_prices_are(business: Business) -> None:
    dear = rate(business.group, "880", "95000")
    fee = rate(business.group, "91", "0.01", connection_fee=Decimal(95_000))
    assert refusal(business, dear) == ("too_large", "amount")
    assert refusal(business, fee) == ("too_large", "percent")


def test_one_that_is_gone_or_foreign_stops_all(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    gone = rate(business.group, "91", "0.01", since=LATER)
    rate_end(actor=business.actor, rate=gone)
    foreign = rate(rate_group(business.agent, "Other"), "94", "0.01")
    for other in (gone, foreign):
        with pytest.raises(Clash):
            change(business, one, other)
    one.refresh_from_db()
    assert one.effective_until is None
