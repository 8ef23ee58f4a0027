"""What a switch must look like. Used by the services of switches; forms show what is raised beside
the field.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models.account import account_id_validator
from accounts.core.rules import one_line
from accounts.kit.errors import NotAllowed, Refused
from accounts.kit.text import identifier
from accounts.switches.models import Switch

# Where records come from that are handed in as files.
_RESERVED = ("file",)
_LONGEST_NOTE = 500


def check_administrator(actor: Actor) -> None:
    """Raise NotAllowed unless the actor looks after switches."""
    if not actor.is_administrator or actor.read_only:
        words = _("Switches are looked after by administrators.")
        raise NotAllowed(words, code="administrators_only")


def clean_name(text: str) -> str:
    """The name as its owner means it. Raises Refused when it is malformed or taken."""
    text = identifier(text)
    try:
        account_id_validator(text)
    except ValidationError as error:
        raise Refused(error.messages[0], code="switch_name", field="name") from error
    if text.lower() in _RESERVED or Switch.objects.called(text).exists():
        raise name_taken()
    return text


def name_taken() -> Refused:
    return Refused(_("This name is not available."), code="not_available", field="name")


def clean_note(text: str) -> str:
    """A note as it is stored. Raises Refused."""
    text = one_line(text, "note")
    if len(text) > _LONGEST_NOTE:
        words = _("Use at most %(max)s characters.")
        raise Refused(words % {"max": _LONGEST_NOTE}, code="too_long", field="note")
    return text


def check_never_heard(switch: Switch) -> None:
    """Raise Refused for a switch that has ever asked anything: its records name it."""
    if switch.last_seen_at is not None:
        words = _("%(switch)s has been in use, and its calls name it: lock it instead.")
        raise Refused(words % {"switch": switch.name}, code="in_use")
