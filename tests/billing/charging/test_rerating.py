"""Re-rating takes back and charges anew, and never edits (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry
from billing.charging.models import Charge, DayTotal
from billing.charging.queries.integrity import calls_found
from billing.ledger.queries.integrity import ledger_found
from billing.rates.services.corrections import correction_add
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged
from tests.factories.trees import ResellerTree

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
PERIOD = ("--from", "2027-03-14T00:00:00Z", "--until", "2027-03-15T00:00:00Z")


@pytest.fixture(autouse=True)
def _corrected(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """Two calls of a minute; from then on the agent's price of that day is known to be 5 cents."""
    time_machine.move_to(NOON)
    charged(
        cdr("a", account="Customer-001", at=NOON - timedelta(days=1)),
        cdr("b", account="Customer-001", at=NOON - timedelta(hours=1)),
    )
    correction_add(
        actor=SYSTEM, group=groups.agent, prefix="880", begins_at=NOON - timedelta(days=2),
        ends_at=NOON - timedelta(hours=1), price=Decimal("0.05"), reason="wrong deck",
    )  # fmt: skip


def rerate(*options: str) -> str:
    out = StringIO()
    call_command("rerate", *PERIOD, *options, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_the_difference_and_posts_nothing(tree: ResellerTree) -> None:
    said = rerate("--dry-run")
    assert said == "1 legs, 1 differ, 0 have no rate today\nDhaka-Retail-Sub\t0.01\n"
    assert Wallet.objects.get(account=tree.agent).balance == Decimal("-0.08")


def test_what_differs_is_taken_back_and_charged_anew(tree: ResellerTree) -> None:
    rerate("--reason", "deck of March")
    lines = Charge.objects.filter(account_id=tree.agent.pk, leg_id__isnull=False).order_by("pk")
    assert [(one.amount, one.correction_id is not None) for one in lines] == [
        (Decimal("0.04"), False),
        (Decimal("0.04"), False),
        (Decimal("-0.04"), False),
        (Decimal("0.05"), True),
    ]
    assert lines[2].reverses_id == lines[0].pk
    assert Wallet.objects.get(account=tree.agent).balance == Decimal("-0.09")
    assert Wallet.objects.get(account=tree.customer).balance == Decimal("-0.12")
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound


def test_a_second_run_finds_nothing(tree: ResellerTree) -> None:
    rerate("--reason", "deck of March")
    assert rerate("--reason", "again") == "1 legs, 0 differ, 0 have no rate today\n"
    assert Charge.objects.count() == 8


def test_totals_follow(tree: ResellerTree) -> None:
    rerate("--reason", "deck of March")
    day = DayTotal.objects.get(account_id=tree.agent.pk, day="2027-03-14")
    assert (day.legs, day.seconds, day.billed, day.amount) == (1, 60, 60, Decimal("0.05"))


def test_accounts_and_prefixes_narrow_it(tree: ResellerTree) -> None:
    assert rerate("--dry-run", "--prefix", "44").startswith("0 legs")
    assert rerate("--dry-run", "--account", "Customer-002").startswith("0 legs")
    assert rerate("--dry-run", "--account", "dhaka-retail-sub", "--prefix", "880").startswith("1 ")


def test_it_is_noted_with_its_reason() -> None:
    rerate("--reason", "deck of March")
    entry = AuditEntry.objects.get(action="calls.rerate")
    assert entry.reason == "deck of March"


def test_without_a_reason_nothing_happens() -> None:
    with pytest.raises(CommandError, match="Say why"):
        rerate()
    assert Charge.objects.count() == 6
