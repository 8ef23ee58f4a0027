"""The capacity ceiling of an account: the most that one gateway of it, or below it, may have."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.gateways.forms import CeilingForm
from accounts.gateways.queries import ceilings_of, over_ceiling_below
from accounts.gateways.rules import refuse_own_ceiling
from accounts.gateways.services.capacity import ceiling_set
from accounts.gateways.tables import ceiling_words
from accounts.kit.errors import Busy, Refused
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther


class GatewayCeilingView(PortalView):
    """Who holds 6 sets it for the accounts below; the own account is bounded from above."""

    authorization = Authorization.MODIFY_GATEWAY_CAPACITY

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self._find(account_id)
        stored = ceilings_of([account.pk]).get(account.pk)
        return self._page(account, CeilingForm(actor=self.actor, initial={"calls": stored}))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self._find(account_id)
        form = CeilingForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(account, form, 422)
        calls = form.cleaned_data["calls"]
        try:
            ceiling_set(
                actor=self.actor,
                account=account,
                calls=calls,
                reason=form.cleaned_data["reason"],
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, error.status)
        messages.success(
            request, _("The ceiling of %(account)s is set.") % {"account": account.account_id}
        )
        if calls is not None and (over := over_ceiling_below(account, calls)):
            messages.warning(
                request,
                _("Gateways with a larger figure: %(count)s. They keep it and get no more than "
                  "the ceiling.")
                % {"count": over},
            )  # fmt: skip
        return SeeOther("accounts:gateways", account.account_id)

    def _find(self, account_id: str) -> Account:
        account = self.get_account(account_id)
        refuse_closed(account)
        refuse_own_ceiling(self.actor, account)
        return account

    def _page(self, account: Account, form: CeilingForm, status: int = 200) -> HttpResponse:
        way = way_to(self.request, account.pk)
        context: dict[str, Any] = {
            "account": account,
            "page_heading": _("Capacity ceiling of %(account)s") % {"account": account.account_id},
            "crumbs": breadcrumb(self.request, account, _("Capacity ceiling")),
            "above": ceiling_words(self.actor, way[:-1]),
            "form": form,
        }
        return render(self.request, "accounts/gateways/ceiling.html", context, status=status)
