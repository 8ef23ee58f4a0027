"""Somebody who called a callback trigger is called back (docs/domain.md 7): the order waits here,
once both legs hold their money, until a switch takes it, once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from billing.holds.models import CallbackOrder, RunningCall
from billing.holds.queries import is_open_callback
from billing.holds.services.running import calls_released

# Whoever hung up expects the call within seconds; an order that nobody took by then is void.
WAITS = timedelta(seconds=30)
# Orders are kept so long after that, for whoever looks for what became of a call.
KEPT = timedelta(days=1)


def callback_begun(*, source: str, did: str, caller: str, now: datetime) -> str | None:
    """A new session of a caller and a trigger; None where one is open: it waits to be taken, or one
    of its legs is up.
    """
    with transaction.atomic():
        CallbackOrder.objects.bulk_create(
            [CallbackOrder(did=did, caller=caller, expires_at=now)], ignore_conflicts=True
        )
        kept = CallbackOrder.objects.select_for_update().get(did=did, caller=caller)
        if is_open_callback(kept, now):
            return None
        if kept.session and kept.taken_at is None:
            _let_go(kept)
        kept.session, kept.source, kept.order, kept.taken_at = uuid4().hex, source, None, None
        kept.expires_at = now + WAITS
        kept.save(update_fields=["session", "source", "order", "taken_at", "expires_at"])
        return kept.session


def callback_ordered(*, session: str, order: Mapping[str, Any]) -> None:
    """Both legs of a session hold their money: it may be taken."""
    CallbackOrder.objects.filter(session=session).update(order=order)


def callback_given_up(*, session: str, now: datetime) -> None:
    """A session that came to nothing: what its legs hold is free, and the caller may try again."""
    with transaction.atomic():
        kept = CallbackOrder.objects.select_for_update().filter(session=session).first()
        if kept is not None and kept.taken_at is None:
            CallbackOrder.objects.filter(pk=kept.pk).update(expires_at=now, order=None)
            _let_go(kept)


def callbacks_taken(*, source: str, now: datetime, most: int) -> list[dict[str, Any]]:
    """What a switch is to call: every order is told once, to the first switch that asks. Its legs
    are that switch's from then on.
    """
    waiting = CallbackOrder.objects.filter(taken_at=None, expires_at__gt=now, order__isnull=False)
    found = []
    for one in waiting.order_by("expires_at")[:most]:
        with transaction.atomic():
            # Whoever asks at the same moment waits here, and finds it taken.
            mine = waiting.filter(pk=one.pk, session=one.session)
            if not mine.update(taken_at=now, expires_at=now, source=source):
                continue
            legs = _legs(one).up().update(source=source)
        # Where the switch of the trigger began anew meanwhile, nothing is up any more.
        if legs == len(one.order["legs"]):
            found.append(one.order)
    return found


def callbacks_expired(now: datetime) -> int:
    """Orders that no switch came for, and those that were broken off before they were whole: what
    their legs hold is free. How many there were. Old ones are forgotten.
    """
    held = RunningCall.objects.filter(source=OuterRef("source"), call_id=OuterRef("session"))
    late = CallbackOrder.objects.filter(
        Q(order__isnull=False) | Exists(held), expires_at__lte=now, taken_at=None
    )
    pks = list(late.values_list("pk", flat=True))
    count = 0
    for pk in pks:
        with transaction.atomic():
            kept = late.select_for_update().filter(pk=pk).first()
            if kept is not None:
                CallbackOrder.objects.filter(pk=pk).update(order=None)
                _let_go(kept)
                count += 1
    CallbackOrder.objects.filter(expires_at__lt=now - KEPT).delete()
    return count


def _legs(kept: CallbackOrder) -> Any:
    return RunningCall.objects.of(kept.source).filter(call_id=kept.session)


def _let_go(kept: CallbackOrder) -> None:
    legs = _legs(kept).select_related(None).select_for_update().order_by("pk")
    calls_released(list(legs.values_list("pk", flat=True)))
