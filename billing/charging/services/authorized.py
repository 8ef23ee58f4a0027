"""Records of calls that were let through: what counts of them was decided then, and what they hold
is free with their charges (docs/domain.md 7).
"""

from collections.abc import Iterable, Mapping, Sequence

from accounts.kit.batches import batched
from billing.calls.models import Leg
from billing.charging.deciding import Authorized, Case, Chain, Place
from billing.charging.models import Charge
from billing.holds.models import Hold, RunningCall
from billing.holds.pricing import price_at

_AT_ONCE = 5000


def note_authorized(cases: Iterable[tuple[str, Case]]) -> None:
    """Find the running calls of these legs, each with the switch it came from, and lock them until
    the end of the transaction. Of several records of one leg the first is the one that the call
    was let through for, and the others have none. Two queries where a switch has calls at all.
    """
    by_source: dict[str, dict[tuple[str, str], Case]] = {}
    for source, case in cases:
        record = case.record
        by_source.setdefault(source, {}).setdefault((record.call_id, record.leg), case)
    if not by_source:
        return
    live = RunningCall.objects.filter(source__in=by_source).order_by().values("source").distinct()
    for source in list(live.values_list("source", flat=True)):
        asked = by_source[source]
        for some in batched(sorted({call_id for call_id, _leg in asked}), _AT_ONCE):
            calls = RunningCall.objects.of(source).filter(call_id__among=some).order_by("pk")
            _note(calls.select_for_update(), asked)


def spare_waiting(repeated: Iterable[tuple[str, Case]]) -> None:
    """Records that say the same again end the running calls that were found for them only where
    the first is charged: one that still waits needs its call. No query where none was found.
    """
    found = [(source, case) for source, case in repeated if case.call is not None]
    charged: set[tuple[str, str, str]] = set()
    for some in batched(sorted({case.record.call_id for _source, case in found}), _AT_ONCE):
        legs = Leg.objects.filter(call_id__among=some).order_by()
        charged.update(legs.values_list("source", "call_id", "leg"))
    for source, case in found:
        if (source, case.record.call_id, case.record.leg) not in charged:
            case.authorized = case.call = None


def _note(calls: Iterable[RunningCall], asked: Mapping[tuple[str, str], Case]) -> None:
    found = {one.pk: one for one in calls if (one.call_id, one.leg) in asked}
    holds: dict[int, list[Hold]] = {}
    for one in Hold.objects.filter(call__pk__among=list(found)).order_by("call", "level"):
        holds.setdefault(one.call_id, []).append(one)
    for pk, call in found.items():
        case = asked[call.call_id, call.leg]
        case.authorized, case.call = _of_call(call, case, holds[pk]), pk


def _of_call(call: RunningCall, case: Case, holds: Sequence[Hold]) -> Authorized:
    after = case.at - call.authorized_at
    return Authorized(
        call.authorized_at,
        call.number,
        call.seconds,
        _chain(call, [(one.account_id, one.group_id) for one in holds]),
        [price_at(one.prices, after)[1] for one in holds],
    )


def _chain(call: RunningCall, levels: Sequence[tuple[int, int]]) -> Chain:
    above = [account for account, _group in levels[1:]]
    return [
        (account, Place(call.authorized_at, agent, group))
        for (account, group), agent in zip(levels, [*above, None], strict=True)
    ]


def authorized_of(leg: Leg, charges: Sequence[Charge]) -> Authorized | None:
    """What counted of a leg that is charged, by its charges; None for one that no switch asked
    about, and for one that cost nothing.
    """
    levels = sorted((one for one in charges if not one.is_cost), key=lambda one: one.level)
    if leg.authorized_at is None or not levels:
        return None
    return Authorized(
        leg.authorized_at,
        leg.number,
        leg.duration if leg.granted is None else leg.granted,
        [(one.account_id, Place(leg.authorized_at, one.agent_id, one.group_id)) for one in levels],
        [one.rate_id for one in levels],
    )
