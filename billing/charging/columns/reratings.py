"""Re-ratings as lists and files show them: those there are, what one changes by account and leg."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.markup import joined
from accounts.kit.moments import moment_words
from accounts.kit.pagination import BY_KEY, SortKey
from accounts.portal.lists.cells import badge, link, quiet, time, under
from accounts.portal.lists.columns import VIEWERS, Column
from billing.calls.models import Leg
from billing.charging.models import Rerating, ReratingLine, ReratingTotal
from billing.charging.words import about_words, period_words, reason_words, rerating_state
from billing.money import shown, signed

BY_CHANGE = SortKey(F("change"), int)


def figure(number: int) -> str:
    return str(number_format(number, force_grouping=True))


def difference(amount: Decimal) -> str:
    """A difference with its sign; 0.00 without one."""
    return signed(amount) if amount else shown(amount)


def rerating_row(one: Any, names: Mapping[int, str]) -> dict[str, Any]:
    """A re-rating as its list shows it. `names`: of the accounts it is about."""
    is_known = one.state != Rerating.State.CHECKING
    return {
        "pk": one.pk,
        "url": reverse("billing:rerating", args=[one.pk]),
        "period": period_words(one),
        "about": about_words(one, names),
        "reason": one.reason,
        "state": rerating_state(one),
        "changed": figure(one.changed) if is_known else "",
        "income": difference(one.income) if is_known else "",
        "cost": difference(one.cost) if is_known else "",
        "by": one.login.get_username() if one.login else _("a command"),
        "at": one.created_at,
    }


RERATINGS = (
    Column(
        "period",
        gettext_lazy("Calls answered"),
        lambda row: joined([link(row["url"], row["period"], "tnum"), under(row["about"])]),
        css="card-left",
        zone=VIEWERS,
        is_lead=True,
    ),
    Column(
        "state", gettext_lazy("State"), lambda row: badge(*row["state"]), css="card-right"
    ),
    Column(
        "changed", gettext_lazy("Calls that change"),
        lambda row: row["changed"] or quiet("–"), is_number=True, css="", is_labelled=True,
    ),
    Column(
        "income", gettext_lazy("Platform income"),
        lambda row: row["income"] or quiet("–"), is_number=True, css="", is_labelled=True,
    ),
    Column(
        "cost", gettext_lazy("Carriers' costs"),
        lambda row: row["cost"] or quiet("–"), is_number=True, css="", is_labelled=True,
    ),
    Column(
        "reason", gettext_lazy("Reason"), lambda row: row["reason"], css="text-wrap card-wide",
    ),
    Column("by", gettext_lazy("By"), lambda row: row["by"], css="", is_labelled=True,
           is_roomy=True),
    Column(
        "asked",
        gettext_lazy("Asked for"),
        lambda row: time(row["at"], moment_words(row["at"])),
        css="text-nowrap tnum",
        is_labelled=True,
        sort=BY_KEY,
        zone=VIEWERS,
    ),
)  # fmt: skip


def total_row(one: ReratingTotal, posted: Mapping[int, Decimal]) -> dict[str, Any]:
    """What a re-rating changes for one account. `posted`: what of it is posted, where that is not
    all or nothing.
    """
    return {
        "pk": one.pk,
        "account": one.account.account_id,
        "name": one.account.name,
        "url": one.account.get_absolute_url(),
        "is_cost": one.is_cost,
        "legs": figure(one.legs),
        "before": shown(one.before),
        "after": shown(one.after),
        "difference": difference(one.after - one.before),
        "posted": difference(posted[one.pk]) if one.pk in posted else "",
    }


def _account(row: Mapping[str, Any]) -> Any:
    name = link(row["url"], row["account"])
    words = _("carrier's cost") if row["is_cost"] else row["name"]
    return joined([name, under(words)]) if words else name


TOTALS = (
    Column("account", gettext_lazy("Account"), _account, css="card-left", is_lead=True),
    Column(
        "legs", gettext_lazy("Calls"), lambda row: row["legs"], is_number=True, css="",
        is_labelled=True, sort=SortKey(F("legs"), int),
    ),
    Column(
        "before", gettext_lazy("Charged"), lambda row: row["before"], is_number=True, css="",
        is_labelled=True,
    ),
    Column(
        "after", gettext_lazy("Anew"), lambda row: row["after"], is_number=True, css="",
        is_labelled=True,
    ),
    Column(
        "change", format_lazy("{}, {}", gettext_lazy("Difference"), settings.CURRENCY),
        lambda row: row["difference"], is_number=True,
        css="card-top fw-semibold", sort=BY_CHANGE,
    ),
)  # fmt: skip
POSTED = Column(
    "posted", gettext_lazy("Posted of it"), lambda row: row["posted"], is_number=True, css="",
    is_labelled=True,
)  # fmt: skip


def line_rows(
    lines: Sequence[ReratingLine], legs: Mapping[int, Leg], names: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Lines of a re-rating as a file holds them."""
    return [
        {
            "leg": legs.get(one.leg_id),
            "account": names.get(one.account_id, ""),
            "is_cost": one.is_cost,
            "before": one.before,
            "after": one.after,
            "left": _left(one),
        }
        for one in lines
    ]


def _left(line: ReratingLine) -> str:
    if not line.reason:
        return ""
    words = reason_words(line.reason)
    return f"{words}: {line.detail}" if line.detail else words


def _of_leg(name: str) -> Any:
    return lambda row: getattr(row["leg"], name) if row["leg"] else None


def _difference(row: Mapping[str, Any]) -> Any:
    return None if row["before"] is None else row["after"] - row["before"]


LINES = (
    Column("call_id", gettext_lazy("Call ID"), value=_of_leg("call_id")),
    Column("leg", gettext_lazy("Leg"), value=_of_leg("leg")),
    Column("answer", gettext_lazy("Answer"), value=_of_leg("answer"), zone=VIEWERS),
    Column("number", gettext_lazy("Number called"), value=_of_leg("number")),
    Column("duration", gettext_lazy("Duration, seconds"), value=_of_leg("duration")),
    Column("account", gettext_lazy("Account"), value=lambda row: row["account"]),
    Column(
        "what",
        gettext_lazy("What"),
        value=lambda row: _("carrier's cost") if row["is_cost"] else _("call"),
    ),
    Column("before", gettext_lazy("Charged"), value=lambda row: row["before"]),
    Column("after", gettext_lazy("Anew"), value=lambda row: row["after"]),
    Column("change", gettext_lazy("Difference"), value=_difference),
    Column("left", gettext_lazy("Stays as it is"), value=lambda row: row["left"]),
)
