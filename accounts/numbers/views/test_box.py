"""Test numbers: what every level says, for one number or a pasted list."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.numbers.forms import NumberTestForm
from accounts.numbers.queries import NumberChain, NumberVerdict, number_chain
from accounts.numbers.tables.ways import (
    PLAIN,
    chosen_way,
    other_outcomes,
    outcome,
    ways_of,
)
from accounts.numbers.verdict import Purpose
from accounts.numbers.words import explain, first_visible, name_of
from accounts.portal.allauth_doors import ratelimit
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import number_cards_of
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther

# Rows of a tested list that are shown; the counts are of all.
_SHOWN = 1000


def tested(
    actor: Actor,
    chain: NumberChain,
    numbers: Sequence[str],
    *,
    account: Account | None,
    via: str,
) -> dict[str, Any]:
    """What the templates show of these numbers: one level by level, many as a list. `via` is the
    name of the way they come in by ("" = the first that rewrites one of them).
    """
    ways = ways_of(actor, account, chain.purpose)
    way = chosen_way(ways, via, numbers)
    shown = {"ways": ways, "way": way, "plain_way": PLAIN, "tested_account": account}
    if len(numbers) == 1:
        found = outcome(chain, way, numbers[0])
        others = other_outcomes(chain, ways, way, numbers[0])
        return {
            **shown,
            "outcome": found,
            "explained": explain(actor, chain, found.verdict),
            "others": [(one, _asked(account, one.name, numbers[0])) for one in others],
            "answers": [
                (one, _asked(account, via, one.text)) for one in found.verdict.answers if account
            ],
        }
    outcomes = [outcome(chain, way, one) for one in numbers]
    refused = [one for one in outcomes if not one.verdict.is_allowed]
    return {
        **shown,
        "outcomes": [(one, _why(actor, chain, one.verdict)) for one in outcomes[:_SHOWN]],
        "allowed_count": len(outcomes) - len(refused),
        "refused_count": len(refused),
        "not_shown": max(0, len(outcomes) - _SHOWN),
        "refused_text": "\n".join(one.typed for one in refused),
    }


def _asked(account: Account | None, via: str, number: str) -> str:
    """The address of a test."""
    if account is None:
        return ""
    asked = {"account": account.account_id, "number": number, "via": via}
    return f"{reverse('number-test')}?{urlencode({k: v for k, v in asked.items() if v})}"


def _why(actor: Actor, chain: NumberChain, verdict: NumberVerdict) -> str:
    """Who refuses a number of a list."""
    if not verdict.number:
        return verdict.problem
    if verdict.stopped_at is None:
        return ""
    is_hidden = verdict.stopped_at < first_visible(actor, chain)
    level = actor.someone_above if is_hidden else name_of(chain.levels[verdict.stopped_at])
    return _("refused by %(level)s") % {"level": level}


def is_within_rate(request: HttpRequest, numbers: Sequence[str]) -> bool:
    """Whether this person may test more numbers now."""
    action = "number_test" if len(numbers) == 1 else "number_list_test"
    app = "allauth.account"
    return bool(ratelimit.consume(request, app=app, action=action, limit_get=True))


class NumberTestView(PortalView):
    """`?account=&number=` (and `purpose=`); longer lists are posted. A script that asks while a
    number is typed gets the verdict alone.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if "number" not in request.GET:
            return self._page(self._form(initial=self._initial()))
        return self._answer(request, request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if form.is_valid() and len(form.cleaned_data["number"]) == 1:
            # One number has an address of its own, to be sent to somebody.
            asked = {name: request.POST.get(name, "") for name in ("account", "purpose", "number")}
            if form.cleaned_data["via"]:
                asked["via"] = form.cleaned_data["via"]
            return SeeOther(f"{reverse('number-test')}?{urlencode(asked)}")
        return self._answer(request, request.POST)

    def _answer(self, request: HttpRequest, data: Any) -> HttpResponse:
        is_part = bool(request.headers.get("HX-Request"))
        form = self._form(data)
        if not form.is_valid() or form.target is None:
            if is_part:
                return render(request, "accounts/numbers/_answer.html", {})
            return self._page(form, status=422)
        numbers = form.cleaned_data["number"]
        if not is_within_rate(request, numbers):
            return render(request, "429.html", status=429)
        chain = number_chain(form.target.pk, form.cleaned_data["purpose"])
        via = form.cleaned_data["via"]
        found = tested(self.actor, chain, numbers, account=form.target, via=via)
        if is_part:
            return render(request, "accounts/numbers/_answer.html", found)
        return self._page(form, found, account=form.target)

    def _form(self, *args: Any, **kwargs: Any) -> NumberTestForm:
        return NumberTestForm(*args, actor=self.actor, **kwargs)

    def _initial(self) -> dict[str, Any]:
        own = self.actor.own.account_id if self.actor.own else ""
        return {
            "account": self.request.GET.get("account", own)[:32],
            "purpose": self.request.GET.get("purpose", Purpose.DESTINATION),
        }

    def _page(
        self,
        form: NumberTestForm,
        found: dict[str, Any] | None = None,
        *,
        account: Account | None = None,
        status: int = 200,
    ) -> HttpResponse:
        one = (found or {}).get("outcome")
        number = one.verdict.number if one else ""
        context = {
            "form": form,
            "account": account,
            "cards": number_cards_of(self.actor, account, number),
            "page_heading": _("Test numbers"),
            "crumbs": [Crumb(_("Test numbers"))],
            **(found or {}),
        }
        return render(self.request, "accounts/numbers/test.html", context, status=status)
