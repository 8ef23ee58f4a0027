"""What a number costs an account, level by level, and what each number of a list costs."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.core.exports import export_recorded
from accounts.kit.errors import NotInScope
from accounts.kit.moments import moment_words, zone_words
from accounts.kit.sheets_out import FORMATS, file_name, sent, written
from accounts.numbers.pasted import NumberLine
from accounts.numbers.views.test_box import is_within_rate
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import call_pages_of, call_trials_of
from accounts.portal.views.base import PortalView
from billing.rates.answers import Answer, PriceChain
from billing.rates.figures import exact, length_words
from billing.rates.forms.price import PriceForm, PriceListForm, first_values
from billing.rates.ladder import (
    candidates,
    group_words,
    kept_total,
    lengths,
    refusal_words,
    refused_above,
    rungs,
    shares,
)
from billing.rates.listing import list_head, list_rows, list_values, sum_words
from billing.rates.queries import price_chain


class PriceView(PortalView):
    """`?account=&number=&seconds=&at=`; with `?list=1` a list is asked for, which is posted."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if "list" in request.GET:
            return self._list_page(PriceListForm(actor=self.actor, initial=self._first()))
        if "number" not in request.GET:
            return self._page(PriceForm(actor=self.actor, initial=self._first()))
        # An address may leave out the length and the moment: then it is a minute, now.
        asked = request.GET.copy()
        for name, value in self._first().items():
            asked.setdefault(name, value)
        form = PriceForm(asked, actor=self.actor)
        if not form.is_valid() or form.target is None:
            return self._page(form, status=_refused(form))
        number, seconds = form.cleaned_data["number"], form.cleaned_data["seconds"]
        if not is_within_rate(request, [number]):
            return render(request, "429.html", status=429)
        at = form.cleaned_data["at"] or timezone.now()
        chain = price_chain(self.actor, form.target, [number], at)
        return self._page(form, self._answered(chain, chain.answer(number, seconds)))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = PriceListForm(request.POST, actor=self.actor)
        if not form.is_valid() or form.target is None:
            return self._list_page(form, status=_refused(form))
        numbers = [one.number for one in form.lines if one.number]
        if not is_within_rate(request, numbers):
            return render(request, "429.html", status=429)
        at = form.cleaned_data["at"] or timezone.now()
        chain = price_chain(self.actor, form.target, numbers, at)
        seconds = form.cleaned_data["seconds"]
        answers = [chain.answer(one.number, seconds) for one in form.lines if one.number]
        unread = [one for one in form.lines if not one.number]
        if kind := request.POST.get("format", ""):
            return self._file(kind, form, chain, answers, unread)
        return self._list_page(
            form,
            {
                **self._head(chain, seconds),
                "rows": list(list_rows(self.actor, answers)),
                "unread": unread,
                "sum": sum_words(answers),
                "refused_count": sum(not one.may_be_called for one in answers),
                "formats": FORMATS,
            },
        )

    def _answered(self, chain: PriceChain, answer: Answer) -> dict[str, Any]:
        asked = answer.asked
        prefix = asked.rate.prefix if asked.rate else ""
        steps = rungs(self.actor, answer)
        return {
            **self._head(chain, answer.seconds),
            "answer": answer,
            "amount": "" if asked.amount is None else exact(asked.amount),
            "refusal": refusal_words(self.actor, answer),
            "matched": prefix,
            "rest": answer.number.removeprefix(prefix),
            "rungs": steps,
            "group": group_words(self.actor, asked.level),
            "candidates": candidates(chain, answer),
            "lengths": lengths(self.actor, chain, answer),
            "kept": kept_total(self.actor, answer) if answer.may_be_called else None,
            "shares": shares(self.actor, answer) if answer.may_be_called else [],
            "trials": call_trials_of(asked.level.account_id, answer.number),
            "link": self.request.build_absolute_uri(_address(answer)),
        }

    def _head(self, chain: PriceChain, seconds: int) -> dict[str, Any]:
        """What is said of every answer."""
        return {
            "account": chain.shown[0],
            "length": length_words(seconds),
            "moment": moment_words(chain.at),
            "is_now": abs((timezone.now() - chain.at).total_seconds()) < 60,
            "is_own": chain.shown[0].account_pk == self.actor.account_pk,
            "is_top_level": self.actor.is_top_level,
            "above": capfirst(self.actor.someone_above),
            "someone_above": self.actor.someone_above,
            "refused_above": refused_above(self.actor),
            "is_everything": self.actor.is_administrator,
        }

    def _file(
        self,
        kind: str,
        form: PriceListForm,
        chain: PriceChain,
        answers: Sequence[Answer],
        unread: Sequence[NumberLine],
    ) -> HttpResponseBase:
        if kind not in FORMATS:
            raise Http404

        def lines() -> Iterator[Sequence[Any]]:
            yield from (list_values(self.actor, one) for one in answers)
            for one in unread:
                yield [one.typed, "", "", None, None, one.problem]

        level = chain.shown[0]
        file, count = written(kind, list_head(level), lines())
        export_recorded(
            actor=self.actor,
            what="prices",
            account=form.target,
            filters={"seconds": form.cleaned_data["seconds"], "at": chain.at.isoformat()},
            rows=count,
        )
        return sent(file, kind, file_name(f"prices-{level.account_id}", kind))

    def _first(self) -> dict[str, Any]:
        own = self.actor.own.account_id if self.actor.own else ""
        return first_values(own, self.request.GET.get("account", "")[:32])

    def _page(
        self, form: PriceForm, found: dict[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        return self._shown("billing/rates/price.html", form, found, status)

    def _list_page(
        self, form: PriceListForm, found: dict[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        return self._shown("billing/rates/price_list.html", form, found, status)

    def _shown(
        self, template: str, form: Any, found: dict[str, Any] | None, status: int
    ) -> HttpResponse:
        typed = form["account"].value() or ""
        chosen = {"account": typed} if typed else {}
        context = {
            "form": form,
            "page_heading": _("Price of a number"),
            "crumbs": [Crumb(_("Price of a number"))],
            "call_pages": call_pages_of(self.actor, "price"),
            "is_list": isinstance(form, PriceListForm),
            "currency": settings.CURRENCY,
            "zone": zone_words(),
            "one_url": f"{reverse('billing:price')}?{urlencode(chosen)}",
            "list_url": f"{reverse('billing:price')}?{urlencode({**chosen, 'list': 1})}",
            **(found or {}),
        }
        return render(self.request, template, context, status=status)


def _refused(form: forms.BaseForm) -> int:
    """An account that is not there, or not for this person, is not found; whatever else is wrong is
    put right in the form.
    """
    return 404 if form.has_error("account", NotInScope().code) else 422


def _address(answer: Answer) -> str:
    """Where the same answer is found again, whatever the time and the zone."""
    return f"{reverse('billing:price')}?{urlencode(_asked(answer))}"


def _asked(answer: Answer) -> dict[str, str]:
    at = answer.at.astimezone(UTC).replace(tzinfo=None)
    return {
        "account": answer.asked.level.account_id,
        "number": answer.number,
        "seconds": str(answer.seconds),
        "at": f"{at.isoformat()}Z",
    }
