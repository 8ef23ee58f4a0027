"""What stands behind a statement: the calls of its period by destination, and how the balance
went.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.kit.moments import day_words
from accounts.kit.sheets_out import offered
from billing.ledger.models import Transaction
from billing.ledger.queries.balances import balances_by_day
from billing.ledger.queries.statements import Statement
from billing.money import shown
from billing.reports.drawing import line_drawn
from billing.reports.figures import Figures, summed
from billing.reports.periods import Period
from billing.reports.queries.figures import paid_by_destination
from billing.reports.tables import Column, Table, count, minutes, money, text
from billing.reports.words import destination_words

# How many days a curve may show, the first where none is asked for.
CURVES = (30, 90)
_DAY = timedelta(days=1)

Line = tuple[str | None, Figures]


def calls_of(statement: Statement, first: date, last: date, zone: ZoneInfo) -> dict[str, Any]:
    """The calls of these days by destination, and whether they come to what calls moved. One
    query.
    """
    account = statement.account
    own = ZoneInfo(account.time_zone)
    found = paid_by_destination(account, Period.of_days(first, last + _DAY, own))
    total = summed(found.values())
    net = [one.net for one in statement.movements if one.kind == Transaction.Kind.CALL]
    is_carrier = account.type == Account.Type.CLEARING
    moved = sum(net, Decimal(0)) * (1 if is_carrier else -1)
    asked = {"account": account.account_id, "from": first, "to": last, "zone": own.key}
    url = reverse("billing:report-destinations-export")
    lines: list[Line] = sorted(found.items(), key=lambda one: (-one[1].amount, one[0]))
    return {
        "calls": Table(_("Calls by destination"), _columns(), lines, (None, total)),
        "calls_moved": shown(moved),
        "calls_differ": moved != total.amount,
        "calls_total": shown(total.amount),
        "calls_zone": "" if own == zone else own.key,
        # Reports are about what accounts pay.
        "calls_exports": []
        if is_carrier
        else offered(lambda kind: f"{url}?{urlencode({**asked, 'format': kind})}"),
    }


def _columns() -> list[Column]:
    return [
        text(_("Destination"), lambda one: destination_words(one[0])),
        count(_("Calls"), lambda one: one[1].legs),
        count(_("Answered"), lambda one: one[1].answered),
        minutes(_("Minutes"), lambda one: one[1].minutes),
        minutes(_("Billed minutes"), lambda one: one[1].billed_minutes),
        money(_("A billed minute"), lambda one: one[1].per_minute),
        money(_("Amount"), lambda one: one[1].amount, css="fw-semibold"),
    ]


def curve_of(
    account: Account, asked: Mapping[str, Any], today: date, zone: ZoneInfo, kept: dict[str, str]
) -> dict[str, Any]:
    """How the balance went, own or with all below. `kept`: what else its links ask for. One
    query.
    """
    length = next((one for one in CURVES if asked.get("curve") == str(one)), CURVES[0])
    is_all = account.is_agent and asked.get("whose") == "all"
    points = balances_by_day(
        account, today - _DAY * (length - 1), today + _DAY, zone, with_below=is_all
    )
    threshold = None if is_all else account.wallet.low_balance_threshold
    lowest = min(points, key=lambda one: one[1])
    words = _("Balance at the end of each of %(days)s days. The lowest was %(amount)s on %(day)s.")

    def link(label: str, days: int, whose: str) -> dict[str, Any]:
        query = urlencode({**kept, "curve": days, "whose": whose})
        is_current = (days, whose == "all") == (length, is_all)
        return {"label": label, "url": f"?{query}#curve", "current": is_current}

    whose = "all" if is_all else "own"
    return {
        "drawing": line_drawn(points, threshold),
        "has_threshold": threshold is not None,
        "summary": words
        % {"days": length, "amount": shown(lowest[1]), "day": day_words(lowest[0])},
        "lengths": [
            link(ngettext("%(days)s day", "%(days)s days", one) % {"days": one}, one, whose)
            for one in CURVES
        ],
        "whose": [
            link(_("Own"), length, "own"), link(_("With all below"), length, "all"),
        ]
        if account.is_agent
        else [],
        "is_all": is_all,
        "rows": [(day_words(day), shown(amount)) for day, amount in reversed(points)],
        "currency": settings.CURRENCY,
    }  # fmt: skip
