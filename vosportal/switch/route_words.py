"""Routes of a call that was tried, with the reason of each: for administrators alone."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.money import from_micros, shown
from vosportal.switch.choosing import MOST, Considered, Skip, minute_of
from vosportal.switch.queries.judging import Judged


def route_rows(judged: Judged) -> list[dict[str, Any]]:
    """Where the call would go out, in this order, with the numbers as they go out there."""
    taken = (one for one in judged.choice.considered if one.skip is None)
    return [
        {
            **_named(judged, considered),
            "host": f"{route.host}:{route.port}",
            "transport": route.transport.upper() if route.protocol == "sip" else "H.323",
            "caller": route.caller,
            "callee": route.callee,
            "why": _why(considered),
        }
        for route, considered in zip(judged.routes, taken, strict=True)
    ]


def skipped_rows(judged: Judged) -> list[dict[str, Any]]:
    """What carries the number and is not tried."""
    return [
        {**_named(judged, one), "why": _why_not(judged, one, one.skip)}
        for one in judged.choice.considered
        if one.skip is not None
    ]


def _named(judged: Judged, one: Considered) -> dict[str, str]:
    return {
        "gateway": one.way.name,
        "carrier": (judged.choice.carriers or {})[one.way.carrier],
        "url": reverse("gateway", args=[one.way.name]),
    }


def _why(one: Considered) -> str:
    way = one.way
    said = {"prefix": way.prefix, "priority": way.priority, "weight": way.weight, **_cost(one)}
    if way.price is None:
        words = _("priority %(priority)s, without a price: after those that have one")
    else:
        words = _("priority %(priority)s, %(cost)s %(currency)s a minute, weight %(weight)s")
    carries = _("carries %(prefix)s") if way.prefix else _("carries every number")
    return f"{carries % said}; {words % said}"


def _cost(one: Considered) -> dict[str, str]:
    price = one.way.price
    cost = "" if price is None else shown(from_micros(minute_of(price)))
    return {"cost": cost, "currency": settings.CURRENCY}


def _why_not(judged: Judged, one: Considered, skip: Skip | None) -> str:
    way = one.way
    names: Mapping[int, str] = {link.pk: link.account_id for link in judged.links}
    left = "" if way.left is None else shown(from_micros(way.left))
    carrier = (judged.choice.carriers or {})[way.carrier]
    said = {
        **_cost(one), "account": names.get(one.by or 0, ""), "carrier": carrier, "left": left,
        "calls": way.calls, "room": way.room, "most": MOST,
    }  # fmt: skip
    return {
        Skip.LOCKED: _("It is locked."),
        Skip.CARRIER_STOPPED: _("%(carrier)s is locked, closed or expired."),
        Skip.NO_ADDRESS: _("It has neither a host nor a single address."),
        Skip.MAPPED: _("The rules of %(account)s about carriers keep the call from it."),
        Skip.FULL: _("%(calls)s of %(room)s calls at a time are up."),
        Skip.NO_MONEY: _("%(carrier)s has no money left: %(left)s %(currency)s."),
        Skip.RATE_LOCKED: _("The rate of %(carrier)s for this number is locked."),
        Skip.UNPRICED: _("%(account)s is guarded, and %(carrier)s has no price for this number."),
        Skip.AT_A_LOSS: _(
            "%(account)s is guarded, and at %(cost)s %(currency)s a minute it costs more than the"
            " top level pays."
        ),
        Skip.BEYOND: _("%(most)s others come before it."),
    }[skip or Skip.BEYOND] % said
