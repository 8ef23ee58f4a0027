"""Running calls as somebody may see them (docs/domain.md 7): those of the accounts within the
scope, with what their own account holds, and what the reader's holds. What levels above set aside
is read for nobody.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from os.path import commonprefix
from typing import Any

from django.db.models import Count, F, FloatField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, NullIf

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.reach import own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.gateways.models import Gateway
from accounts.gateways.queries import gateways_of
from accounts.kit.counting import counted_rows
from accounts.kit.prepared import Prepared
from accounts.switches.models import Switch
from billing.holds.metering import LONG, SOON, Course, left_for
from billing.holds.models import CallbackOrder, Estimate, Hold, RunningCall
from billing.rates.rating import prefixes_of

# Of the calls that may be cut soon so many are looked at, those whose money ends first.
_LOOKED_AT = 1_000
# A balance that lasts no longer than this may end soon, whatever its blocks and fees.
_HOUR = 3_600
# Rows of a long list are read so many at a time.
_AT_ONCE = 2_000
# Of the busiest gateways so many are compared.
_BUSY = 50
# A switch without an answer for so long ends calls at the end it knows; when it was seen is noted
# every ten seconds.
_SILENT = timedelta(seconds=40)


def running_of(actor: Actor) -> QuerySet[RunningCall]:
    """The calls the actor sees that run, or are over and still hold money."""
    calls: QuerySet[RunningCall] = RunningCall.objects.within(actor.scope)
    return calls


def running_on(actor: Actor, account: Account, *, with_below: bool) -> QuerySet[RunningCall]:
    """Those of an account within the scope; `with_below`: and of all below it."""
    calls = running_of(actor)
    if not with_below:
        return calls.filter(account=account)
    below = Account.objects.within(Scope.of(account.pk))
    return calls.filter(account_id__in=below.values("pk"))


def has_open_callback(did: str, caller: str, now: datetime) -> bool:
    """Whether a caller has a session at a callback trigger."""
    kept = CallbackOrder.objects.filter(did=did, caller=caller).first()
    return kept is not None and is_open_callback(kept, now)


def is_open_callback(kept: CallbackOrder, now: datetime) -> bool:
    """Whether a session goes on: it waits to be taken, or one of its legs is up."""
    if not kept.session or kept.expires_at > now:
        return bool(kept.session)
    legs = RunningCall.objects.of(kept.source).filter(call_id=kept.session)
    return kept.taken_at is not None and bool(legs.up().exists())


def up_among(calls: QuerySet[RunningCall]) -> QuerySet[RunningCall]:
    return calls.filter(ended_at=None)


def over_among(calls: QuerySet[RunningCall]) -> QuerySet[RunningCall]:
    """Those that are over, and hold money until their record is charged."""
    return calls.filter(ended_at__isnull=False, is_lost=False)


def lost_among(calls: QuerySet[RunningCall]) -> QuerySet[RunningCall]:
    """Those that nobody speaks of any more."""
    return calls.filter(is_lost=True)


def long_among(calls: QuerySet[RunningCall], now: datetime) -> QuerySet[RunningCall]:
    """Those that are spoken for long."""
    return up_among(calls).filter(answered_at__lte=now - LONG)


def soon_among(calls: QuerySet[RunningCall], now: datetime) -> QuerySet[RunningCall]:
    """Those that are cut, or that their own balance or the platform ends soon. One query more."""
    available = Cast(
        F("account__wallet__balance")
        + F("account__wallet__credit_limit")
        - F("account__wallet__held"),
        FloatField(),
    )
    amount = Cast(F("amount"), FloatField())
    ends = available * F("call__seconds") / NullIf(amount, 0.0)
    near_most = Q(call__seconds__gte=F("call__most_seconds") - int(SOON.total_seconds()))
    some = (
        Hold.objects.filter(level=0, call__in=up_among(calls).order_by().values("pk"))
        .annotate(ends=ends)
        .filter(
            Q(call__cut_at__isnull=False)
            | near_most
            | Q(account__wallet__is_unlimited=False, ends__lt=_HOUR)
        )
        .select_related("call", "account__wallet")
        .order_by("ends", "pk")[:_LOOKED_AT]
    )
    found = [one.call_id for one in some if _is_soon(one, now)]
    return calls.filter(pk__in=found)


def _is_soon(hold: Hold, now: datetime) -> bool:
    available = hold.account.wallet.available
    return left_for(course_of(hold.call), hold.prices, hold.amount, available, now).is_soon


def course_of(call: RunningCall) -> Course:
    return Course(
        call.authorized_at,
        call.answered_at,
        call.ended_at,
        call.seconds,
        call.most_seconds,
        call.cut_at is not None,
    )


def holds_seen(actor: Actor, calls: Sequence[RunningCall]) -> dict[tuple[int, int], Hold]:
    """By call and account: what the account of each call holds, and what the actor's own does. One
    query.
    """
    own = Q(level=0) | Q(account_id=actor.account_pk or 0)
    holds = Hold.objects.filter(own, call__in=[one.pk for one in calls])
    return {(one.call_id, one.account_id): one for one in holds}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some calls: how many are up, answered, over and lost, and what is held for them by their
    own accounts, and by the reader's.
    """

    up: int
    talking: int
    over: int
    lost: int
    held: Decimal
    mine: Decimal


