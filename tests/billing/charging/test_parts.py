"""The tables of calls in parts, on PostgreSQL: made ahead, one a month, guarded like the whole."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.core import guards
from billing.calls.models import Leg, LegKey
from billing.charging.models import Charge
from billing.charging.months import Month
from billing.charging.queries.integrity import calls_found
from billing.charging.services import partitions
from billing.charging.services.partitions import NOT_OURS, parts_made
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged
from tests.factories.trees import ResellerTree
from tests.support.sabotage import run_sql

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MARCH, APRIL = date(2031, 3, 1), date(2031, 4, 1)


def parts(table: str = "billing_leg") -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = %s::regclass",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


def where(model: Any) -> set[str]:
    """The parts that rows lie in."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT tableoid::regclass::text FROM {model._meta.db_table}")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def _march(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """Two calls around the end of a month that nobody made parts for."""
    time_machine.move_to(datetime(2031, 4, 2, tzinfo=UTC))
    for at in (datetime(2031, 3, 31, 23, 59, 59), datetime(2031, 4, 1, 0, 0, 5)):
        charged(cdr(f"{at:%m}", account="Customer-001", at=at.replace(tzinfo=UTC)))


def test_they_are_made_ahead(time_machine: Any) -> None:
    time_machine.move_to(datetime(2031, 12, 31, 23, 59, tzinfo=UTC))
    assert parts_made() == "3 made"
    assert {f"billing_leg_{one}" for one in ("2031_12", "2032_01", "2032_02")} <= parts()
    assert {"billing_charge_2032_02", "billing_legkey_2032_02"} <= (
        parts("billing_charge") | parts("billing_legkey")
    )
    assert parts_made() == "0 made"


@pytest.mark.usefixtures("_march")
def test_what_lies_in_none_is_charged_and_moved_into_its_own() -> None:
    assert where(Leg) == {"billing_leg_default"}
    assert "Calls of this month have no part" in calls_found().lines[1]
    rows = list(Charge.objects.order_by("pk").values())
    assert parts_made() == "4 made"
    assert where(Leg) == {"billing_leg_2031_03", "billing_leg_2031_04"}
    assert where(Charge) == {"billing_charge_2031_03", "billing_charge_2031_04"}
    assert where(LegKey) == {"billing_legkey_2031_03", "billing_legkey_2031_04"}
    assert list(Charge.objects.order_by("pk").values()) == rows
    assert calls_found().is_sound
    assert len(calls_found().lines) == 1


@pytest.mark.usefixtures("_march")
def test_new_ones_are_guarded() -> None:
    parts_made()
    assert guards.missing() == []
    with pytest.raises(IntegrityError, match="only ever appended"), transaction.atomic():
        run_sql("UPDATE billing_leg SET duration = 1")
    with pytest.raises(IntegrityError, match="only ever appended"), transaction.atomic():
        run_sql("DELETE FROM billing_leg_2031_03")


@pytest.mark.usefixtures("_march")
def test_a_guard_that_is_switched_off_in_one_part_is_missing() -> None:
    parts_made()
    run_sql("ALTER TABLE billing_leg_2031_03 DISABLE TRIGGER guard_billing_leg_delete")
    assert guards.missing() == ["guard_billing_leg_delete"]
    guards.install()
    assert guards.missing() == []


def test_who_does_not_own_the_tables_leaves_it_to_the_owner(monkeypatch: Any) -> None:
    monkeypatch.setattr(partitions, "owns_tables", lambda: False)
    assert parts_made() == NOT_OURS


def test_a_month_begins_and_ends_in_utc() -> None:
    one = Month.of(datetime.fromisoformat("2031-04-01T05:00:00+06:00"))
    assert (one.first, one.next.first) == (MARCH, APRIL)
    assert one.end == datetime(2031, 4, 1, tzinfo=UTC)
