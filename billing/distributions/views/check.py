"""The check page of a distribution: what the list would do, what stands against it, and the button
that does it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.kit.errors import Clash, DomainError, NotAllowed, NotInScope
from accounts.kit.proof import Gain
from accounts.kit.sheets_out import download, kind_asked, offered
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.mass import MASS
from accounts.portal.views.responses import SeeOther
from billing.distributions.forms import DistributionConfirmForm
from billing.distributions.lines import ListLine
from billing.distributions.models import Distribution
from billing.distributions.services.drafts import Plan, distribution_preview, is_taken
from billing.distributions.services.paying import (
    IN_REQUEST,
    ListRefused,
    Repeated,
    distribution_pay,
)
from billing.distributions.services.work import error_row, errors_header
from billing.distributions.views.hand_in import (
    DistributingView,
    crumbs,
    figure,
    job_url,
    where_it_stands,
)
from billing.handing_out.words import cover_shown
from billing.ledger.models import Transaction
from billing.money import shown, signed
from billing.wallets.queries import wallets_of

_PER_PAGE = 50


class DistributionCheckView(DistributingView):
    """What the list would do, and the button that does it."""

    authorization = Authorization.PAY_SUB_ACCOUNT

    def get(self, request: HttpRequest, distribution_id: UUID) -> HttpResponse:
        one = self.find(distribution_id)
        if is_taken(one):
            return redirect(where_it_stands(one))
        plan = distribution_preview(actor=self.actor, distribution=one)
        return self._page(one, plan, self._form(plan))

    def post(self, request: HttpRequest, distribution_id: UUID) -> HttpResponse:
        one = self.find(distribution_id)
        if is_taken(one):
            return SeeOther(where_it_stands(one))
        plan = distribution_preview(actor=self.actor, distribution=one)
        if not plan.is_ready:
            return self._page(one, plan, None, status=422)
        if not constant_time_compare(request.POST.get("seen", ""), self._seen(one, plan)):
            notice = _changed() if "seen" in request.POST else ""
            return self._page(one, plan, self._form(plan), notice=notice, status=409)
        form = self._form(plan, request.POST)
        if not form.is_valid():
            return self._page(one, plan, form, status=422)
        if plan.count > MASS:
            self.prove(Gain.MASS)
        return self._pay(one, plan, form)

    def _pay(self, one: Distribution, plan: Plan, form: DistributionConfirmForm) -> HttpResponse:
        try:
            one = distribution_pay(
                actor=self.actor,
                distribution=one,
                expected=plan.digest,
                is_repeat_meant=bool(form.cleaned_data.get("again")),
            )
        except (NotAllowed, NotInScope):
            raise
        except ListRefused as refused:
            return self._page(one, refused.plan, None, status=422)
        except DomainError as error:
            # Looked at again: it says what is different now.
            plan = distribution_preview(actor=self.actor, distribution=one)
            again = self._form(plan)
            is_clash = isinstance(error, Clash | Repeated)
            notice = _changed() if is_clash else str(error.message)
            return self._page(one, plan, again, notice=notice, status=error.status)
        return SeeOther(where_it_stands(one))

    def _form(self, plan: Plan, data: Any = None) -> DistributionConfirmForm:
        return DistributionConfirmForm(
            data, actor=self.actor, affected=plan.count, repeats=bool(plan.repeats)
        )

    def _seen(self, one: Distribution, plan: Plan) -> str:
        """Signs what the page shows: who looks, at which list, paying what to whom out of what."""
        seen = [self.request.user.pk, str(one.pk), plan.digest, one.method, one.memo]
        return salted_hmac(
            "billing.distributions.lines", repr(seen), algorithm="sha256"
        ).hexdigest()

    def _page(
        self,
        one: Distribution,
        plan: Plan,
        form: DistributionConfirmForm | None,
        *,
        notice: str = "",
        status: int = 200,
    ) -> HttpResponse:
        here = reverse("billing:distribution-check", args=[one.pk])
        lines = plan.lines if not plan.wrong else plan.wrong
        page = _page_number(self.request.GET.get("page", ""), len(lines))
        some = lines[(page - 1) * _PER_PAGE : page * _PER_PAGE]
        is_ready = plan.is_ready
        errors = reverse("billing:distribution-errors", args=[one.pk])
        context: dict[str, Any] = {
            "one": one,
            "plan": plan,
            "form": form if is_ready else None,
            "crumbs": [
                *crumbs(),
                Crumb(_("Distribute credit"), reverse("billing:distribute")),
                Crumb(_("Check")),
            ],
            "page_heading": _("Check the distribution"),
            "currency": settings.CURRENCY,
            "here": here,
            "correct_url": f"{reverse(_start_of(one))}?list={one.pk}",
            "notice": notice,
            "job": one.job,
            "job_url": job_url(one),
            "count": figure(plan.count),
            "total": shown(plan.total),
            "wrong_count": figure(len(plan.wrong)),
            "wrong": [_wrong_row(line) for line in some] if plan.wrong else [],
            "rows": [] if plan.wrong else self._rows(plan, some),
            "pager": _pager(here, page, len(lines)),
            "stopped": figure(len(plan.stopped)),
            "repeats": figure(len(plan.repeats)),
            "method": Transaction.Method(one.method).label if one.method else "",
            "cover": cover_shown(plan.cover) if plan.cover else None,
            "shortfalls": [one.words for one in plan.shortfalls],
            "seen": self._seen(one, plan) if is_ready else "",
            "said": plan.said,
            "paid_at": plan.paid_at,
            "list_url": reverse("billing:distribution-list", args=[one.pk]),
            "is_job": plan.count > IN_REQUEST,
            "error_files": offered(lambda kind: f"{errors}?format={kind}"),
        }
        template = "billing/distributions/check.html"
        return render(self.request, template, context, status=status)

    def _rows(self, plan: Plan, some: Sequence[ListLine]) -> list[dict[str, Any]]:
        """Lines as the page shows them, with the balances of their accounts. One query."""
        wallets = wallets_of(plan.account(line) for line in some)
        found = []
        for line in some:
            account = plan.account(line)
            amount, balance = line.amount or Decimal(0), wallets[account.pk].balance
            found.append(
                {
                    "number": line.number,
                    "account": account,
                    "amount": signed(amount),
                    "before": shown(balance),
                    "after": shown(balance + amount),
                    "reference": line.reference,
                    "is_stopped": account.pk in plan.stopped,
                    "is_repeated": account.pk in plan.repeats,
                }
            )
        return found


class DistributionListView(DistributingView):
    """The whole list as a file, with what stands against each line: corrected, or as it is, it can
    be handed in again.
    """

    authorization = Authorization.PAY_SUB_ACCOUNT
    in_view_as = False
    name = "distribution-list"

    def get(self, request: HttpRequest, distribution_id: UUID) -> HttpResponseBase:
        one = self.find(distribution_id)
        if is_taken(one):
            raise Http404
        plan = distribution_preview(actor=self.actor, distribution=one)
        rows = (error_row(line) for line in self.chosen(plan))
        kind = kind_asked(request, "csv")
        return download(kind, errors_header(), rows, self.name)

    def chosen(self, plan: Plan) -> Sequence[ListLine]:
        return plan.lines


class DistributionErrorsView(DistributionListView):
    """The lines that have a problem, as a file."""

    authorization = Authorization.PAY_SUB_ACCOUNT
    in_view_as = False
    name = "distribution-errors"

    def chosen(self, plan: Plan) -> Sequence[ListLine]:
        return plan.wrong


def _start_of(one: Distribution) -> str:
    """The page on which it is corrected."""
    return "billing:distribute-table" if one.is_table else "billing:distribute"


def _changed() -> str:
    return _("What you saw is out of date. Nothing was paid; look again.")


def _wrong_row(line: ListLine) -> dict[str, Any]:
    return {"number": line.number, "text": line.text, "problem": line.problem}


def _page_number(asked: str, count: int) -> int:
    last = max((count + _PER_PAGE - 1) // _PER_PAGE, 1)
    number = int(asked[:6]) if asked.isascii() and asked.isdigit() else 1
    return min(max(number, 1), last)


def _pager(here: str, page: int, count: int) -> dict[str, Any]:
    first, last = (page - 1) * _PER_PAGE + 1, min(page * _PER_PAGE, count)
    return {
        "text": _("%(first)s–%(last)s of %(count)s")
        % {"first": first, "last": last, "count": figure(count)},
        "newer_url": f"{here}?page={page - 1}" if page > 1 else "",
        "older_url": f"{here}?page={page + 1}" if last < count else "",
        "first_url": here,
    }