def figures_of(actor: Actor, calls: QuerySet[RunningCall]) -> Figures:
    """Two queries."""
    is_up = Q(ended_at=None)
    counts = calls.order_by().aggregate(
        up=Count("pk", filter=is_up),
        talking=Count("pk", filter=is_up & Q(answered_at__isnull=False)),
        over=Count("pk", filter=~is_up & Q(is_lost=False)),
        lost=Count("pk", filter=Q(is_lost=True)),
    )
    holds = Hold.objects.filter(call__in=calls.order_by().values("pk"))
    sums = holds.aggregate(
        held=Sum("amount", filter=Q(level=0)),
        mine=Sum("amount", filter=Q(account_id=actor.account_pk or 0)),
    )
    nothing = Decimal(0)
    return Figures(**counts, held=sums["held"] or nothing, mine=sums["mine"] or nothing)


def up_and_lost(actor: Actor, account: Account | None = None) -> tuple[int, int]:
    """How many calls are up, and how many are lost. One query, or none where `holding_calls` was
    asked about the same object of the actor's own account.
    """
    read: tuple[int, int] | None = vars(account).get(_READ) if account is not None else None
    if read is not None:
        return read
    ((_one, up, lost),) = _UP_AND_LOST.rows(actor.scope.everything, *own_key(actor.scope))
    return up, lost


def _up_and_lost(everything: bool, *own: int) -> "QuerySet[RunningCall, Any]":
    scope, _rest = scope_and_rest(everything, own)
    calls = RunningCall.objects.within(scope).order_by()
    return calls.values_list(Value(1)).annotate(
        up=Count("pk", filter=Q(ended_at=None)), lost=Count("pk", filter=Q(is_lost=True))
    )


_UP_AND_LOST = Prepared(_up_and_lost)
# Under this name an account keeps what was read along of all in its scope.
_READ = "calls_up_and_lost"


def busiest(
    actor: Actor, calls: QuerySet[RunningCall], direction: str
) -> list[tuple[Gateway, int]]:
    """The gateways with most of these calls, and how many each has. Carriers' are for
    administrators. Three queries.
    """
    column = "routing_gateway" if direction == Gateway.Direction.ROUTING else "gateway"
    counted = up_among(calls).exclude(**{column: ""}).order_by().values_list(column)
    counts = dict(counted.annotate(count=Count("pk")).order_by("-count")[:_BUSY])
    gateways = gateways_of(actor).filter(direction=direction, name__in=list(counts))
    return [(one, counts[one.name]) for one in gateways]


def calls_with(actor: Actor, column: str, name: str) -> int:
    """How many calls are up with this phone or gateway. One query."""
    return int(up_among(running_of(actor)).filter(**{column: name}).count())


def open_calls(account: Account) -> int:
    """How many calls hold money of the account: its own, and those of accounts below it."""
    return Hold.objects.filter(account=account).values("call").distinct().count()


