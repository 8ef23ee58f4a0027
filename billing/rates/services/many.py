"""One deed on many rates of a group: their prices change, they are locked, unlocked or ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.record import record
from accounts.kit.errors import Clash, Refused
from billing.money import plain
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.models import Rate
from billing.rates.rules import check_mark_up, check_may_end, check_no_collision, check_price
from billing.rates.services.keeping import kept_group, touched
from billing.rates.services.rates import built, draft_of
from billing.wallets.models import RateGroup

# More are a matter of a deck: what is chosen on a page is a page or two.
MOST = 1000
_BATCH = 500


@dataclass(frozen=True)
class Deed:
    """What is done to each rate from a moment on (None: now): another price, a lock (True) or none
    (False), or (`ends`) an end.
    """

    at: datetime | None = None
    mark_up: MarkUp | None = None
    is_locked: bool | None = None
    ends: bool = False

    def as_record(self) -> dict[str, Any]:
        """As the audit log keeps it."""
        told: dict[str, Any] = {}
        if self.mark_up:
            told |= {"percent": str(self.mark_up.percent), "amount": plain(self.mark_up.amount)}
        if self.is_locked is not None:
            told["is_locked"] = self.is_locked
        if self.ends:
            told["ends"] = True
        return told


@dataclass(frozen=True)
class Outcome:
    """What a deed means for one rate: `after` is None where it ends; `skipped` says why nothing
    happens.
    """

    rate: Rate
    before: Decimal
    after: Decimal | None
    skipped: str = ""


@dataclass(frozen=True)
class Plan:
    """What a deed would do, and from when on."""

    outcomes: Sequence[Outcome]
    at: datetime
    version: int

    @property
    def done(self) -> Sequence[Outcome]:
        return [one for one in self.outcomes if not one.skipped]

    @property
    def skipped(self) -> Sequence[Outcome]:
        return [one for one in self.outcomes if one.skipped]


def many_preview(*, actor: Actor, group: RateGroup, rates: Sequence[int], deed: Deed) -> Plan:
    """What `rates_change_many` would do; changes nothing. Raises as that."""
    _check(deed, rates)
    actor, kept = kept_group(actor, group.pk, lock=False)
    now = timezone.now()
    return Plan(_outcomes(_chosen(kept, rates), deed, now), _at(deed, now), kept.version)


def rates_change_many(
    *,
    actor: Actor,
    group: RateGroup,
    rates: Sequence[int],
    deed: Deed,
    expected_version: int | None = None,
) -> Plan:
    """Do one thing to many rates of a group, all or nothing. Those that have ended, or where it
    changes nothing, are left out.

    Raises Refused and BadAmount with the field, NotAllowed, NotInScope, Clash, Busy.
    """
    _check(deed, rates)
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk, expected_version=expected_version)
        now = timezone.now()
        at = _at(deed, now)
        if at < now:
            raise Refused(
                _("A price that was in effect stays: choose a moment that has not passed."),
                code="past",
                field="at",
            )
        plan = Plan(_outcomes(_chosen(kept, rates), deed, now), at, kept.version)
        if not plan.done:
            raise Refused(_("None of these rates would change."), code="nothing_to_do")
        _do(kept, plan, deed, now)
        touched(kept)
        record(
            actor=actor,
            action="rate.change_many",
            account=kept.owner,
            subject=kept.name,
            after={
                **deed.as_record(),
                "at": plan.at,
                "prefixes": [one.rate.prefix for one in plan.done][:100],
                "count": len(plan.done),
            },
        )
        return plan


def _check(deed: Deed, rates: Sequence[int]) -> None:
    wanted = (deed.mark_up is not None) + (deed.is_locked is not None) + deed.ends
    if wanted != 1:
        raise TypeError("A deed does one thing.")
    if deed.mark_up:
        check_mark_up(deed.mark_up)
        if deed.mark_up.is_none:
            raise Refused(_("Enter a percentage or an amount."), code="required", field="percent")
    if not rates:
        raise Refused(_("Choose at least one rate."), code="nothing_chosen")
    if len(rates) > MOST:
        raise Refused(
            _("At most %(most)s rates at once: for more, import a deck.") % {"most": f"{MOST:,}"},
            code="too_many",
        )


def _at(deed: Deed, now: datetime) -> datetime:
    return deed.at or now


def _chosen(group: RateGroup, rates: Sequence[int]) -> list[Rate]:
    chosen = Rate.objects.standing().filter(group=group, pk__in=rates)
    found = list(chosen.order_by("prefix", "effective_from", "pk"))
    if len(found) != len(set(rates)):
        raise Clash(
            _("One of these rates is there no longer. Choose again."), code="changed_meanwhile"
        )
    return found


def _outcomes(rates: Sequence[Rate], deed: Deed, now: datetime) -> list[Outcome]:
    at = _at(deed, now)
    return [_outcome(one, deed, at, now) for one in rates]


def _outcome(rate: Rate, deed: Deed, at: datetime, now: datetime) -> Outcome:
    if rate.effective_until is not None and rate.effective_until <= max(at, now):
        return Outcome(rate, rate.price, rate.price, _("it has ended by then"))
    if deed.ends:
        return Outcome(rate, rate.price, None)
    draft = _draft(rate, deed)
    if (draft.price, draft.connection_fee, draft.is_locked) == (
        rate.price,
        rate.connection_fee,
        rate.is_locked,
    ):
        return Outcome(rate, rate.price, rate.price, _("it is so already"))
    return Outcome(rate, rate.price, draft.price)


def _draft(rate: Rate, deed: Deed) -> RateDraft:
    draft = draft_of(rate)
    if deed.mark_up:
        price = deed.mark_up.of_price(rate.price)
        fee = deed.mark_up.of_fee(rate.connection_fee)
        check_price(price, "amount")
        check_price(fee, "percent")
        return draft.priced(price, fee)
    return replace(draft, is_locked=bool(deed.is_locked))


def _do(group: RateGroup, plan: Plan, deed: Deed, now: datetime) -> None:
    """End what was in effect and begin what follows; what has not begun by then never counts."""
    ended, begun = [], []
    for one in plan.done:
        rate = one.rate
        since = max(plan.at, rate.effective_from)
        if not deed.ends:
            begun.append(built(group, replace(_draft(rate, deed), since=since), now))
        if since <= rate.effective_from:
            rate.void_at = now
        else:
            check_may_end(rate, since, now)
            rate.effective_until = since
        rate.version += 1
        ended.append(rate)
    Rate.objects.bulk_update(ended, ["effective_until", "void_at", "version"], batch_size=_BATCH)
    _check_collisions(group, begun)
    Rate.objects.bulk_create(begun, batch_size=_BATCH)


def _check_collisions(group: RateGroup, begun: Sequence[Rate]) -> None:
    """What begins takes the place of what ended just before it, so that nothing new can meet; a
    rate that was added since would, and so refuses all.
    """
    prefixes = {one.prefix for one in begun}
    others: dict[str, list[Any]] = {}
    for known in Rate.objects.standing().filter(group=group, prefix__in=prefixes):
        others.setdefault(known.prefix, []).append(known.plain)
    for one in begun:
        check_no_collision(one.plain, others.get(one.prefix, ()), "at")
