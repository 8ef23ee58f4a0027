"""How calls go out by a routing gateway: where to, in which order it is tried, and how much of what
several may take it gets (docs/domain.md 8).

Plain functions over values; nothing here knows a database. Refusals are words for a person.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.gateways.signalling import network
from accounts.kit.errors import Refused
from accounts.kit.typed import plain

TRANSPORTS = ("udp", "tcp", "tls")
# The lowest is tried first.
PRIORITIES = (1, 999)
WEIGHTS = (1, 1_000)
MOST_HOST = 253
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# The last part of a name is no number: that would be an address that is written wrongly.
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}\Z", re.ASCII)


def clean_routing(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises Refused with the field."""
    transport = values["transport"]
    if transport not in TRANSPORTS:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="transport")
    return {
        "host": clean_host(values["host"]),
        "transport": transport,
        "priority": _within(values["priority"], PRIORITIES, "priority"),
        "weight": _within(values["weight"], WEIGHTS, "weight"),
    }


def clean_host(text: str) -> str:
    """The name of a host, or one address, in one writing; "" for none. Raises Refused."""
    one = plain(text).strip().lower().removesuffix(".")
    if not one:
        return ""
    if len(one) <= MOST_HOST and _NAME.match(one):
        return one
    try:
        found = network(one.strip("[]"))
    except Refused as error:
        if not re.fullmatch(r"[\d.]+|[\[\]0-9a-f:]+", one):
            raise _host(one) from error
        raise Refused(error.message, code="host", field="host") from error
    if "/" in found.text:
        raise _host(one)
    return found.text


def _host(one: str) -> Refused:
    return Refused(
        _("%(text)s is neither the name of a host, such as sip.example.net, nor an address.")
        % {"text": one[:50]},
        code="host",
        field="host",
    )


def _within(value: Any, between: tuple[int, int], field: str) -> int:
    low, high = between
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refused(
            _("Enter a whole number from %(low)s to %(high)s.") % {"low": low, "high": high},
            code="out_of_range",
            field=field,
        )
    return value
