"""Rates begin, change and end (docs/domain.md 7). What was in effect is never edited: a change ends
it and begins a new one, not earlier than now.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.record import changes, record
from accounts.kit.errors import Clash, NotInScope, Refused
from accounts.kit.text import tidied
from billing.money import plain
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.rules import check_draft, check_may_end, check_no_collision
from billing.rates.services.keeping import check_not_charged, kept_group, touched
from billing.wallets.models import RateGroup

_WRITTEN = (
    "destination", "price", "connection_fee", "first_block", "increment", "effective_from",
    "effective_until", "is_locked", "days", "period_begin", "period_end",
)  # fmt: skip


def rate_add(*, actor: Actor, group: RateGroup, draft: RateDraft) -> Rate:
    """Add a rate to a group. It may begin in the past, where that changes the price of no call that
    was charged: what was missing can be entered for calls that wait for it.

    Raises Refused and BadAmount with the field, NotAllowed, NotInScope, Busy.
    """
    check_draft(draft)
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk)
        now = timezone.now()
        rate = built(kept, draft, now)
        check_no_collision(rate.plain, (one.plain for one in _others(rate)), "prefix")
        if rate.effective_from < now:
            check_not_charged(kept, {rate.prefix: rate.effective_from})
        rate.save(force_insert=True)
        touched(kept)
        record(
            actor=actor, action="rate.add", account=kept.owner, subject=subject_of(kept, rate),
            after=state_of(rate),
        )  # fmt: skip
        return rate


def rate_change(
    *, actor: Actor, rate: Rate, draft: RateDraft, expected_version: int | None = None
) -> Rate:
    """Give a prefix another rate from `draft.since` on (None: from now on). One that has not begun
    is changed as it stands; one that has ends there, and a new one begins.

    Raises Refused and BadAmount with the field, NotAllowed, NotInScope, Clash, Busy.
    """
    check_draft(draft)
    with said_busy(), transaction.atomic():
        actor, kept, current = _locked(actor, rate, expected_version)
        now = timezone.now()
        draft = replace(draft, prefix=current.prefix)
        return _changed(actor, kept, current, draft, now)


def rate_lock(
    *, actor: Actor, rate: Rate, is_locked: bool, expected_version: int | None = None
) -> Rate:
    """Lock a rate, or unlock it, from now on: what is locked may not be called. Raises as
    `rate_change`.
    """
    with said_busy(), transaction.atomic():
        actor, kept, current = _locked(actor, rate, expected_version)
        now = timezone.now()
        since = max(current.effective_from, now)
        draft = replace(draft_of(current), is_locked=is_locked, since=since)
        return _changed(actor, kept, current, draft, now)


def rate_end(
    *, actor: Actor, rate: Rate, at: datetime | None = None, expected_version: int | None = None
) -> Rate:
    """End a rate at a moment that has not passed (None: now). One that would end before it begins
    is taken back: it never counts.

    Raises Refused with the field, NotAllowed, NotInScope, Clash, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, kept, current = _locked(actor, rate, expected_version)
        now = timezone.now()
        at = at or now
        check_may_end(current, at, now)
        before = state_of(current)
        if at <= current.effective_from:
            current.void_at = now
            _saved(current, "void_at")
            after = {"taken_back": True}
        else:
            current.effective_until = at
            check_no_collision(current.plain, (one.plain for one in _others(current)), "until")
            _saved(current, "effective_until")
            after = state_of(current)
        touched(kept)
        was, became = changes(before, after)
        record(
            actor=actor, action="rate.end", account=kept.owner, subject=subject_of(kept, current),
            before=was, after=became,
        )  # fmt: skip
        return current


def draft_of(rate: Rate) -> RateDraft:
    """The rate as it could be asked for again."""
    return RateDraft(
        prefix=rate.prefix,
        price=rate.price,
        destination=rate.destination,
        connection_fee=rate.connection_fee,
        first_block=rate.first_block,
        increment=rate.increment,
        since=rate.effective_from,
        until=rate.effective_until,
        is_locked=rate.is_locked,
        period=rate.period,
    )


def built(group: RateGroup, draft: RateDraft, now: datetime) -> Rate:
    """The rate a draft asks for, not saved yet."""
    return Rate(group=group, prefix=draft.prefix, **_columns(draft, now))


