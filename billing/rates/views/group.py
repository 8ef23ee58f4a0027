"""One rate group: its rates, and which of them a number meets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.moments import moment_words
from accounts.kit.pagination import SortKey
from accounts.kit.sheets_out import offered
from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import group_cards_of
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Bulk, Button, Deed, Empty, Words
from accounts.portal.lists.state import ListState
from billing.rates.filters import RateFilter
from billing.rates.forms.find import FindForm
from billing.rates.models import Rate
from billing.rates.queries import figures_of, rates_for, rates_of
from billing.rates.rating import Rate as PlainRate
from billing.rates.rating import applying
from billing.rates.tables import (
    RATE_COLUMNS,
    figure,
    group_row,
    per_minute,
    period_words,
    rate_row,
    rate_url,
)
from billing.rates.views.base import GroupPage
from billing.rates.views.folded import FoldedList
from billing.wallets.models import RateGroup


class RatesList(FoldedList):
    """The rates of one group, by prefix."""

    abstract = True
    may_change = False
    what = "rates"
    heading = gettext_lazy("Rates")
    template = "billing/rates/group.html"
    columns = RATE_COLUMNS
    filter_class = RateFilter
    views = (
        ProductView(gettext_lazy("In effect"), {"when": "now"}),
        ProductView(gettext_lazy("Coming"), {"when": "coming"}),
        ProductView(gettext_lazy("Ended"), {"when": "ended"}),
        ProductView(gettext_lazy("Locked"), {"lock": "locked"}),
    )
    first_order = ("prefix", SortKey(F("prefix"), str), False)
    passing = ("number", "at")
    words = Words(
        search=gettext_lazy("Rates"),
        every=gettext_lazy("Current rates"),
        find=gettext_lazy("Prefix or destination"),
        file=gettext_lazy("%(kind)s, the whole group"),
        no_match=gettext_lazy("No rate matches"),
        tick=gettext_lazy("Select %(row)s"),
        ticked=gettext_lazy("Selected rates"),
    )

    def base(self, is_all: bool) -> QuerySet[Rate]:
        rates = rates_of(self.group_shown)
        # What has ended is looked at where it is asked for.
        if self.request.GET.get("when"):
            return rates
        return rates.exclude(effective_until__lte=timezone.now())

    def rows(self, objects: Sequence[Rate], names: Collection[str]) -> list[dict[str, Any]]:
        now = timezone.now()
        may_change = self.may_change
        rows = [rate_row(one, self.group_shown, now, may_change=may_change) for one in objects]
        self.nest(rows)
        return rows

    def key(self, row: dict[str, Any]) -> str:
        return str(row["key"])


class GroupView(GroupPage, RatesList):
    """What a group charges, as whoever keeps it or may sell at it sees it."""

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.group_shown = self.seen(pk)
        self.may_change = self.keeps(self.group_shown) and self.keeping().is_allowed
        if self.may_change:
            self.tick_name = "rate"  # type: ignore[misc]
        return self.list_page(request)

    def bulk(self, state: ListState) -> Bulk | None:
        if not self.may_change:
            return None
        url = reverse("billing:rates-many", args=[self.group_shown.pk])
        return Bulk(url, [Deed("choose", _("Change, lock or end…"), "edit")])

    def page_head(self, request: HttpRequest, state: ListState) -> dict[str, Any]:
        return {"account": None, "crumbs": self.crumbs(Crumb(self.group_shown.name))}

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        group = self.group_shown
        buttons = []
        if self.keeping().is_allowed:
            url = reverse("billing:rate-group-copy", args=[group.pk])
            buttons.append(Button(_("Copy with mark-up"), url, "copy"))
        if self.may_change:
            url = reverse("billing:rate-new", args=[group.pk])
            buttons.append(Button(_("Add rate"), url, "plus", is_primary=True))
        return buttons

    def first_use(self, state: ListState) -> Empty:
        title = _("No rates yet")
        if not self.may_change:
            return Empty(title, _("Prices appear here as soon as there are some."))
        url = reverse("billing:rate-new", args=[self.group_shown.pk])
        text = _("A rate says what numbers with a prefix cost per minute.")
        return Empty(title, text, url, _("Add rate"), "plus")

    def caption(self, state: ListState) -> Any:
        return _("Rates of %(name)s") % {"name": self.group_shown.name}

    def title(self, state: ListState) -> Any:
        return self.group_shown.name

    def export_url(self) -> str:
        return reverse("billing:rate-group-export", args=[self.group_shown.pk])

    def exports(self, state: ListState, url: str) -> list[tuple[str, str]]:
        # All of it, so that it can be handed in again.
        return offered(lambda kind: f"{url}?format={kind}", self.words.file)

    def more(self, state: ListState) -> dict[str, Any]:
        group, now = self.group_shown, timezone.now()
        figures = figures_of(self.actor, [group], now)[group.pk]
        row = group_row(self.actor, group, figures)
        return {
            "group": group,
            "row": {**row, "users": figure(row["users"])},
            "may_change": self.may_change,
            "keeps": self.keeps(group),
            "cards": group_cards_of(self.actor, group),
            **self._find(state, now),
        }

    def _find(self, state: ListState, now: datetime) -> dict[str, Any]:
        """Which rates a number meets, the one that counts first among those that fit."""
        form = FindForm(state.parameters if "number" in state.parameters else None,
                        group=self.group_shown)  # fmt: skip
        context: dict[str, Any] = {"find_form": form, "passing_fields": state.active.items()}
        if not form.is_bound or not form.is_valid():
            return context
        at = form.cleaned_data["at"] or now
        try:
            number = normalised(form.cleaned_data["number"])
        except NotANumber as error:
            form.add_error("number", str(error.message))
            return context
        return {**context, "found": found(self.group_shown, number, at)}


def found(group: RateGroup, number: str, at: datetime) -> dict[str, Any]:
    """What the finder shows: the number, the rate that applies, and the others that fit, with why
    they do not.
    """
    fitting = rates_for([group.pk], number, at)[group.pk]
    plain = [one.plain for one in fitting]
    applies = applying(plain, number, at, group.zone)
    rows = [
        _candidate(rate, one, applies, group, at) for rate, one in zip(fitting, plain, strict=True)
    ]
    rows.sort(key=lambda row: (not row["wins"], -len(row["prefix"]), row["since"]))
    winner = rows[0] if applies else None
    return {
        "number": number,
        "prefix": winner["prefix"] if winner else "",
        "rest": number[len(winner["prefix"]) :] if winner else number,
        "winner": winner,
        "others": rows[1:] if winner else rows,
        "at": moment_words(at, group.zone),
    }


def _candidate(
    rate: Rate, one: PlainRate, applies: PlainRate | None, group: RateGroup, at: datetime
) -> dict[str, Any]:
    return {
        "prefix": rate.prefix,
        "destination": rate.destination,
        "price": per_minute(rate.price),
        "block": f"{rate.first_block}/{rate.increment}",
        "fee": per_minute(rate.connection_fee) if rate.connection_fee else "",
        "hours": period_words(rate),
        "since": moment_words(rate.effective_from, group.zone),
        "is_locked": rate.is_locked,
        "url": rate_url(rate),
        "wins": one is applies,
        "why": _why(rate, one, applies, group, at),
    }


def _why(
    rate: Rate, one: PlainRate, applies: PlainRate | None, group: RateGroup, at: datetime
) -> str:
    if one is applies:
        return _("longest prefix in effect")
    if rate.effective_from > at:
        since = moment_words(rate.effective_from, group.zone)
        return _("from %(since)s, not yet in effect") % {"since": since}
    if one.period and not one.period.covers(at.astimezone(group.zone)):
        return _("other hours: %(hours)s") % {"hours": period_words(rate)}
    if applies and len(rate.prefix) == len(applies.prefix):
        return _("the price of the hour goes before it")
    return _("shorter prefix")
