"""Changing the values of an account; when two people did at once, the second one chooses."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.markup import format_html
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.registry import Effect
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.account import AccountEditForm
from accounts.tree.services.accounts import account_edit

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
        form = AccountEditForm(self._settled(account), actor=self.actor, account=account)
        if "change" in request.POST:
            return self._page(account, form)
        if not form.is_valid():
            return self._page(account, form, status=422)
        if "confirmed" not in request.POST:
            warnings, effects = form.sections.warnings(), form.sections.effects()
            if warnings or any(one.must_be_seen for one in effects):
                return self._check(account, form, warnings, effects)
        self.prove(form.sections.gain())
        was_flow = account.ctd_billing_model == Account.BillingModel.FLOW
        try:
            account = account_edit(
                actor=self.actor,
                account=account,
                expected_version=form.cleaned_data["version"],
                detail=form.detail(),
                with_edited=lambda one: form.sections.apply(self.actor, one),
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
        return render(self.request, "accounts/tree/forms/edit.html", context, status=status)

    def _settled(self, account: Account) -> Any:
        """What was sent; where the clash page was answered with the stored value, that one."""
        data: Any = self.request.POST
        picked = [
            name.removeprefix(_PICK)
            for name, answer in data.items()
            if name.startswith(_PICK) and answer == "stored"
        ]
        if not picked:
            return data
        stored = AccountEditForm(actor=self.actor, account=account)
        values = stored.stored()
        data = data.copy()
        for name in picked:
            if name in values and not stored.fields[name].widget.is_hidden:
                value = stored.fields[name].prepare_value(values[name])
                data.setlist(name, value if isinstance(value, list) else [value or ""])
        return data

    def _check(
        self,
        account: Account,
        form: AccountEditForm,
        warnings: list[str],
        effects: list[Effect],
    ) -> HttpResponse:
        """What saving would bring about, to be confirmed."""
        context = {
            "account": account,
            "crumbs": breadcrumb(self.request, account, _("Edit")),
            "page_heading": _("Check before saving"),
            "warnings": warnings,
            "effects": effects,
            "hidden": _sent(form, but=("confirmed",)),
        }
        return render(self.request, "accounts/tree/forms/edit_check.html", context)

    def _clash(self, account_id: str, form: AccountEditForm) -> HttpResponse:
        """Both values of every field that differs, to choose from."""
        account = self.get_account(account_id)
        stored = AccountEditForm(actor=self.actor, account=account)
        differing = []
        values = stored.stored()
        for name, field in form.fields.items():
            mine = form.cleaned_data.get(name)
            if not field.widget.is_hidden and (mine or None) != (values[name] or None):
                differing.append(
                    {
                        "name": f"{_PICK}{name}",
                        "label": form.fields[name].label,
                        "stored": _words(stored, name, values[name]),
                        "mine": _words(form, name, mine),
                    }
                )
        # Everything as it was sent, on top of the versions that are stored now.
        versions = [name for name, field in form.fields.items() if field.widget.is_hidden]
        hidden = [
            *_sent(form, but=("confirmed", *versions)),
            *((name, values[name]) for name in versions),
        ]
        context = {
            "account": account,
            "crumbs": breadcrumb(self.request, account, _("Edit")),
            "differing": differing,
            "hidden": hidden,
        }
        return render(self.request, "accounts/tree/forms/clash.html", context, status=409)


def _sent(form: AccountEditForm, but: tuple[str, ...]) -> list[tuple[str, Any]]:
    """What was sent with the form, to be sent again."""
    return [
        (name, value)
        for name in form.data
        if name not in ("csrfmiddlewaretoken", *but) and not name.startswith(_PICK)
        for value in form.data.getlist(name)  # type: ignore[attr-defined]
    ]


def _words(form: AccountEditForm, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices: Any = getattr(form.fields[name], "choices", None)
    if name == "ctd_billing_model":
        choices = Account.BillingModel.choices
    if choices:
        return str(dict(choices).get(value, value))
    return str(form.fields[name].prepare_value(value) or "")
