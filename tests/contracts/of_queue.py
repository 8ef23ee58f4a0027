"""Calls that wait (docs/domain.md 7): whoever holds 1 charges again what lies in its scope;
everything else is put right by administrators.
"""

from collections.abc import Callable
from typing import Any

from accounts.core.actor import SYSTEM, Actor
from billing.calls.models import CallRecord
from billing.charging.services.queue import (
    record_again,
    record_assign,
    record_correct,
    record_write_off,
    records_again,
)
from tests.contracts.contract import ADMINISTRATORS, OWN_AND_BELOW, Contract, needs
from tests.contracts.ground import Ground
from tests.factories.calls import cdr, charged

_QUEUE = "billing.charging.services.queue"
# An account whose calls wait is not closed.
_TRIED: dict[str, Any] = {
    "needs": needs("manage_account"), "reach": OWN_AND_BELOW, "closed": None,
}  # fmt: skip
_MENDED: dict[str, Any] = {"needs": ADMINISTRATORS, "closed": None}


def _waiting(on: Ground) -> CallRecord:
    """A call of the account, which has no rate group."""
    charged(cdr(on.target.account_id, account=on.target.account_id))
    return CallRecord.objects.waiting().get(account=on.target)


def _those(on: Ground) -> Any:
    _waiting(on)
    return CallRecord.objects.waiting().filter(account=on.target)


def calls_that_wait(on: Ground) -> None:
    """A call of the account that waits, and one that was written off."""
    record_write_off(actor=SYSTEM, record=_waiting(on), reason="Why")
    charged(cdr("other", account=on.target.account_id))


def _stale(deed: Callable[..., Any], **words: Any) -> Callable[[Actor, Ground, CallRecord], Any]:
    return lambda actor, _on, it: deed(
        actor=actor, record=it, expected_version=it.version + 1, **words
    )


CONTRACTS = [
    Contract(
        service=f"{_QUEUE}.record_again",
        make=_waiting,
        call=lambda actor, _on, it: record_again(actor=actor, record=it),
        stale=_stale(record_again),
        **_TRIED,
    ),
    Contract(
        service=f"{_QUEUE}.records_again",
        make=_those,
        call=lambda actor, _on, it: records_again(actor=actor, records=it),
        ghost=lambda _it: CallRecord.objects.none(),
        **_TRIED,
    ),
    Contract(
        service=f"{_QUEUE}.record_assign",
        make=_waiting,
        call=lambda actor, on, it: record_assign(
            actor=actor, record=it, account=on.target, reason="Why"
        ),
        stale=lambda actor, on, it: record_assign(
            actor=actor, record=it, account=on.target, reason="Why", expected_version=0
        ),
        **_MENDED,
    ),
    Contract(
        service=f"{_QUEUE}.record_correct",
        make=_waiting,
        call=lambda actor, _on, it: record_correct(
            actor=actor, record=it, columns={"cause": "17"}, reason="Why"
        ),
        stale=_stale(record_correct, columns={"cause": "17"}, reason="Why"),
        **_MENDED,
    ),
    Contract(
        service=f"{_QUEUE}.record_write_off",
        make=_waiting,
        call=lambda actor, _on, it: record_write_off(actor=actor, record=it, reason="Why"),
        stale=_stale(record_write_off, reason="Why"),
        **_MENDED,
    ),
]
