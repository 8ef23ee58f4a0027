"""Two rate groups side by side, what is sold below cost first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.exports import Export
from accounts.jobs.services.exports import MOST_IN_ALL
from accounts.kit.figures import MINUS
from accounts.kit.moments import asked_now
from accounts.kit.sheets_out import offered
from accounts.numbers.reading import digits_of
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.exports import ExportView
from billing.money import shown
from billing.rates.comparing import Pair, key_of, ranked, ranked_prefixes
from billing.rates.forms.compare import SECONDS, CompareForm
from billing.rates.queries import alive_count, pairs_of
from billing.rates.tables import figure, per_minute
from billing.rates.views.base import GroupPage
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_seen, own_group

_PAGE = 200
# More than these, of both groups, take longer to compare than a page may: about a second.
MOST = 60_000
_WORST = 5
_COLUMNS = (
    gettext_lazy("Prefix"),
    gettext_lazy("Destination"),
    gettext_lazy("Remark"),
    gettext_lazy("Sell at, per minute"),
    gettext_lazy("Sell block"),
    gettext_lazy("Sell prefix"),
    gettext_lazy("Buy at, per minute"),
    gettext_lazy("Buy block"),
    gettext_lazy("Buy prefix"),
    gettext_lazy("Sold"),
    gettext_lazy("Cost"),
    gettext_lazy("Margin"),
    gettext_lazy("Margin, %"),
)


class CompareView(GroupPage):
    """What is left at every prefix that is sold, for a call of some length."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        groups = groups_seen(self.actor).order_by("name", "pk")
        bought_at = own_group(self.actor)
        initial = {"buy": bought_at.key if bought_at else "", "seconds": SECONDS}
        data = request.GET if request.GET.get("sell") or request.GET.get("buy") else None
        form = CompareForm(data, groups=groups, initial=initial)
        context = {
            "form": form,
            "crumbs": self.crumbs(Crumb(_("Compare"))),
            "currency": settings.CURRENCY,
        }
        if form.is_bound and form.is_valid():
            context |= self._compared(form, timezone.now())
        status = 422 if form.errors else 200
        return render(request, "billing/rates/compare.html", context, status=status)

    def _compared(self, form: CompareForm, now: datetime) -> dict[str, Any]:
        sell, buy = form.chosen("sell"), form.chosen("buy")
        seconds, text = form.length(), form.cleaned_data["q"]
        about = {"sell": sell, "buy": buy, "seconds": seconds, "files": self._files()}
        if is_too_large(sell, buy, now):
            return {**about, "is_too_large": True, "most": figure(MOST)}
        pairs = ranked(pairs_of(sell, buy, now, seconds))
        below = sum(one.is_below_cost for one in pairs)
        unbought = sum(one.buy is None for one in pairs)
        found = list(matching(pairs, text))
        first = _first(self.request.GET.get("from", ""), len(found))
        return {
            **about,
            "below": figure(below),
            "is_below": bool(below),
            "unbought": figure(unbought),
            "is_unbought": bool(unbought),
            "total": figure(len(pairs)),
            "rows": [pair_row(one) for one in found[first : first + _PAGE]],
            "shown": _("%(first)s–%(last)s of %(total)s")
            % {
                "first": figure(first + 1 if found else 0),
                "last": figure(min(first + _PAGE, len(found))),
                "total": figure(len(found)),
            },
            "before_url": self._at(first - _PAGE) if first else "",
            "after_url": self._at(first + _PAGE) if first + _PAGE < len(found) else "",
        }

    def _files(self) -> list[tuple[str, str]]:
        """(words, address) of each kind of file of what was asked; none while only looking."""
        if self.actor.viewer:
            return []
        url = f"{reverse('billing:rate-compare-export')}{self._asked()}"
        return offered(lambda kind: f"{url}&format={kind}")

    def _at(self, first: int) -> str:
        return f"{self._asked()}&from={max(first, 0)}"

    def _asked(self) -> str:
        kept = [(name, self.request.GET.get(name, "")) for name in ("sell", "buy", "seconds", "q")]
        return f"?{urlencode(kept)}"


