"""What each kind of user sees first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import account_reached
from accounts.kit.errors import NotInScope
from accounts.numbers.views.test_box import is_within_rate
from accounts.portal.actions import linked_buttons
from accounts.portal.cards import cards_of
from accounts.portal.registry import registry
from accounts.portal.standing import standing
from accounts.portal.views.base import PortalView
from accounts.tree.actions import adding
from accounts.tree.tables.overview import checklist
from billing.wallets.queries import own_with_wallet
from vosportal import dashboard
from vosportal.changed import changed_rows
from vosportal.switch.checking import checked


class DashboardView(PortalView):
    """The start page: the platform for administrators, the own hierarchy for agents, the own
    account for customers. Operators are led to the Django admin.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        context: dict[str, Any] = {"now": timezone.localtime()}
        context["zone"] = timezone.get_current_timezone_name()
        if self.actor.own is None:
            context |= self._of_the_platform()
            template = "dashboard/administrator.html"
        else:
            if self.actor.is_customer:
                return self._own_page(request, context)
            account = self._own_account(self.actor.own.account_id)
            context |= self._of_an_account(account)
            # They read what steps ask of the account.
            context |= cards_of(registry.dashboard_cards, self.actor, account)
            context |= self._of_an_agent(account)
            template = "dashboard/agent.html"
            context["links"] = linked_buttons(self.actor, account)
        context["deeds"] = [
            one
            for one in registry.module_actions
            if one.module == "dashboard" and one.is_for(self.actor)
        ]
        return render(request, template, context)

    def _own_page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """Of a customer. `?number=` is the number that is asked about."""
        account = own_with_wallet(self.actor)
        number, tried = request.GET.get("number", "")[:64].strip(), None
        if number:
            if not is_within_rate(request, [number]):
                return render(request, "429.html", status=429)
            tried = checked(self.actor, account.account_id, number)
        context |= {
            "account": account,
            "standing": standing(self.actor, self.actor.chain),
            "links": linked_buttons(self.actor, account),
            "number": number,
            "tried": tried,
            **cards_of(registry.own_cards, self.actor, account),
        }
        return render(request, "dashboard/own.html", context)

    def _of_the_platform(self) -> dict[str, Any]:
        lists = dashboard.Lists(self.actor.scope, reverse("accounts:list"))
        today = timezone.localdate()
        shown = dashboard.shown_to_administrators(lists, today)
        counts = shown.tiles[0].count, shown.tiles[1].count
        is_new = counts[1] == 0
        steps = [make(self.request.user, *counts) for make in registry.first_steps if is_new]
        context: dict[str, Any] = {
            "tiles": shown.tiles,
            "steps": steps,
            "done": sum(one.is_done for one in steps),
            "is_new": is_new,
            "may_change": True,
            "checks": shown.notes,
            **cards_of(registry.dashboard_cards, self.actor, None),
        }
        if shown.tiles[0].count:
            context |= {
                "chart": shown.chart,
                "checks": [*context["checks"], *shown.checks],
                "changed": changed_rows(dashboard.recently_changed(lists)),
            }
        return context

    def _own_account(self, account_id: str) -> Account:
        account = account_reached(self.actor, account_id)
        if account is None:
            # It was renamed since the way to it was read.
            raise NotInScope
        return account

    def _of_an_account(self, account: Account) -> dict[str, Any]:
        add = adding(self.actor, account)
        held = self.actor.grants.get(account.pk, frozenset())
        return {
            "account": account,
            "standing": standing(self.actor, self.actor.chain),
            "add": add,
            "may_change": not add.reason,
            # Who was not given it has nothing to miss there.
            "offers_adding": account.is_agent or Authorization.MANAGE_ACCOUNT in held,
        }

    def _of_an_agent(self, account: Account) -> dict[str, Any]:
        """Also of who has nobody below yet, whose hierarchy has no figures."""
        steps = checklist(self.actor, account)
        to_do = {
            "steps": [] if all(one.is_done for one in steps) else steps,
            "done": sum(one.is_done for one in steps),
        }
        if not account.is_agent:
            return to_do
        url = reverse("accounts:sub-accounts", args=[account.account_id])
        lists = dashboard.Lists(self.actor.scope, url)
        shown = dashboard.shown_to_agents(lists, timezone.localdate())
        return {
            "tiles": shown.tiles,
            "chart": shown.chart,
            "changed": changed_rows(dashboard.recently_changed(lists)),
            **to_do,
        }
