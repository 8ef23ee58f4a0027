"""A new customer in three fields, and its telephone's QR code to hand over right after."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.authorizations.rules.policies import NeedsApproval, approval_needed
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import check_may_hold_sub_accounts
from accounts.customers.forms import CustomerNewForm
from accounts.customers.queries import next_number, usual_words
from accounts.customers.services import customer_create
from accounts.kit.errors import Busy, NotInScope, Refused
from accounts.kit.proof import Gain
from accounts.phones.views.handover import NEW_CUSTOMER, hand_over
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.account import suggested_id


class CustomerNewView(PortalView):
    """Below the own account, of administrators at the top level; `?name=` is what was typed on the
    start page. Where an approval has to be asked for, the long form does that.
    """

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest) -> HttpResponse:
        agent = self._agent()
        if agent and approval_needed(self.actor, agent):
            return SeeOther("accounts:new")
        form = CustomerNewForm(actor=self.actor, agent=agent, initial=self._first(agent))
        return self._page(form, agent)

    @method_decorator(never_cache)
    def post(self, request: HttpRequest) -> HttpResponse:
        agent = self._agent()
        form = CustomerNewForm(request.POST, actor=self.actor, agent=agent)
        if not form.is_valid():
            return self._page(form, agent, status=422)
        number = form.cleaned_data.get("number", "")
        self.prove(Gain.SIP if number else None)
        try:
            account, issued = customer_create(
                actor=self.actor,
                agent=agent,
                account_id=form.cleaned_data["account_id"],
                name=form.cleaned_data["name"],
                number=number,
            )
        except NeedsApproval:
            return SeeOther("accounts:new")
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, agent, status=error.status)
        if issued is None:
            messages.success(request, _("%(account)s is added.") % {"account": account.account_id})
            return SeeOther(account)
        return hand_over(request, issued, NEW_CUSTOMER)

    def _agent(self) -> Account | None:
        if self.actor.own is None:
            self.require(None)
            return None
        agent = self.accounts.filter(pk=self.actor.own.pk).first()
        if agent is None:
            raise NotInScope
        self.require(agent, is_agent_id=True)
        check_may_hold_sub_accounts(agent)
        return agent

    def _first(self, agent: Account | None) -> dict[str, str]:
        name = self.request.GET.get("name", "").strip()[:100]
        return {
            "name": name,
            "account_id": suggested_id(agent, name),
            "number": next_number(self.actor, agent),
        }

    def _page(
        self, form: CustomerNewForm, agent: Account | None, status: int = 200
    ) -> HttpResponse:
        heading = _("New customer")
        crumbs: list[Any] = (
            breadcrumb(self.request, agent, heading)
            if agent
            else [Crumb(_("Accounts"), reverse("accounts:list")), Crumb(heading)]
        )
        context = {
            "form": form,
            "agent": agent,
            "crumbs": crumbs,
            "page_heading": heading,
            "usual": usual_words(self.actor, agent),
            "has_errors": status == 422,
        }
        return render(self.request, "accounts/customers/new.html", context, status=status)