def state_of(rate: Rate) -> dict[str, Any]:
    """A rate for records."""
    return {
        "price": plain(rate.price),
        "destination": rate.destination,
        "connection_fee": plain(rate.connection_fee),
        "block": f"{rate.first_block}/{rate.increment}",
        "since": rate.effective_from,
        "until": rate.effective_until,
        "is_locked": rate.is_locked,
        "period": str(rate.period) if rate.period else "",
    }


def subject_of(group: RateGroup, rate: Rate) -> str:
    """How the audit log names a rate."""
    return f"{group.name} {rate.prefix}"


def _locked(
    actor: Actor, rate: Rate, expected_version: int | None
) -> tuple[Actor, RateGroup, Rate]:
    actor, kept = kept_group(actor, rate.group_id)
    current = Rate.objects.standing().filter(group=kept, pk=rate.pk).first()
    if current is None:
        raise NotInScope(_("There is no such rate."))
    if expected_version is not None and current.version != expected_version:
        raise Clash(_("Somebody else changed this rate in the meantime."), code="changed_meanwhile")
    return actor, kept, current


def _changed(
    actor: Actor, group: RateGroup, current: Rate, draft: RateDraft, now: datetime
) -> Rate:
    """The rate that counts from the draft's beginning on."""
    since = draft.since or now
    if current.effective_until and current.effective_until <= now:
        raise Refused(_("This price has ended."), code="ended")
    before = state_of(current)
    if current.effective_from > now:
        rate = _edited(current, draft, now)
    else:
        if since < now:
            raise Refused(
                _("A price that was in effect stays: the new one begins now, or later."),
                code="past",
                field="since",
            )
        if _is_same(current, draft):
            return current
        rate = _succeeded(group, current, draft, now)
    was, became = changes(before, state_of(rate))
    if became:
        touched(group)
        record(
            actor=actor, action="rate.change", account=group.owner,
            subject=subject_of(group, rate), before=was, after=became,
        )  # fmt: skip
    return rate


def _edited(current: Rate, draft: RateDraft, now: datetime) -> Rate:
    """One that has not begun, with other values."""
    columns = _columns(draft, now)
    columns["effective_from"] = max(columns["effective_from"], now)
    for name, value in columns.items():
        setattr(current, name, value)
    check_no_collision(current.plain, (one.plain for one in _others(current)))
    _saved(current, *_WRITTEN)
    return current


def _succeeded(group: RateGroup, current: Rate, draft: RateDraft, now: datetime) -> Rate:
    """The one that begins where one in effect ends."""
    rate = built(group, draft, now)
    begins = rate.effective_from
    if current.effective_until is not None and begins > current.effective_until:
        raise Refused(
            _("The price ends before: add a new one instead."), code="ended_before", field="since"
        )
    current.effective_until = begins
    if begins <= current.effective_from:
        # It begins in the very moment in which the other one did, which so never counted.
        current.void_at, current.effective_until = now, None
    _saved(current, "effective_until", "void_at")
    check_no_collision(rate.plain, (one.plain for one in _others(rate)))
    rate.save(force_insert=True)
    return rate


def _is_same(current: Rate, draft: RateDraft) -> bool:
    return replace(draft, since=current.effective_from) == draft_of(current)


def _others(rate: Rate) -> Iterable[Rate]:
    """The other rates of the same prefix that could count at the same time."""
    same = Rate.objects.standing().filter(group=rate.group_id, prefix=rate.prefix)
    return same.exclude(pk=rate.pk).exclude(effective_until__lte=rate.effective_from)


def _saved(rate: Rate, *names: str) -> None:
    rate.version += 1
    rate.save(update_fields=[*names, "version"])


def _columns(draft: RateDraft, now: datetime) -> dict[str, Any]:
    period = draft.period
    return {
        "destination": tidied(draft.destination),
        "price": draft.price,
        "connection_fee": draft.connection_fee,
        "first_block": draft.first_block,
        "increment": draft.increment,
        "effective_from": draft.since or now,
        "effective_until": draft.until,
        "is_locked": draft.is_locked,
        "days": period.days if period else 0,
        "period_begin": period.begin if period else 0,
        "period_end": period.end if period else 0,
    }
