"""Distributing credit: handing a list in, by itself or as accounts selected in a list."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import moment_words
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.distributions.forms import DistributionForm, DistributionTableForm
from billing.distributions.lines import MOST_LINES
from billing.distributions.models import Distribution
from billing.distributions.queries import drafts_of
from billing.distributions.services.drafts import distribution_draft, draft_like, is_taken
from billing.errors import KeyReused
from billing.money import shown

_LATEST = 5


class DistributingView(PortalView):
    """For whoever may pay sub-accounts: authorization 8 on what lies below the own account."""

    abstract = True

    def check(self) -> None:
        """Raise NotAllowed unless the actor may distribute at all."""
        own = self.actor.own
        self.require(self.accounts.get(pk=own.pk) if own is not None else None, is_agent_id=True)

    def find(self, pk: UUID) -> Distribution:
        """The distribution of the address: 404 for one another login handed in."""
        one = drafts_of(self.actor).filter(pk=pk).first()
        if one is None:
            raise Http404
        self.check()
        return one

    def hand_in(
        self, form: DistributionForm | DistributionTableForm
    ) -> tuple[HttpResponse | None, int]:
        """Keep what a valid form holds: (where it goes on, 303), or (None, the status of the form
        that comes back with what stands against it).
        """
        values = form.handed_in()
        key = values.pop("key")
        before = draft_like(actor=self.actor, key=key, values=values)
        if before is not None:
            messages.info(self.request, _no_change(before))
            return SeeOther(where_it_stands(before)), 303
        try:
            one = distribution_draft(actor=self.actor, key=key, **values)
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            if isinstance(error, KeyReused):
                form.renew_key()
            return None, error.status
        return SeeOther(where_it_stands(one)), 303

    def start_page(self, form: DistributionForm, status: int = 200, **context: Any) -> HttpResponse:
        page = {
            "form": form,
            "crumbs": crumbs(_("Distribute credit")),
            "page_heading": _("Distribute credit"),
            "currency": settings.CURRENCY,
            "most": figure(MOST_LINES),
            "latest": [
                _latest(one) for one in drafts_of(self.actor).order_by("-created_at")[:_LATEST]
            ],
            **context,
        }
        return render(self.request, "billing/distributions/new.html", page, status=status)


class DistributeView(DistributingView):
    """The list, its control sum, and what is the same for every line."""

    authorization = Authorization.PAY_SUB_ACCOUNT

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        asked = request.GET.get("list", "")
        if not asked:
            return self.start_page(DistributionForm(actor=self.actor))
        try:
            one = drafts_of(self.actor).filter(pk=UUID(asked)).first()
        except ValueError:
            one = None
        if one is None:
            raise Http404
        if is_taken(one):
            return redirect(where_it_stands(one))
        return self.start_page(DistributionForm.again(one, actor=self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        form = DistributionForm(request.POST, request.FILES, actor=self.actor)
        if not form.is_valid():
            return self.start_page(form, status=422)
        answer, status = self.hand_in(form)
        if answer is None:
            return self.start_page(form, status=status)
        if form.said:
            messages.warning(request, form.said)
        return answer


def _no_change(one: Distribution) -> str:
    at = moment_words(one.created_at)
    words = _("No change: this is the list you handed in at %(at)s. It is not paid yet.")
    return words % {"at": at}


def where_it_stands(one: Distribution) -> str:
    """The page that says what has become of a distribution."""
    if one.posted_at is not None:
        return reverse("billing:distribution", args=[one.pk])
    if is_taken(one):
        return job_url(one)
    return reverse("billing:distribution-check", args=[one.pk])


def job_url(one: Distribution) -> str:
    return reverse("job", args=[one.job_id]) if one.job_id else ""


def crumbs(*page: str) -> list[Crumb]:
    return [Crumb(_("Payments"), reverse("billing:payments")), *(Crumb(one) for one in page)]


def _latest(one: Distribution) -> dict[str, Any]:
    """A line of the login's own latest lists."""
    if one.posted_at is not None:
        state = _("paid")
    elif is_taken(one):
        state = _("being paid")
    else:
        state = _("not paid")
    return {
        "at": one.created_at,
        "url": where_it_stands(one),
        "sum": shown(one.control_sum),
        "memo": one.memo,
        "state": state,
        "is_paid": one.posted_at is not None,
    }


def figure(number: int) -> str:
    return number_format(number, force_grouping=True)
