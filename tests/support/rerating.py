"""Re-rating as people do it, over five calls of a minute that cost an agent too little."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor
from accounts.jobs.services.work import Work
from billing.charging.models import Charge, Rerating
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import Wanted
from billing.charging.queries.reratings import digest_of
from billing.charging.services.reratings import rerating_new, rerating_post
from billing.ledger.queries.integrity import ledger_found
from billing.rates.services.corrections import correction_add
from billing.wallets.models import RateGroup, Wallet
from tests.factories.calls import cdr, charged
from tests.factories.trees import ResellerTree
from tests.support.jobs import work_off

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
DAY = Wanted(NOON - timedelta(days=2), NOON)


def five_calls(agents: RateGroup) -> None:
    """Of a minute each; from then on the agent's price of the time before is known to have been 5
    cents, not 4.
    """
    charged(
        *(
            cdr(f"c-{at}", account="Customer-001", at=NOON - timedelta(hours=at))
            for at in range(1, 6)
        )
    )
    corrected(agents, "0.05")


def corrected(group: RateGroup, price: str, *, prefix: str = "880", hours: int = 0) -> None:
    correction_add(
        actor=SYSTEM, group=group, prefix=prefix, begins_at=NOON - timedelta(days=2),
        ends_at=NOON - timedelta(hours=hours), price=Decimal(price), reason="wrong deck",
    )  # fmt: skip


def previewed(actor: Actor, wanted: Wanted = DAY) -> Rerating:
    """The preview, by a worker where it takes one."""
    one = rerating_new(actor=actor, wanted=wanted, zone="Asia/Dhaka", reason="deck of March")
    work_off()
    one.refresh_from_db()
    return one


def confirmed(actor: Actor, one: Rerating) -> Rerating:
    done = rerating_post(actor=actor, rerating=one, expected=digest_of(one))
    work_off()
    done.refresh_from_db()
    return done


def balances(tree: ResellerTree) -> tuple[Decimal, Decimal, Decimal]:
    found = Wallet.objects.in_bulk([tree.top.pk, tree.agent.pk, tree.customer.pk])
    return tuple(found[one.pk].balance for one in (tree.top, tree.agent, tree.customer))  # type: ignore[return-value]


def assert_sound() -> None:
    assert calls_found().is_sound, calls_found().lines
    assert ledger_found().is_sound, ledger_found().lines


def stopped_after(monkeypatch: pytest.MonkeyPatch, parts: int, how: Any) -> None:
    """The worker stops when so many parts are posted."""
    real, done = Work.progress, []

    def progress(work: Work, count: int, total: int | None = None) -> None:
        if Charge.objects.filter(rerating_id__isnull=False).exists():
            done.append(count)
        if len(done) == parts:
            done.append(count)
            how(work)
        real(work, count, total)

    monkeypatch.setattr(Work, "progress", progress)
