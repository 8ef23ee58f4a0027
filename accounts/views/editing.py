"""Changing the values of an account; when two people did at once, the second one chooses."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.authorizations import Authorization
from accounts.breadcrumbs import breadcrumb
from accounts.errors import Busy, Clash, Refused
from accounts.forms.account import AccountEditForm, initial_of
from accounts.forms.base import add_domain_error
from accounts.models import Account
from accounts.services.accounts import account_edit, refuse_closed
from accounts.views.base import PortalView
from accounts.views.responses import SeeOther

_PICK = "pick-"


class AccountEditView(PortalView):
    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        return self._page(account, AccountEditForm(actor=self.actor, account=account))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        form = AccountEditForm(_settled(request, account), actor=self.actor, account=account)
        if not form.is_valid():
            return self._page(account, form, status=422)
        was_flow = account.ctd_billing_model == Account.BillingModel.FLOW
        try:
            account = account_edit(
                actor=self.actor,
                account=account,
                expected_version=form.cleaned_data["version"],
                detail=form.detail(),
                **form.fields_to_save(),
            )
        except Clash:
            return self._clash(account_id, form)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, status=error.status)
        messages.success(
            request,
            format_html(
                _("{account} is saved."),
                account=format_html(
                    '<a href="{}">{}</a>', account.get_absolute_url(), account.account_id
                ),
            ),
        )
        if account.ctd_billing_model == Account.BillingModel.FLOW and not was_flow:
            messages.warning(request, _("Flow billing is only for callback business."))
        return SeeOther(account)

    def _page(self, account: Account, form: AccountEditForm, status: int = 200) -> HttpResponse:
        context = {
            "account": account,
            "form": form,
            "crumbs": breadcrumb(self.request, account, _("Edit")),
        }
        return render(self.request, "accounts/forms/edit.html", context, status=status)

    def _clash(self, account_id: str, form: AccountEditForm) -> HttpResponse:
        """Both values of every field that differs, to choose from."""
        account = self.get_account(account_id)
        stored = AccountEditForm(actor=self.actor, account=account)
        differing = []
        values: dict[str, Any] = initial_of(account)
        for name in form.fields:
            mine = form.cleaned_data.get(name)
            if name != "version" and (mine or None) != (values[name] or None):
                differing.append(
                    {
                        "name": f"{_PICK}{name}",
                        "label": form.fields[name].label,
                        "stored": _words(stored, name, values[name]),
                        "mine": _words(form, name, mine),
                    }
                )
        # Everything as it was sent, on top of the version that is stored now.
        hidden = [
            (name, value)
            for name in form.data
            if name not in ("csrfmiddlewaretoken", "version") and not name.startswith(_PICK)
            for value in form.data.getlist(name)  # type: ignore[attr-defined]
        ]
        context = {
            "account": account,
            "crumbs": breadcrumb(self.request, account, _("Edit")),
            "differing": differing,
            "hidden": [*hidden, ("version", account.version)],
        }
        return render(self.request, "accounts/forms/clash.html", context, status=409)


def _settled(request: HttpRequest, account: Account) -> Any:
    """What was sent; where the clash page was answered with the stored value, that one."""
    stored = [
        name.removeprefix(_PICK)
        for name, answer in request.POST.items()
        if name.startswith(_PICK) and answer == "stored"
    ]
    if not stored:
        return request.POST
    data = request.POST.copy()
    values = initial_of(account)
    for name in stored:
        if name in values and name != "version":
            value = values[name]
            data.setlist(name, value if isinstance(value, list) else [value or ""])
    return data


def _words(form: AccountEditForm, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    choices: Any = getattr(form.fields[name], "choices", None)
    if name == "ctd_billing_model":
        choices = Account.BillingModel.choices
    return str(dict(choices).get(value, value) if choices else value or "")
