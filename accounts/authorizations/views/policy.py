"""What administrators rule for new agents below an account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.authorizations.forms.authorizations import PolicyForm
from accounts.authorizations.queries.policies import policies_along, strictest
from accounts.authorizations.services.policies import policy_set
from accounts.authorizations.words.policy import POLICY_WORDS
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther


class AuthorizationPolicyView(PortalView):
    """The policy of this account, what it inherits, and what counts: the strictest."""

    authorization = None
    audience = ADMINISTRATORS
    gain = Gain.POLICY

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        return self._page(account, None)

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = self._form(account, request.POST)
        if not form.is_valid():
            return self._page(account, form, status=422)
        try:
            policy_set(
                actor=self.actor,
                account=account,
                sub_agents=form.chosen(),
                reason=form.cleaned_data["reason"],
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, status=error.status)
        messages.success(
            request, _("The policy of %(account)s is saved.") % {"account": account.account_id}
        )
        return SeeOther("accounts:authorizations", account.account_id)

    def _form(self, account: Account, data: Any = None) -> PolicyForm:
        *above, _own = way_to(self.request, account.pk)
        own = policies_along(way_to(self.request, account.pk)).get(account.pk)
        inherited = strictest(policies_along(above).values())
        return PolicyForm(
            data,
            actor=self.actor,
            inherited=inherited,
            initial={"sub_agents": own.value if own else ""},
        )

    def _page(self, account: Account, form: PolicyForm | None, status: int = 200) -> HttpResponse:
        way = way_to(self.request, account.pk)
        ruled = policies_along(way)
        heading = _("Policy for new agents: %(account)s") % {"account": account.account_id}
        context = {
            "account": account,
            "form": form or self._form(account),
            "rungs": [
                {"link": link, "policy": ruled.get(link.pk), "is_here": link.pk == account.pk}
                for link in way
            ],
            "effective": strictest(ruled.values()),
            "words": POLICY_WORDS[strictest(ruled.values())],
            "is_default": not ruled,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, heading),
        }
        return render(self.request, "accounts/authorizations/policy.html", context, status=status)
