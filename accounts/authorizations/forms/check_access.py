"""Who, which deed, on which account or to which number."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.words.access_check import CALL, DEEDS, actor_of
from accounts.core.actor import Actor
from accounts.core.models import Account, User
from accounts.core.reach import accounts_reached
from accounts.logins.queries import login_reached
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.picker import picker_attrs, suggestion_attrs


class CheckAccessForm(PortalForm):
    """A question about access. Logins and accounts exist only within the asker's scope; unknown and
    foreign are the same error.
    """

    is_question = True

    who = forms.CharField(
        label=_("Who"),
        max_length=64,
        help_text=_(
            "A user name, or an account ID for any login of that account. For a call: an account, "
            "or the phone, gateway or address it comes in by."
        ),
        # Gateways and addresses are typed as well, which a picker does not take.
        widget=forms.TextInput(attrs=suggestion_attrs("who")),
        error_messages={"required": _("Enter a user name or an account ID.")},
    )
    deed = forms.ChoiceField(label=_("Deed"), choices=lambda: list(DEEDS.items()))
    target = forms.CharField(
        label=_("Account it is done to"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs=picker_attrs()),
        help_text=_("Of everything but a call."),
    )
    number = forms.CharField(
        label=_("Number"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono", "inputmode": "tel"}),
        help_text=_("As it is dialled, for a call."),
    )

    login: User | None = None
    account: Account | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("deed") == CALL:
            if not cleaned.get("number") and "number" not in self.errors:
                self.add_error("number", _("Enter a number."))
            return cleaned
        if "who" in cleaned:
            self._who(cleaned["who"])
        if "target" in cleaned:
            cleaned["target"] = self._target(cleaned["target"])
        return cleaned

    def _who(self, typed: str) -> None:
        self.login = login_reached(self.actor.scope, typed)
        if self.login is None:
            self.account = accounts_reached(self.actor).called(typed).first()
        if self.login is None and self.account is None:
            self._unknown("who", _("This must be a login or an account in your scope."))

    def _target(self, typed: str) -> Account | None:
        if not typed:
            self.add_error("target", _("Enter an account ID."))
            return None
        account = accounts_reached(self.actor).called(typed).first()
        if account is None:
            self._unknown("target", _("This must be an account in your scope."))
        return account

    def _unknown(self, field: str, words: Any) -> None:
        self.add_error(field, forms.ValidationError(words, code="unknown"))

    def nobody_calls(self) -> None:
        """Nobody in the scope is known by what was asked about."""
        words = _("This must be an account, phone, gateway or address in your scope.")
        self._unknown("who", words)

    @property
    def is_call(self) -> bool:
        return bool(self.cleaned_data["deed"] == CALL)

    def asked_actor(self) -> Actor:
        """Whom the question is about, as the database knows it now."""
        return actor_of(self.login, self.account)

    def values(self) -> dict[str, Any]:
        """What a link to this very question carries."""
        if self.is_call:
            return {name: self.cleaned_data[name] for name in ("who", "deed", "number")}
        return {
            "who": self.cleaned_data["who"],
            "deed": self.cleaned_data["deed"],
            "target": self.cleaned_data["target"].account_id,
        }
