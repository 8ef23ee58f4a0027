"""Addresses as people and other systems write them: with ports, brackets, schemes, masks, as
ranges. What says the same is taken; what has its place elsewhere is answered with that place.

Plain functions over texts; nothing here knows a database. Refusals are words for a person.
"""

import re
from ipaddress import IPv4Network, ip_address, summarize_address_range
from typing import Any

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.typed import plain

# Parameters of a SIP address belong to the address before them.
_BETWEEN = re.compile(r"[\s,]+|;(?!(?:[a-z-]+=|lr\b))", re.IGNORECASE)
_DASH = re.compile(" *[-\u2013] *")
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.]*):(?://)?(?=[\[\w])")
_PORT = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]/]+):(?P<port>\d{1,5})(?P<rest>/[a-z]+)?")
_MASK = re.compile(r"(?P<host>[\d.]+)/(?P<mask>\d+(?:\.\d+){3})")
_FOUR = re.compile(r"\d+(?:\.\d+){3}")
_TAIL = re.compile(r"(?P<head>(?:\d+\.){3})(?P<first>\d+)-(?P<last>\d{1,3})")
_ANY = re.compile(r"(?P<head>\d+(?:\.\d+){0,2})(?P<any>(?:\.[*x])+)")
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_NETWORK_LENGTHS = {1: 24, 2: 16, 3: 8}
_PROTOCOLS = {"sip": "SIP", "h323": "H.323"}


def split_addresses(text: str) -> list[str]:
    """The parts of a list as people type it: by lines, commas, semicolons or spaces."""
    return [
        one for part in _BETWEEN.split(_DASH.sub("-", plain(text))) if (one := part.lstrip("-"))
    ]


def addresses_written(text: str, *, port: int | None, protocol: str | None) -> list[str]:
    """The addresses and networks that a text names, in plain writing. `port` and `protocol` are
    those of the gateway: written with an address as well they say nothing new.

    Raises Refused (field `addresses`) with the place of whatever belongs elsewhere. What is no
    address at all comes back as it is, for `signalling.network` to say so.
    """
    one = plain(text).strip(" <>\"'").lower()
    # At the end of a sentence, or of a name from a zone file.
    one = one[:-1] if one.endswith(".") else one
    one = _without_scheme(one, protocol)
    one, semicolon, more = one.partition(";")
    user, at, one = one.rpartition("@")
    alone = _host(one)[:50]
    if semicolon:
        raise _address(
            _("“;%(part)s” has no place at a gateway. Write the address alone: %(address)s.")
            % {"part": more[:50], "address": alone}
        )
    if at:
        raise _address(
            _("The user name has its own field: %(user)s. Write the address alone: %(address)s.")
            % {"user": user[:50], "address": alone}
        )
    one = _without_port(one, port)
    if mask := _MASK.fullmatch(one):
        one = _with_length(mask)
    if "-" in one:
        return _range(one)
    _refuse_others(one)
    return [one]


def address_sought(text: str) -> str:
    """What somebody looks for among addresses as they are stored: the address of a text that has
    one, in whatever writing, else the text.
    """
    one = plain(text).strip(" <>\"'").lower()
    if scheme := _SCHEME.match(one):
        one = one[scheme.end() :] if scheme["scheme"] in ("sip", "sips", "h323") else one
    one = one.partition(";")[0]
    one = found["host"] if (found := _PORT.fullmatch(one)) else one
    host, slash, length = one.strip("[]").partition("/")
    try:
        return f"{ip_address(host)}{slash}{length}"
    except ValueError:
        return text


def _without_scheme(one: str, protocol: str | None) -> str:
    found = _SCHEME.match(one)
    # Without // or a word of ours it may be the beginning of an IPv6 address, or host:port.
    if not found or not ("//" in found[0] or found["scheme"] in ("sip", "sips", "h323", "h.323")):
        return one
    scheme, rest = found["scheme"].replace(".", ""), one[found.end() :]
    if scheme == protocol:
        return rest
    words = (
        _("The protocol has its own field: %(what)s. Write the address alone: %(address)s.")
        if scheme in _PROTOCOLS
        else _("“%(what)s” has no place at a gateway. Write the address alone: %(address)s.")
    )
    what = _PROTOCOLS.get(scheme, found[0])
    alone = _host(rest.partition(";")[0].rpartition("@")[2])
    raise _address(words % {"what": what, "address": alone[:50]})


def _host(one: str) -> str:
    found = _PORT.match(one)
    return (found["host"] if found else one.partition("/")[0]).strip("[]")


def _without_port(one: str, port: int | None) -> str:
    if one.startswith("[") and one.endswith("]"):
        return one[1:-1]
    found = _PORT.fullmatch(one)
    if not found:
        return one
    host = found["host"].strip("[]")
    if found["rest"]:
        raise _address(
            _("“%(part)s” has no place at a gateway. Write the address alone: %(address)s.")
            % {"part": found["rest"], "address": host}
        )
    if int(found["port"]) != port:
        raise _address(
            _("The port has its own field: %(port)s. Write the address alone: %(address)s.")
            % {"port": found["port"], "address": host}
        )
    return host


def _with_length(found: re.Match[str]) -> str:
    """A network with its mask in four numbers, as one with a length."""
    try:
        return f"{found['host']}/{IPv4Network((0, found['mask'])).prefixlen}"
    except ValueError:
        return found[0]


def _range(one: str) -> list[str]:
    """The networks that hold exactly the addresses of a range."""
    if tail := _TAIL.fullmatch(one):
        head = tail["head"]
        raise _address(
            _("Do you mean %(first)s-%(last)s? Write both ends whole.")
            % {"first": f"{head}{tail['first']}", "last": f"{head}{tail['last']}"}
        )
    first, _dash, last = one.partition("-")
    for end in (first, last):
        _refuse_zeros(end)
    try:
        networks = summarize_address_range(ip_address(first), ip_address(last))
        return [str(net) for net in networks]
    except (ValueError, TypeError):
        _refuse_others(one)
        return [one]


def _refuse_others(one: str) -> None:
    """Raise Refused for what can be said more helpfully than that it is no address."""
    _refuse_zeros(one.partition("/")[0])
    if found := _ANY.fullmatch(one):
        given = found["head"].count(".") + 1
        if given + found["any"].count(".") == 4:
            missing = 4 - given
            raise _address(
                _("Write %(network)s for all addresses that begin so.")
                % {"network": f"{found['head']}{'.0' * missing}/{_NETWORK_LENGTHS[missing]}"}
            )
    if _NAME.fullmatch(one):
        raise _address(
            _("%(name)s is the name of a host. Enter the IP address it stands for.")
            % {"name": one[:50]}
        )


def _refuse_zeros(host: str) -> None:
    """Raise Refused for zeros before a number: some systems count it in eights then."""
    if not _FOUR.fullmatch(host):
        return
    plainly = ".".join(str(int(part)) for part in host.split("."))
    if plainly != host:
        raise _address(
            _("Some systems read the zeros of %(address)s differently. Write %(plainly)s.")
            % {"address": host[:50], "plainly": plainly[:50]}
        )


def _address(words: Any) -> Refused:
    return Refused(words, code="address", field="addresses")
