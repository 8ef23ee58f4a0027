"""Forms for the logins of an account. Shape only; `services.logins` decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.models import User
from accounts.portal.forms.mail import MailField
from accounts.portal.forms.whole import WholeForm
from accounts.portal.forms.zones import ZoneField, time_zone_choices
from accounts.validators import validate_one_line, validate_username


class LoginForm(WholeForm, forms.Form):
    """What can change on a login."""

    full_name = forms.CharField(
        label=_("Full name"), max_length=120, required=False, validators=[validate_one_line]
    )
    email = MailField(
        label=_("E-mail"),
        required=False,
        help_text=_(
            "For the invitation and for a forgotten password. Can also be used to sign in."
        ),
    )
    time_zone = ZoneField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zone_choices(  # type: ignore[attr-defined]
            _("UTC (the platform's)")
        )
        self.fields["full_name"].widget.attrs["autocomplete"] = "off"
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class WayIn(WholeForm, forms.Form):
    """How a login gets in without a password: a mailed link, or a code told by whoever made it."""

    BY_MAIL, BY_CODE = "mail", "code"

    way_in = forms.ChoiceField(
        label=_("How it gets in"),
        widget=forms.RadioSelect,
        initial=BY_MAIL,
        choices=[
            (BY_MAIL, _("Mail an invitation link; it works for 7 days")),
            (BY_CODE, _("Show me a one-time code to pass on; it works for 24 hours")),
        ],
    )

    @property
    def by_mail(self) -> bool:
        return self.cleaned_data["way_in"] == self.BY_MAIL


class LoginNewForm(WayIn, LoginForm):
    """A new login. An invitation by mail needs an address."""

    username = forms.CharField(
        label=_("User name"),
        max_length=32,
        error_messages={"required": _("Enter a user name.")},
        validators=[validate_username],
        help_text=_(
            "1 to 32 letters (A–Z), digits, dots, hyphens or underscores. It cannot change later."
        ),
    )
    field_order = ["username", "full_name", "email", "way_in", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
        }

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        by_mail = clean.get("way_in") == self.BY_MAIL
        if by_mail and not clean.get("email") and "email" not in self.errors:
            self.add_error(
                "email", _("Enter an e-mail address, or choose the one-time code below.")
            )
        return clean


class LoginLockForm(WholeForm, forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For the audit log and for colleagues."),
        error_messages={"required": _("Say why.")},
    )


class LoginResetForm(WayIn):
    remove_second_factor = forms.BooleanField(
        label=_("Also remove its authenticator app, passkeys and recovery codes"),
        required=False,
        help_text=_("Only for somebody who lost them."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, login: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not login.email:
            way_in = self.fields["way_in"]
            way_in.choices = way_in.choices[1:]  # type: ignore[attr-defined]
            way_in.initial = self.BY_CODE
