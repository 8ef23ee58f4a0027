"""The daily check of rates: none collide, and nobody buys at a group from elsewhere."""

import pytest

from billing.rates.models import Rate
from billing.rates.periods import read_period
from billing.rates.queries.integrity import rates_found
from tests.billing.rates.conftest import Business
from tests.factories import AccountFactory
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at

pytestmark = pytest.mark.django_db


def test_all_is_well(business: Business) -> None:
    rate(business.group, "880", "0.01")
    rate(business.group, "880", "0.02", period=read_period("20:00-08:00"))
    buys_at(business.customer, business.group)
    buys_at(business.agent, rate_group(None, "Wholesale"))
    found = rates_found()
    assert (found.is_sound, found.lines) == (True, ("2 rates.",))


def test_rates_that_no_service_would_let_meet_are_found(business: Business) -> None:
    first = rate(business.group, "880", "0.01")
    rate(business.group, "91", "0.01")
    _second_beside(first)
    found = rates_found()
    assert not found.is_sound
    assert found.lines[1:] == ("rates that could apply at once: Retail 880",)


def test_an_account_that_buys_at_a_strangers_group_is_found(business: Business) -> None:
    stranger = rate_group(AccountFactory(account_id="Stranger"), "Elsewhere")
    buys_at(business.customer, stranger)
    found = rates_found()
    assert not found.is_sound
    assert found.lines[1:] == ("accounts that buy at a group from elsewhere: Customer",)


def _second_beside(one: Rate) -> None:
    """The same once more, a moment later, as no service writes it."""
    Rate.objects.bulk_create(
        [
            Rate(
                group=one.group,
                prefix=one.prefix,
                price=one.price,
                effective_from=one.created_at,
            )
        ]
    )
