"""What becomes of a call that was let through: it is answered, goes on, is cut, ends, or nobody
speaks of it any more (docs/domain.md 7). Rows of calls are locked before wallets.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.record import record
from accounts.kit.errors import Clash, NotInScope
from accounts.kit.private_doors import delete_unread
from billing.calls.models import CallRecord
from billing.calls.reasons import Reason
from billing.calls.services.intake import record_missing
from billing.holds.models import Hold, RunningCall
from billing.holds.pricing import Room, held_for, most_seconds, price_at
from billing.holds.services.estimates import estimates_forgotten, estimates_of
from billing.money import to_micros
from billing.wallets.models import Wallet
from billing.wallets.rules import required_reason

_log = logging.getLogger(__name__)

_HOLD, _WALLET = Hold._meta.db_table, Wallet._meta.db_table
# A call that rang to the end of its time may be answered on the way here.
_LATE = timedelta(seconds=30)
# An answered call may be over for so long before its record is missed: a switch keeps records that
# it could not hand in.
RECORD_WAIT = timedelta(minutes=5)
# Calls are extended so long before what they hold is used up.
AHEAD = timedelta(seconds=20)


def call_answered(
    *, source: str, call_id: str, leg: str, at: datetime, routing_gateway: str = ""
) -> RunningCall | None:
    """Note that a call was answered; the call, or None for one that nobody let through, or that is
    charged already. Told again, or after its time to ring, it changes nothing.
    """
    with transaction.atomic():
        call = _locked().filter(source=source, call_id=call_id, leg=leg).first()
        if call is None or call.answered_at is not None or call.is_lost:
            return call
        if at > call.rings_until + _LATE:
            return call
        call.answered_at = max(min(at, timezone.now()), call.authorized_at)
        call.ends_at = call.answered_at + timedelta(seconds=call.seconds)
        call.routing_gateway = routing_gateway[:32]
        call.save(update_fields=["answered_at", "ends_at", "routing_gateway"])
        return call


def call_ended(*, source: str, call_id: str, leg: str, at: datetime) -> RunningCall | None:
    """Note that a call is over. What it holds stays held until its record is charged."""
    with transaction.atomic():
        call = _locked().filter(source=source, call_id=call_id, leg=leg).first()
        if call is not None and call.ended_at is None:
            call.ended_at = max(min(at, timezone.now()), call.authorized_at)
            call.save(update_fields=["ended_at"])
        return call


def switch_restarted(*, source: str, at: datetime) -> int:
    """A switch began anew: none of its calls is up any more. How many were."""
    now = timezone.now()
    before = Q(authorized_at__lt=min(at, now))
    return int(
        RunningCall.objects.of(source).up().filter(before).update(ended_at=now, is_lost=True)
    )


def call_cut(*, actor: Actor, call: RunningCall, reason: str) -> RunningCall:
    """End a running call as soon as its switch hears of it. Final: it is granted nothing more.

    Needs authorization 5 reaching the account; administrators need none. Raises NotInScope,
    NotAllowed, Refused (field `reason`), Clash for a call that is over or cut.
    """
    why = required_reason(reason)
    with transaction.atomic():
        actor = require(actor, Authorization.MODIFY_GATEWAY_INFORMATION, call.account)
        kept = _locked().within(actor.scope).filter(pk=call.pk).first()
        if kept is None:
            raise NotInScope
        if kept.ended_at is not None or kept.cut_at is not None:
            raise Clash(_("This call is over, or cut already."), code="call_is_over")
        kept.cut_at = kept.changed_at = timezone.now()
        kept.cut_by, kept.cut_why = actor.login[:150], why[:200]
        kept.was_cut_by_own = actor.account_pk == kept.account_id
        kept.save(update_fields=["cut_at", "changed_at", "cut_by", "cut_why", "was_cut_by_own"])
        record(
            actor=actor,
            action="call.cut",
            account=kept.account,
            subject=kept.call_id,
            after={"callee": kept.number},
            reason=why,
        )
        return kept


def due_to_extend(sources: Collection[str], now: datetime, most: int) -> list[int]:
    """The keys of calls of these switches whose seconds are used up soon, those that end first
    first. What has run out is over: its switch ended it.
    """
    calls = RunningCall.objects.up().filter(
        source__in=sources, cut_at=None, ends_at__gt=now, ends_at__lt=now + AHEAD
    )
    return list(calls.order_by("ends_at").values_list("pk", flat=True)[:most])


def call_extended(pk: int) -> bool:
    """Grant a running call whose seconds are used up soon as many more as every level can hold, as
    the setting says at most. False where it gets none: it ends with what it has, or another clock
    was faster. Not durable on PostgreSQL before `made_durable`.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL synchronous_commit = off")
        # Of several clocks one works on it; the next one goes on.
        call = _locked(skip_locked=True).filter(pk=pk).first()
        if call is None or call.answered_at is None or call.ended_at or call.cut_at:
            return False
        if call.ends_at is None or call.ends_at >= timezone.now() + AHEAD:
            return False
        holds = list(call.holds.order_by("-account_id"))
        after = call.answered_at - call.authorized_at
        prices = {one.pk: [price_at(one.prices, after)] for one in holds}
        wallets = _wallets(holds)
        most = min(call.seconds + settings.SWITCH_SECONDS, call.most_seconds)
        rooms = [_room(one, prices[one.pk], wallets[one.account_id]) for one in holds]
        seconds = most_seconds(rooms, call.seconds, most)
        if seconds <= call.seconds:
            return False
        for one in holds:
            if not wallets[one.account_id].is_unlimited:
                _hold_more(cursor, one, held_for(prices[one.pk], seconds))
        call.seconds, call.changed_at = seconds, timezone.now()
        call.ends_at = call.answered_at + timedelta(seconds=seconds)
        call.save(update_fields=["seconds", "ends_at", "changed_at"])
        return True


