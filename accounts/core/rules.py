"""What account values must look like. Used by the services; forms show what is raised beside the
field.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.core.availability import Holder, Taken, Thing
from accounts.core.availability_deeds import refuse_taken
from accounts.core.codecs import codec_named, codecs_meant
from accounts.core.models.account import account_id_validator
from accounts.kit.errors import Refused
from accounts.kit.mail_addresses import mail_address
from accounts.kit.text import identifier, tidied, tidied_lines
from accounts.kit.typed import plain

# Words that addresses of the portal use beside account ids.
RESERVED_ACCOUNT_IDS = frozenset(
    {
        "new", "search", "export", "import", "bulk", "move", "delete", "lock", "unlock", "close",
        "columns", "picker", "admin", "api", "static", "tree", "login", "logout", "security",
        "payments", "jobs", "gateways", "history", "information", "capacity",
    }
)  # fmt: skip

_DETAIL_LENGTHS = {
    "company": 100,
    "contact_person": 100,
    "email": 254,
    "phone": 32,
    "address": 500,
    "memo": 1000,
}
_WRITTEN = {"phone": plain, "email": mail_address}
_MANY_LINES = frozenset({"address", "memo"})


def clean_account_id(text: str) -> str:
    """The account id as its owner means it. Raises Refused when it is malformed or reserved."""
    text = identifier(text)
    try:
        account_id_validator(text)
    except ValidationError as error:
        raise Refused(error.messages[0], code="account_id", field="account_id") from error
    if text.lower() in RESERVED_ACCOUNT_IDS:
        reserved = Taken(text, Thing.ACCOUNT, Holder.RESERVED)
        refuse_taken([reserved], {"account_id": [text]})
    return text


def clean_name(text: str) -> str:
    """One line of 1 to 100 characters, none of them a control character. Raises Refused."""
    text = one_line(text, "name")
    if not text:
        raise Refused(_("Enter the account name."), code="name_required", field="name")
    if len(text) > 100:
        raise Refused(_("Use at most 100 characters."), code="too_long", field="name")
    return text


def clean_time_zone(name: str) -> str:
    """A time zone of the IANA list, in any case and with spaces in its name. Raises Refused."""
    known = _time_zones().get("_".join(plain(name).lower().split()))
    if known is None:
        raise Refused(_("Choose a time zone."), code="unknown_time_zone", field="time_zone")
    return known


@cache
def _time_zones() -> dict[str, str]:
    """Name in small letters → name."""
    # Reads hundreds of files; once per process is enough.
    return {one.lower(): one for one in available_timezones()}


def clean_detail(values: Mapping[str, Any]) -> dict[str, Any]:
    """Contact, memo and codecs, each as given. Raises Refused on the first that cannot be stored,
    TypeError for a name that is none of them.
    """
    clean: dict[str, Any] = {}
    for key, value in values.items():
        if key == "codecs":
            clean[key] = clean_codecs(value)
        elif key == "is_published":
            clean[key] = bool(value)
        elif key not in _DETAIL_LENGTHS:
            raise TypeError(f"Not a detail of an account: {key}")
        else:
            if key in _WRITTEN:
                # Contacts put marks around these that nobody sees.
                value = _WRITTEN[key](value or "")
            text = _lines(value, key) if key in _MANY_LINES else one_line(value, key)
            if len(text) > _DETAIL_LENGTHS[key]:
                raise Refused(
                    _("Use at most %(max)s characters.") % {"max": _DETAIL_LENGTHS[key]},
                    code="too_long",
                    field=key,
                )
            clean[key] = text
    if clean.get("email"):
        try:
            validate_email(clean["email"])
        except ValidationError as error:
            raise Refused(error.messages[0], code="email", field="email") from error
    return clean


def clean_codecs(value: Any) -> list[str]:
    """Names of codecs in order of preference, each once, by whatever name they were given. Raises
    Refused for one that is unknown, or the name of two.
    """
    return list(dict.fromkeys(map(_codec, value)))


def _codec(name: str) -> str:
    if codec := codec_named(name):
        return codec
    if meant := codecs_meant(name):
        raise Refused(
            _("%(name)s is the name of two codecs: write %(one)s or %(other)s.")
            % {"name": name, "one": meant[0], "other": meant[1]},
            code="codec",
            field="codecs",
        )
    raise Refused(_("Unknown codec: %(codec)s") % {"codec": name}, code="codec", field="codecs")


def one_line(text: str, field: str) -> str:
    """The text as it is stored (`accounts.kit.text`). Raises Refused for control characters."""
    text = (text or "").strip()
    if any(unicodedata.category(one) in ("Cc", "Cs") for one in text):
        raise _control_characters(field)
    return tidied(text)


def _lines(text: str, field: str) -> str:
    text = (text or "").replace("\r\n", "\n").strip()
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in text):
        raise _control_characters(field)
    return tidied_lines(text)


def _control_characters(field: str) -> Refused:
    return Refused(
        _("Remove the invisible control characters."), code="control_characters", field=field
    )