class CompareExportView(ExportView, GroupPage):
    """What the page shows as a file, whatever the size of the groups: a worker makes the long ones,
    and those of groups that take longer to compare than a page may.
    """

    authorization = None

    def get(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        if not self._form().is_valid():
            # Where the two groups are asked for.
            return redirect(reverse("billing:rate-compare"))
        return super().get(request, **address)

    def exported(self, request: HttpRequest) -> Export:
        form, now = self._form(), asked_now()
        if not form.is_valid():
            raise Http404
        sell, buy = form.chosen("sell"), form.chosen("buy")
        seconds, text = form.length(), form.cleaned_data["q"]
        rates = _rates_of(sell, buy, now, MOST_IN_ALL)

        def pairs() -> Iterator[Pair]:
            return matching(pairs_of(sell, buy, now, seconds), text)

        @cache
        def keys() -> Sequence[int]:
            return ranked_prefixes(pairs())

        def lines(some: Sequence[int]) -> Iterator[list[Any]]:
            asked = set(some)
            found = {key_of(one.prefix): one for one in pairs() if key_of(one.prefix) in asked}
            return (pair_values(found[key]) for key in some if key in found)

        return Export(
            what="rate_compare",
            account=sell.owner if self.keeps(sell) else None,
            filters={"sell": sell.name, "buy": buy.name, "seconds": seconds, "text": text},
            name=f"compared-{sell.name}-{buy.name}",
            header=[str(one) for one in _COLUMNS],
            # What a page does not compare is not counted by one either: it is less than this.
            count=min(rates, MOST_IN_ALL) if rates > MOST else len(keys()),
            keys=keys,
            lines=lines,
        )

    def _form(self) -> CompareForm:
        groups = groups_seen(self.actor).select_related("owner")
        return CompareForm(self.request.GET, groups=groups, initial={})


class BelowCostView(GroupPage):
    """A part of a group's page: what its owner sells there for less than it pays itself."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        group, now = self.seen(pk), timezone.now()
        buy = own_group(self.actor)
        context: dict[str, Any] = {"group": group}
        if buy is not None and buy.pk != group.pk:
            context["url"] = f"{reverse('billing:rate-compare')}?sell={group.key}&buy={buy.key}"
            if is_too_large(group, buy, now):
                context |= {"is_too_large": True, "buy": buy, "most": figure(MOST)}
            else:
                pairs = pairs_of(group, buy, now, SECONDS)
                below = ranked(one for one in pairs if one.is_below_cost)
                context |= {
                    "count": len(below),
                    "below": figure(len(below)),
                    "worst": [pair_row(one) for one in below[:_WORST]],
                }
        return render(request, "billing/rates/_below_cost.html", context)


def is_too_large(one: RateGroup, other: RateGroup, now: datetime) -> bool:
    return _rates_of(one, other, now, MOST) > MOST


def _rates_of(one: RateGroup, other: RateGroup, now: datetime, most: int) -> int:
    """How many rates both have; each is counted no further than `most`."""
    return alive_count(one, now, most) + alive_count(other, now, most)


def pair_row(pair: Pair) -> dict[str, Any]:
    """One prefix as the comparison shows it."""
    margin, percent = pair.margin, pair.percent
    return {
        "prefix": pair.prefix,
        "destination": pair.destination,
        "sell": per_minute(pair.sell.price),
        "sell_block": pair.sell.block,
        "sell_by": pair.sell.prefix if pair.sell.prefix != pair.prefix else "",
        "buy": per_minute(pair.buy.price) if pair.buy else "",
        "buy_block": pair.buy.block if pair.buy else "",
        "buy_by": pair.buy.prefix if pair.buy and pair.buy.prefix != pair.prefix else "",
        "sold": shown(pair.sold),
        "bought": shown(pair.bought) if pair.bought is not None else "",
        "margin": shown(margin) if margin is not None else "",
        "percent": f"{percent:.0f} %".replace("-", MINUS) if percent is not None else "",
        "is_below": pair.is_below_cost,
        "is_unbought": pair.buy is None,
    }


def pair_values(pair: Pair) -> list[Any]:
    """One prefix as a file of the comparison has it, by `_COLUMNS`."""
    sell, buy, percent = pair.sell, pair.buy, pair.percent
    remark = "" if buy else _("cannot be bought")
    return [
        pair.prefix,
        pair.destination,
        _("below cost") if pair.is_below_cost else remark,
        *(sell.price, sell.block, sell.prefix),
        *((buy.price, buy.block, buy.prefix) if buy else (None, "", "")),
        pair.sold,
        pair.bought,
        pair.margin,
        None if percent is None else round(percent, 2),
    ]


def matching(pairs: Iterable[Pair], text: str) -> Iterator[Pair]:
    """Those whose prefix begins with these digits, or whose destination has these words in it."""
    if digits := digits_of(text):
        return (one for one in pairs if one.prefix.startswith(digits))
    words = text.strip().casefold()
    return (one for one in pairs if words in one.destination.casefold())


def _first(text: str, count: int) -> int:
    """Where the page begins that the address asks for; 0 for what is none."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return asked if asked < count else 0
