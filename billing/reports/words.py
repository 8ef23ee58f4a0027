"""Figures as people read them."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.figures import MINUS
from accounts.kit.markup import format_html
from accounts.portal.lists.cells import icon
from billing.calls.causes import Outcome
from billing.reports.figures import percent

DASH = "–"
# What records name as the cause of an end: by Q.850, or by SIP.
CAUSES = {
    "16": gettext_lazy("Normal end"),
    "17": gettext_lazy("Busy"),
    "486": gettext_lazy("Busy"),
    "600": gettext_lazy("Busy"),
    "18": gettext_lazy("No answer"),
    "19": gettext_lazy("No answer"),
    "408": gettext_lazy("No answer"),
    "480": gettext_lazy("Not available"),
    "20": gettext_lazy("Not available"),
    "31": gettext_lazy("Normal end, unspecified"),
    "487": gettext_lazy("Given up by the caller"),
    "1": gettext_lazy("Number does not exist"),
    "28": gettext_lazy("Number does not exist"),
    "404": gettext_lazy("Number does not exist"),
    "484": gettext_lazy("Number does not exist"),
    "21": gettext_lazy("Refused"),
    "403": gettext_lazy("Refused"),
    "603": gettext_lazy("Refused"),
    "402": gettext_lazy("No money"),
    "27": gettext_lazy("Destination out of order"),
    "34": gettext_lazy("No channel free"),
    "42": gettext_lazy("No channel free"),
    "503": gettext_lazy("Carrier not available"),
    "38": gettext_lazy("Carrier failed"),
    "41": gettext_lazy("Carrier failed"),
    "500": gettext_lazy("Carrier failed"),
    "502": gettext_lazy("Carrier failed"),
    "504": gettext_lazy("Carrier failed"),
}


def cause_words(cause: str) -> str:
    """A cause, or what became of a call, in words; a cause that is not known as it came."""
    if not cause:
        return _("No cause given")
    if cause in Outcome.values:
        return str(Outcome(cause).label)
    return str(CAUSES.get(cause, cause))


def destination_words(name: str | None) -> str:
    """Of a row of a report; None: of all of them."""
    if name is None:
        return _("All")
    return name or _("Not answered, or free")


def count_words(count: int) -> str:
    return number_format(count, force_grouping=True).replace("-", MINUS)


def tenths(number: Decimal | None, unit: str = "") -> str:
    """With one decimal, half up; a dash where there is none."""
    if number is None:
        return DASH
    rounded = number.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{rounded:,.1f}{unit}".replace("-", MINUS)


def percent_words(share: Decimal | None) -> str:
    return tenths(share, "\u00a0%")


def length_words(seconds: Decimal | None) -> str:
    """2:05 of 125 seconds, rounded to whole ones."""
    if seconds is None:
        return DASH
    whole = int(seconds.quantize(Decimal(1), ROUND_HALF_UP))
    return f"{whole // 60}:{whole % 60:02d}"


def change_words(now: Decimal | int, before: Decimal | int) -> str:
    """By how many percent it is more or less; "new" where there was nothing before."""
    if now == before:
        return "0\u00a0%"
    share = percent(Decimal(now) - Decimal(before), abs(Decimal(before)))
    if share is None:
        return _("new")
    sign = "+" if now > before else ""
    return f"{sign}{percent_words(share)}"


def change_cell(
    now: Decimal | int, before: Decimal | int, *, is_judged: bool = False
) -> SafeString:
    """The same with an arrow; `is_judged`: more of it is good, and less is bad."""
    words = change_words(now, before)
    if now == before:
        return format_html('<span class="delta same">{}</span>', words)
    kind = ("good" if now > before else "bad") if is_judged else ""
    symbol = icon("up" if now > before else "downtrend")
    return format_html('<span class="{}">{}{}</span>', f"delta {kind}".strip(), symbol, words)
