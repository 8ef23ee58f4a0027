"""One deed on many accounts: lock, unlock or move, after a preview of what changes and what not."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.moving import BulkAgentForm, BulkForm
from accounts.tree.queries.affected import affected_by
from accounts.tree.views.bulk_deeds import DEEDS, Check, Deed, count
from accounts.tree.views.selection import SelectionView

_SHOWN = 10


class BulkView(SelectionView):
    """POST from a list: first the preview, then, with `seen`, the deed.

    `seen` is signed and stands for exactly what the preview showed. Where that is no longer so, the
    preview is shown again: nothing happens to accounts nobody has looked at.
    """

    authorization = Authorization.MANAGE_ACCOUNT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.find_subject(request)
        state = self.list_selected_from(request)
        self.back = self.list_url(state)
        deed = DEEDS.get(request.POST.get("deed", ""))
        if deed is None:
            messages.warning(request, _("Choose what to do with the selection."))
            return SeeOther(self.back)
        chosen = self.chosen(request, state, deed.most + 1)
        if not chosen:
            was_seen = "seen" in request.POST
            messages.warning(request, _changed() if was_seen else _("Nothing was selected."))
            return SeeOther(self.back)
        if len(chosen) > deed.most:
            most = number_format(deed.most, force_grouping=True)
            text = _("At most %(most)s accounts can be changed at once; narrow the list.")
            return self._page(deed, Check(chosen), notice=text % {"most": most}, status=422)
        if not deed.asks_agent:
            return self._confirm(deed, chosen, None)
        agent = BulkAgentForm(request.POST if "agent" in request.POST else None, actor=self.actor)
        if not agent.is_valid():
            status = 422 if agent.is_bound else 200
            return self._page(deed, Check(chosen), agent=agent, status=status)
        return self._confirm(deed, chosen, agent)

    def _confirm(
        self, deed: Deed, chosen: Sequence[Account], agent: BulkAgentForm | None
    ) -> HttpResponse:
        sent = self.request.POST
        target = agent.target if agent else None
        check = deed.check(self.actor, chosen, target)
        affected = affected_by(check.changing)
        seen = self._seen(deed, check, affected, target)
        if not constant_time_compare(sent.get("seen", ""), seen):
            form = BulkForm(
                actor=self.actor,
                affected=affected,
                initial={"reason": sent.get("reason", "")[:500]},
            )
            notice, status = (_changed(), 409) if "seen" in sent else ("", 200)
            return self._page(
                deed, check, agent=agent, form=form, seen=seen, notice=notice, status=status
            )
        form = BulkForm(sent, actor=self.actor, affected=affected)
        if not form.is_valid():
            return self._page(deed, check, agent=agent, form=form, seen=seen, status=422)
        try:
            deed.carry_out(self.actor, check.changing, target, form.cleaned_data["reason"])
        except DomainError as error:
            self.record_refusal(error)
            add_domain_error(form, error)
            return self._page(deed, check, agent=agent, form=form, seen=seen, status=error.status)
        messages.success(self.request, count(deed.done, check.changing, target))
        return SeeOther(self.back)

    def _seen(self, deed: Deed, check: Check, affected: int, target: Account | None) -> str:
        """Signs what a preview shows: who looks, the deed, where to, which accounts, how far."""
        shown = [self.request.user.pk, deed.name, target.pk if target else None, affected]
        shown += sorted(one.pk for one in check.changing)
        return salted_hmac("accounts.bulk", repr(shown), algorithm="sha256").hexdigest()

    def _page(
        self,
        deed: Deed,
        check: Check,
        *,
        agent: BulkAgentForm | None = None,
        form: BulkForm | None = None,
        seen: str = "",
        notice: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """The preview; with a `form` for it, the deed can be confirmed there."""
        ready = form is not None and bool(check.changing)
        target = agent.target if agent else None
        hidden = self._hidden(deed, check)
        affected = form.affected if form else 0
        title = count(deed.title, check.changing, target) if ready else deed.heading
        context: dict[str, Any] = {
            "title": title,
            "crumbs": [Crumb(_("Accounts"), self.back), Crumb(title)],
            "deed": deed,
            "check": check,
            "plan": check.plan,
            "changing": check.changing[:_SHOWN],
            "changing_more": max(0, len(check.changing) - _SHOWN),
            "skipped": check.skipped[:_SHOWN],
            "skipped_more": max(0, len(check.skipped) - _SHOWN),
            # Said where it is more than the list below shows.
            "affected": number_format(affected, force_grouping=True)
            if affected > len(check.changing)
            else "",
            "agent": agent,
            "target": target,
            "form": form,
            "ready": ready,
            "hidden": hidden,
            "confirming": [
                *hidden,
                *([("agent", target.account_id)] if target else []),
                ("seen", seen),
            ],
            "notice": notice,
            "back": self.back,
        }
        return render(self.request, "accounts/tree/lists/bulk.html", context, status=status)

    def _hidden(self, deed: Deed, check: Check) -> list[tuple[str, str]]:
        """What every form of the page sends along: the deed and the selection."""
        sent = self.request.POST
        hidden = [
            ("deed", deed.name),
            ("agent_list", sent.get("agent_list", "")),
            ("query", sent.get("query", "")[:4000]),
        ]
        if sent.get("all") == "1":
            return [*hidden, ("all", "1")]
        selected = [*check.changing, *(one.account for one in check.skipped)]
        return hidden + [("account", one.account_id) for one in selected]


def _changed() -> str:
    return _(
        "What you saw is out of date: in the meantime accounts were changed, added or moved away. "
        "Nothing was done; look again."
    )
