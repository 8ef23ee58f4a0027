"""Giving accounts another agent: choose it, see what that does, say why, done."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.authorizations.rules.policies import NeedsApproval, approval_needed, desk_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.core.reach import refuse_closed
from accounts.kit.errors import DomainError, NotAllowed, NotInScope, Refused
from accounts.kit.markup import format_html
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.registry import Effect
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.moving import MoveForm, TargetForm
from accounts.tree.queries.affected import affected_by
from accounts.tree.services.moving import MovePlan, accounts_move, effects_elsewhere, move_preview
from accounts.tree.tables.overview import next_steps


class _MovingView(PortalView):
    """`?parent=` names the new agent; empty, with `top`, it is the top level. Without it the page
    asks; with it, it shows the effects; sent with a reason, it moves.
    """

    abstract = True
    is_branch = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        self.check(account)
        if "parent" not in request.GET:
            return self._ask(account, self._target_form(account))
        form = self._target_form(account, request.GET)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        return self._show(account, form.target, form, None)

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        self.check(account)
        asked = self._target_form(account, request.POST)
        if not asked.is_valid():
            return self._ask(account, asked, status=422)
        plan = self._plan(account, asked.target)
        form = self._move_form(plan, asked.target, request.POST)
        if not form.is_valid():
            return self._show(account, asked.target, asked, form, status=422)
        try:
            moved = accounts_move(
                actor=self.actor,
                accounts=[one.account for one in plan.possible] or self.moving(account),
                parent=asked.target,
                reason=form.cleaned_data["reason"],
            )
        except NeedsApproval as needed:
            return self._request(account, plan, asked, form.cleaned_data["reason"], needed)
        except NotInScope:
            raise
        except DomainError as error:
            if error.status not in (422, 503):
                raise
            return self._refuse(account, asked, error)
        messages.success(request, self.told(account, moved, asked.target))
        # As it was before.
        agent = asked.target
        if agent and not agent.is_agent and (steps := next_steps(self.actor, agent)):
            messages.info(request, steps)
        return SeeOther(account)

    def _request(
        self,
        account: Account,
        plan: MovePlan,
        asked: TargetForm,
        reason: str,
        needed: NeedsApproval,
    ) -> HttpResponse:
        """The new agent would become one: ask an administrator instead."""
        assert asked.target is not None
        try:
            filed = desk_for(needed).move(self.actor, _only_one(plan), asked.target, reason)
        except DomainError as error:
            if error.status not in (422, 503):
                raise
            return self._refuse(account, asked, error)
        messages.success(self.request, filed.words)
        return SeeOther(filed.url)

    def _refuse(self, account: Account, asked: TargetForm, error: DomainError) -> HttpResponse:
        error.field = error.field or "parent"
        add_domain_error(asked, error)
        return self._ask(account, asked, status=error.status)

    def check(self, account: Account) -> None:
        """Raise Refused where the page makes no sense for the account."""
        refuse_closed(account)

    def moving(self, account: Account) -> Sequence[Account]:
        """The accounts that move."""
        raise NotImplementedError

    def told(self, account: Account, moved: Sequence[Account], target: Account | None) -> str:
        """What happened, with links."""
        raise NotImplementedError

    def heading(self, account: Account) -> str:
        raise NotImplementedError

    def _target_form(self, account: Account, data: Any = None) -> TargetForm:
        return TargetForm(data, actor=self.actor, account=account, is_branch=self.is_branch)

    def _move_form(self, plan: MovePlan, target: Account | None, data: Any = None) -> MoveForm:
        affected = affected_by(one.account for one in plan.possible)
        form = MoveForm(data, actor=self.actor, affected=affected, initial=_sent(target))
        if target:
            del form.fields["top"]
        return form

    def _plan(self, account: Account, target: Account | None) -> MovePlan:
        return move_preview(actor=self.actor, accounts=self.moving(account), parent=target)

    def _ask(self, account: Account, form: Form, status: int = 200) -> HttpResponse:
        context = {**self._shared(account), "form": form}
        return render(self.request, "accounts/tree/forms/move.html", context, status=status)

    def _show(
        self,
        account: Account,
        target: Account | None,
        asked: TargetForm | None,
        form: MoveForm | None,
        status: int = 200,
    ) -> HttpResponse:
        """What the move does; or the question again, with the refusal at its field."""
        self.require(target, is_agent_id=True)
        plan = self._plan(account, target)
        if not plan.possible:
            refused = plan.skipped[0].refusal if plan.skipped else None
            asked = asked or self._target_form(account, _sent(target))
            asked.is_valid()
            add_domain_error(asked, refused or Refused(_("Nothing moves."), code="nothing_moves"))
            return self._ask(account, asked, status=422)
        try:
            needs_approval = bool(plan.promoted and approval_needed(self.actor, plan.promoted))
            if needs_approval:
                _only_one(plan)
        except (NotAllowed, Refused) as error:
            self.record_refusal(error)
            asked = asked or self._target_form(account, _sent(target))
            asked.is_valid()
            return self._refuse(account, asked, error)
        context = {
            **self._shared(account),
            "needs_approval": needs_approval,
            "plan": plan,
            "target": target,
            "moves": [self._move(one) for one in plan.possible[:50]],
            "not_shown": max(0, len(plan.possible) - 50),
            "moved": sum(one.moved for one in plan.possible),
            "losing": self._losing(plan),
            "effects": [*plan.effects, *self._effects_on_branch(plan, target)],
            "form": form or self._move_form(plan, target),
        }
        return render(self.request, "accounts/tree/forms/move_effects.html", context, status=status)

    def _effects_on_branch(self, plan: MovePlan, target: Account | None) -> Sequence[Effect]:
        moving = [one.account for one in plan.possible]
        return effects_elsewhere(self.actor, moving, target, of_one_agent=True)

    def _move(self, one: Any) -> dict[str, Any]:
        return {
            "account": one.account,
            "below": one.moved - 1,
            "before": self._path(one.path_before),
            "after": self._path(one.path_after),
        }

    def _losing(self, plan: MovePlan) -> list[str]:
        """The agents the actor knows that no longer reach what moves, nearest first."""
        one = plan.possible[0]
        after = {link.pk for link in one.path_after}
        above = self.actor.visible_part(one.path_before)[:-1]
        return [link.account_id for link in reversed(above) if link.pk not in after]

    def _path(self, way: tuple[ChainLink, ...]) -> str:
        above = self.actor.visible_part(way)[:-1]
        return " › ".join(link.account_id for link in above) or _("top level")

    def _shared(self, account: Account) -> dict[str, Any]:
        heading = self.heading(account)
        return {
            "account": account,
            "page_heading": heading,
            "is_branch": self.is_branch,
            "now": self._path_of_agent(account),
            "crumbs": breadcrumb(self.request, account, heading),
        }

    def _path_of_agent(self, account: Account) -> Any:
        """The present agent as the viewer may know it: None for the top level."""
        is_own = self.actor.account_pk == account.pk
        return account.parent if not is_own else None


class MoveView(_MovingView):
    authorization = Authorization.MANAGE_ACCOUNT

    def moving(self, account: Account) -> Sequence[Account]:
        return [account]

    def heading(self, account: Account) -> str:
        return _("Move %(account)s") % {"account": account.account_id}

    def told(self, account: Account, moved: Sequence[Account], target: Account | None) -> str:
        if target is None:
            return _("%(account)s now stands at the top level.") % {"account": account.account_id}
        return format_html(
            _("{account} now belongs to {agent}."), account=account.account_id, agent=_link(target)
        )


class MoveSubAccountsView(_MovingView):
    """All first-level sub-accounts of an agent at once: the way to get rid of it afterwards."""

    authorization = Authorization.MANAGE_ACCOUNT
    is_branch = True

    def check(self, account: Account) -> None:
        if not account.is_agent:
            raise Refused(
                _("%(account)s has no sub-accounts.") % {"account": account.account_id},
                code="no_sub_accounts",
            )

    @cached_property
    def _children(self) -> dict[int, list[Account]]:
        return {}

    def moving(self, account: Account) -> Sequence[Account]:
        if account.pk not in self._children:
            below = self.accounts.directly_below(account.pk).order_by("account_id")
            self._children[account.pk] = list(below)
        return self._children[account.pk]

    def heading(self, account: Account) -> str:
        return _("Move all sub-accounts of %(account)s") % {"account": account.account_id}

    def told(self, account: Account, moved: Sequence[Account], target: Account | None) -> str:
        text = ngettext(
            "{count} sub-account of {account} now belongs to {agent}.",
            "{count} sub-accounts of {account} now belong to {agent}.",
            len(moved),
        )
        return format_html(
            text,
            count=len(moved),
            account=account.account_id,
            agent=_link(target) if target else _("the top level"),
        )


def _sent(target: Account | None) -> dict[str, str]:
    """What the page asks for, as it is sent for this target."""
    return {"parent": str(target or ""), "top": "" if target else "1"}


def _only_one(plan: MovePlan) -> Account:
    """The account a request can be about. Raises Refused for several at once."""
    if len(plan.possible) != 1:
        raise Refused(
            _(
                "%(agent)s would become an agent, which an administrator has to approve first. "
                "Move one account there: once that is approved, the others can follow."
            )
            % {"agent": plan.target},
            code="one_at_a_time",
            field="parent",
        )
    return plan.possible[0].account


def _link(account: Account) -> str:
    return format_html('<a href="{}">{}</a>', account.get_absolute_url(), account.account_id)
