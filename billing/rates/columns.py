"""The rows of a deck as its page and its error file show them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.markup import format_html, joined
from accounts.kit.moments import moment_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import badge, change, quiet, under
from accounts.portal.lists.columns import Column
from billing.rates.deck_plans import FROM_NOTHING
from billing.rates.models import DeckRow
from billing.rates.tables import per_minute, period_words

Kind = DeckRow.Kind
_COLOURS = {
    Kind.NEW: "ok",
    Kind.RAISED: "warn",
    Kind.LOWERED: "info",
    Kind.CHANGED: "info",
    Kind.ENDING: "warn",
    Kind.UNCHANGED: "",
    Kind.REFUSED: "danger",
}
BY_CHANGE = SortKey(F("change"), int)


def deck_row(one: DeckRow, zone: ZoneInfo, moment: datetime | None) -> dict[str, Any]:
    """A row of a deck in texts; `moment` stands for "when it is entered"."""
    is_refused = one.kind == Kind.REFUSED

    def told(at: datetime | None) -> str:
        return _("when it is entered") if at == moment else moment_words(at, zone)

    return {
        "key": one.pk,
        "line": one.line or "",
        "prefix": one.prefix,
        "destination": one.destination,
        "kind": Kind(one.kind),
        "price": "" if is_refused else per_minute(one.price),
        "before": "" if one.price_before is None else per_minute(one.price_before),
        "percent": percent_words(one),
        "block": "" if is_refused else f"{one.first_block}/{one.increment}",
        "hours": period_words(one),
        "is_locked": one.is_locked,
        "from": "" if is_refused or one.kind == Kind.ENDING else told(one.effective_from),
        "until": told(one.effective_until) if one.effective_until else "",
        "problem": one.problem,
    }


def percent_words(one: DeckRow) -> str:
    """By how much the price changes; "" where it does not."""
    if not one.change or one.change >= FROM_NOTHING:
        return ""
    sign = "+" if one.kind == Kind.RAISED else "\u2212"
    return f"{sign}{one.change / 10_000:,.1f} %"


def _prefix(row: Mapping[str, Any]) -> Any:
    text = format_html('<span class="mono">{}</span>', row["prefix"] or "\u2013")
    return joined([text, under(row["destination"])]) if row["destination"] else text


def _kind(row: Mapping[str, Any]) -> Any:
    return badge(row["kind"].label, _COLOURS[row["kind"]])


def _price(row: Mapping[str, Any]) -> Any:
    if row["kind"] in (Kind.RAISED, Kind.LOWERED):
        return change(row["before"], row["price"])
    return row["price"] or quiet("\u2013")


def _what(row: Mapping[str, Any]) -> Any:
    if row["problem"]:
        return row["problem"]
    words = [row["block"], row["hours"], _("locked") if row["is_locked"] else ""]
    return " · ".join(filter(None, words))


def _when(row: Mapping[str, Any]) -> Any:
    if row["kind"] == Kind.ENDING:
        return _("ends %(moment)s") % {"moment": row["until"]}
    until = _("until %(moment)s") % {"moment": row["until"]} if row["until"] else ""
    return joined([row["from"], under(until)]) if until else row["from"]


DECK_COLUMNS = (
    Column("prefix", gettext_lazy("Prefix"), _prefix, sort=SortKey(F("prefix"), str)),
    Column("kind", gettext_lazy("What happens"), _kind, css="card-top"),
    Column("price", gettext_lazy("Per minute"), _price, is_number=True, css="card-right"),
    Column(
        "change", gettext_lazy("Change"), lambda row: row["percent"], sort=BY_CHANGE,
        is_number=True, css="card-left",
    ),
    Column("what", gettext_lazy("Block and hours"), _what, css="text-wrap card-wide"),
    Column("from", gettext_lazy("When"), _when, css="card-wide tnum text-nowrap"),
    Column(
        "line", gettext_lazy("Line"), lambda row: row["line"] or quiet("\u2013"),
        sort=SortKey(F("line"), int), is_number=True, is_labelled=True, css="card-wide",
    ),
)  # fmt: skip

# What the columns of a file were taken for.
COLUMN_WORDS = {
    "prefix": gettext_lazy("prefix"),
    "country": gettext_lazy("country code"),
    "area": gettext_lazy("area code"),
    "destination": gettext_lazy("destination"),
    "country_name": gettext_lazy("destination, first part"),
    "network": gettext_lazy("destination, second part"),
    "price": gettext_lazy("price per minute"),
    "peak": gettext_lazy("price of peak hours"),
    "off_peak": gettext_lazy("price of other hours"),
    "fee": gettext_lazy("connection fee"),
    "blocks": gettext_lazy("first block and increment"),
    "first": gettext_lazy("first block"),
    "increment": gettext_lazy("increment"),
    "since": gettext_lazy("effective from"),
    "until": gettext_lazy("effective until"),
    "locked": gettext_lazy("locked"),
    "enabled": gettext_lazy("not locked"),
    "change": gettext_lazy("what changes"),
    "period": gettext_lazy("hours"),
    "currency": gettext_lazy("currency"),
}