def holding_calls(actor: Actor, account: Account) -> tuple[int, int, int]:
    """How many calls hold money of the account while they run, how many that are over, and how many
    in the queue that no switch asked about. One query; of the actor's own account it reads
    `up_and_lost` as well.
    """
    is_own = actor.scope == Scope.of(account.pk)
    counts = Counter(dict(_HOLDING.rows(is_own, account.pk)))
    if is_own:
        vars(account)[_READ] = counts["all_up"], counts["all_lost"]
    return counts["up"], counts["over"], counts["queued"]


def _holding(with_all: bool, account_pk: int) -> "QuerySet[Any, Any]":
    """`with_all`: and of the calls in the scope of the account."""
    holds = Hold.objects.filter(account=account_pk, amount__gt=0)
    calls = RunningCall.objects.within(Scope.of(account_pk)) if with_all else None
    return counted_rows(
        up=holds.filter(call__ended_at=None),
        over=holds.exclude(call__ended_at=None),
        queued=Estimate.objects.filter(account=account_pk),
        **({} if calls is None else {"all_up": up_among(calls), "all_lost": lost_among(calls)}),
    )


_HOLDING = Prepared(_holding)


def held_for(records: Sequence[int]) -> dict[int, Decimal]:
    """What the accounts that called hold for records that wait, by their keys. Two queries."""
    estimates = Estimate.objects.filter(level=0, record__in=records)
    holds = Hold.objects.filter(level=0, call__record__in=records)
    return {
        **dict(holds.values_list("call__record", "amount")),
        **dict(estimates.values_list("record", "amount")),
    }


def held_at(actor: Actor, record: int) -> list[tuple[str, Decimal]]:
    """What is held for a record that waits, by the account ids of those of its chain that the actor
    sees, the one that called first. Two queries.
    """
    seen = in_scope(actor.scope, "account")
    rows = [
        *Estimate.objects.filter(seen, record=record).values_list("level", *_HELD),
        *Hold.objects.filter(seen, call__record=record, amount__gt=0).values_list("level", *_HELD),
    ]
    return [(account, amount) for _level, account, amount in sorted(rows)]


_HELD = ("account__account_id", "amount")


def waiting_holds(account: Account) -> int:
    """How many records of other accounts wait in the queue and hold money of this one."""
    estimates = Estimate.objects.filter(account=account).exclude(record__account=account)
    return estimates.values("record").distinct().count()


def agents_of(actor: Actor, calls: Iterable[RunningCall]) -> Mapping[int, str]:
    """By account, the agent it stands below, where the actor may know of it and it is not the actor
    itself. No query where accounts came with their agents.
    """
    found = {}
    for call in calls:
        account = call.account
        is_own = account.pk == actor.account_pk
        if not is_own and account.parent is not None and account.parent_id != actor.account_pk:
            found[account.pk] = account.parent.account_id
    return found


def heard(now: datetime) -> list[str]:
    """The switches that are there, by name: others have ended their calls by now, and theirs are
    not extended.
    """
    return list(
        Switch.objects.filter(last_seen_at__gte=now - _SILENT).values_list("name", flat=True)
    )


def without_end(since: datetime) -> int:
    """How many calls were over before a moment, as far as the portal knows, and still stand as if
    they went on.
    """
    ran_out = Q(answered_at=None, rings_until__lt=since) | Q(ends_at__lt=since)
    return RunningCall.objects.filter(ran_out | Q(ended_at__lt=since), record=None).count()


def held_prefixes(group: int, begun: Mapping[str, datetime], most: int) -> dict[str, int]:
    """Those of these prefixes, each with the moment since which it would cost something else, whose
    numbers calls were let through to at the group since, and how many calls that are: so many at
    most. Each counts for the longest of its prefixes.
    """
    holds = Hold.objects.filter(
        group_id=group,
        call__authorized_at__gte=min(begun.values()),
        call__number__startswith=commonprefix(list(begun)),
    )
    rows = holds.values_list("call__number", "call__authorized_at")
    found: Counter[str] = Counter()
    for number, at in rows.iterator(chunk_size=_AT_ONCE):
        matched = (one for one in prefixes_of(number) if one in begun and begun[one] <= at)
        prefix = next(matched, None)
        if prefix is not None:
            found[prefix] += 1
            most -= 1
        if not most:
            break
    return dict(found)
