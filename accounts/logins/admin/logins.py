"""Logins in the Django admin. Nobody sets a password here: a login gets a way in, and chooses.

Logins of accounts are open to operators with the permissions on logins; platform staff, and what it
may do, to superusers alone (`accounts.logins.services.staff`).
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import ADMINISTRATORS
from accounts.core.models import User
from accounts.kit.proof import Gain
from accounts.logins.queries import permissions_called
from accounts.logins.services import logins, staff
from accounts.logins.services.codes import Issued
from accounts.logins.views.operators import before_letting_in
from accounts.portal.admin import Deed, ReasonForm, ServiceAdmin, ServiceForm
from accounts.portal.forms.zones import ZoneField, time_zone_choices

_FIELDS = ("full_name", "email", "time_zone")
# What the admin asks for; other permissions have no meaning here and are not offered.
_OFFERED = (
    "view_account", "add_account", "change_account", "delete_account",
    "view_user", "add_user", "change_user", "view_auditentry",
    "view_accountgrant", "change_accountgrant", "view_authorizationtemplate",
    "view_numberrule", "view_subagentrequest", "view_authorizationrequest",
)  # fmt: skip


class PermissionField(forms.ModelMultipleChoiceField):
    """Model permissions by their own words, without app and model before each."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)

    def clean(self, value: Any) -> Any:
        """Refuse keys larger than any: SQLite would fail to look for them."""
        if isinstance(value, list | tuple) and any(len(str(one)) > 18 for one in value):
            raise forms.ValidationError(_("Choose permissions of the list."), code="invalid_choice")
        return super().clean(value)


