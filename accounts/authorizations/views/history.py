"""Every change of an account's authorizations, and giving back what one of them took."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.authorizations.advice import cautions
from accounts.authorizations.forms.authorizations import RestoreForm
from accounts.authorizations.queries.facts import (
    BatchFacts,
    batch_of,
    batches_about,
    facts_of,
    login_accounts,
    restorable,
    taken_by,
)
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.restoring import grants_restore
from accounts.authorizations.views.boxes import formerly_above
from accounts.core.actor import SYSTEM, allows
from accounts.core.authorizations import Authorization, in_order
from accounts.core.models import Account, GrantBatch
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.logins.queries import opened_in
from accounts.logins.views.operators import after_granting, before_granting
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.lists.feed import feed_pager, newest_first
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther

_PAGE = 25
_ICONS = {
    GrantBatch.Kind.EDIT: ("shield", ""),
    GrantBatch.Kind.MOVE: ("move", "warn"),
    GrantBatch.Kind.CLOSE: ("no", "danger"),
    GrantBatch.Kind.RESTORE: ("undo", "ok"),
    GrantBatch.Kind.REVIEW: ("clock", "warn"),
    GrantBatch.Kind.REPAIR: ("sliders", "warn"),
}
_ABOVE = gettext_lazy("Taken away together with a level above")
_FORMER_AGENT = gettext_lazy("Taken away together with a former agent")


@dataclass(frozen=True)
class Entry:
    """One batch for this viewer: `who` and `title` name nobody above the own account."""

    batch: GrantBatch
    facts: BatchFacts
    title: Any
    who: str
    reason: str
    restore_url: str = ""

    @property
    def icon(self) -> str:
        return _ICONS[GrantBatch.Kind(self.batch.kind)][0]

    @property
    def kind(self) -> str:
        return _ICONS[GrantBatch.Kind(self.batch.kind)][1]

    @property
    def below(self) -> str:
        """What it did to the accounts below, in words ("": nothing)."""
        if not self.facts.below:
            return ""
        return ngettext(
            "and %(grants)s on %(accounts)s account below",
            "and %(grants)s on %(accounts)s accounts below",
            self.facts.below_accounts,
        ) % {"grants": self.facts.below, "accounts": self.facts.below_accounts}


class AuthorizationHistoryView(PortalView):
    """The batches that gave or took something here, the latest first."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        found = newest_first(batches_about(account), request.GET.get("cursor", ""), size=_PAGE)
        head = account_head(
            request, account, current="authorizations", page=_("History of the authorizations")
        )
        context = {
            **head,
            "entries": self._entries(account, list(found.rows)),
            "pager": feed_pager(found, _("%(shown)s shown") % {"shown": len(found.rows)}),
        }
        return render(request, "accounts/authorizations/history.html", context)

    def _entries(self, account: Account, batches: list[GrantBatch]) -> list[Entry]:
        facts = facts_of(self.actor, account, batches)
        may_restore: set[int] = set()
        if (
            allows(self.actor, Authorization.MANAGE_ACCOUNT, account)
            and account.status != Account.Status.CLOSED
        ):
            may_restore = restorable(batches, account)
        # By the accounts the actor reaches: a batch of another account, and who made one.
        pks = login_accounts(batches) | {one.account_id for one in batches if one.account_id}
        known = dict(self.accounts.filter(pk__in=pks).values_list("pk", "account_id"))
        return [
            self._entry(account, one, facts[one.pk], known, one.pk in may_restore)
            for one in batches
        ]

    def _entry(
        self,
        account: Account,
        one: GrantBatch,
        facts: BatchFacts,
        known: dict[int, str],
        may_restore: bool,
    ) -> Entry:
        title: Any = one.get_kind_display()
        if one.account_id != account.pk:
            title = _FORMER_AGENT if self.actor.is_top_level else _ABOVE
            if one.account_id in known:
                title = _("Taken away together with %(account)s") % {
                    "account": known[one.account_id]
                }
        who, may_read = self._who(one, known)
        url = ""
        if may_restore:
            url = reverse("accounts:authorization-restore", args=[account.account_id, one.pk])
        return Entry(one, facts, title, who, one.reason if may_read else "", url)

    def _who(self, one: GrantBatch, known: dict[int, str]) -> tuple[str, bool]:
        """Who made the batch, as the viewer may know, and whether its reason may be read."""
        if self.actor.is_administrator or one.by_account_pk in known:
            return one.by_name, True
        if one.by_account_pk is None and (one.by is not None or one.by_name == SYSTEM.login):
            return _("Administrator"), False
        return (_("a former login") if one.by is None else formerly_above(self.actor)), False


class AuthorizationRestoreView(PortalView):
    """Asks before it gives back what a batch took."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, account_id: str, pk: int) -> HttpResponse:
        account, batch = self._find(account_id, pk)
        self._check(batch)
        return self._page(account, batch, self._form(batch))

    def post(self, request: HttpRequest, account_id: str, pk: int) -> HttpResponse:
        account, batch = self._find(account_id, pk)
        self._check(batch)
        form = self._form(batch, request.POST)
        if not form.is_valid():
            return self._page(account, batch, form, status=422)
        try:
            made = grants_restore(actor=self.actor, batch=batch, reason=form.cleaned_data["reason"])
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, batch, form, status=error.status)
        if made is None:
            messages.warning(
                request,
                _("Nothing was given back: it is held again already, or no longer permitted."),
            )
        else:
            given = made.changes.count()
            text = ngettext(
                "%(count)s authorization was given back, batch %(batch)s.",
                "%(count)s authorizations were given back, batch %(batch)s.",
                given,
            )
            messages.success(request, text % {"count": given, "batch": made.key})
            if warning := after_granting(opened_in(made, added=True)):
                messages.warning(request, warning)
        return SeeOther("accounts:authorizations", account.account_id)

    def _find(self, account_id: str, pk: int) -> tuple[Account, GrantBatch]:
        account = self.get_account(account_id)
        refuse_closed(account)
        batch = batch_of(account, pk)
        if batch is None:
            raise Http404
        return account, batch

    def _check(self, batch: GrantBatch) -> None:
        """Raise Refused where there is nothing to give back."""
        if batch.restored_by_id is not None:
            raise Refused(_("This was restored already."), code="already_restored")
        if not taken_by(batch)[1]:
            raise Refused(_("This batch took nothing away."), code="took_nothing")

    def _form(self, batch: GrantBatch, data: Any = None) -> RestoreForm:
        return RestoreForm(data, actor=self.actor, affected=taken_by(batch)[2])

    def _page(
        self, account: Account, batch: GrantBatch, form: RestoreForm, status: int = 200
    ) -> HttpResponse:
        codes, grants, accounts = taken_by(batch)
        # With what it holds by now.
        together = held(account) | codes
        heading = _("Restore batch %(number)s") % {"number": batch.key}
        context = {
            "account": account,
            "batch": batch,
            "codes": in_order(codes),
            "cautions": [
                *cautions(together),
                *filter(None, [before_granting(opened_in(batch, added=False))]),
            ],
            "grants": grants,
            "accounts": accounts,
            "form": form,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, heading),
        }
        return render(self.request, "accounts/authorizations/restore.html", context, status=status)
