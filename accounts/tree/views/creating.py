"""Adding an account, with its first login where wanted."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.authorizations.advice import cautions
from accounts.authorizations.forms.fields import granted
from accounts.authorizations.rules.policies import NeedsApproval, approval_needed, desk_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import check_may_hold_sub_accounts
from accounts.kit.errors import Busy, Refused
from accounts.kit.markup import format_html
from accounts.logins.services.codes import Issued
from accounts.logins.views.logins import way_in_page
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.account import AccountNewForm
from accounts.tree.services.accounts import account_create
from accounts.tree.services.moving import depth_warning
from accounts.tree.services.together import Together
from accounts.tree.tables.overview import next_steps


class AccountNewView(PortalView):
    """`?agent=` is the account one stands on: the new one's Agent ID. Without it administrators add
    a top-level account, everybody else one below the own account.
    """

    authorization = Authorization.MANAGE_ACCOUNT
    _needs_approval = False

    def get(self, request: HttpRequest) -> HttpResponse:
        agent = self._agent()
        return self._page(self._form(agent), agent)

    @method_decorator(never_cache)
    def post(self, request: HttpRequest) -> HttpResponse:
        agent = self._agent()
        form = self._form(agent, request.POST)
        if not form.is_valid():
            return self._page(form, agent, status=422)
        self.prove(form.gain())
        warnings = form.sections.warnings()
        try:
            account, issued = self._create(form)
        except NeedsApproval as needed:
            return self._ask(form, agent, needed)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, agent, status=error.status)
        self._tell(form, account, issued)
        for words in warnings:
            messages.warning(request, words)
        if issued and issued.code:
            return way_in_page(request, account, issued)
        if "another" in request.POST:
            query = f"?agent={form.agent.account_id}" if form.agent else ""
            return SeeOther(reverse("accounts:new") + query)
        return SeeOther(account)

    def _form(self, agent: Account | None, data: Any = None) -> AccountNewForm:
        return AccountNewForm(data, actor=self.actor, agent=agent, is_request=self._needs_approval)

    def _agent(self) -> Account | None:
        """The account of `?agent=`, or one's own. 404 outside the scope, 403 where nothing may be
        added, or where it may not become an agent.
        """
        asked = self.request.GET.get("agent", "").strip()
        if asked:
            agent = self.accounts.called(asked).first()
            if agent is None:
                raise Http404
        elif self.actor.own:
            agent = self.accounts.get(pk=self.actor.own.pk)
        else:
            agent = None
        self.require(agent, is_agent_id=True)
        if agent:
            check_may_hold_sub_accounts(agent)
            self._needs_approval = approval_needed(self.actor, agent)
            self.request.current_account = agent  # type: ignore[attr-defined]
        return agent

    def _create(self, form: AccountNewForm) -> tuple[Account, Issued | None]:
        together = self._together(form)
        issued: list[Issued | None] = []

        def make(new: Account) -> None:
            issued.append(together.make(self.actor, new))
            form.sections.apply(self.actor, new)

        account = account_create(
            actor=self.actor, parent=form.agent, **self._values(form), with_new=make
        )
        return account, issued[0]

    def _ask(
        self, form: AccountNewForm, agent: Account | None, needed: NeedsApproval
    ) -> HttpResponse:
        """The agent would become one: ask an administrator instead."""
        assert form.agent is not None
        together = replace(self._together(form), held=form.sections.held())
        try:
            filed = desk_for(needed).new_account(
                self.actor, form.agent, self._values(form), together
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, agent, status=error.status)
        messages.success(self.request, filed.words)
        return SeeOther(filed.url)

    def _values(self, form: AccountNewForm) -> dict[str, Any]:
        clean = form.cleaned_data
        return {
            "account_id": clean["account_id"],
            "name": clean["name"],
            "type": clean["type"],
            "valid_until": form.expiry(),
            "ctd_billing_model": clean["ctd_billing_model"],
            "time_zone": clean["time_zone"] or None,
            "detail": form.detail(),
        }

    def _together(self, form: AccountNewForm) -> Together:
        clean = form.cleaned_data
        first_login = {
            "username": clean["login_username"],
            "full_name": clean["login_full_name"],
            "email": clean["login_email"],
        }
        return Together(
            codes=granted(form),
            reason=clean["reason"],
            first_login=first_login if clean["login_username"] else None,
        )

    def _tell(self, form: AccountNewForm, account: Account, issued: Issued | None) -> None:
        agent = form.agent
        link = format_html('<a href="{}">{}</a>', account.get_absolute_url(), account.account_id)
        text = format_html(_("{account} is added."), account=link)
        if agent and not agent.is_agent:
            url = reverse("accounts:sub-accounts", args=[agent.account_id])
            text = format_html(
                _("{account} is added. {agent} is now an agent and stands in the tree."),
                account=link,
                agent=format_html('<a href="{}">{}</a>', url, agent.account_id),
            )
        messages.success(self.request, text)
        if agent and not agent.is_agent and (steps := next_steps(self.actor, agent)):
            messages.info(self.request, steps)
        if agent and (warning := depth_warning(agent.level + 1)):
            messages.warning(self.request, warning)
        for words in cautions(granted(form)):
            messages.warning(self.request, words)
        if issued and issued.mailed_to:
            messages.success(
                self.request,
                _("An invitation for %(login)s is on its way to %(address)s.")
                % {"login": issued.user.username, "address": issued.mailed_to},
            )

    def _page(self, form: AccountNewForm, agent: Account | None, status: int = 200) -> HttpResponse:
        if self._needs_approval:
            form.fields["login_email"].help_text = _("Gets the invitation after the approval.")
            form.fields["reason"].help_text = _(
                "The administrator reads it. It is kept in the audit log, and with what is granted."
            )
        heading = _("Add sub-account") if agent else _("Add account")
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
            "needs_approval": self._needs_approval,
            "depth_warning": depth_warning(agent.level + 1) if agent else "",
            "cancel_url": agent.get_absolute_url() if agent else reverse("accounts:list"),
        }
        return render(self.request, "accounts/tree/forms/new.html", context, status=status)