def _wallets(holds: Sequence[Hold]) -> Mapping[int, Wallet]:
    """The wallets of a call, locked by descending key: what is left there is left until the end of
    the transaction.
    """
    pks = [one.account_id for one in holds]
    rows = Wallet.objects.filter(pk__in=pks).order_by("-pk").select_for_update(no_key=True)
    return {one.pk: one for one in rows}


def _room(hold: Hold, prices: Any, wallet: Wallet) -> Room:
    left = None if wallet.available is None else to_micros(wallet.available)
    return Room(prices, to_micros(hold.amount), left)


def _hold_more(cursor: Any, hold: Hold, amount: int) -> None:
    more = amount - to_micros(hold.amount)
    if more > 0:
        cursor.execute(
            f"UPDATE {_WALLET} SET held = held + %s WHERE account_id = %s",  # noqa: S608
            [more, hold.account_id],
        )
        cursor.execute(f"UPDATE {_HOLD} SET amount = %s WHERE id = %s", [amount, hold.pk])  # noqa: S608


def lost_found(now: datetime, most: int) -> int:
    """Calls that nobody speaks of any more: what those hold that were not answered is free again;
    for those that were, what is missing waits in the queue, and they go on holding. How many there
    were.
    """
    silent = Q(answered_at=None, rings_until__lt=now - _LATE)
    ran_out = Q(ended_at=None, ends_at__lt=now - RECORD_WAIT)
    ended = Q(ended_at__lt=now - RECORD_WAIT, answered_at__isnull=False)
    some = RunningCall.objects.filter(silent | ran_out | ended, record=None)
    pks = list(some.order_by("pk").values_list("pk", flat=True)[:most])
    for pk in pks:
        try:
            _lose(pk, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # It keeps no other waiting.
            _log.exception("Running call %s cannot be let go.", pk)
    return len(pks)


def _lose(pk: int, now: datetime) -> None:
    with transaction.atomic():
        call = _locked().filter(pk=pk, record=None).first()
        if call is None:
            return
        if call.answered_at is None:
            calls_released([call.pk])
            return
        call.record = record_missing(
            source=call.source, columns=_columns(call), account_pk=call.account_id,
            at=call.answered_at, now=now,
        )  # fmt: skip
        call.is_lost, call.ended_at = True, call.ended_at or now
        call.save(update_fields=["record", "is_lost", "ended_at"])


def _columns(call: RunningCall) -> dict[str, str]:
    """A record of what is known of the call: it ends where what was granted ends."""
    answered, ends = call.answered_at, call.ends_at
    assert answered is not None
    assert ends is not None
    end = min(filter(None, (call.ended_at, ends)))
    texts = {
        "call_id": call.call_id, "leg": call.leg, "session": call.session,
        "account": call.account.account_id, "caller": call.caller, "callee": call.callee,
        "callee_out": call.number, "routing_gateway": call.routing_gateway,
        "setup": call.authorized_at.isoformat(), "answer": answered.isoformat(),
        "end": end.isoformat(), "duration": str(max((end - answered).total_seconds(), 0)),
    }  # fmt: skip
    return {name: text for name, text in texts.items() if text}


def call_waits(pk: int, record_pk: int) -> None:
    """The record of a call waits in the queue: it is over, and goes on holding what it holds. In
    the transaction of the caller, who has locked it.
    """
    RunningCall.objects.filter(pk=pk, ended_at=None).update(ended_at=timezone.now())
    before = RunningCall.objects.filter(pk=pk).exclude(record=record_pk)
    missing = list(before.filter(record__isnull=False).values_list("record", flat=True))
    before.update(record=record_pk)
    CallRecord.objects.filter(pk__in=missing, reason=Reason.MISSING).delete()


def released_with(record_pk: int) -> None:
    """Free what is held for a record that is written off, and is kept: by the call that it was to
    end, or for itself. In the transaction of the caller, who keeps the charger away.
    """
    pks = list(_locked().filter(record=record_pk).values_list("pk", flat=True))
    RunningCall.objects.filter(pk__in=pks).update(record=None)
    calls_released(pks, estimates_of([record_pk]))
    estimates_forgotten([record_pk])


def calls_released(pks: Sequence[int], more: Mapping[int, int] | None = None) -> None:
    """Let these calls go and free what they hold, in the transaction of the caller, who has locked
    them; `more`, in micro-units by account, is free with it.
    """
    sums = Counter(held_by(pks))
    sums.update(more or {})
    with connection.cursor() as cursor:
        for account in sorted(sums, reverse=True):
            cursor.execute(
                f"UPDATE {_WALLET} SET held = held - %s WHERE account_id = %s",  # noqa: S608
                [sums[account], account],
            )
    calls_forgotten(pks)


def held_by(pks: Sequence[int]) -> dict[int, int]:
    """What these calls hold by account, in micro-units. No query for none."""
    if not pks:
        return {}
    found: dict[int, int] = {}
    for account, amount in Hold.objects.filter(call__in=pks).values_list("account_id", "amount"):
        found[account] = found.get(account, 0) + to_micros(amount)
    return {account: amount for account, amount in found.items() if amount}


def calls_forgotten(pks: Sequence[int]) -> None:
    """Delete these calls and their holds; what they held was freed by the caller."""
    if not pks:
        return
    records = RunningCall.objects.filter(pk__in=pks, record__isnull=False).values("record")
    missing = list(records.values_list("record", flat=True))
    delete_unread(Hold.objects.filter(call__in=pks))
    delete_unread(RunningCall.objects.filter(pk__in=pks))
    # What stood in the queue for a record that came after all.
    CallRecord.objects.filter(pk__in=missing, reason=Reason.MISSING).delete()


def records_forgotten(pks: Collection[int]) -> None:
    """No call waits with one of these records any more, which the caller is about to delete. A
    query, and another one where any did.
    """
    waiting = RunningCall.objects.filter(record__isnull=False).values_list("record", flat=True)
    if here := set(pks).intersection(waiting):
        RunningCall.objects.filter(record__in=here).update(record=None)


def _locked(*, skip_locked: bool = False) -> Any:
    return RunningCall.objects.select_related(None).select_for_update(skip_locked=skip_locked)
