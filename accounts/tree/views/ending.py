"""The end of an account: deleted while it is untouched, else closed with its history kept."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, DomainError, Refused
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import ReasonForm, add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.ending import CloseForm
from accounts.tree.rules.ending import close_blockers, delete_refusal
from accounts.tree.services.ending import account_close, account_delete

_PER_PAGE = 50


class DeleteView(PortalView):
    """Asks why and deletes; where refused, shows what stands in the way and the ways out."""

    authorization = Authorization.MANAGE_ACCOUNT
    gain = Gain.ENDING
    asks_when_opened = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refusal = delete_refusal(account)
        if refusal:
            return self._refused(account, refusal)
        self.prove(self.gain)
        return self._ask(account, ReasonForm(actor=self.actor))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refusal = delete_refusal(account)
        if refusal:
            return self._refused(account, refusal, status=422)
        form = ReasonForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        try:
            account_delete(actor=self.actor, account=account, reason=form.cleaned_data["reason"])
        except (Refused, Busy) as error:
            if error.code in ("has_sub_accounts", "has_history"):
                return self._refused(self.get_account(account_id), error, status=422)
            add_domain_error(form, error)
            return self._ask(account, form, status=error.status)
        messages.success(request, _("%(account)s is deleted.") % {"account": account.account_id})
        parent = account.parent
        if parent is not None and self.accounts.filter(pk=parent.pk).exists():
            return SeeOther(parent)
        return SeeOther("accounts:list")

    def _ask(self, account: Account, form: ReasonForm, status: int = 200) -> HttpResponse:
        context = {**_shared(self.request, account, _("Delete %(account)s")), "form": form}
        context["login_count"] = account.logins.count()
        return render(self.request, "accounts/tree/forms/delete.html", context, status=status)

    def _refused(self, account: Account, error: DomainError, status: int = 200) -> HttpResponse:
        below = self.accounts.directly_below(account.pk).order_by("account_id")
        page = Paginator(below, _PER_PAGE).get_page(self.request.GET.get("page"))
        context = {
            **_shared(self.request, account, _("Delete %(account)s")),
            "error": error,
            "page": page,
            "pager": _pager(page),
            "is_closed": account.status == Account.Status.CLOSED,
            "close_blockers": close_blockers(account),
        }
        return render(
            self.request, "accounts/tree/forms/delete_refused.html", context, status=status
        )


class CloseView(PortalView):
    """For good: with a reason and the Account ID typed. Where it is refused, what is still open."""

    authorization = Authorization.MANAGE_ACCOUNT
    gain = Gain.ENDING
    asks_when_opened = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        blockers = close_blockers(account)
        if not blockers:
            self.prove(self.gain)
        return self._page(account, CloseForm(actor=self.actor, account=account), blockers)

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        form = CloseForm(request.POST, actor=self.actor, account=account)
        blockers = close_blockers(account)
        if blockers:
            return self._page(account, form, blockers, status=422)
        if not form.is_valid():
            return self._page(account, form, [], status=422)
        try:
            account_close(actor=self.actor, account=account, reason=form.cleaned_data["reason"])
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, error.items, status=error.status)
        messages.success(request, _("%(account)s is closed.") % {"account": account.account_id})
        return SeeOther(account)

    def _page(
        self, account: Account, form: CloseForm, blockers: Any, status: int = 200
    ) -> HttpResponse:
        context = {
            **_shared(self.request, account, _("Close %(account)s")),
            "form": form,
            "blockers": blockers,
            "login_count": account.logins.count(),
        }
        return render(self.request, "accounts/tree/forms/close.html", context, status=status)


def _shared(request: HttpRequest, account: Account, heading: str) -> dict[str, Any]:
    heading %= {"account": account.account_id}
    return {
        "account": account,
        "page_heading": heading,
        "crumbs": breadcrumb(request, account, heading),
        "move_all_url": reverse("accounts:move-sub-accounts", args=[account.account_id]),
    }


def _pager(page: Any) -> dict[str, Any]:
    return {
        "text": _("%(first)s–%(last)s of %(count)s")
        % {
            "first": page.start_index(),
            "last": page.end_index(),
            "count": page.paginator.count,
        },
        "newer_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "older_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
