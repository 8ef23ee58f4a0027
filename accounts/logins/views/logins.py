"""The logins of an account: who signs in for it, and what those who may manage it can do about
them.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import F, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.authorizations.queries.grants import held
from accounts.core.actor import allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from accounts.kit.errors import Refused
from accounts.kit.pagination import Page, SortKey
from accounts.kit.proof import Gain
from accounts.logins.filters import LoginFilter
from accounts.logins.forms.logins import LoginForm, LoginLockForm, LoginNewForm, LoginResetForm
from accounts.logins.queries import login_of, logins_with_sessions
from accounts.logins.services.codes import Issued
from accounts.logins.services.logins import (
    login_create,
    login_edit,
    login_lock,
    login_reset,
    login_sessions_end,
    login_unlock,
)
from accounts.logins.tables import COLUMNS, OF_ADMINISTRATORS, LoginRow, login_menu
from accounts.logins.views.operators import before_letting_in
from accounts.portal.actions import RowAction
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther


class LoginsList(ListView):
    """All logins of an account. Whoever manages the account gets the actions; others read."""

    abstract = True
    what = "logins"
    heading = _("Logins")
    tab = "logins"
    filter_class = LoginFilter
    views = (
        ProductView(_("No second factor"), {"factor": "none"}, is_work=True),
        ProductView(_("Never signed in"), {"used": "never"}),
        ProductView(_("Locked"), {"state": "locked"}),
    )
    first_order = ("", SortKey(F("username")), False)
    words = Words(
        search=_("Filter these logins"),
        every=_("All logins"),
        file=_("%(kind)s, these logins"),
        no_match=_("No login matches these filters"),
    )

    @cached_property
    def may_manage(self) -> bool:
        assert self.subject is not None
        return (
            allows(self.actor, Authorization.MANAGE_ACCOUNT, self.subject)
            and self.subject.status != Account.Status.CLOSED
        )

    @property
    def has_acts(self) -> bool:  # type: ignore[override]
        return self.may_manage

    def base(self, is_all: bool) -> QuerySet[User]:
        assert self.subject is not None
        return logins_with_sessions(self.subject)

    def all_columns(self) -> Sequence[Column]:
        is_told = self.actor.is_administrator
        return [one for one in COLUMNS if one.name not in OF_ADMINISTRATORS or is_told]

    def is_all(self, parameters: QueryDict) -> bool:
        return False

    def shows(self, state: ListState) -> list[dict[str, Any]]:
        return []

    def read(self, state: ListState, names: Collection[str]) -> tuple[Page, str]:
        """All of them: an account has a few."""
        return Page(list(state.matching), None, None), ""

    def pager(self, state: ListState, found: Page) -> dict[str, Any]:
        return {}

    def rows(self, objects: Sequence[User], names: Collection[str]) -> Sequence[LoginRow]:
        account = self.subject
        assert account is not None
        holds_something = bool(held(account))
        return [
            LoginRow(one, account, holds_something and one.opened_by_operator, self.may_manage)
            for one in objects
        ]

    def key(self, row: LoginRow) -> str:
        return str(row.login.username)

    def attributes(self, row: LoginRow) -> Mapping[str, str]:
        return {"data-login": row.login.username}

    def acts(self, row: LoginRow) -> str:
        return login_menu(row)

    def head_more(self, state: ListState) -> dict[str, Any]:
        assert self.subject is not None
        return {"primary": _invite_action(self.subject) if self.may_manage else None}

    def title(self, state: ListState) -> Any:
        return f"{self.heading} · {self.subject}"

    def caption(self, state: ListState) -> Any:
        return _("Logins of this account")

    def export_url(self) -> str:
        assert self.subject is not None
        return reverse("accounts:logins-export", args=[self.subject.account_id])

    def first_use(self, state: ListState) -> Empty:
        assert self.subject is not None
        title = _("Nobody signs in for this account yet")
        if not self.may_manage:
            return Empty(title, _("An administrator can invite somebody."))
        text = _("Invite the first person; they choose their own password.")
        invite = _invite_action(self.subject)
        return Empty(title, text, invite.url, invite.label, invite.icon)


class LoginsView(ListPage, LoginsList):
    authorization = None


class LoginsExportView(ListExport, LoginsList):
    """The same as a file, without anything that lets somebody in."""

    authorization = None


class LoginNewView(PortalView):
    authorization = Authorization.MANAGE_ACCOUNT
    gain = Gain.LOGIN

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        return self._page(self.get_account(account_id), LoginNewForm())

    @method_decorator(never_cache)
    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = LoginNewForm(request.POST)
        if form.is_valid():
            values = {key: form.cleaned_data[key] for key in ("username", *_FIELDS)}
            try:
                issued = login_create(
                    actor=self.actor, account=account, by_mail=form.by_mail, **values
                )
            except Refused as error:
                form.add_error(error.field, str(error.message))
            else:
                return way_in_page(request, account, issued)
        return self._page(account, form, status=422)

    def _page(self, account: Account, form: LoginNewForm, status: int = 200) -> HttpResponse:
        context = {**_shared(self.request, account, _("Invite a login")), "form": form}
        return render(self.request, "accounts/logins/new.html", context, status=status)


class _OneLoginView(PortalView):
    """A page about one login of an account: a form or a question first, then the deed."""

    abstract = True
    template: ClassVar[str]
    heading: ClassVar[Any]

    def get(self, request: HttpRequest, account_id: str, username: str) -> HttpResponse:
        account, login = self.find(account_id, username)
        return self.page(account, login, self.form(login))

    @method_decorator(never_cache)
    def post(self, request: HttpRequest, account_id: str, username: str) -> HttpResponse:
        account, login = self.find(account_id, username)
        form = self.form(login, request.POST)
        if form.is_valid():
            try:
                return self.do(account, login, form)
            except Refused as error:
                field = error.field if error.field in form.fields else None
                form.add_error(field, str(error.message))
        return self.page(account, login, form, status=422)

    def find(self, account_id: str, username: str) -> tuple[Account, User]:
        account = self.get_account(account_id)
        login = login_of(account, username)
        if login is None:
            raise Http404
        return account, login

    def form(self, login: User, data: Any = None) -> Any:
        raise NotImplementedError

    def do(self, account: Account, login: User, form: Any) -> HttpResponse:
        raise NotImplementedError

    def page(self, account: Account, login: User, form: Any, status: int = 200) -> HttpResponse:
        heading = self.heading % {"login": login.username}
        context = {
            **_shared(self.request, account, heading),
            "login": login,
            "form": form,
            "warning": self.warning(login),
        }
        return render(self.request, self.template, context, status=status)

    def warning(self, login: User) -> str:
        """What to know before ("": nothing)."""
        return ""

    def done(self, account: Account, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return SeeOther("accounts:logins", account.account_id)


class LoginEditView(_OneLoginView):
    authorization = Authorization.MANAGE_ACCOUNT
    template = "accounts/logins/edit.html"
    heading = _("Edit login %(login)s")

    def form(self, login: User, data: Any = None) -> LoginForm:
        return LoginForm(data, initial={key: getattr(login, key) for key in _FIELDS})

    def do(self, account: Account, login: User, form: Any) -> HttpResponse:
        has_new_address = form.cleaned_data["email"].lower() != login.email
        self.prove(Gain.LOGIN if has_new_address else None)
        login_edit(actor=self.actor, user=login, **form.cleaned_data)
        return self.done(account, _("Login %(login)s is saved.") % {"login": login.username})


class LoginLockView(_OneLoginView):
    authorization = Authorization.MANAGE_ACCOUNT
    template = "accounts/logins/lock.html"
    heading = _("Lock login %(login)s")

    def form(self, login: User, data: Any = None) -> LoginLockForm:
        return LoginLockForm(data)

    def do(self, account: Account, login: User, form: Any) -> HttpResponse:
        login_lock(actor=self.actor, user=login, reason=form.cleaned_data["reason"])
        return self.done(account, _("Login %(login)s is locked.") % {"login": login.username})


class LoginUnlockView(_OneLoginView):
    authorization = Authorization.MANAGE_ACCOUNT
    template = "accounts/logins/unlock.html"
    heading = _("Unlock login %(login)s")

    def form(self, login: User, data: Any = None) -> LoginLockForm:
        form = LoginLockForm(data)
        form.fields["reason"].required = False
        return form

    def warning(self, login: User) -> str:
        return before_letting_in(login)

    def do(self, account: Account, login: User, form: Any) -> HttpResponse:
        unlocked = login_unlock(actor=self.actor, user=login, reason=form.cleaned_data["reason"])
        if warning := before_letting_in(unlocked):
            messages.warning(self.request, warning)
        return self.done(
            account, _("Login %(login)s can sign in again.") % {"login": login.username}
        )


class LoginResetView(_OneLoginView):
    authorization = Authorization.MANAGE_ACCOUNT
    gain = Gain.LOGIN
    template = "accounts/logins/reset.html"
    heading = _("Reset login %(login)s")

    def form(self, login: User, data: Any = None) -> LoginResetForm:
        return LoginResetForm(data, login=login)

    def warning(self, login: User) -> str:
        if not login.opened_by_operator:
            return ""
        return gettext(
            "An operator made or let in this login: its authenticator app, passkeys and recovery"
            " codes are removed in any case."
        )

    def do(self, account: Account, login: User, form: Any) -> HttpResponse:
        issued = login_reset(
            actor=self.actor,
            user=login,
            by_mail=form.by_mail,
            remove_second_factor=form.cleaned_data["remove_second_factor"],
            reason=form.cleaned_data["reason"],
        )
        return way_in_page(self.request, account, issued)


class LoginSignOutView(_OneLoginView):
    authorization = Authorization.MANAGE_ACCOUNT
    template = "accounts/logins/sign_out.html"
    heading = _("Sign out login %(login)s")

    def form(self, login: User, data: Any = None) -> Any:
        return Form(data)

    def do(self, account: Account, login: User, form: Any) -> HttpResponse:
        ended = login_sessions_end(actor=self.actor, user=login)
        return self.done(
            account,
            ngettext(
                "%(count)s session of %(login)s is signed out.",
                "%(count)s sessions of %(login)s are signed out.",
                ended,
            )
            % {"count": ended, "login": login.username},
        )


def _invite_action(account: Account) -> RowAction:
    url = reverse("accounts:login-new", args=[account.account_id])
    return RowAction("login-new", _("Invite a login"), "plus", url)


def way_in_page(request: HttpRequest, account: Account, issued: Issued) -> HttpResponse:
    """After an invitation: back to the list when it was mailed; else the one-time code, shown this
    once.
    """
    if issued.code is None:
        messages.success(
            request,
            _("An invitation for %(login)s is on its way to %(address)s.")
            % {"login": issued.user.username, "address": issued.mailed_to},
        )
        return SeeOther("accounts:logins", account.account_id)
    context = {
        **_shared(request, account, _("One-time code for %(login)s") % {"login": issued.user}),
        "issued": issued,
    }
    return render(request, "accounts/logins/code.html", context)


_FIELDS = ("full_name", "email", "time_zone")


def _shared(request: HttpRequest, account: Account, heading: Any) -> dict[str, Any]:
    return {
        "account": account,
        "page_heading": heading,
        "crumbs": breadcrumb(request, account, heading),
    }
