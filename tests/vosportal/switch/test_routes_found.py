"""Which gateways take a number, found among many: by an index where the database is PostgreSQL, and
the same ones everywhere.
"""

from typing import Any

import pytest
from django.db import connection

from accounts.core.models import Account
from accounts.gateways.carrying import Carries
from accounts.gateways.models import Gateway
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateways(db: Any) -> None:
    carrier = AccountFactory(account_id="Carrier", type=Account.Type.CLEARING)
    for name, prefixes in {
        "takes-all": [],
        "takes-bangladesh": ["880"],
        "takes-mobiles": ["44", "88017"],
        "takes-one": ["8801711000001"],
        "takes-longer": ["88017110000010"],
        "takes-others": ["49", "17"],
    }.items():
        Gateway.objects.create(
            name=name, account=carrier, direction="routing", capacity=1, prefixes=prefixes
        )


def taking(number: str) -> set[str]:
    return set(Gateway.objects.filter(Carries(number)).values_list("name", flat=True))


@pytest.mark.usefixtures("gateways")
@pytest.mark.parametrize(
    ("number", "names"),
    [
        (
            "8801711000001",
            {"takes-all", "takes-bangladesh", "takes-mobiles", "takes-one"},
        ),
        ("8801811000001", {"takes-all", "takes-bangladesh"}),
        ("4912345", {"takes-all", "takes-others"}),
        ("1712345", {"takes-all", "takes-others"}),
        ("33123", {"takes-all"}),
        ("", {"takes-all"}),
    ],
)
def test_a_gateway_takes_what_its_prefixes_begin_and_without_any_everything(
    number: str, names: set[str]
) -> None:
    assert taking(number) == names


@pytest.mark.postgres
@pytest.mark.usefixtures("gateways")
def test_the_others_are_not_read() -> None:
    with connection.cursor() as cursor:
        # What the planner does by itself as soon as there are more than a few gateways.
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Gateway.objects.filter(Carries("8801711000001")).explain(analyze=True)
    assert "Index Scan on gateway_by_beginning" in plan
