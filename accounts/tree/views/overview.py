"""The overview of one account."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.core.actor import allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.portal.breadcrumbs import way_to
from accounts.portal.cards import cards_of
from accounts.portal.registry import registry
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.tree.tables.overview import checklist, place, sub_account_figures


class AccountView(PortalView):
    """Who it is, where it stands, whether it operates and why not, and what happened lately."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        steps = checklist(self.actor, account) if account.is_agent else []
        head = account_head(request, account, current="overview")
        context: dict[str, Any] = {
            **head,
            "ladder": place(self.actor, self.accounts, way_to(request, account.pk)),
            "figures": sub_account_figures(self.accounts, account) if account.is_agent else [],
            "steps": [] if all(one.is_done for one in steps) else steps,
            "done": sum(one.is_done for one in steps),
            # What the levels above note about an account is not for the account itself.
            "shows_memo": self.actor.account_pk != account.pk,
            "may_change": allows(self.actor, Authorization.MANAGE_ACCOUNT, account)
            and account.status != Account.Status.CLOSED,
            "may_add": not any(one.reason for one in head["buttons"] if one.name == "new"),
            **cards_of(registry.overview_cards, self.actor, account),
        }
        return render(request, "accounts/tree/overview.html", context)
