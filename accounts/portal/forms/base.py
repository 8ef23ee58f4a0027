"""What the forms of the portal share: who fills them in, and how a refusal finds its field."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import find_in_scope
from accounts.kit.errors import DomainError, NotInScope
from accounts.portal.forms.whole import WholeForm


class PortalForm(WholeForm, forms.Form):
    """A form that knows who fills it in. Accounts named in it exist only within that person's
    scope; texts come without spaces around them.
    """

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def account_named(self, field: str, words: Any = "") -> Account | None:
        """The account whose id was typed into `field`; None when it was left empty.

        Unknown and foreign get the same error at the field and give None as well: ask
        `field in form.errors` where empty has a meaning of its own. `words` is that error, where
        it is no Agent ID that is asked for.
        """
        typed = self.cleaned_data.get(field) or ""
        if not typed:
            return None
        try:
            return find_in_scope(self.actor, typed, field=field)
        except NotInScope as error:
            add_domain_error(self, NotInScope(words, field=field) if words else error)
            return None

    def show_again(self, field: str, value: str) -> None:
        """Let a form that was sent come back with `value` in `field`, whatever was sent there."""
        assert isinstance(self.data, QueryDict)
        self.data = self.data.copy()
        self.data[field] = value


class ReasonForm(PortalForm):
    """Why something is done, for the audit log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Kept in the audit log, for colleagues and for you."),
        error_messages={"required": _("Give a reason.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def add_domain_error(form: forms.BaseForm, error: DomainError) -> None:
    """Show a refusal beside the field it belongs to; one without a field of this form belongs to
    the whole form.
    """
    field = error.field if error.field in form.fields else None
    form.add_error(field, forms.ValidationError(str(error.message), code=error.code))
