"""Two rate groups side by side, what is sold below cost first."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.kit.figures import MINUS
from accounts.numbers.reading import digits_of
from accounts.portal.breadcrumbs import Crumb
from billing.money import shown
from billing.rates.comparing import Pair, Side, compared
from billing.rates.forms.compare import CompareForm
from billing.rates.queries import alive_count, plain_rates
from billing.rates.tables import figure, per_minute
from billing.rates.views.base import GroupPage
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_seen, own_group

_PAGE = 200
# More than these, of both groups, take longer to compare than a page may.
MOST = 20_000
_SECONDS = 180
_WORST = 5


class CompareView(GroupPage):
    """What is left at every prefix that is sold, for a call of some length."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        groups = groups_seen(self.actor).order_by("name", "pk")
        bought_at = own_group(self.actor)
        initial = {"buy": bought_at.key if bought_at else "", "seconds": _SECONDS}
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
        seconds = form.cleaned_data["seconds"] or _SECONDS
        if is_too_large(sell, buy, now):
            return {"is_too_large": True, "most": figure(MOST)}
        pairs = compared(side(sell, now), side(buy, now), now, seconds)
        below = sum(one.is_below_cost for one in pairs)
        unbought = sum(one.buy is None for one in pairs)
        found = _matching(pairs, form.cleaned_data["q"])
        first = _first(self.request.GET.get("from", ""), len(found))
        return {
            "sell": sell,
            "buy": buy,
            "seconds": seconds,
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

    def _at(self, first: int) -> str:
        kept = [(name, self.request.GET.get(name, "")) for name in ("sell", "buy", "seconds", "q")]
        return f"?{urlencode([*kept, ('from', str(max(first, 0)))])}"


class BelowCostView(GroupPage):
    """A part of a group's page: what its owner sells there for less than it pays itself."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        group, now = self.seen(pk), timezone.now()
        buy = own_group(self.actor)
        context: dict[str, Any] = {"group": group}
        if buy is not None and buy.pk != group.pk and not is_too_large(group, buy, now):
            pairs = compared(side(group, now), side(buy, now), now, _SECONDS)
            below = [one for one in pairs if one.is_below_cost]
            context |= {
                "count": len(below),
                "below": figure(len(below)),
                "worst": [pair_row(one) for one in below[:_WORST]],
                "url": f"{reverse('billing:rate-compare')}?sell={group.key}&buy={buy.key}",
            }
        return render(request, "billing/rates/_below_cost.html", context)


def is_too_large(one: RateGroup, other: RateGroup, now: datetime) -> bool:
    return alive_count(one, now, MOST) + alive_count(other, now, MOST) > MOST


def side(group: RateGroup, now: datetime) -> Side:
    """A group that was found for the viewer, made ready to be compared."""
    return Side(list(plain_rates(group, now)), group.zone)


def pair_row(pair: Pair) -> dict[str, Any]:
    """One prefix as the comparison shows it."""
    margin, percent = pair.margin, pair.percent
    return {
        "prefix": pair.prefix,
        "destination": pair.destination,
        "sell": per_minute(pair.sell.price.per_minute),
        "sell_block": _block(pair.sell),
        "sell_by": pair.sell.prefix if pair.sell.prefix != pair.prefix else "",
        "buy": per_minute(pair.buy.price.per_minute) if pair.buy else "",
        "buy_block": _block(pair.buy) if pair.buy else "",
        "buy_by": pair.buy.prefix if pair.buy and pair.buy.prefix != pair.prefix else "",
        "sold": shown(pair.sold),
        "bought": shown(pair.bought) if pair.bought is not None else "",
        "margin": shown(margin) if margin is not None else "",
        "percent": f"{percent:.0f} %".replace("-", MINUS) if percent is not None else "",
        "is_below": pair.is_below_cost,
        "is_unbought": pair.buy is None,
    }


def _block(rate: Any) -> str:
    return f"{rate.price.first_block}/{rate.price.increment}"


def _matching(pairs: list[Pair], text: str) -> list[Pair]:
    if digits := digits_of(text):
        return [one for one in pairs if one.prefix.startswith(digits)]
    words = text.strip().casefold()
    return [one for one in pairs if words in one.destination.casefold()] if words else pairs


def _first(text: str, count: int) -> int:
    """Where the page begins that the address asks for; 0 for what is none."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return asked if asked < count else 0
