"""One rate group for the accounts selected in a list."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.responses import SeeOther
from accounts.tree.views.selection import SelectionView
from billing.handing_out.forms.rate_groups import GroupDeedForm, SelectionGroupForm
from billing.handing_out.services.rate_groups import (
    GroupPlan,
    rate_group_preview,
    rate_group_set_many,
)
from billing.wallets.models import RateGroup

_MOST = 10_000
_SHOWN = 10


class GiveRateGroupView(SelectionView):
    """POST from a list: which group, then who changes, then, with `seen`, the deed.

    `seen` is signed and stands for exactly what the check page showed; where that is no longer so,
    it is shown again.
    """

    authorization = Authorization.MANAGE_ACCOUNT
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.find_subject(request)
        state = self.list_selected_from(request)
        self.back = self.list_url(state)
        chosen = self.chosen(request, state, _MOST + 1)
        if not chosen:
            messages.warning(request, _("Nothing was selected."))
            return SeeOther(self.back)
        if len(chosen) > _MOST:
            words = _("At most %(most)s accounts can be changed at once; narrow the list.")
            messages.warning(request, words % {"most": _figure(_MOST)})
            return SeeOther(self.back)
        is_answered = "rate_group" in request.POST and "change" not in request.POST
        sent = request.POST if is_answered else None
        form = SelectionGroupForm(sent, actor=self.actor, agent=self.subject)
        if not is_answered or not form.is_valid():
            return self._ask(form, chosen, 422 if is_answered else 200)
        return self._confirm(form, chosen)

    def _ask(
        self, form: SelectionGroupForm, chosen: Sequence[Account], status: int = 200
    ) -> HttpResponse:
        words = ngettext(
            "Rate group for %(count)s account", "Rate group for %(count)s accounts", len(chosen)
        )
        title = words % {"count": _figure(len(chosen))}
        context = {
            "title": title,
            "crumbs": [Crumb(_("Accounts"), self.back), Crumb(title)],
            "asked": form,
            "selected": chosen[:_SHOWN],
            "selected_count": _figure(len(chosen)),
            "selected_more": max(0, len(chosen) - _SHOWN),
            "hidden": self._hidden(chosen),
            "back": self.back,
        }
        return render(self.request, "billing/handing_out/give_group.html", context, status=status)

    def _confirm(self, asked: SelectionGroupForm, chosen: Sequence[Account]) -> HttpResponse:
        sent, group = self.request.POST, asked.group()
        plan = rate_group_preview(actor=self.actor, accounts=chosen, group=group)
        seen = self._seen(plan, group)
        many = len(plan.changing)
        if not constant_time_compare(sent.get("seen", ""), seen):
            reason = {"reason": sent.get("reason", "")[:500]}
            form = GroupDeedForm(actor=self.actor, affected=many, initial=reason)
            notice, status = (_changed(), 409) if "seen" in sent else ("", 200)
            return self._check(asked, form, plan, chosen, seen, notice, status)
        form = GroupDeedForm(sent, actor=self.actor, affected=many)
        if not form.is_valid():
            return self._check(asked, form, plan, chosen, seen, "", 422)
        try:
            rate_group_set_many(
                actor=self.actor,
                accounts=plan.changing,
                group=group,
                reason=form.cleaned_data["reason"],
            )
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            self.record_refusal(error)
            add_domain_error(form, error)
            return self._check(asked, form, plan, chosen, seen, "", error.status)
        messages.success(self.request, _done(plan, group))
        return SeeOther(self.back)

    def _check(
        self,
        asked: SelectionGroupForm,
        form: GroupDeedForm,
        plan: GroupPlan,
        chosen: Sequence[Account],
        seen: str,
        notice: str,
        status: int,
    ) -> HttpResponse:
        hidden = [*self._hidden(chosen), ("rate_group", asked.cleaned_data["rate_group"])]
        title = _title(plan, asked.group())
        context = {
            "title": title,
            "crumbs": [Crumb(_("Accounts"), self.back), Crumb(title)],
            "form": form,
            "changing": plan.changing[:_SHOWN],
            "changing_count": _figure(len(plan.changing)),
            "changing_more": max(0, len(plan.changing) - _SHOWN),
            "skipped": plan.skipped[:_SHOWN],
            "skipped_count": _figure(len(plan.skipped)),
            "skipped_more": max(0, len(plan.skipped) - _SHOWN),
            "group": asked.group(),
            "hidden": hidden,
            "confirming": [*hidden, ("seen", seen)],
            "notice": notice,
            "back": self.back,
        }
        template = "billing/handing_out/give_group_check.html"
        return render(self.request, template, context, status=status)

    def _seen(self, plan: GroupPlan, group: RateGroup | None) -> str:
        """Signs what the check page shows: who looks, which group, which accounts."""
        shown: list[Any] = [self.request.user.pk, group.pk if group else None]
        shown += sorted(one.pk for one in plan.changing)
        return salted_hmac("rate-group.give", repr(shown), algorithm="sha256").hexdigest()

    def _hidden(self, chosen: Sequence[Account]) -> list[tuple[str, str]]:
        """What every form of these pages sends along: the selection."""
        sent = self.request.POST
        hidden = [
            ("agent_list", sent.get("agent_list", "")[:32]),
            ("query", sent.get("query", "")[:4000]),
        ]
        if sent.get("all") == "1":
            return [*hidden, ("all", "1")]
        return hidden + [("account", one.account_id) for one in chosen]


def _title(plan: GroupPlan, group: RateGroup | None) -> str:
    number = len(plan.changing)
    words = ngettext(
        "Give %(count)s account the rate group %(group)s",
        "Give %(count)s accounts the rate group %(group)s",
        number,
    )
    if group is None:
        words = ngettext(
            "Take the rate group from %(count)s account",
            "Take the rate group from %(count)s accounts",
            number,
        )
    return words % {"count": _figure(number), "group": group}


def _done(plan: GroupPlan, group: RateGroup | None) -> str:
    number = len(plan.changing)
    words = ngettext(
        "%(count)s account has the rate group %(group)s.",
        "%(count)s accounts have the rate group %(group)s.",
        number,
    )
    if group is None:
        words = ngettext(
            "%(count)s account has no rate group any more.",
            "%(count)s accounts have no rate group any more.",
            number,
        )
    return words % {"count": _figure(number), "group": group}


def _changed() -> str:
    return _(
        "What you saw is out of date: in the meantime accounts were changed, added or moved away. "
        "Nothing was done; look again."
    )


def _figure(number: int) -> str:
    return str(number_format(number, force_grouping=True))
