"""One deed on the chosen rates of a group: asked for, checked, done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import moment_words
from accounts.kit.object_keys import object_number
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.responses import SeeOther
from billing.rates.forms.rates import ManyForm
from billing.rates.models import Rate
from billing.rates.queries import rates_of, used_by
from billing.rates.services.many import Plan, many_preview, rates_change_many
from billing.rates.tables import figure, outcome_rows
from billing.rates.views.base import KeptGroupPage
from billing.rates.views.rate import count_words
from billing.wallets.models import RateGroup

_SHOWN = 200
# By the values of ManyForm: what the button says.
_DEEDS = {
    "change": gettext_lazy("Change the price of %(rates)s"),
    "lock": gettext_lazy("Lock %(rates)s"),
    "unlock": gettext_lazy("Unlock %(rates)s"),
    "end": gettext_lazy("End %(rates)s"),
}


class ManyView(KeptGroupPage):
    """The list posts what was ticked; then what is to be done is asked, shown, and done."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return SeeOther(reverse("billing:rate-group", args=[self.kept(pk).pk]))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        group = self.kept(pk)
        chosen = self._chosen(group)
        if not chosen:
            messages.error(request, _("Choose at least one rate."))
            return SeeOther(reverse("billing:rate-group", args=[group.pk]))
        if request.POST.get("deed") in (None, "", "choose"):
            return self._ask(group, chosen, ManyForm(actor=self.actor, group=group))
        form = ManyForm(request.POST, actor=self.actor, group=group)
        if not form.is_valid() or "change" in request.POST:
            return self._ask(group, chosen, form, 200 if "change" in request.POST else 422)
        try:
            return self._do(group, chosen, form)
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(group, chosen, form, error.status)

    def _do(self, group: RateGroup, chosen: list[Rate], form: ManyForm) -> HttpResponse:
        pks = [one.pk for one in chosen]
        deed = form.asked()
        if "confirmed" not in self.request.POST:
            return self._check(
                group,
                chosen,
                form,
                many_preview(actor=self.actor, group=group, rates=pks, deed=deed),
            )
        version = self.request.POST.get("version", "")
        done = rates_change_many(
            actor=self.actor,
            group=group,
            rates=pks,
            deed=deed,
            expected_version=int(version) if version.isascii() and version.isdigit() else 0,
        )
        words = _("%(rates)s changed.") % {"rates": count_words(len(done.done))}
        messages.success(self.request, words)
        return SeeOther(reverse("billing:rate-group", args=[group.pk]))

    def _chosen(self, group: RateGroup) -> list[Rate]:
        numbers = {object_number(Rate.key_kind, one) for one in self.request.POST.getlist("rate")}
        rates = rates_of(group).filter(pk__in=[one for one in numbers if one is not None])
        return list(rates.order_by("prefix", "pk"))

    def _ask(
        self, group: RateGroup, chosen: list[Rate], form: ManyForm, status: int = 200
    ) -> HttpResponse:
        context = {**self._shared(group, chosen), "form": form, "is_asking": True}
        return render(self.request, "billing/rates/many.html", context, status=status)

    def _check(
        self, group: RateGroup, chosen: list[Rate], form: ManyForm, plan: Plan
    ) -> HttpResponse:
        accounts, _batches = used_by(self.actor, group)
        context = {
            **self._shared(group, chosen),
            "hidden": [
                *((name, form.data.get(name, "")) for name in form.fields),
                ("version", str(plan.version)),
            ],
            "done": outcome_rows(plan.done[:_SHOWN]),
            "done_more": max(len(plan.done) - _SHOWN, 0),
            "skipped": outcome_rows(plan.skipped[:_SHOWN]),
            "submit": _DEEDS[form.cleaned_data["deed"]] % {"rates": count_words(len(plan.done))},
            "at": moment_words(plan.at, group.zone),
            "users": figure(accounts),
            "count": accounts,
        }
        return render(self.request, "billing/rates/many.html", context)

    def _shared(self, group: RateGroup, chosen: list[Rate]) -> dict[str, Any]:
        heading = _("%(rates)s of %(name)s") % {
            "rates": count_words(len(chosen)),
            "name": group.name,
        }
        return {
            "group": group,
            "page_heading": heading,
            "crumbs": self.group_crumbs(group, heading),
            "keys": [one.key for one in chosen],
            "prefixes": [one.prefix for one in chosen[:30]],
            "cancel_url": reverse("billing:rate-group", args=[group.pk]),
        }
