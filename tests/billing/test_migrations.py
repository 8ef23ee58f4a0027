"""What becomes of an old database: policies, transfers and calls of former days."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.core import guards
from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.calls.models import Leg
from billing.charging.models import (
    Charge,
    GatewayTotal,
    PlatformDay,
    PlatformQuarter,
    TopDay,
)
from billing.charging.queries.integrity import calls_found
from billing.ledger.queries.settlements import settlements_due
from billing.ledger.services.settling import settlement_post
from tests.factories import AccountFactory, GatewayFactory, ResellerTree
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.paying import balance, pay
from tests.support.settling import former_transfer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _the_newest_again() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


def at(name: str) -> Any:
    """Migrate billing to this state, forwards or back; its models as they were."""
    executor = MigrationExecutor(connection)
    guards.remove()
    executor.migrate([("billing", name)])
    return MigrationExecutor(connection).loader.project_state([("billing", name)]).apps


def fundings(apps: Any) -> dict[int, str]:
    rows = apps.get_model("billing", "PaymentPolicy").objects
    return dict(rows.values_list("pk", "funding"))


def test_transfer_becomes_covered_and_back(reseller_tree: ResellerTree) -> None:
    old = at("0005_phone_cards")
    policies = old.get_model("billing", "PaymentPolicy").objects
    top, agent, other = (
        reseller_tree.top.pk, reseller_tree.agent.pk, reseller_tree.other_top.pk,
    )  # fmt: skip
    policies.create(account_id=top, funding="transfer", per_day=Decimal(500))
    policies.create(account_id=agent, funding="")
    policies.create(account_id=other, funding="record")
    new = at("0006_covered")
    assert fundings(new) == {top: "covered", agent: "", other: "record"}
    assert new.get_model("billing", "PaymentPolicy").objects.get(pk=top).per_day == 500
    assert fundings(at("0005_phone_cards")) == {top: "transfer", agent: "", other: "record"}


def test_what_an_old_database_holds_can_be_settled(reseller_tree: ResellerTree) -> None:
    agent, customer = reseller_tree.agent, reseller_tree.customer
    pay(agent, "1000")
    former_transfer(agent, customer, "100")
    # As the version before knows it: neither source nor settlement.
    assert not [
        one.name
        for one in at("0006_covered").get_model("billing", "Transaction")._meta.fields
        if one.name == "source"
    ]
    call_command("migrate", verbosity=0)
    assert guards.missing() == []
    (due,) = settlements_due(SYSTEM)
    assert (due.agent, due.amount) == (Account.objects.get(pk=agent.pk), 100)
    settlement_post(actor=SYSTEM, agent=agent, reason="upgrade")
    assert balance(agent) == 1000


def test_calls_move_into_months_and_back(reseller_tree: ResellerTree) -> None:
    group = rate_group(None, "Platform")
    rate(group, "880", "0.03")
    for account in (reseller_tree.top, reseller_tree.agent, reseller_tree.customer):
        buys_at(account, group, since=LONG_AGO)
    charged(cdr("a", account="Customer-001"), cdr("b", account="Customer-001"))
    found = Leg.objects.order_by("pk").values, Charge.objects.order_by("pk").values
    before = [list(rows()) for rows in found]
    charge = at("0016_calls_found_by_id").get_model("billing", "Charge")
    assert "setup" not in [one.name for one in charge._meta.fields]
    assert charge.objects.count() == 6
    call_command("migrate", verbosity=0)
    assert guards.missing() == []
    assert [list(rows()) for rows in found] == before
    assert calls_found().is_sound
    # Keys go on where they were.
    charged(cdr("c", account="Customer-001"))
    assert Leg.objects.latest("pk").pk > before[0][-1]["id"]


def test_what_the_platform_came_to_is_added_up_from_what_there_is(
    reseller_tree: ResellerTree,
) -> None:
    group = rate_group(None, "Platform", is_shared=True)
    rate(group, "880", "0.03")
    carrier = AccountFactory(account_id="Carrier", type="clearing")
    GatewayFactory(account=carrier, name="Elbe", direction="routing")
    for account in (reseller_tree.top, reseller_tree.agent, reseller_tree.customer, carrier):
        buys_at(account, group, since=LONG_AGO)
    charged(
        cdr("a", account="Customer-001", routing_gateway="elbe", seconds=120),
        cdr("b", account="BD-Wholesale-Agent", routing_gateway="elbe"),
        cdr("c", account="Customer-001"),
    )
    tables = (PlatformQuarter, PlatformDay, TopDay, GatewayTotal)

    def kept() -> list[list[tuple[Any, ...]]]:
        names = [[one.name for one in model._meta.fields[1:]] for model in tables]
        return [
            sorted(model.objects.values_list(*some))
            for model, some in zip(tables, names, strict=True)
        ]

    before = kept()
    assert GatewayTotal.objects.get().sold == Decimal("0.09")
    # What carriers cost of the calls of a root, and before that all that the platform came to.
    for name in ("0027_tables_of_amounts", "0019_holds"):
        at(name)
        call_command("migrate", verbosity=0)
        assert kept() == before
        assert calls_found().is_sound
