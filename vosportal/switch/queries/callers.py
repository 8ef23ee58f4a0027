"""Who calls: the phone, gateway or address a switch names, or the account somebody tries a call for
(docs/domain.md 7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.gateways.models import Gateway, GatewayAddress
from accounts.gateways.signalling import network
from accounts.gateways.windows import Window, calls_at
from accounts.kit.errors import Refused
from accounts.kit.prepared import Prepared
from accounts.kit.text import name_key
from accounts.phones.models import Phone, PhoneLock

_OUT = (PhoneLock.OUT, PhoneLock.ALL)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a call comes in by, and whose it is. `most_calls` at a time; None: without end."""

    account: int
    phone: str = ""
    gateway: str = ""
    is_locked: bool = False
    capacity: int | None = None
    windows: Sequence[str] = ()
    caller_rewrites: Sequence[str] = ()
    callee_rewrites: Sequence[str] = ()
    display_number: str = ""

    @property
    def is_limited(self) -> bool:
        """Whether there is a number of calls that it may have at a time."""
        return bool(self.phone or self.gateway) and self.capacity is not None

    def most_calls(self, time_zone: str, now: datetime) -> int | None:
        """How many calls it may have at a time now by its own figures, ceilings of levels apart: of
        a gateway, by the clock of its account.
        """
        if not self.gateway or self.capacity is None:
            return self.capacity
        local = now.astimezone(ZoneInfo(time_zone))
        return calls_at(self.capacity, [Window.read(one) for one in self.windows], local)


def caller_named(asked: Mapping[str, Any]) -> Caller | None:
    """The caller of a request: `phone`, `gateway` or `address`. None where nobody is known by it,
    and where it names more than one.
    """
    named = [(how, str(asked[how])) for how in _WAYS if asked.get(how)]
    if len(named) != 1:
        return None
    how, text = named[0]
    return _WAYS[how](text)


def by_phone(number: str) -> Caller | None:
    """The phone of a number, whichever of its numbers that is."""
    found = _BY_NUMBER.rows((), number)
    if not found:
        return None
    account, phone, lock, most, shown = found[0]
    return Caller(account, phone=phone, is_locked=lock in _OUT, capacity=most, display_number=shown)


def _by_number(_shape: Any, number: str) -> "QuerySet[Phone, Any]":
    columns = ("account", "number", "lock", "max_calls", "display_number")
    found: QuerySet[Phone, Any] = Phone.objects.filter(number=number).values_list(*columns)
    return found


_BY_NUMBER = Prepared(_by_number)


def by_gateway(name: str) -> Caller | None:
    """The mapping gateway of a name."""
    found = _BY_NAME.objects((), name_key(name))
    return caller_of_gateway(found[0]) if found else None


def _by_name(_shape: Any, key: str) -> "QuerySet[Gateway]":
    mapping = Gateway.objects.filter(direction=Gateway.Direction.MAPPING)
    found: QuerySet[Gateway] = mapping.called(key)
    return found


_BY_NAME = Prepared(_by_name)


def by_address(text: str) -> Caller | None:
    """The mapping gateway that an address belongs to."""
    try:
        one = network(text)
    except Refused:
        return None
    found = _BY_RANGE.objects((), one.first, one.last)
    return caller_of_gateway(found[0].gateway) if found else None


def _by_range(_shape: Any, first: str, last: str) -> "QuerySet[GatewayAddress]":
    """Addresses of gateways do not overlap; of several that once did, the closest."""
    mapping = GatewayAddress.objects.filter(
        gateway__direction=Gateway.Direction.MAPPING,
        gateway__registration=Gateway.Registration.STATIC,
        first__lte=first,
        last__gte=last,
    )
    return mapping.select_related("gateway").order_by("-first", "last")[:1]


_BY_RANGE = Prepared(_by_range)


def caller_of_gateway(gateway: Gateway) -> Caller:
    return Caller(
        gateway.account_id,
        gateway=gateway.name,
        is_locked=gateway.is_locked,
        capacity=gateway.capacity,
        windows=gateway.windows,
        caller_rewrites=gateway.caller_rewrites,
        callee_rewrites=gateway.callee_rewrites,
    )


_WAYS = {"phone": by_phone, "gateway": by_gateway, "address": by_address}
