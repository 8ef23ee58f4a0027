"""Many rates enter at once, all or none; no two that could both apply (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.core.models import AuditEntry
from accounts.kit.errors import Refused
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.services.loading import rates_load
from billing.rates.services.rates import rate_end
from tests.billing.rates.conftest import Business
from tests.factories.rates import LONG_AGO, rate, rate_group

pytestmark = pytest.mark.django_db
NEXT = datetime(2099, 1, 1, tzinfo=UTC)


def drafts(*prices: str, prefix: str = "880") -> list[RateDraft]:
    """One after the other, a day each from long ago on."""
    days = [LONG_AGO + timedelta(days=at) for at in range(len(prices) + 1)]
    return [
        RateDraft(prefix, Decimal(price), since=begin, until=end)
        for price, begin, end in zip(prices, days, days[1:], strict=False)
    ]


def load(business: Business, *some: RateDraft) -> int:
    return rates_load(actor=business.actor, group=business.group, drafts=some)


def test_all_enter_and_are_recorded_once(business: Business) -> None:
    assert load(business, *drafts("0.01", "0.02"), *drafts("0.03", prefix="91")) == 3
    assert Rate.objects.filter(group=business.group).count() == 3
    business.group.refresh_from_db()
    assert business.group.version == 2
    entry = AuditEntry.objects.get(action="rate.load")
    assert (entry.account, entry.subject, entry.after) == ("Agent", "Retail", {"rates": 3})


def test_two_of_them_that_could_both_apply_are_refused(business: Business) -> None:
    one, other = *drafts("0.01"), *drafts("0.02")
    with pytest.raises(Refused) as refused:
        load(business, *drafts("0.03", prefix="91"), one, other)
    assert (refused.value.code, refused.value.field) == ("collides", "prefix")
    assert not Rate.objects.exists()


def test_so_is_one_that_could_apply_beside_what_is_there(business: Business) -> None:
    rate(business.group, "880", "0.01")
    with pytest.raises(Refused) as refused:
        load(business, *drafts("0.02"))
    assert refused.value.code == "collides"


def test_other_groups_and_what_was_taken_back_are_in_nobodys_way(business: Business) -> None:
    rate(rate_group(business.agent, "Other"), "880", "0.01")
    rate_end(actor=business.actor, rate=rate(business.group, "880", "0.01", since=NEXT))
    assert load(business, RateDraft("880", Decimal("0.02"))) == 1


def test_what_is_no_rate_is_refused_with_all_others(business: Business) -> None:
    with pytest.raises(Refused) as refused:
        load(business, *drafts("0.01"), RateDraft("91", Decimal(-1)))
    assert refused.value.field == "price"
    assert not Rate.objects.exists()
