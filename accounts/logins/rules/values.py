"""The values of a login as they are stored, and as the audit log keeps them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.core.models import User
from accounts.core.rules import clean_time_zone
from accounts.kit.errors import Refused
from accounts.kit.mail_addresses import mail_address
from accounts.kit.text import address, identifier, tidied
from accounts.validators import validate_one_line, validate_username

EDITABLE = ("full_name", "email", "time_zone")


def clean_username(text: str) -> str:
    """The user name as its owner means it. Raises Refused when it is malformed."""
    text = identifier(text)
    try:
        validate_username(text)
    except ValidationError as error:
        raise Refused(error.messages[0], code="username_shape", field="username") from error
    return text


def clean_login(**fields: str) -> dict[str, str]:
    """Names and addresses as they are stored; an e-mail in small letters. Raises Refused on the
    first bad one.
    """
    clean = {key: (value or "").strip() for key, value in fields.items()}
    try:
        field = "full_name"
        validate_one_line(clean.get("full_name", ""))
        clean = {key: tidied(value) for key, value in clean.items()}
        if len(clean.get("full_name", "")) > 120:
            raise ValidationError(_("Use at most 120 characters."))
        field = "email"
        if clean.get("email"):
            clean["email"] = address(mail_address(clean["email"]))
            validate_email(clean["email"])
    except ValidationError as error:
        raise Refused(error.messages[0], code=f"bad_{field}", field=field) from error
    if clean.get("time_zone"):
        clean["time_zone"] = clean_time_zone(clean["time_zone"])
    return clean


def login_values(login: User) -> dict[str, Any]:
    """The login's own values, for the audit log; nothing secret is among them."""
    return {key: getattr(login, key) for key in ("username", *EDITABLE, "is_active")}
