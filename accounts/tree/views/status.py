"""Locking and unlocking one account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.forms.base import add_domain_error
from accounts.portal.forms.mass import MassForm
from accounts.portal.standing import standing
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.ending import LockForm, UnlockForm
from accounts.tree.queries.affected import affected_by
from accounts.tree.services.accounts import account_lock, account_unlock


class _StatusView(PortalView):
    """The effects in words, a reason, the deed."""

    abstract = True
    template: str
    form_class: type[MassForm]
    # The status in which there is nothing to do.
    done: str

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        if account.status == self.done:
            messages.info(request, self.already(account))
            return SeeOther(account)
        return self._page(account, self._form(account))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = self._form(account, request.POST)
        if not form.is_valid():
            return self._page(account, form, status=422)
        try:
            account = self.do(account, form.cleaned_data["reason"])
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, status=error.status)
        return SeeOther(account)

    def _form(self, account: Account, data: Any = None) -> MassForm:
        return self.form_class(data, actor=self.actor, affected=affected_by([account]))

    def do(self, account: Account, reason: str) -> Account:
        raise NotImplementedError

    def already(self, account: Account) -> str:
        raise NotImplementedError

    def heading(self, account: Account) -> str:
        raise NotImplementedError

    def _page(self, account: Account, form: MassForm, status: int = 200) -> HttpResponse:
        heading = self.heading(account)
        context: dict[str, Any] = {
            "account": account,
            "form": form,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, heading),
            "still": self._still_stopped(account),
        }
        return render(self.request, self.template, context, status=status)

    def _still_stopped(self, account: Account) -> list[str]:
        """What keeps the account stopped when its own lock is gone."""
        way = way_to(self.request, account.pk)
        reasons = standing(self.actor, way).reasons
        return list(reasons[1:] if account.status == Account.Status.LOCKED else reasons)


class LockView(_StatusView):
    authorization = Authorization.MANAGE_ACCOUNT
    template = "accounts/tree/forms/lock.html"
    form_class = LockForm
    done = Account.Status.LOCKED

    def do(self, account: Account, reason: str) -> Account:
        account = account_lock(actor=self.actor, account=account, reason=reason)
        messages.success(
            self.request, _("%(account)s is locked.") % {"account": account.account_id}
        )
        return account

    def already(self, account: Account) -> str:
        return _("%(account)s is locked already.") % {"account": account.account_id}

    def heading(self, account: Account) -> str:
        return _("Lock %(account)s") % {"account": account.account_id}


class UnlockView(_StatusView):
    authorization = Authorization.MANAGE_ACCOUNT
    template = "accounts/tree/forms/unlock.html"
    form_class = UnlockForm
    done = Account.Status.ACTIVE

    def do(self, account: Account, reason: str) -> Account:
        still = self._still_stopped(account)
        account = account_unlock(actor=self.actor, account=account, reason=reason)
        text = _("%(account)s is unlocked.") % {"account": account.account_id}
        if still:
            messages.warning(self.request, f"{text} {_('It still does not operate:')} {still[0]}")
        else:
            messages.success(self.request, text)
        return account

    def already(self, account: Account) -> str:
        return _("%(account)s is not locked.") % {"account": account.account_id}

    def heading(self, account: Account) -> str:
        return _("Unlock %(account)s") % {"account": account.account_id}
