"""The payment policy of an account: what administrators rule for it and for all below it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from billing.handing_out.forms.policy import PaymentPolicyForm
from billing.handing_out.queries.agents import agent_covers
from billing.handing_out.queries.policies import Effective, policies_along, strictest
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.words import cover_shown
from billing.money import shown
from billing.wallets.models import Funding, PaymentPolicy


class PaymentPolicyView(PortalView):
    """Sent once, it shows what changes; sent again with `confirmed`, it is set."""

    authorization = None
    audience = ADMINISTRATORS
    gain = Gain.POLICY

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        policies = self._policies(account)
        own = policies.get(account.pk) or PaymentPolicy(account=account)
        initial = {
            "funding": own.funding,
            "per_payment": own.per_payment,
            "per_day": own.per_day,
        }
        return self._ask(account, PaymentPolicyForm(actor=self.actor, initial=initial))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = PaymentPolicyForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        if "change" in request.POST:
            return self._ask(account, form)
        if "confirmed" not in request.POST:
            refuse_closed(account)
            return self._check(account, form)
        try:
            payment_policy_set(
                actor=self.actor,
                account=account,
                reason=form.cleaned_data["reason"],
                **form.policy(),
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._ask(account, form, status=error.status)
        messages.success(
            request,
            _("The payment policy of %(account)s is set.") % {"account": account.account_id},
        )
        return SeeOther(reverse("billing:payment-policy", args=[account.account_id]))

    def _policies(self, account: Account) -> dict[int, PaymentPolicy]:
        return policies_along(way_to(self.request, account.pk))

    def _ask(self, account: Account, form: PaymentPolicyForm, status: int = 200) -> HttpResponse:
        way, policies = way_to(self.request, account.pk), self._policies(account)
        context = {
            **self._shared(account),
            "form": form,
            "levels": [
                {"link": link, **_words(policies.get(link.pk)), "is_here": link.pk == account.pk}
                for link in way
            ],
            "settlement_url": reverse("billing:settlement", args=[account.account_id]),
            "effective": _in_force(strictest(way, policies.values())),
        }
        return render(self.request, "billing/handing_out/policy.html", context, status=status)

    def _check(self, account: Account, form: PaymentPolicyForm) -> HttpResponse:
        way, policies = way_to(self.request, account.pk), self._policies(account)
        new = PaymentPolicy(account=account, **form.policy())
        before = {**_in_force(strictest(way, policies.values()))}
        after = {**_in_force(strictest(way, {**policies, account.pk: new}.values()))}
        here = _words(policies.get(account.pk)), _words(new)
        context = {
            **self._shared(account),
            "hidden": [*form.sent(), ("confirmed", "1")],
            "here": _changes(*here),
            "force": _changes(before, after),
            "is_covered": new.funding == Funding.COVERED,
            "cover": self._cover(account),
        }
        return render(self.request, "billing/handing_out/policy_check.html", context)

    def _cover(self, account: Account) -> Mapping[str, Any] | None:
        """What the account has handed out, if it does."""
        found = agent_covers([account]).get(account.pk)
        return None if found is None else cover_shown(found.cover)

    def _shared(self, account: Account) -> dict[str, Any]:
        heading = _("Payment policy of %(account)s") % {"account": account.account_id}
        return {
            "account": account,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, _("Payment policy")),
            "currency": settings.CURRENCY,
        }


def _words(policy: PaymentPolicy | None) -> dict[str, Any]:
    """What was set on one account; what it inherits is said as that."""
    one = policy or PaymentPolicy()
    return {
        "funding": Funding(one.funding).label if one.funding else _("inherited"),
        "per_payment": _("inherited") if one.per_payment is None else shown(one.per_payment),
        "per_day": _("no limit of its own") if one.per_day is None else shown(one.per_day),
    }


def _in_force(effective: Effective) -> dict[str, Any]:
    """What counts, and where it comes from."""
    least = effective.per_payment
    return {
        "funding": effective.funding.label,
        "per_payment": _("no limit")
        if least is None
        else _("%(amount)s, set at %(account)s")
        % {"amount": shown(least[1]), "account": least[0].account_id},
        "per_day": ", ".join(
            _("%(amount)s for all of %(account)s")
            % {"amount": shown(limit), "account": link.account_id}
            for link, limit in effective.day_limits
        )
        or _("no limit"),
    }


_LABELS = ("funding", "per_payment", "per_day")


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    fields = PaymentPolicyForm.base_fields
    return [
        {
            "label": fields[name].label,
            "before": before[name],
            "after": after[name],
            "is_changed": before[name] != after[name],
        }
        for name in _LABELS
    ]
