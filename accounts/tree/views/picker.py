"""What the Agent ID picker offers: accounts of the viewer's scope, each with what speaks against
it.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.core.reach import check_depth, check_may_hold_sub_accounts
from accounts.kit.errors import DomainError, Refused
from accounts.kit.text import identifier
from accounts.logins.queries import logins_like
from accounts.portal.standing import standing
from accounts.portal.views.base import PortalView
from accounts.tree.queries.search import find, searchable
from accounts.tree.services.moving import height_of, move_refusal

_HITS = 20
_READING = ("read", "who")
Check = Callable[[Account], DomainError | None]


class PickerView(PortalView):
    """`?q=` a fragment; `for=parent` (of a new account), `for=move` (of `account`),
    `for=children` (of all sub-accounts of `account`), `for=read` (any account, to read) or
    `for=who` (logins as well). At most 20 hits of each; those that cannot be chosen carry the
    reason.
    """

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest) -> JsonResponse:
        purpose = request.GET.get("for", "")
        refused = self._check(purpose, request.GET.get("account", ""))
        self.is_for_reading = purpose in _READING
        hits = self._hits(request.GET.get("q", ""))
        ways = chains([one.pk for one in hits])
        results = [self._result(one, ways[one.pk], refused(one)) for one in hits if one.pk in ways]
        people = self._people(request.GET.get("q", "")) if purpose == "who" else []
        return JsonResponse({"results": [*people, *results]})

    def _people(self, typed: str) -> list[dict[str, Any]]:
        """The logins whose user name holds what was typed."""
        text = typed.strip()[:64]
        if not text:
            return []
        return [
            {
                "id": one.username,
                "name": one.full_name,
                "path": one.account.account_id if one.account else "",
                "note": _("login"),
            }
            for one in logins_like(self.actor.scope, text)[:_HITS]
        ]

    def _hits(self, typed: str) -> list[Account]:
        text = searchable(typed)
        if text:
            return list(find(self.accounts, text)[:_HITS])
        if typed.strip():
            # Shorter than what is searched for: beginnings of account ids.
            start = identifier(typed)[:32]
            short = self.accounts.filter(account_id__istartswith=start)
            return list(short.order_by("account_id")[:_HITS])
        return list(self.accounts.agents().in_tree_order()[:_HITS])

    def _check(self, purpose: str, account_id: str) -> Check:
        if purpose == "parent":
            return _for_new
        if purpose in _READING:
            return lambda target: None
        account = self.accounts.called(account_id.strip()).first()
        if purpose not in ("move", "children") or account is None:
            raise Http404
        height = height_of(account)
        if purpose == "children":
            return lambda target: _for_children(account, target, height)
        return lambda target: move_refusal(account, target, height=height)

    def _result(
        self, one: Account, way: tuple[ChainLink, ...], why: DomainError | None
    ) -> dict[str, Any]:
        visible = self.actor.visible_part(way)
        words = {
            "active": _("Active"),
            "locked": _("Locked"),
            "above": _("Locked above"),
            "expired": _("Expired"),
            "closed": _("Closed"),
        }
        reason = str(why.message) if why else ""
        decision = decide(self.actor, Authorization.MANAGE_ACCOUNT, one, is_agent_id=True)
        if not reason and not decision.is_allowed and not self.is_for_reading:
            reason = decision.sentence
        return {
            "id": one.account_id,
            "name": one.name if one.name != one.account_id else "",
            "path": " › ".join(link.account_id for link in visible[:-1]),
            "level": len(visible),
            "status": words[standing(self.actor, way).state],
            "is_agent": one.is_agent,
            "note": ""
            if one.is_agent or reason or self.is_for_reading
            else _("it would become an agent"),
            "refused": reason,
        }


def _for_new(target: Account) -> DomainError | None:
    try:
        check_may_hold_sub_accounts(target)
        check_depth(target.level + 1)
    except Refused as refused:
        return refused
    return None


def _for_children(account: Account, target: Account, height: int) -> DomainError | None:
    """Why the sub-accounts of `account` cannot go below `target`."""
    if target.pk == account.pk:
        return Refused(_("They belong there already."), code="already_there")
    if target.tree_id == account.tree_id and account.lft < target.lft < account.rght:
        return Refused(_("It is one of those that move, or below one."), code="cycle")
    try:
        check_may_hold_sub_accounts(target)
        check_depth(target.level + height)
    except Refused as refused:
        return refused
    return None
