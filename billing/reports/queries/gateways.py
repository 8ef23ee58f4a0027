"""What gateways took and sent: how often they answer, how long, how calls ended, and the money."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from accounts.core.actor import Actor
from accounts.core.models import Account, AuditEntry
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.gateways.models import Gateway
from accounts.gateways.queries import gateways_of
from billing.calls.causes import outcome_of
from billing.charging.models import GatewayTotal
from billing.reports.figures import NONE, Beside, Figures, summed
from billing.reports.periods import Period
from billing.reports.queries.figures import read_sums


@dataclass(frozen=True)
class GatewayFigures:
    """Of one gateway. `amount` is what the account of a mapping gateway paid for what came in by
    it, and the carrier's cost of what a routing gateway took, `sold` what top-level accounts paid
    for it. `now` is by cause, as records name it; for others than administrators by what became of
    the call (`Outcome`): what carriers say is not theirs to know.
    """

    name: str
    # None: it is deleted, and what it was is not known any more.
    gateway: Gateway | None
    now: Mapping[str, Figures] = field(default_factory=dict)
    before: Mapping[str, Figures] = field(default_factory=dict)

    @property
    def beside(self) -> Beside[Figures]:
        return Beside(summed(self.now.values()), summed(self.before.values()))

    @property
    def is_routing(self) -> bool:
        return self.gateway is not None and self.gateway.direction == Gateway.Direction.ROUTING


def gateway_figures(actor: Actor, whose: Account | None, period: Period) -> list[GatewayFigures]:
    """Of the gateways the actor reaches, of an account and everything below it or of all; routing
    ones are there for administrators alone, and so is what a gateway of that name was before it
    was made. Two queries, and perhaps one about names that were given again.
    """
    known = gateways_of(actor).prefetch_related(None).order_by("name")
    if whose is not None:
        known = known.filter(in_scope(Scope.of(whose.pk), "account"))
    gateways = {one.name: one for one in known}
    is_all = actor.is_administrator and whose is None
    sides = _sums(None if is_all else gateways, period)
    names = {*sides.now, *sides.before}
    shown = (lambda causes: causes) if actor.is_administrator else _by_outcome
    return [
        GatewayFigures(
            name,
            gateways.get(name),
            shown(sides.now.get(name, {})),
            shown(sides.before.get(name, {})),
        )
        for name in sorted(names)
    ]


def _by_outcome(causes: Mapping[str, Figures]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for cause, one in causes.items():
        outcome = outcome_of(False, cause).value
        found[outcome] = found.get(outcome, NONE) + one
    return found


def _sums(
    gateways: Mapping[str, Gateway] | None, period: Period
) -> Beside[dict[str, dict[str, Figures]]]:
    """By gateway and cause; of all there are, where none are given."""
    both = period.with_before
    rows = GatewayTotal.objects.filter(quarter__gte=both.begin, quarter__lt=both.end)
    sides: Beside[dict[str, dict[str, Figures]]] = Beside({}, {})
    keys: tuple[str, ...] = ("is_now", "gateway", "cause")
    others: Collection[str] = ()
    if gateways is not None:
        here = Gateway.objects.filter(name=OuterRef("gateway"), created_at__lte=OuterRef("quarter"))
        rows = rows.filter(gateway__in=list(gateways)).annotate(is_here=Exists(here))
        keys = (*keys, "is_here")
    found = read_sums([rows], keys, period)
    if gateways is not None:
        early = {str(name) for _now, name, _cause, is_here in found if not is_here}
        others = _names_of_others({name: gateways[name] for name in early}, both)
    for (is_now, name, cause, *is_here), one in found.items():
        if name in others and is_here == [False]:
            continue
        side = (sides.now if is_now else sides.before).setdefault(str(name), {})
        side[str(cause)] = side.get(str(cause), NONE) + one
    return sides


def _names_of_others(gateways: Mapping[str, Gateway], period: Period) -> Collection[str]:
    """Those of these names that another gateway had in the period, perhaps of somebody else: it was
    deleted, and its name was free again. Records of calls may also be older than their gateway
    here. One query, where there is anything to ask.
    """
    if not gateways:
        return ()
    deleted = AuditEntry.objects.filter(
        at__gte=period.begin, action="gateway.delete", is_refused=False, subject__in=gateways
    )
    return set(deleted.values_list("subject", flat=True))


def causes_summed(gateways: Iterable[GatewayFigures], side: str = "now") -> dict[str, Figures]:
    """How calls ended, over some gateways, by cause, in the period or ("before") the one before."""
    found: dict[str, Figures] = {}
    for gateway in gateways:
        for cause, one in getattr(gateway, side).items():
            found[cause] = found[cause] + one if cause in found else one
    return found
