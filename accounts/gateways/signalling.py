"""What a gateway's addresses, prefixes and rewrite rules look like, and when the switch could not
tell two gateways apart (docs/domain.md 8).

Plain functions over texts; nothing here knows a database. Refusals are words for a person.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.utils.translation import gettext as _

from accounts.gateways.addresses import addresses_written
from accounts.kit.errors import Refused
from accounts.kit.typed import plain

MOST_ADDRESSES = 32
MOST_PREFIXES = 50
MOST_REWRITES = 50
LOWEST_PORT, HIGHEST_PORT = 1, 65_535

Net = IPv4Network | IPv6Network

# Wider ones hold networks of many owners.
_WIDEST = {4: 8, 6: 16}
# What one owner has at most.
_OWNERS = {4: 24, 6: 48}
_PRIVATE = [
    ip_network(one)
    for one in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
        "fc00::/7", "fe80::/10",
    )
]  # fmt: skip
_NOBODYS = [ip_network(one) for one in ("0.0.0.0/8", "240.0.0.0/4", "::/128")]
_LOOPBACK = [ip_network(one) for one in ("127.0.0.0/8", "::1/128")]
_MULTICAST = [ip_network(one) for one in ("224.0.0.0/4", "ff00::/8")]
_BETWEEN = re.compile(r"[\s,;]+")
_PREFIX = re.compile(r"\+?[0-9*#]{1,20}\Z")
_RULE = re.compile(r"(?P<old>\S*?)\s*(?:[-=]?>|→)\s*(?P<new>\S*)\Z")


@dataclass(frozen=True)
class Network:
    """An address, or a network, as it is stored: its text, and the ends of its range as texts that
    sort like the numbers they are.
    """

    text: str
    first: str
    last: str
    is_private: bool
    # More than one owner's: administrators alone give it to a gateway.
    is_wide: bool = False

    def overlaps(self, other: "Network") -> bool:
        """Whether some address lies in both."""
        return self.first <= other.last and other.first <= self.last


def split(text: str) -> list[str]:
    """The parts of a list as people type it: by lines, commas or spaces."""
    return [one for one in _BETWEEN.split(plain(text)) if one]


def networks(
    typed: Iterable[str], *, port: int | None = None, protocol: str | None = None
) -> list[Network]:
    """The addresses and networks named, in their order; `port` and `protocol` are those of the
    gateway, which may stand with an address as well.

    Raises Refused (field `addresses`) for what is none, for what no gateway can have, for one that
    lies in another, and for too many.
    """
    found: list[Network] = []
    written = (
        one for text in typed for one in addresses_written(text, port=port, protocol=protocol)
    )
    for text in written:
        one = network(text)
        twin = next((known for known in found if known.overlaps(one)), None)
        if twin is not None:
            raise _address(
                _("%(one)s and %(other)s name the same address. Leave one of them out.")
                % {"one": twin.text, "other": one.text}
                if twin.text != one.text
                else _("%(one)s is there twice.") % {"one": one.text}
            )
        found.append(one)
    if len(found) > MOST_ADDRESSES:
        raise _address(
            _("Enter at most %(most)s addresses and networks.") % {"most": MOST_ADDRESSES}
        )
    return found


def network(text: str) -> Network:
    """One address (`203.0.113.22`) or network (`203.0.113.16/28`). Raises Refused."""
    net = network_written(text.strip())
    written = str(net.network_address) if net.num_addresses == 1 else str(net)
    values = {"address": written}
    if net.prefixlen == 0:
        raise _address(_("%(address)s is every address there is: name the gateway's own.") % values)
    if _lies(net, _NOBODYS):
        raise _address(_("%(address)s stands for no address that anybody can have.") % values)
    if _lies(net, _LOOPBACK):
        raise _address(_("%(address)s is a machine's way to itself, not to a gateway.") % values)
    if _lies(net, _MULTICAST):
        raise _address(_("%(address)s is for sending to many at once, not to a gateway.") % values)
    if net.prefixlen < _WIDEST[net.version]:
        raise _address(
            _("%(address)s is too wide: a network of a gateway has at least /%(least)s.")
            % {**values, "least": _WIDEST[net.version]}
        )
    return Network(
        written,
        _key(net.version, int(net.network_address)),
        _key(net.version, int(net.broadcast_address)),
        _lies(net, _PRIVATE),
        net.prefixlen < _OWNERS[net.version],
    )


def network_written(text: str) -> Net:
    """An address or a network as it is written, whoever has it. Raises Refused."""
    try:
        if "%" in text or "/" in text and not text.rpartition("/")[2].isdecimal():
            raise ValueError
        net = ip_network(text)
    except ValueError as error:
        raise _no_network(text) from error
    inner = getattr(net.network_address, "ipv4_mapped", None)
    if inner is not None and net.prefixlen >= 96:
        # The same address by another name: it would pass every comparison.
        return ip_network(f"{inner}/{net.prefixlen - 96}")
    return net


def _no_network(text: str) -> Refused:
    host, slash, _length = text.partition("/")
    try:
        whole = ip_network(text, strict=False)
        ip_address(host)
    except ValueError:
        return _address(
            _("%(text)s is neither an IP address nor a network such as 203.0.113.16/28.")
            % {"text": text[:50]}
        )
    if not slash or "%" in text:
        return _address(_("%(text)s is no address of a gateway.") % {"text": text[:50]})
    return _address(
        _("%(text)s is an address within a network. Write %(network)s, or %(host)s alone.")
        % {"text": text[:50], "network": whole, "host": host}
    )


def _lies(net: Net, among: Sequence[Net]) -> bool:
    return any(one.version == net.version and one.overlaps(net) for one in among)


def _key(version: int, number: int) -> str:
    return f"{version}{number:032x}"


def _address(words: Any) -> Refused:
    return Refused(words, code="address", field="addresses")


def prefixes(typed: Iterable[str]) -> list[str]:
    """The beginnings of dialled numbers, in their order. Raises Refused (field `prefixes`)."""
    found = list(dict.fromkeys(one for one in (plain(text).strip() for text in typed) if one))
    for one in found:
        if not _PREFIX.match(one):
            raise Refused(
                _("%(text)s is no prefix: use digits, with a leading + or * and # where dialled.")
                % {"text": one[:50]},
                code="prefix",
                field="prefixes",
            )
    if len(found) > MOST_PREFIXES:
        raise Refused(
            _("Enter at most %(most)s prefixes.") % {"most": MOST_PREFIXES},
            code="too_many",
            field="prefixes",
        )
    return found


def prefixes_meet(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether a dialled number can begin with one of both; none at all means any number."""
    if not some or not others:
        return True
    return any(one.startswith(other) or other.startswith(one) for one in some for other in others)


