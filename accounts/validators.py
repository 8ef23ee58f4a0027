"""Shapes that names must have."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

USERNAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"

#: The user name of a login: 1 to 32 ASCII letters, digits, dots, underscores and hyphens.
validate_username = RegexValidator(
    # \Z, not $: a trailing line break must not pass.
    regex=rf"\A{USERNAME_PATTERN}\Z",
    message=_(
        "Use 1 to 32 letters (A–Z), digits, dots, hyphens or underscores, "
        "beginning with a letter or digit."
    ),
    code="username_shape",
)


def validate_one_line(value: str) -> None:
    """Refuse control characters, which no name has and which can forge lines in logs and mails."""
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        raise ValidationError(_("Use one line without control characters."), code="control_chars")
