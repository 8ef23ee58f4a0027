"""What begins with the digits that somebody types is found, and nothing else."""

import pytest

from billing.rates.filters import beginning_with
from billing.rates.models import Rate
from tests.factories.rates import rate, rate_group

pytestmark = pytest.mark.django_db

PREFIXES = ("8", "87", "88", "880", "8801", "889999999999999", "89", "9", "0", "08")


@pytest.mark.parametrize(
    ("digits", "found"),
    [
        ("88", ["88", "880", "8801", "889999999999999"]),
        ("8", ["8", "87", "88", "880", "8801", "889999999999999", "89"]),
        ("0", ["0", "08"]),
        ("889999999999999", ["889999999999999"]),
        ("7", []),
    ],
)
def test_by_the_beginning_of_the_prefix(digits: str, found: list[str]) -> None:
    group = rate_group()
    for prefix in PREFIXES:
        rate(group, prefix, "0.01")
    rates = Rate.objects.filter(beginning_with(digits), group=group).order_by("prefix")
    assert list(rates.values_list("prefix", flat=True)) == found