def rewrites(typed: Iterable[str], field: str) -> list[str]:
    """Rules `old>new`, one per beginning of a number: `00>` drops it, `>880` puts it before every
    number. Raises Refused.
    """
    found: dict[str, str] = {}
    for line in map(plain, typed):
        if not line.strip():
            continue
        rule = _RULE.match(line.strip())
        if rule is None or not _fits(rule["old"]) or not _fits(rule["new"]):
            raise Refused(
                _("%(text)s is no rule. Write what it begins with, > and what it becomes: 00>880.")
                % {"text": line.strip()[:50]},
                code="rewrite",
                field=field,
            )
        old, new = rule["old"], rule["new"]
        if old == new:
            raise Refused(
                _("%(text)s changes nothing.") % {"text": line.strip()[:50]},
                code="rewrite",
                field=field,
            )
        if old in found:
            raise Refused(
                _("There are two rules for the same beginning: %(text)s.")
                % {"text": old or _("every number")},
                code="rewrite",
                field=field,
            )
        found[old] = f"{old}>{new}"
    if len(found) > MOST_REWRITES:
        raise Refused(
            _("Enter at most %(most)s rules.") % {"most": MOST_REWRITES},
            code="too_many",
            field=field,
        )
    return list(found.values())


def _fits(text: str) -> bool:
    return not text or bool(_PREFIX.match(text))
