"""How full gateways are, as a bar and in words. No database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.gateways.windows import Window, calls_at
from accounts.kit.addresses import address_of

_MOST = 8


@dataclass(frozen=True, slots=True)
class Busy:
    """A gateway: what is up of how much it may have at a time now."""

    name: str
    url: str
    words: str
    percent: int
    colour: str

    @property
    def width(self) -> int:
        return min(self.percent, 100)


def busy_rows(found: Iterable[tuple[Any, int]]) -> list[Busy]:
    """The fullest first, so many as are shown."""
    rows = [_busy(gateway, calls) for gateway, calls in found]
    return sorted(rows, key=lambda one: (-one.percent, one.name))[:_MOST]


def _busy(gateway: Any, calls: int) -> Busy:
    windows = [Window.read(one) for one in gateway.windows]
    local = timezone.localtime(timezone=gateway.account.zone)
    most = calls_at(gateway.capacity, windows, local)
    percent = calls * 100 // most if most else 100
    said = {"calls": _figure(calls), "most": _figure(most), "percent": percent}
    return Busy(
        gateway.name,
        address_of("gateway", gateway.name),
        _("%(calls)s of %(most)s (%(percent)s %%)") % said,
        percent,
        "danger" if percent >= 100 else "warn" if percent >= 80 else "",
    )


def _figure(count: int) -> str:
    return number_format(count, force_grouping=True)
