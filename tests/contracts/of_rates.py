"""Rate groups and rates (docs/domain.md 7): whoever holds authorization 1 makes and changes groups
of its own account, and no others'.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.core.actor import SYSTEM, Actor
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.models import Rate, RateCorrection
from billing.rates.services.copying import copy_start, group_copy
from billing.rates.services.corrections import correction_add, correction_remove
from billing.rates.services.groups import (
    group_change,
    group_create,
    group_delete,
    tiers_set,
)
from billing.rates.services.many import Deed, many_preview, rates_change_many
from billing.rates.services.rates import rate_add, rate_change, rate_end, rate_lock
from billing.wallets.models import RateGroup
from tests.contracts.contract import OWN_ALONE, Contract, needs
from tests.contracts.ground import Ground
from tests.factories.rates import rate, rate_group

_RATES = "billing.rates.services"
_OF_RATES: dict[str, Any] = {"needs": needs("manage_account"), "reach": OWN_ALONE}
_DRAFT = RateDraft("880", Decimal("0.02"))
_LOCKED = Deed(is_locked=True)
_JANUARY, _FEBRUARY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def _group(on: Ground) -> RateGroup:
    return rate_group(on.target)


def _rate(on: Ground) -> Rate:
    return rate(_group(on), "880", "0.01")


def _correction(on: Ground) -> RateCorrection:
    return correction_add(actor=SYSTEM, group=_rate(on).group, **_CORRECTED)


_CORRECTED: dict[str, Any] = {
    "prefix": "880",
    "begins_at": _JANUARY,
    "ends_at": _FEBRUARY,
    "price": Decimal("0.03"),
    "reason": "A typing mistake",
}


def _change(actor: Actor, it: RateGroup, **more: Any) -> RateGroup:
    return group_change(
        actor=actor, group=it, name="Other", time_zone="UTC", is_shared=False, **more
    )


CONTRACTS = [
    Contract(
        service=f"{_RATES}.groups.group_create",
        call=lambda actor, on, _it: group_create(actor=actor, name="New", owner=on.target),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.groups.group_change",
        make=_group,
        call=lambda actor, _on, it: _change(actor, it),
        stale=lambda actor, _on, it: _change(actor, it, expected_version=it.version + 1),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.groups.group_delete",
        make=_group,
        call=lambda actor, _on, it: group_delete(actor=actor, group=it),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.copying.group_copy",
        make=_group,
        call=lambda actor, _on, it: group_copy(
            actor=actor, group=it, name="Copy", mark_up=MarkUp(Decimal(10))
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.copying.copy_start",
        make=_group,
        call=lambda actor, _on, it: copy_start(
            actor=actor, group=it, name="Copy", mark_up=MarkUp(Decimal(10))
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.groups.tiers_set",
        make=_group,
        call=lambda actor, _on, it: tiers_set(actor=actor, group=it, tiers=[(1000, 500)]),
        stale=lambda actor, _on, it: tiers_set(
            actor=actor, group=it, tiers=[(1000, 500)], expected_version=it.version + 1
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.rates.rate_add",
        make=_group,
        call=lambda actor, _on, it: rate_add(actor=actor, group=it, draft=_DRAFT),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.rates.rate_change",
        make=_rate,
        call=lambda actor, _on, it: rate_change(actor=actor, rate=it, draft=_DRAFT),
        stale=lambda actor, _on, it: rate_change(
            actor=actor, rate=it, draft=_DRAFT, expected_version=it.version + 1
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.rates.rate_lock",
        make=_rate,
        call=lambda actor, _on, it: rate_lock(actor=actor, rate=it, is_locked=True),
        stale=lambda actor, _on, it: rate_lock(
            actor=actor, rate=it, is_locked=True, expected_version=it.version + 1
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.rates.rate_end",
        make=_rate,
        call=lambda actor, _on, it: rate_end(actor=actor, rate=it),
        stale=lambda actor, _on, it: rate_end(
            actor=actor, rate=it, expected_version=it.version + 1
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.many.many_preview",
        make=_rate,
        call=lambda actor, _on, it: many_preview(
            actor=actor, group=it.group, rates=[it.pk], deed=_LOCKED
        ),
        entries=0,
        why="a preview",
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.many.rates_change_many",
        make=_rate,
        call=lambda actor, _on, it: rates_change_many(
            actor=actor, group=it.group, rates=[it.pk], deed=_LOCKED
        ),
        stale=lambda actor, _on, it: rates_change_many(
            actor=actor,
            group=it.group,
            rates=[it.pk],
            deed=_LOCKED,
            expected_version=it.group.version + 1,
        ),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.corrections.correction_add",
        make=_rate,
        call=lambda actor, _on, it: correction_add(actor=actor, group=it.group, **_CORRECTED),
        **_OF_RATES,
    ),
    Contract(
        service=f"{_RATES}.corrections.correction_remove",
        make=_correction,
        call=lambda actor, _on, it: correction_remove(actor=actor, correction=it, reason="Not so"),
        **_OF_RATES,
    ),
]
