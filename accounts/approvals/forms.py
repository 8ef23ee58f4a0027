"""Forms about sub-agent requests, and the authorizations of an account that does not exist yet."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authorizations.services.grants import unavailable
from accounts.core.actor import Actor
from accounts.core.authorizations import HIGH, Authorization, Codes, in_order
from accounts.core.models import Account
from accounts.portal.forms.base import PortalForm
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
            label=_label(code),
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


class DecisionForm(PortalForm):
    """What is said with a decision about a request. `deed` is "approve", "fewer", "reject" or
    "withdraw"; only "fewer" chooses among what was asked for.
    """

    deed = forms.CharField(max_length=10, widget=forms.HiddenInput)
    codes = forms.MultipleChoiceField(
        label=gettext_lazy("Authorizations to grant"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Both sides see it; it is mailed to who asked."),
        error_messages={"required": gettext_lazy("Say why: both sides see it.")},
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, deed: str, asked: Codes, **kwargs: Any) -> None:
        super().__init__(*args, initial={"deed": deed, "codes": sorted(asked)}, **kwargs)
        self.verdict = deed
        if deed == "fewer":
            field: Any = self.fields["codes"]
            field.choices = [(one.value, _label(one)) for one in in_order(asked)]
        else:
            self.withhold("codes", why=_("Choose “fewer” to grant another set than was asked for."))
        if deed == "withdraw":
            del self.fields["reason"]
        elif deed == "reject":
            self.fields["reason"].required = True

    def chosen(self) -> Codes | None:
        """What shall be granted; None: as asked."""
        if self.verdict != "fewer":
            return None
        return frozenset(Authorization(one) for one in self.cleaned_data["codes"])


def _label(code: Authorization) -> Any:
    if code not in HIGH:
        return format_html("{} {}", code.number, code.label)
    return format_html(
        '{} {} <span class="badge-soft danger">{}</span>', code.number, code.label, _("High risk")
    )
