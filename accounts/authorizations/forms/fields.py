"""The authorizations of an account that does not exist yet, as boxes in its form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.authorizations.rules.grants import unavailable
from accounts.core.actor import Actor
from accounts.core.authorizations import HIGH, Authorization, Codes
from accounts.core.models import Account
from accounts.kit.markup import format_html
from accounts.portal.forms.whole import WholeForm

_PREFIX = "grant_"


def grant_field(code: Authorization) -> str:
    """The name of the box for `code` in the form of a new account."""
    return _PREFIX + code


def add_grant_fields(form: WholeForm, actor: Actor, agent: Account | None) -> bool:
    """Give the form of a new account below `agent` a box for each authorization, `grant_<code>`;
    return whether there is one to tick.

    An agent cannot tick what it may not grant. Administrators may still choose another Agent ID in
    the form, so for them the box only says what stands against it.
    """
    new = Account(account_id=_("The new account"), parent=agent)
    lacking = unavailable(actor, new)
    for code in Authorization:
        form.fields[_PREFIX + code] = forms.BooleanField(
            label=grant_label(code),
            required=False,
            help_text=lacking.get(code, code.when_to_grant),
            disabled=code in lacking and not actor.is_administrator,
        )
    if not actor.is_administrator and len(lacking) == len(Authorization):
        for code in Authorization:
            form.withhold(_PREFIX + code, why=lacking[code])
        return False
    return True


def granted(form: forms.Form) -> Codes:
    """The authorizations that were ticked."""
    return frozenset(one for one in Authorization if form.cleaned_data.get(_PREFIX + one))


def grant_boxes(form: forms.Form) -> list[forms.BoundField]:
    """The boxes, in order."""
    return [form[name] for name in form.fields if name.startswith(_PREFIX)]


def grant_label(code: Authorization) -> Any:
    if code not in HIGH:
        return format_html("{} {}", code.number, code.label)
    return format_html(
        '{} {} <span class="badge-soft danger">{}</span>', code.number, code.label, _("High risk")
    )
