"""What gateways took and sent: for administrators all of them, for others those of customers."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.gateways.models import Gateway
from accounts.kit.addresses import address_of
from billing.reports.figures import Beside, Figures, percent, summed
from billing.reports.forms import ReportForm
from billing.reports.queries.gateways import GatewayFigures, gateway_figures
from billing.reports.tables import (
    BEFORE,
    CHANGE,
    Column,
    Table,
    change,
    count,
    minutes,
    money,
    seconds,
)
from billing.reports.tables import share as percents
from billing.reports.tables import text as words
from billing.reports.views.base import MOST_QUARTER_DAYS, Report, ReportFile, ReportPage
from billing.reports.views.calls import call_tiles
from billing.reports.words import DASH, cause_words, percent_words


class GatewaysReport(Report):
    name = "gateways"
    heading = gettext_lazy("Gateways")
    most_days = MOST_QUARTER_DAYS

    def table(self, form: ReportForm) -> Table:
        return self.table_of(gateway_figures(self.actor, form.whose, form.period))

    def table_of(self, found: list[GatewayFigures]) -> Table:
        """Those that cost or bring most first, carriers before customers."""
        found = sorted(
            found, key=lambda one: (not one.is_routing, -one.beside.now.amount, one.name)
        )
        is_administrator = self.actor.is_administrator
        columns = [
            words(_("Gateway"), lambda one: one.name),
            words(_("Account"), lambda one: one.gateway.account.account_id if one.gateway else ""),
            *([words(_("Direction"), _direction)] if is_administrator else []),
            count(_("Calls"), lambda one: one.beside.now.legs),
            percents(_("ASR"), lambda one: one.beside.now.asr),
            seconds(_("ACD"), lambda one: one.beside.now.acd),
            minutes(_("Minutes"), lambda one: one.beside.now.minutes),
            words(_("Most failures"), _most_failures),
            money(
                _("Cost, or paid") if is_administrator else _("Paid"),
                lambda one: one.beside.now.amount,
                css="fw-semibold",
            ),
            money(BEFORE, lambda one: one.beside.before.amount),
            change(CHANGE, lambda one: (one.beside.now.amount, one.beside.before.amount)),
            *(_margin_columns() if is_administrator else ()),
        ]
        note = _("What the account of a gateway paid for the calls that came in by it.")
        if is_administrator:
            note = _(
                "Of a routing gateway it is the carrier’s cost, of a mapping gateway what its"
                " account paid for what came in by it. A call that came in by one and went out by"
                " the other is counted at both. The margin of a routing gateway is what top-level"
                " accounts paid for the calls it took, less the cost."
            )
        return Table(
            _("Calls by gateway"),
            columns,
            found,
            link=lambda one: address_of("gateway", one.gateway.name) if one.gateway else "",
            note=note,
        )


class GatewaysView(GatewaysReport, ReportPage):
    authorization = None

    def shown(self, form: ReportForm) -> dict[str, Any]:
        found = gateway_figures(self.actor, form.whose, form.period)
        routing = [one for one in found if one.is_routing]
        sides = [one.beside for one in routing or found]
        beside = Beside(summed(one.now for one in sides), summed(one.before for one in sides))
        paid, words_of = _("Paid"), _("Calls that came in by mapping gateways")
        if routing:
            paid, words_of = _("Carriers’ cost"), _("Calls that went out by routing gateways")
        return {
            "tiles": call_tiles(beside, paid) if found else [],
            "tiles_of": words_of,
            "table": self.table_of(found),
        }


class GatewaysExportView(GatewaysReport, ReportFile):
    authorization = None


def _margin_columns() -> list[Column]:
    """What the calls of a routing gateway brought in; nothing of others."""

    def of_routing(
        value: Callable[[Figures], Decimal | None], side: str = "now"
    ) -> Callable[[Any], Decimal | None]:
        return lambda one: value(getattr(one.beside, side)) if one.is_routing else None

    return [
        money(_("Top-level accounts paid"), of_routing(lambda one: one.sold)),
        money(_("Margin"), of_routing(lambda one: one.margin), css="fw-semibold"),
        percents(_("of paid"), of_routing(lambda one: percent(one.margin, one.sold))),
        money(_("Margin before"), of_routing(lambda one: one.margin, "before")),
    ]


def _direction(one: GatewayFigures) -> str:
    if one.gateway is None:
        return _("Deleted")
    return str(Gateway.Direction(one.gateway.direction).label)


def _most_failures(one: GatewayFigures) -> str:
    """The cause that most of its unanswered calls ended by, with its share of all calls."""
    failed = failures(one.now)
    if not failed:
        return DASH
    cause = max(failed, key=lambda name: (failed[name], name))
    share = percent(failed[cause], one.beside.now.legs)
    return f"{cause_words(cause)} {percent_words(share)}"


def failures(causes: Mapping[str, Figures]) -> dict[str, int]:
    """How many calls were not answered, by cause."""
    missed = {cause: one.legs - one.answered for cause, one in causes.items()}
    return {cause: count for cause, count in missed.items() if count > 0}