class LoginForm(ServiceForm):
    """A login; the fields of platform staff are a superuser's."""

    fixed = ("username", "account")

    time_zone = ZoneField()
    by_mail = forms.BooleanField(
        label=_("Send an invitation"),
        required=False,
        initial=True,
        help_text=_("To its e-mail address. Otherwise you see a one-time code to pass on."),
    )
    administrator = forms.BooleanField(
        label=_("Administrator"), required=False, help_text=_("The whole platform, in the portal.")
    )
    operator = forms.BooleanField(
        label=_("Operator"),
        required=False,
        help_text=_("This Django admin, as far as the permissions below go."),
    )
    superuser = forms.BooleanField(
        label=_("Superuser"),
        required=False,
        help_text=_("Everything, and the only one who changes platform staff."),
    )
    permissions = PermissionField(
        label=_("Permissions of the operator"),
        required=False,
        queryset=permissions_called(_OFFERED),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = User
        fields = ("username", "account", *_FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            field: Any = self.fields["time_zone"]
            field.choices = time_zone_choices("UTC")
        login = self.instance
        if login.pk and "administrator" in self.fields:
            self.initial = {
                **self.initial,
                "administrator": login.groups.filter(name=ADMINISTRATORS).exists(),
                "operator": login.is_staff,
                "superuser": login.is_superuser,
                "permissions": list(login.user_permissions.all()),
            }

    def powers(self) -> dict[str, Any]:
        """What the login may do, as `services.staff` takes it; nothing of it without the fields."""
        names = ("administrator", "operator", "superuser")
        values = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        if "permissions" in self.cleaned_data:
            chosen = list(self.cleaned_data["permissions"])
            if self.instance.pk:
                # What is not offered stays as it is.
                chosen += self.instance.user_permissions.exclude(codename__in=_OFFERED)
            values["permissions"] = chosen
        return values

    def clean(self) -> Any:
        clean = super().clean() or self.cleaned_data
        wanted = any(clean.get(one) for one in ("administrator", "operator", "superuser"))
        if clean.get("account") and (wanted or clean.get("permissions")):
            self.add_error("account", _("A login of an account cannot be platform staff."))
        return clean


class ResetForm(ReasonForm):
    """How a login gets its new way in."""

    by_mail = forms.BooleanField(
        label=_("Send an invitation instead of showing a one-time code"), required=False
    )
    remove_second_factor = forms.BooleanField(
        label=_("Also remove its second factor (authenticator app, passkeys, recovery codes)"),
        required=False,
    )


class KindFilter(admin.SimpleListFilter):
    """Logins of accounts, or platform staff."""

    title = _("belongs to")
    parameter_name = "belongs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("account", _("An account")), ("platform", _("The platform"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("account", "platform"):
            return queryset
        return queryset.filter(account__isnull=self.value() == "platform")


@admin.register(User)
class LoginAdmin(ServiceAdmin):
    """Logins: the user name and the account stay for good."""

    form = LoginForm
    list_display = ("username", "full_name", "email", "account", "role", "is_active", "last_login")
    list_filter = (KindFilter, "is_active", "must_change_password")
    list_select_related = ("account",)
    search_fields = ("username", "full_name", "email", "account__account_id")
    search_help_text = _("User name, full name, e-mail or account ID contains …")
    ordering = ("username",)
    sortable_by = ("username", "full_name", "last_login")
    autocomplete_fields = ("account",)
    gain_of_adding = Gain.LOGIN
    _facts = (
        "role", "email_since", "is_active", "lock_reason", "must_change_password",
        "password_changed_at",
    )  # fmt: skip
    _times = ("last_login", "last_login_from", "created_at")
    readonly_fields = (*_facts, *_times)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Platform staff is changed by superusers alone."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.account_id is not None or self._is_superuser(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Logins are locked; they go with their untouched account only."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        powers = ("administrator", "operator", "superuser", "permissions")
        staff_set = (_("Platform staff"), {"fields": powers})
        if obj is None:
            first = (None, {"fields": ("username", "account", *_FIELDS, "by_mail")})
            return (first, staff_set) if self._is_superuser(request) else (first,)
        sets = [
            (None, {"fields": ("username", "account", *_FIELDS)}),
            (_("State"), {"fields": (*self._facts, *self._times)}),
        ]
        if obj.account_id is None and self._is_superuser(request):
            sets.insert(1, staff_set)
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ("username", "account") if obj else ()
        return (*self.readonly_fields, *fixed)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form has the fields that are shown and no others, declared ones included."""
        form = super().get_form(request, obj, change, **kwargs)
        sets = self.get_fieldsets(request, obj)
        shown = {name for _title, options in sets for name in options["fields"]}
        for name in [name for name in form.base_fields if name not in shown]:
            del form.base_fields[name]
        if "account" in form.base_fields and not self._is_superuser(request):
            form.base_fields["account"].required = True
        return form

    @admin.display(description=_("Role"))
    def role(self, login: User) -> Any:
        if login.account_id is not None:
            return _("Login of an account")
        if login.is_superuser:
            return _("Superuser")
        return _("Operator") if login.is_staff else _("Platform")

    # --- Saving --------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or edit through the service the login belongs to. Raises DomainError."""
        actor, clean = self.actor(request), form.cleaned_data
        values = {name: clean[name] for name in _FIELDS}
        if change:
            opens = obj.account_id is None or "email" in form.changed_data
            self.prove(request, Gain.LOGIN if opens else None)
            if obj.account_id is None:
                staff.staff_edit(actor=actor, user=obj, **values, **form.powers())
            else:
                logins.login_edit(actor=actor, user=obj, **values)
            return
        values |= {"username": clean["username"], "by_mail": clean["by_mail"]}
        if clean["account"] is not None:
            issued = logins.login_create(actor=actor, account=clean["account"], **values)
        else:
            issued = staff.staff_create(actor=actor, **values, **form.powers())
        obj.__dict__.update(issued.user.__dict__)
        request.issued = issued  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """The one-time code, this once; or the list, when the invitation was mailed."""
        issued: Issued = request.issued  # type: ignore[attr-defined]
        if issued.code is None:
            self.message_user(request, self._mailed(issued), messages.SUCCESS)
            return self.response_post_save_add(request, obj)
        return self._code_page(request, issued)

    def _mailed(self, issued: Issued) -> Any:
        return _("An invitation for %(login)s is on its way to %(address)s.") % {
            "login": issued.user.username,
            "address": issued.mailed_to,
        }

    def _code_page(self, request: HttpRequest, issued: Issued) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("One-time code for %(login)s") % {"login": issued.user},
            "issued": issued,
        }
        response = TemplateResponse(request, "admin/accounts/code.html", context)
        add_never_cache_headers(response)
        return response

    # --- Deeds ---------------------------------------------------------------------------------

    def all_deeds(self) -> tuple[Deed, ...]:
        def may(request: HttpRequest, login: User, *, active: bool) -> bool:
            return login.is_active is active and self.has_change_permission(request, login)

        return (
            Deed(
                "lock",
                _("Lock"),
                _("It is signed out at once and cannot sign in. Needs a reason."),
                self._lock,
                lambda request, one: may(request, one, active=True),
            ),
            Deed(
                "unlock",
                _("Unlock"),
                _("It can sign in again, with the password it had."),
                self._unlock,
                lambda request, one: may(request, one, active=False),
            ),
            Deed(
                "reset",
                _("Reset"),
                _("Its password becomes worthless, its sessions end, and it chooses a new one."),
                self._reset,
                lambda request, one: may(request, one, active=True),
                form=ResetForm,
                gain=Gain.LOGIN,
            ),
            Deed(
                "sign-out",
                _("Sign out everywhere"),
                _("All its sessions end; it can sign in again."),
                self._sign_out,
                lambda request, one: self.has_change_permission(request, one),
                form=forms.Form,
            ),
        )

    def _lock(self, request: HttpRequest, login: User, clean: dict[str, Any]) -> Any:
        actor = self.actor(request)
        if login.account_id is None:
            staff.staff_set_active(actor=actor, user=login, active=False, **clean)
        else:
            logins.login_lock(actor=actor, user=login, **clean)
        return _("%(login)s is locked.") % {"login": login}

    def _unlock(self, request: HttpRequest, login: User, clean: dict[str, Any]) -> Any:
        actor = self.actor(request)
        if login.account_id is None:
            self.prove(request, Gain.LOGIN)
            staff.staff_set_active(actor=actor, user=login, active=True, **clean)
        else:
            logins.login_unlock(actor=actor, user=login, **clean)
            if warning := before_letting_in(login):
                self.message_user(request, warning, messages.WARNING)
        return _("%(login)s is unlocked.") % {"login": login}

    def _reset(self, request: HttpRequest, login: User, clean: dict[str, Any]) -> Any:
        reset = staff.staff_reset if login.account_id is None else logins.login_reset
        issued = reset(actor=self.actor(request), user=login, **clean)
        return self._mailed(issued) if issued.code is None else self._code_page(request, issued)

    def _sign_out(self, request: HttpRequest, login: User, clean: dict[str, Any]) -> Any:
        end = staff.staff_sessions_end if login.account_id is None else logins.login_sessions_end
        end(actor=self.actor(request), user=login)
        return _("%(login)s is signed out everywhere.") % {"login": login}

    def _is_superuser(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)
