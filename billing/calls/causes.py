"""How calls end, in words: causes as switches write them (numbers of Q.850, answers of SIP, names
that Asterisk and FreeSWITCH have for them). Plain words, no model.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What became of a call, as everybody may know it. What carriers say beyond that is for
    administrators.
    """

    ANSWERED = "answered", _("Answered")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    CANCELLED = "cancelled", _("The caller hung up first")
    UNKNOWN = "unknown", _("No such number")
    FAILED = "failed", _("Not put through")


# The causes of what was not answered; all others are FAILED.
CAUSES_OF: Mapping[Outcome, frozenset[str]] = {
    Outcome.NO_ANSWER: frozenset(
        {"18", "19", "408", "480", "NO_ANSWER", "NO ANSWER", "NOANSWER", "NO_USER_RESPONSE",
         "ALLOTTED_TIMEOUT"}
    ),
    Outcome.BUSY: frozenset({"17", "486", "600", "BUSY", "USER_BUSY"}),
    Outcome.CANCELLED: frozenset(
        {"16", "31", "487", "CANCEL", "CANCELLED", "ORIGINATOR_CANCEL", "NORMAL_CLEARING"}
    ),
    Outcome.UNKNOWN: frozenset(
        {"1", "22", "28", "404", "410", "484", "604", "UNALLOCATED_NUMBER", "NUMBER_CHANGED",
         "INVALID_NUMBER_FORMAT"}
    ),
}  # fmt: skip

_WORDS: Mapping[str, Any] = {
    "1": _("the number is not in use"),
    "2": _("no route to the network"),
    "3": _("no route to the number"),
    "16": _("normal end"),
    "17": _("busy"),
    "18": _("the phone did not respond"),
    "19": _("nobody answered"),
    "20": _("the phone is off or out of reach"),
    "21": _("rejected by the called side"),
    "22": _("the number has changed"),
    "27": _("the destination is out of order"),
    "28": _("the number is incomplete"),
    "29": _("the network refused a service"),
    "31": _("normal end, unspecified"),
    "34": _("no line free"),
    "38": _("the network is out of order"),
    "41": _("temporary failure"),
    "42": _("the switch is overloaded"),
    "47": _("no resources"),
    "50": _("a service is not subscribed"),
    "57": _("not permitted"),
    "58": _("a service is not available now"),
    "65": _("a service is not provided"),
    "88": _("the destination cannot take this call"),
    "102": _("a timer ran out"),
    "111": _("a fault of signalling"),
    "127": _("interworking, unspecified"),
    "400": _("bad request"),
    "401": _("not signed in"),
    "402": _("no money left"),
    "403": _("forbidden"),
    "404": _("the number is not known"),
    "408": _("no response in time"),
    "480": _("not available now"),
    "484": _("the number is incomplete"),
    "486": _("busy"),
    "487": _("cancelled by the caller"),
    "488": _("no common codec"),
    "500": _("a fault of the carrier's server"),
    "502": _("a fault behind the carrier's server"),
    "503": _("the carrier is not available"),
    "504": _("the carrier did not respond in time"),
    "600": _("busy everywhere"),
    "603": _("declined"),
    "604": _("the number exists nowhere"),
}


def outcome_of(is_answered: bool, cause: str) -> Outcome:
    """What became of a call that ended by this cause."""
    if is_answered:
        return Outcome.ANSWERED
    return next((one for one, causes in CAUSES_OF.items() if cause in causes), Outcome.FAILED)


def cause_words(cause: str) -> str:
    """What a cause means; "" for one that says it itself, or that is not known."""
    return str(_WORDS.get(cause, ""))
