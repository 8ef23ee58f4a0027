"""Accounts in the Django admin: the hierarchy branch by branch, saved through the services."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.authorizations.admin.grants import (
    GRANT_FIELDS,
    GrantBoxes,
    grant_words,
    grants_of_account,
    risk_words,
    save_grants,
    takes_below,
)
from accounts.core.actor import operator_actor
from accounts.core.authorizations import in_order
from accounts.core.codecs import CODECS
from accounts.core.models import Account, AccountDetail
from accounts.core.reach import accounts_reached
from accounts.kit.errors import DomainError
from accounts.kit.markup import format_html, format_html_join
from accounts.kit.moments import last_day
from accounts.kit.proof import Gain
from accounts.kit.text import tidied
from accounts.portal.admin import Deed, ServiceAdmin, ServiceForm
from accounts.portal.forms.zones import ZoneField, time_zone_choices
from accounts.tree.admin.filters import AgentFilter, BranchFilter, CategoryFilter
from accounts.tree.forms.account import DETAIL
from accounts.tree.forms.last_day import WithLastDay, last_day_field
from accounts.tree.rules.account_types import types_for, types_words
from accounts.tree.services import ending
from accounts.tree.services.accounts import (
    account_create,
    account_edit,
    account_lock,
    account_unlock,
    accounts_set_status,
)
from accounts.tree.services.moving import account_move

_OWN = ("name", "type", "ctd_billing_model", "valid_until", "time_zone")

_BOXES = _(
    "All eight are full access: use it sparingly, and only with a reason. 4 is of little use "
    "without 5 and 6."
)


def _of_detail(name: str, **more: Any) -> Any:
    field = AccountDetail._meta.get_field(name)
    return field.formfield(**more)  # type: ignore[union-attr]


def _said(value: Any) -> Any:
    return _("Yes") if value is True else value


class AccountForm(ServiceForm, GrantBoxes, WithLastDay):
    """An account with its contact, memo, codecs and authorizations. `seen_version` is what the
    person saw.
    """

    fixed = ("account_id",)

    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)
    valid_until = last_day_field()
    time_zone = ZoneField()
    company = _of_detail("company")
    contact_person = _of_detail("contact_person")
    email = _of_detail("email")
    phone = _of_detail("phone")
    address = _of_detail("address")
    is_published = _of_detail("is_published")
    memo = _of_detail("memo")
    codecs = forms.MultipleChoiceField(
        label=_("Default codecs"),
        required=False,
        choices=[(one, one) for one in CODECS],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Account
        fields = ("account_id", "parent", *_OWN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.instance
        self.stored_end = account.valid_until
        if "valid_until" in self.fields:
            self.fields["valid_until"].help_text = _(
                "Until the end of this day in the account's time zone."
            )
        if account.pk:
            about = {name: getattr(account.detail, name) for name in DETAIL}
            self.initial = {**self.initial, **about, "seen_version": account.version}
            if account.valid_until:
                self.initial["valid_until"] = last_day(account.valid_until, account.zone)
        if "time_zone" in self.fields:
            zones = time_zone_choices("UTC" if account.pk else _("As its agent"))[1:]
            first = [("UTC", "UTC")] if account.pk else [("", _("As its agent")), ("UTC", "UTC")]
            field: Any = self.fields["time_zone"]
            field.choices = first + zones
            if not account.pk:
                self.initial["time_zone"] = ""
        actor = operator_actor(self.request.user)
        if "type" in self.fields:
            types: Any = self.fields["type"]
            changed = account if account.pk else None
            types.choices = types_for(actor, changed)
            types.help_text = types_words(actor, changed)
        self.prepare_boxes(actor, account)

    def clean(self) -> Any:
        """The day becomes the moment it ends at; one that was set to the second elsewhere stays if
        nobody touches it here.
        """
        clean = super().clean()
        parent = clean.get("parent")
        self.zone_default = parent.time_zone if parent else "UTC"
        self.check_last_day(clean)
        if "time_zone" in clean and "valid_until" in clean:
            is_touched = {"valid_until", "time_zone"} & set(self.changed_data)
            clean["valid_until"] = self.expiry() if is_touched else self.stored_end
        return clean

    def detail(self) -> dict[str, Any]:
        """Contact, memo and codecs, as the services take them; codecs keep their order."""
        values = {name: self.cleaned_data[name] for name in DETAIL}
        kept = [one for one in self.initial.get("codecs", ()) if one in values["codecs"]]
        values["codecs"] = [*kept, *(one for one in values["codecs"] if one not in kept)]
        return values


class ReasonAction(ActionForm):
    """The actions of the list, with the reason the audit log keeps."""

    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


@admin.register(Account)
class AccountAdmin(ServiceAdmin):
    """The hierarchy, indented by level: the top level first, one branch at a time."""

    form = AccountForm
    action_form = ReasonAction
    actions = ("lock_selected", "unlock_selected")
    list_display = ("outline", "name", "category", "agent", "below", "state", "valid_until")
    list_display_links = None
    list_filter = (BranchFilter, AgentFilter, CategoryFilter, "status", "type")
    list_select_related = ("parent",)
    search_fields = ("account_id", "name")
    search_help_text = _("Account ID or name contains …")
    ordering = ("tree_id", "lft")
    sortable_by = ("name", "valid_until")
    autocomplete_fields = ("parent",)
    readonly_fields = ("category", "state", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("account_id", "parent", "name", "type", "category", "state")}),
        (_("Terms"), {"fields": ("valid_until", "ctd_billing_model", "time_zone", "seen_version")}),
        (
            _("Contact"),
            {"fields": ("company", "contact_person", "email", "phone", "address", "is_published")},
        ),
        (_("Notes"), {"fields": ("memo", "codecs", "created_at", "updated_at")}),
    )

    class Media:
        js = ("js/admin-agent.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return accounts_reached(self.actor(request)).order_by(*self.ordering)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """As the portal searches: a part of the account id or the name."""
        term = search_term.strip()
        return (queryset.matching(term) if term else queryset), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The account id never changes."""
        return (*self.readonly_fields, "account_id") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look gets the contact and the notes as text."""
        if obj is None:
            return self.fieldsets
        if self.has_change_permission(request, obj):
            boxes = {"fields": GRANT_FIELDS, "description": _BOXES}
            return (*self.fieldsets, (_("Authorizations"), boxes))
        first, (terms, _fields) = self.fieldsets[:2]
        return (
            first,
            (terms, {"fields": _OWN[2:]}),
            (_("Contact and notes"), {"fields": ("about", "created_at", "updated_at")}),
            (_("Authorizations"), {"fields": ("granted",)}),
        )

    @admin.display(description=_("Details"))
    def about(self, account: Account) -> Any:
        """Contact, memo and codecs as lines of text."""
        lines = []
        for name in DETAIL:
            value = getattr(account.detail, name)
            if value:
                words = ", ".join(value) if isinstance(value, list) else _said(value)
                lines.append((AccountDetail._meta.get_field(name).verbose_name, words))  # type: ignore[union-attr]
        return format_html_join("", "<div>{}: {}</div>", lines) or "–"

    @admin.display(description=_("Granted"))
    def granted(self, account: Account) -> Any:
        """What the account holds, with risk and reason, as text."""
        grants = grants_of_account(account)
        lines = (
            (code.number, code.label, risk_words(code), grant_words(grants[code]))
            for code in in_order(grants)
        )
        return format_html_join("", "<div>{} {} ({}). {}</div>", lines) or "–"

    # --- Columns -------------------------------------------------------------------------------

    @admin.display(description=_("Account ID"))
    def outline(self, account: Account) -> Any:
        """The account id, indented, after the link that opens or closes its branch."""
        is_open = getattr(account, "is_open", False)
        branch = account.parent if is_open else account
        query = f"?{urlencode({'branch': branch.account_id})}" if branch else "?"
        words = _("Close %(account)s") if is_open else _("Open %(account)s")
        twist: Any = mark_safe('<span class="twist"></span>')
        if account.is_agent:
            twist = format_html(
                '<a class="twist" href="{}" aria-label="{}" aria-expanded="{}">{}</a>',
                query,
                words % {"account": account.account_id},
                "true" if is_open else "false",
                "▾" if is_open else "▸",
            )
        return format_html(
            '<span class="outline lvl-{}" data-account="{}">{}<a href="{}">{}</a></span>',
            min(account.level, 8),
            account.account_id,
            twist,
            self._url("change", account),
            account.account_id,
        )

    @admin.display(description=_("Category"))
    def category(self, account: Account) -> Any:
        return account.category if account.pk else "–"

    @admin.display(description=_("Agent ID"))
    def agent(self, account: Account) -> str:
        return account.parent.account_id if account.parent else "–"

    @admin.display(description=_("All sub-accounts"))
    def below(self, account: Account) -> Any:
        return account.sub_account_count or "–"

    @admin.display(description=_("Status"))
    def state(self, account: Account) -> Any:
        if account.status == Account.Status.ACTIVE and account.is_expired:
            return _("Expired")
        return account.get_status_display()

    # --- Saving --------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create, or edit and then move, in one transaction. Raises DomainError."""
        actor, clean = self.actor(request), form.cleaned_data
        own = {name: clean[name] for name in _OWN}
        if not change:
            made = account_create(
                actor=actor,
                account_id=clean["account_id"],
                parent=clean["parent"],
                detail=form.detail(),
                **own,
            )
            obj.__dict__.update(made.__dict__)
            return
        account_edit(
            actor=actor,
            account=obj,
            expected_version=clean["seen_version"],
            detail=form.detail(),
            **own,
        )
        is_moved = "parent" in form.changed_data
        if is_moved:
            account_move(actor=actor, account=obj, parent=clean["parent"])
        self.prove(request, Gain.MASS if takes_below(obj, clean) else None)
        for words in save_grants(actor, obj, clean, is_moved=is_moved):
            self.message_user(request, words, messages.WARNING)

    # --- Deeds ---------------------------------------------------------------------------------

    def all_deeds(self) -> tuple[Deed, ...]:
        def may_change(request: HttpRequest, account: Account, *status: str) -> bool:
            return account.status in status and self.has_change_permission(request, account)

        return (
            Deed(
                "lock",
                _("Lock"),
                _("The account and everything below it stops at once; people can still sign in."),
                self._lock,
                lambda request, one: may_change(request, one, "active"),
            ),
            Deed(
                "unlock",
                _("Unlock"),
                _("The account runs again, unless it is expired or blocked by a level above."),
                self._unlock,
                lambda request, one: may_change(request, one, "locked"),
            ),
            Deed(
                "close",
                _("Close for good"),
                _("A closed account is never reopened. Its logins stay out; its history stays."),
                self._close,
                lambda request, one: may_change(request, one, "active", "locked"),
                is_destructive=True,
                gain=Gain.ENDING,
            ),
            Deed(
                "delete",
                _("Delete"),
                _("Only an untouched account without sub-accounts can be deleted, and its logins."),
                self._delete,
                lambda request, one: self.has_delete_permission(request, one),
                is_destructive=True,
                gain=Gain.ENDING,
            ),
        )

    def _lock(self, request: HttpRequest, account: Account, clean: dict[str, Any]) -> Any:
        account_lock(actor=self.actor(request), account=account, **clean)
        return _("%(account)s is locked.") % {"account": account}

    def _unlock(self, request: HttpRequest, account: Account, clean: dict[str, Any]) -> Any:
        account_unlock(actor=self.actor(request), account=account, **clean)
        return _("%(account)s is unlocked.") % {"account": account}

    def _close(self, request: HttpRequest, account: Account, clean: dict[str, Any]) -> Any:
        ending.account_close(actor=self.actor(request), account=account, **clean)
        return _("%(account)s is closed.") % {"account": account}

    def _delete(self, request: HttpRequest, account: Account, clean: dict[str, Any]) -> Any:
        ending.account_delete(actor=self.actor(request), account=account, **clean)
        return _("%(account)s is deleted.") % {"account": account}

    @admin.action(description=_("Lock the selected accounts"), permissions=["change"])
    def lock_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return self._set_status(request, queryset, locked=True)

    @admin.action(description=_("Unlock the selected accounts"), permissions=["change"])
    def unlock_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return self._set_status(request, queryset, locked=False)

    def _set_status(self, request: HttpRequest, queryset: Any, *, locked: bool) -> HttpResponse:
        if "reason" not in request.POST:
            self.message_user(request, _("The reason did not arrive. Try again."), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        reason = tidied(request.POST["reason"])[:500]
        try:
            done = accounts_set_status(
                actor=self.actor(request), accounts=list(queryset), locked=locked, reason=reason
            )
        except DomainError as error:
            self.message_user(request, str(error.message), messages.ERROR)
        else:
            words = (
                ngettext(
                    "%(count)s account is locked.", "%(count)s accounts are locked.", len(done)
                )
                if locked
                else ngettext(
                    "%(count)s account is unlocked.", "%(count)s accounts are unlocked.", len(done)
                )
            )
            self.message_user(request, words % {"count": len(done)}, messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())
