"""Who, which deed, on which account."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.words.access_check import DEEDS, actor_of
from accounts.core.actor import Actor
from accounts.core.models import Account, User
from accounts.core.reach import accounts_reached
from accounts.logins.queries import login_reached
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.picker import picker_attrs


class CheckAccessForm(PortalForm):
    """A question about access. Logins and accounts exist only within the asker's scope; unknown and
    foreign are the same error.
    """

    is_question = True

    who = forms.CharField(
        label=_("Who"),
        max_length=32,
        help_text=_("A user name, or an account ID for any login of that account."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a user name or an account ID.")},
    )
    deed = forms.ChoiceField(label=_("Deed"), choices=lambda: list(DEEDS.items()))
    target = forms.CharField(
        label=_("Account it is done to"),
        max_length=32,
        widget=forms.TextInput(attrs=picker_attrs()),
        error_messages={"required": _("Enter an account ID.")},
    )

    login: User | None = None
    account: Account | None = None

    def clean_who(self) -> str:
        typed: str = self.cleaned_data["who"].strip()
        self.login = login_reached(self.actor.scope, typed)
        if self.login is None:
            self.account = accounts_reached(self.actor).called(typed).first()
        if self.login is None and self.account is None:
            raise forms.ValidationError(
                _("This must be a login or an account in your scope."), code="unknown"
            )
        return typed

    def clean_target(self) -> Account:
        typed = self.cleaned_data["target"].strip()
        account = accounts_reached(self.actor).called(typed).first()
        if account is None:
            raise forms.ValidationError(_("This must be an account in your scope."), code="unknown")
        return account

    def asked_actor(self) -> Actor:
        """Whom the question is about, as the database knows it now."""
        return actor_of(self.login, self.account)

    def values(self) -> dict[str, Any]:
        """What a link to this very question carries."""
        return {
            "who": self.cleaned_data["who"],
            "deed": self.cleaned_data["deed"],
            "target": self.cleaned_data["target"].account_id,
        }
