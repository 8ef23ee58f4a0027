"""The bounds of corrections: about the past, about a price there was, never two for one moment
(docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accounts.core.models import AuditEntry
from accounts.kit.errors import Refused
from billing.rates.models import RateCorrection
from billing.rates.services.corrections import correction_add, correction_remove
from billing.rates.services.rates import rate_end
from tests.billing.rates.conftest import NOW, Business
from tests.factories.rates import rate, rate_group

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
DAY = timedelta(days=1)
BEGIN, END = NOW - 3 * DAY, NOW - DAY


def corrected(business: Business, **more: Any) -> RateCorrection:
    asked = {
        "group": business.group,
        "prefix": "880",
        "begins_at": BEGIN,
        "ends_at": END,
        "price": Decimal("0.03"),
        "reason": "Mistyped",
        **more,
    }
    return correction_add(actor=business.actor, **asked)


def refusal(business: Business, **more: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        corrected(business, **more)
    return refused.value.code, refused.value.field


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"price": Decimal(-1)}, "price"),
        ({"prefix": "+880"}, "prefix"),
        ({"begins_at": END}, "until"),
        ({"begins_at": END + DAY / 2}, "until"),
        ({"begins_at": datetime(1999, 12, 1, tzinfo=UTC)}, "since"),
    ],
)
def test_what_is_no_correction_is_refused(business: Business, more: Any, field: str) -> None:
    rate(business.group, "880", "0.3")
    assert refusal(business, **more)[1] == field


def test_it_may_reach_to_this_moment_and_no_further(business: Business) -> None:
    rate(business.group, "880", "0.3")
    tick = timedelta(microseconds=1)
    assert refusal(business, ends_at=NOW + tick) == ("not_past", "until")
    assert corrected(business, ends_at=NOW).ends_at == NOW


def test_there_was_a_price_in_a_part_of_that_time(business: Business) -> None:
    """One that began when it ends, or ended when it begins, is none."""
    rate(business.group, "880", "0.3", since=END)
    rate(business.group, "880", "0.2", since=BEGIN - DAY, until=BEGIN)
    assert refusal(business) == ("no_rate", "prefix")
    rate(business.group, "880", "0.1", since=BEGIN, until=BEGIN + DAY)
    assert corrected(business).prefix == "880"


def test_what_was_taken_back_was_no_price(business: Business) -> None:
    one = rate(business.group, "880", "0.3", since=NOW)
    rate_end(actor=business.actor, rate=one)
    with time_machine.travel(NOW + DAY, tick=False):
        assert refusal(business, begins_at=NOW, ends_at=NOW + DAY)[0] == "no_rate"


def test_two_stand_beside_each_other(business: Business) -> None:
    """One after the other, of another prefix, and of another group."""
    other = rate_group(business.agent, "Other")
    rate(business.group, "880", "0.3")
    rate(business.group, "91", "0.3")
    rate(other, "880", "0.3")
    corrected(business)
    corrected(business, begins_at=BEGIN - DAY, ends_at=BEGIN)
    corrected(business, begins_at=END, ends_at=NOW)
    corrected(business, prefix="91")
    corrected(business, group=other)
    assert RateCorrection.objects.count() == 5
    assert refusal(business, begins_at=END - DAY / 2, ends_at=NOW) == ("collides", "since")


def test_both_deeds_are_recorded_with_their_reason_and_counted(business: Business) -> None:
    rate(business.group, "880", "0.3")
    business.group.refresh_from_db()
    before = business.group.version
    one = corrected(business, reason="  Mistyped  ")
    assert one.reason == "Mistyped"
    with pytest.raises(Refused) as refused:
        correction_remove(actor=business.actor, correction=one, reason=" ")
    assert refused.value.code == "reason_required"
    correction_remove(actor=business.actor, correction=one, reason="  It was right ")
    assert not RateCorrection.objects.exists()
    business.group.refresh_from_db()
    assert business.group.version == before + 2
    entries = AuditEntry.objects.filter(action__in=("rate.correct", "rate.uncorrect"))
    assert [
        (one.action, one.account, one.subject, one.after["price"], one.reason)
        for one in entries.order_by("pk")
    ] == [
        ("rate.correct", "Agent", "Retail 880", "0.03", "Mistyped"),
        ("rate.uncorrect", "Agent", "Retail 880", "0.03", "It was right"),
    ]
