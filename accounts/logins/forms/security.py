"""Forms of sign-in and of one's own security. django-allauth checks; these give it our words and
limits.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as factor_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as passkey_forms
from cryptography.exceptions import InvalidSignature
from django import forms
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.http import int_to_base36, urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext_lazy as _

from accounts.core.models import User
from accounts.kit.legible import read_json
from accounts.kit.object_keys import object_number, typed_number
from accounts.logins.mails import mail_password_reset
from accounts.logins.rules.guards import may_come_by_link
from accounts.logins.services.preferences import PAGE_SIZES
from accounts.portal.forms.whole import WholeForm
from accounts.portal.forms.zones import ZoneField, time_zone_choices

# Hashing a password costs time that grows with its length; nobody types more than this.
_LONGEST_PASSWORD = 256
_LONGEST_ADDRESS = 254
# Characters of a passkey's answer, an attestation with certificates included.
_LONGEST_ANSWER = 50_000

_PASSKEY_REFUSED = _("This passkey was not accepted. Try again, or use another way to sign in.")
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    InvalidSignature,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
)

PASSWORD_HINT = _(
    "At least 12 characters. Not a common password, and not similar to your names or e-mail."
)


def limit(field: forms.Field, length: int) -> None:
    """Let `field` take at most `length` characters, in the browser and here."""
    field.validators.append(MaxLengthValidator(length))
    field.widget.attrs["maxlength"] = str(length)


class _OurWords(WholeForm):
    """Labels, hints and limits on the fields that allauth made; its placeholders repeat the labels
    and go.
    """

    labels: ClassVar[dict[str, Any]] = {}
    hints: ClassVar[dict[str, Any]] = {}
    missing: ClassVar[dict[str, Any]] = {
        "login": _("Enter your user name or e-mail."),
        "password": _("Enter your password."),
        "oldpassword": _("Enter your current password."),
        "password1": _("Enter the password you choose."),
        "password2": _("Enter the password once more."),
        "email": _("Enter an e-mail address."),
        "code": _("Enter the code."),
        "name": _("Enter a name."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            if isinstance(field.widget, forms.PasswordInput):
                limit(field, _LONGEST_PASSWORD)
            if name in self.missing:
                field.error_messages["required"] = self.missing[name]
            if name == "code":
                field.widget.attrs |= {
                    "autocomplete": "one-time-code",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                }
                limit(field, 20)


class SignInForm(_OurWords, account_forms.LoginForm):
    labels = {"login": _("User name or e-mail"), "password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit(self.fields["login"], _LONGEST_ADDRESS)
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username webauthn",
            "autofocus": True,
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class PasswordChangeForm(_OurWords, account_forms.ChangePasswordForm):
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    hints = {"password1": PASSWORD_HINT}


class PasswordChooseForm(_OurWords, account_forms.SetPasswordForm):
    labels = {"password1": _("Your password"), "password2": _("Your password again")}
    hints = {"password1": PASSWORD_HINT}


class PasswordResetKeyForm(_OurWords, account_forms.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": _("New password again")}
    hints = {"password1": PASSWORD_HINT}


class InvitationForm(PasswordResetKeyForm):
    """The first password of an invited login. Checked here, set by the view together with using up
    the link.
    """

    labels = PasswordChooseForm.labels


class PasswordResetForm(_OurWords, account_forms.ResetPasswordForm):
    """Asks where to mail the link. Nobody is looked up for the answer: whatever the address, a
    worker finds out later whose it is.
    """

    labels = {"email": _("E-mail")}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        mail_password_reset(email)
        return email


class ResetTokenForm(account_forms.UserTokenForm):
    """Whose link it is; nobody's for a login that was locked, closed or shut after the mail went
    out.
    """

    def _get_user(self, uidb36: str) -> User | None:
        number = typed_number(User.key_kind, uidb36)
        user = None if number is None else super()._get_user(int_to_base36(number))
        return user if user and may_come_by_link(user) else None


class ReauthenticateForm(_OurWords, account_forms.ReauthenticateForm):
    labels = {"password": _("Password")}


class SecondFactorForm(_OurWords, factor_forms.AuthenticateForm):
    labels = {"code": _("Code")}
    hints = {"code": _("The six digits from your authenticator app, or a recovery code.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True


class SecondFactorAgainForm(_OurWords, factor_forms.ReauthenticateForm):
    labels = SecondFactorForm.labels
    hints = SecondFactorForm.hints


class AuthenticatorAppForm(_OurWords, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Code from the app")}
    hints = {"code": _("The six digits that the app shows now.")}


class _AnswerField(forms.JSONField):
    """The answer of a passkey, as a browser sends it."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                if len(value) > _LONGEST_ANSWER:
                    raise ValueError("No passkey says so much.")
                read_json(value)
            except ValueError as error:
                raise forms.ValidationError(_PASSKEY_REFUSED, code="passkey") from error
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Nothing: an answer is given once, and never shown again."""
        return ""


class _Passkey:
    """What a browser (or whoever plays one) sends as a passkey's answer may be anything at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = _AnswerField()  # type: ignore[attr-defined]

    def clean_credential(self) -> Any:
        with _one_refusal():
            return super().clean_credential()  # type: ignore[misc]


class PasskeySignInForm(_Passkey, passkey_forms.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        """A passkey holds the key of its login; former ones hold the number, as allauth does."""
        with _one_refusal():
            answer = self.cleaned_data["credential"]["response"]
            held = urlsafe_base64_decode(answer["userHandle"]).decode()
            number = object_number(User.key_kind, held)
            if number is not None:
                answer["userHandle"] = urlsafe_base64_encode(int_to_base36(number).encode())
        return super().clean_credential()


class PasskeyFactorForm(_Passkey, passkey_forms.AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(_Passkey, passkey_forms.ReauthenticateWebAuthnForm):
    pass


@contextmanager
def _one_refusal() -> Iterator[None]:
    """Turn whatever a malformed or wrong passkey answer raises into one sentence; limits stay."""
    try:
        yield
    except forms.ValidationError as error:
        if getattr(error, "code", "") == "too_many_login_attempts":
            raise
        raise forms.ValidationError(_PASSKEY_REFUSED, code="passkey") from error
    except _MALFORMED as error:
        raise forms.ValidationError(_PASSKEY_REFUSED, code="passkey") from error


class PasskeyAddForm(_OurWords, passkey_forms.AddWebAuthnForm):
    labels = {
        "name": _("Name"),
        "passwordless": _("Sign in with it alone, without user name and password"),
    }
    hints = {
        "name": _("What you call it, for example “Work laptop”."),
        "passwordless": _("The device then asks for a fingerprint, face or PIN."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = _AnswerField()
        limit(self.fields["name"], 60)

    def clean(self) -> dict[str, Any]:
        with _one_refusal():
            return super().clean()


class PasskeyRenameForm(_OurWords, passkey_forms.EditWebAuthnForm):
    labels = {"name": _("Name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit(self.fields["name"], 60)


class PreferencesForm(WholeForm, forms.Form):
    """What a person sets for their own eyes; `services.preferences` decides what is possible."""

    language = forms.ChoiceField(label=_("Language"))
    time_zone = ZoneField(help_text=_("Times on all pages are shown in it."))
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)
    density = forms.ChoiceField(label=_("Rows"), choices=User.Density.choices)
    page_size = forms.TypedChoiceField(
        label=_("Rows per page"), choices=[(size, size) for size in PAGE_SIZES], coerce=int
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = time_zone_choices(  # type: ignore[attr-defined]
            _("UTC (the platform's)")
        )
