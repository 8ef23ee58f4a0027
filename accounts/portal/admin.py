"""What the admin's pages share: services write, and their refusals become words on the form.

Operators act here as far as their model permissions go (`operator_actor`); the services ask for
these permissions again. Django's own ways to write a row are shut.

What libraries put there writes past our services (addresses, second factors, groups): it goes.
Their modules are imported first, so that nothing registers itself again afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account import admin as _account_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _factor_admin
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _session_admin
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.auth import admin as _auth_admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.constants import LOOKUP_SEP
from django.forms.models import construct_instance
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect
from django_tasks_db import admin as _task_admin
from django_tasks_db.models import DBTaskResult

from accounts.core.actor import Actor, operator_actor
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.kit.errors import DomainError
from accounts.kit.legible import is_searchable
from accounts.kit.proof import Gain
from accounts.kit.text import can_be_stored
from accounts.portal.forms.base import add_domain_error
from accounts.portal.forms.whole import WholeForm
from accounts.portal.views.reauthentication import require_recent_sign_in

_OTHERS = (_account_admin, _factor_admin, _session_admin, _auth_admin, _task_admin)

# The queue's own status of a task says nothing: one that was killed runs there for ever.
for model in (EmailAddress, Authenticator, UserSession, Group, DBTaskResult):
    admin.site.unregister(model)

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _ModelForm = forms.ModelForm[Any]
else:
    # Generic for the type checker only.
    _ModelAdmin = admin.ModelAdmin
    _ModelForm = forms.ModelForm


class ReasonForm(WholeForm, forms.Form):
    """Why a deed is done, for the audit log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Kept in the audit log."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )


@dataclass(frozen=True)
class Deed:
    """Something done to one object on a page of its own, with a form: lock, close, reset …

    `work(request, object, cleaned data)` calls the service and returns a response, or a sentence
    for the list. `is_offered` says whether this object has the button.
    """

    name: str
    label: Any
    explanation: Any
    work: Callable[[HttpRequest, Any, dict[str, Any]], Any]
    is_offered: Callable[[HttpRequest, Any], bool]
    form: type[forms.Form] = ReasonForm
    is_destructive: bool = False
    # What it gains that takes a fresh proof of who is there.
    gain: Gain | None = None


# Digits of a primary key.
_LONGEST_KEY = 18


class OwnFiltersAdmin(_ModelAdmin):
    """A list that is narrowed by its own filters and by no other field named in the address.

    Django takes every field of the model there, and whoever sees the list could learn its secrets
    (password hashes, keys of sessions) letter by letter.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Whether one of the list's filters reads this parameter; others are answered with 400, and
        so is what a column, which Django asks for, cannot hold.
        """
        name = lookup.split(LOOKUP_SEP, 1)[0]
        readers = [one for one in self.list_filter if name in _parameters(one)]
        is_column = any(isinstance(one, str) for one in readers)
        return bool(readers) and (can_be_stored(str(value)) or not is_column)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row of the address; one named by a field without a name is named by its key. None for
        a number larger than any key, for which SQLite would fail to look, and for what is no text,
        for which PostgreSQL would.
        """
        if not can_be_stored(object_id) or (
            object_id.isdecimal() and len(object_id) > _LONGEST_KEY
        ):
            return None
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Django looks for every word by itself; what is written out in full may be several. No row
        holds what is no text, or so much of it; a database refuses to be asked.
        """
        if not is_searchable(search_term):
            return queryset.none(), False
        term = " ".join(search_term.split())
        rows, repeats = super().get_search_results(request, queryset, term)
        if " " not in term or not self.get_search_fields(request):
            return rows, repeats
        quoted = term.replace("\\", "\\\\").replace('"', '\\"')
        whole, more = super().get_search_results(request, queryset, f'"{quoted}"')
        return rows | whole, repeats or more


def _parameters(one: Any) -> tuple[str, ...]:
    """What a filter of a list reads from the address."""
    if isinstance(one, str):
        return (one,)
    return getattr(one, "parameter_names", None) or (one.parameter_name,)


