"""Naming an account: its id is typed, or picked among those that fit (`static/js/picker.js`)."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.portal.forms.base import PortalForm

_TYPED = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


def picker_attrs(
    purpose: str = "read", *, is_clearable: bool = False, **query: str
) -> dict[str, Any]:
    """The attributes of a text input that takes an account; `purpose` and what else is in `query`
    say which ones fit (`accounts:picker`).
    """
    src = reverse_lazy("accounts:picker", query={"for": purpose, **query})
    attrs = {**_TYPED, "data-picker": "", "data-src": src}
    return {**attrs, "data-clearable": ""} if is_clearable else attrs


def suggestion_attrs(purpose: str) -> dict[str, Any]:
    """Of a text input that takes other words as well; accounts that fit are only suggested."""
    return {**_TYPED, "data-suggest": reverse_lazy("accounts:picker", query={"for": purpose})}


def top_level_field() -> forms.BooleanField:
    """Stands below a picker of an Agent ID that may be left empty: an emptied box means nothing."""
    return forms.BooleanField(
        label=gettext_lazy("Top level"),
        required=False,
        help_text=gettext_lazy("It belongs to no agent. Leave the Agent ID empty then."),
    )


def check_top_level(form: PortalForm, picker: str, agent: Account | None) -> None:
    """Add an error unless exactly one was said: an agent, or the top level (`top`)."""
    is_top = bool(form.cleaned_data.get("top"))
    if agent is None and not is_top and picker not in form.errors:
        words = _("Name the agent, or tick “Top level”.")
        form.add_error(picker, forms.ValidationError(words, code="no_agent"))
    if agent is not None and is_top:
        words = _("Either name an agent or tick “Top level”, not both.")
        form.add_error("top", forms.ValidationError(words, code="agent_and_top"))
