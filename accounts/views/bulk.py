"""One deed on many accounts: lock, unlock or move, after a preview of what changes and what not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.authorizations import Authorization
from accounts.errors import DomainError, NotInScope, Refused
from accounts.models import Account
from accounts.services.accounts import accounts_set_status, find_in_scope
from accounts.services.moving import MovePlan, accounts_move, move_preview
from accounts.views.lists import AccountsView, ListState
from accounts.views.responses import SeeOther

MOST_STATUS = 10_000
MOST_MOVES = 500
# From here on the number of accounts has to be typed.
MASS = 100
_SHOWN = 10


@dataclass
class Skipped:
    """An account the deed leaves alone, and why."""

    account: Account
    reason: str


class BulkView(AccountsView):
    """POST from a list: first the preview, then, with `confirmed`, the deed."""

    authorization = Authorization.MANAGE_ACCOUNT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.require(None if not request.POST.get("agent_list") else self._subject(request))
        state = ListState(self, QueryDict(request.POST.get("query", "")[:4000]))
        self.back = self._list_url(state)
        chosen = self._chosen(request, state)
        if not chosen:
            messages.warning(request, _("Nothing was selected."))
            return SeeOther(self.back)
        deed = request.POST.get("deed", "")
        if deed in ("lock", "unlock"):
            return self._status(request, chosen, locked=deed == "lock")
        if deed == "move":
            return self._move(request, chosen)
        messages.warning(request, _("Choose what to do with the selection."))
        return SeeOther(self.back)

    def _subject(self, request: HttpRequest) -> Account:
        self.subject = self.get_account(request.POST["agent_list"][:32])
        return self.subject

    def _list_url(self, state: ListState) -> str:
        url = (
            reverse("accounts:sub-accounts", args=[self.subject.account_id])
            if self.subject
            else reverse("accounts:list")
        )
        return f"{url}?{state.parameters.urlencode()}" if state.parameters else url

    def _chosen(self, request: HttpRequest, state: ListState) -> Sequence[Account]:
        """The selected accounts that exist in the list; unknown and foreign ids are the same."""
        most = (MOST_MOVES if request.POST.get("deed") == "move" else MOST_STATUS) + 1
        if request.POST.get("all") == "1":
            return list(state.matching.order_by("account_id")[:most])
        ids = [one.lower() for one in request.POST.getlist("account")[:most]]
        listed = self.base(show_all=True)
        return list(listed.filter(account_id__lower__in=ids).order_by("account_id"))

    # Lock and unlock

    def _status(
        self, request: HttpRequest, chosen: Sequence[Account], *, locked: bool
    ) -> HttpResponseBase:
        wanted = Account.Status.LOCKED if locked else Account.Status.ACTIVE
        already = _("It is locked already.") if locked else _("It is not locked.")
        skipped = [
            Skipped(one, _("It is closed.") if one.status == Account.Status.CLOSED else already)
            for one in chosen
            if one.status in (wanted, Account.Status.CLOSED)
        ]
        left_alone = {one.account.pk for one in skipped}
        changing = [one for one in chosen if one.pk not in left_alone]
        effect = self._status_effect(changing, locked)
        title = (
            ngettext("Lock %(count)s account", "Lock %(count)s accounts", len(changing))
            if locked
            else ngettext("Unlock %(count)s account", "Unlock %(count)s accounts", len(changing))
        ) % {"count": number_format(len(changing), force_grouping=True)}
        error = self._too_many(changing, MOST_STATUS) or self._unconfirmed(request, changing)
        if error is None and changing:
            try:
                accounts_set_status(
                    actor=self.actor,
                    accounts=changing,
                    locked=locked,
                    reason=request.POST.get("reason", "").strip()[:500],
                )
            except DomainError as refused:
                error = str(refused.message)
            else:
                done = (
                    ngettext(
                        "%(count)s account was locked.",
                        "%(count)s accounts were locked.",
                        len(changing),
                    )
                    if locked
                    else ngettext(
                        "%(count)s account was unlocked.",
                        "%(count)s accounts were unlocked.",
                        len(changing),
                    )
                )
                messages.success(request, done % {"count": len(changing)})
                return SeeOther(self.back)
        return self._preview(request, title, effect, changing, skipped, error)

    def _status_effect(self, changing: Sequence[Account], locked: bool) -> str:
        if not locked:
            return _("They operate again, unless they have expired or a level above is locked.")
        if any(one.is_agent for one in changing):
            return _(
                "No calls and no operations for them and for everything below them; people may "
                "still sign in to see why."
            )
        return _("No calls and no operations; people may still sign in to see why.")

    # Move

    def _move(self, request: HttpRequest, chosen: Sequence[Account]) -> HttpResponseBase:
        typed = request.POST.get("agent", "").strip()
        title = _("Move to another agent")
        error = self._too_many(chosen, MOST_MOVES)
        if error or not typed:
            return self._preview(request, title, "", chosen, [], error, picks_agent=True)
        try:
            target = find_in_scope(self.actor, typed[:64], field="agent")
        except NotInScope as unknown:
            return self._preview(
                request, title, "", chosen, [], str(unknown.message), picks_agent=True, agent=typed
            )
        plan = move_preview(actor=self.actor, accounts=chosen, parent=target)
        changing = [one.account for one in plan.possible]
        skipped = [Skipped(one.account, str(one.refusal.message)) for one in plan.skipped
                   if one.refusal]  # fmt: skip
        error = self._unconfirmed(request, changing)
        if request.POST.get("checked_agent") != target.account_id:
            error = ""  # Another agent than the one whose effects were shown: show them first.
        if error is None and changing:
            try:
                accounts_move(
                    actor=self.actor,
                    accounts=changing,
                    parent=target,
                    reason=request.POST.get("reason", "").strip()[:500],
                )
            except Refused as refused:
                error = str(refused.message)
            else:
                text = ngettext(
                    "%(count)s account was moved to %(agent)s.",
                    "%(count)s accounts were moved to %(agent)s.",
                    len(changing),
                )
                messages.success(request, text % {"count": len(changing), "agent": target})
                return SeeOther(self.back)
        title = ngettext(
            "Move %(count)s account to %(agent)s",
            "Move %(count)s accounts to %(agent)s",
            len(changing),
        ) % {"count": len(changing), "agent": target}
        return self._preview(
            request,
            title,
            "",
            changing,
            skipped,
            error,
            picks_agent=True,
            agent=target.account_id,
            plan=plan,
        )

    # The check page

    def _too_many(self, changing: Sequence[Account], most: int) -> str | None:
        if len(changing) <= most:
            return None
        return _("At most %(most)s accounts can be changed at once; narrow the list.") % {
            "most": number_format(most, force_grouping=True)
        }

    def _unconfirmed(self, request: HttpRequest, changing: Sequence[Account]) -> str | None:
        """ "" while nothing is confirmed, a sentence if confirmed wrongly, None if rightly."""
        if "confirmed" not in request.POST:
            return ""
        if len(changing) > MASS and request.POST.get("typed", "").strip() != str(len(changing)):
            return _("Type the number of accounts, %(count)s, to confirm.") % {
                "count": len(changing)
            }
        return None

    def _preview(
        self,
        request: HttpRequest,
        title: str,
        effect: str,
        changing: Sequence[Account],
        skipped: Sequence[Skipped],
        error: str | None,
        *,
        picks_agent: bool = False,
        agent: str = "",
        plan: MovePlan | None = None,
    ) -> HttpResponse:
        by_all = request.POST.get("all") == "1"
        hidden: list[tuple[str, Any]] = [
            ("deed", request.POST.get("deed")),
            ("agent_list", request.POST.get("agent_list", "")),
            ("query", request.POST.get("query", "")[:4000]),
        ]
        if plan and plan.target:
            hidden.append(("checked_agent", plan.target.account_id))
        if by_all:
            hidden.append(("all", "1"))
        else:
            hidden += [("account", one.account_id) for one in changing]
            hidden += [("account", one.account.account_id) for one in skipped]
        context = {
            "title": title,
            "effect": effect,
            "changing": changing[:_SHOWN],
            "changing_count": len(changing),
            "changing_more": max(0, len(changing) - _SHOWN),
            "skipped": skipped[:_SHOWN],
            "skipped_count": len(skipped),
            "skipped_more": max(0, len(skipped) - _SHOWN),
            "hidden": hidden,
            "error": error,
            "back": self.back,
            "picks_agent": picks_agent,
            "agent": agent,
            "plan": plan,
            "must_type": len(changing) if len(changing) > MASS else 0,
            "ready": bool(changing) and (plan is not None or not picks_agent),
            "has_errors": bool(error),
        }
        return render(request, "accounts/lists/bulk.html", context, status=422 if error else 200)