class ServiceAdmin(OwnFiltersAdmin):
    """A model whose rows are written by services only."""

    list_per_page = 50
    show_full_result_count = False
    # Counts beside every filter would read the whole table, once per choice.
    show_facets = admin.ShowFacets.NEVER
    # The portal's page of an object is the administrators'; operators have no scope there.
    view_on_site = False
    change_form_template = "admin/accounts/change_form.html"
    # What adding an object gains that takes a fresh proof of who is there.
    gain_of_adding: ClassVar[Gain | None] = None

    def actor(self, request: HttpRequest) -> Actor:
        """Who acts: the signed-in member of the platform's staff, with its permissions here."""
        return operator_actor(request.user)

    def prove(self, request: HttpRequest, gain: Gain | None) -> None:
        """As `PortalView.prove`: the request goes on once the person has proven who they are."""
        if gain is not None:
            require_recent_sign_in(request)

    # --- Saving --------------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.request = request  # type: ignore[attr-defined]
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """As Django's; a service's refusal undoes everything and is shown on the form again."""
        if object_id is None and self.has_add_permission(request):
            self.prove(request, self.gain_of_adding)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            # The form finds it in its `clean` and so is shown with it, as it was filled in.
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the service has written everything that belongs to the object."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        raise PermissionDenied

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Accounts are looked up as they are typed, never listed."""
        if db_field.related_model is Account:
            kwargs["widget"] = AccountSelect(db_field, self.admin_site)
            # mptt's own field would draw the level as dashes before the id.
            kwargs["form_class"] = forms.ModelChoiceField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """No buttons to add, change or delete another object out of a field of this one."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget: Any = getattr(field, "widget", None)
        if isinstance(widget, RelatedFieldWidgetWrapper):
            widget.can_add_related = widget.can_change_related = widget.can_delete_related = False
        return field

    # --- Deeds ---------------------------------------------------------------------------------

    def all_deeds(self) -> tuple[Deed, ...]:
        """The deeds this model offers."""
        return ()

    def get_urls(self) -> Any:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        page = self.admin_site.admin_view(self.deed_view)
        own = [
            path(f"<path:object_id>/{deed.name}/", page, {"name": deed.name}, f"{name}_{deed.name}")
            for deed in self.all_deeds()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        obj = self.get_object(request, unquote(object_id))
        offered = [deed for deed in self.all_deeds() if obj and deed.is_offered(request, obj)]
        extra = {
            "deeds": [(deed, self._url(deed.name, obj)) for deed in offered],
            "show_delete": False,
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)

    @method_decorator(csrf_protect)
    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for what a deed needs, then do it. Unknown objects: 404; not offered: 403."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        deed = next(one for one in self.all_deeds() if one.name == name)
        if not deed.is_offered(request, obj):
            raise PermissionDenied
        self.prove(request, deed.gain)
        form = deed.form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    done = deed.work(request, obj, form.cleaned_data)
            except DomainError as error:
                add_domain_error(form, error)
            else:
                if isinstance(done, HttpResponse):
                    return done
                self.message_user(request, done, messages.SUCCESS)
                return HttpResponseRedirect(self._url("changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": obj,
            "title": f"{deed.label}: {obj}",
            "deed": deed,
            "form": form,
            "back": self._url("change", obj),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/accounts/deed.html", context)

    def _url(self, name: str, obj: Any = None) -> str:
        full = f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}"
        return reverse(full, args=[obj.pk] if obj is not None else [])


class ServiceForm(WholeForm, _ModelForm):
    """A form whose values go to a service. The rules are the service's; this asks for the shape.
    Fields that the page does not show this operator may not come with it.
    """

    request: HttpRequest
    # Given once: shown as text where something is changed.
    fixed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.declared_fields.items():
            if name not in self.fields:
                self.knows(name, field, None, _("You cannot set this here."))
        for name in self.fixed:
            if name not in self.fields:
                model_field: Any = self._meta.model._meta.get_field(name)
                value = getattr(self.instance, name)
                self.knows(name, model_field.formfield(), value, _("It never changes."))

    def clean(self) -> Any:
        clean = super().clean()
        error = getattr(self.request, "refusal", None)
        if error is not None:
            add_domain_error(self, error)
        return clean

    def _post_clean(self) -> None:
        """Take the values over; the model's own checks are the service's, which has words for
        them.
        """
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


class AccountSelect(AutocompleteSelect):
    """Django's, which fails on a posted value that is no number at all and leaves its box without
    a name.
    """

    @property
    def media(self) -> Any:
        # After the script that draws the box.
        return super().media + forms.Media(js=("admin/js/autocomplete.js", "js/admin-widgets.js"))

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        """Its list opens within the page's main part, not after the end of the page."""
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "data-dropdown-parent": "#content-start"}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        short = [one for one in value if len(str(one)) <= _LONGEST_KEY]
        numbers = [one for one in short if str(one).isdecimal()]
        return super().optgroups(name, numbers, attr)


class ReadOnlyAdmin(OwnFiltersAdmin):
    """A model that is looked at and nothing else."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfAccountsAdmin(ReadOnlyAdmin):
    """Rows of accounts within the operator's reach, found by account ID, written out in full."""

    search_help_text = _("Account ID, written out in full")
    sortable_by = ()
    # Whose rows these are.
    path_to_account = "account"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.filter(in_scope(operator_actor(request.user).scope, self.path_to_account))
