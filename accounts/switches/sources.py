"""Where a switch may call from: addresses and networks, as they are typed, kept and compared. Plain
functions over texts.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.utils.translation import gettext as _

from accounts.gateways.signalling import network_written, split
from accounts.kit.errors import Refused

MOST_ADDRESSES = 32
# Wider ones hold more machines than anybody has switches.
_WIDEST = {4: 16, 6: 32}
_NOBODYS = [ip_network(one) for one in ("224.0.0.0/4", "ff00::/8", "240.0.0.0/4")]

Net = IPv4Network | IPv6Network


def sources(typed: Iterable[str]) -> list[str]:
    """The addresses and networks named, in their order. Raises Refused (field `addresses`) for what
    is none, for one that lies in another, for too many and for none at all.
    """
    found: list[Net] = []
    for text in (one for line in typed for one in split(line)):
        net = network_written(text)
        if net.prefixlen < _WIDEST[net.version] or any(_meet(net, one) for one in _NOBODYS):
            words = _("%(address)s is no address that a switch has: name its own.")
            raise _refused(words % {"address": _written(net)})
        twin = next((known for known in found if _meet(net, known)), None)
        if twin is not None:
            words = _("%(one)s and %(other)s name the same address. Leave one of them out.")
            raise _refused(words % {"one": _written(twin), "other": _written(net)})
        found.append(net)
    if not found:
        raise _refused(_("Name at least one address the switch calls from."))
    if len(found) > MOST_ADDRESSES:
        words = _("Enter at most %(most)s addresses and networks.")
        raise _refused(words % {"most": MOST_ADDRESSES})
    return [_written(one) for one in found]


def comes_from(address: str, kept: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks that `sources` gave."""
    try:
        number = ip_address(plain_address(address))
    except ValueError:
        return False
    return any(number in one for one in _networks(tuple(kept)))


def plain_address(address: str) -> str:
    """An address as it is written shortest: one of IPv4 that came as one of IPv6 is itself. What is
    no address stays what it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(getattr(found, "ipv4_mapped", None) or found)


def is_address(text: str) -> bool:
    """Whether a text is one address, without a zone."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def neighbourhood(address: str) -> str:
    """What tries are counted by: an address of IPv4, of IPv6 the network that one customer has; ""
    for what is no address.
    """
    try:
        found = ip_address(plain_address(address))
    except ValueError:
        return ""
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))


@lru_cache(maxsize=256)
def _networks(kept: tuple[str, ...]) -> tuple[Net, ...]:
    return tuple(map(ip_network, kept))


def _meet(one: Net, other: Net) -> bool:
    return one.version == other.version and one.overlaps(other)


def _written(net: Net) -> str:
    return str(net.network_address) if net.num_addresses == 1 else str(net)


def _refused(words: str) -> Refused:
    return Refused(words, code="address", field="addresses")
