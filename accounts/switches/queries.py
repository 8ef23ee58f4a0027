"""Reading switches. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.gateways.models import Gateway
from accounts.kit.moments import asked_now
from accounts.kit.prepared import Prepared, padded
from accounts.phones.models import Phone
from accounts.switches.models import DoorRefusal, Registration, Switch, SwitchQuerySet

# A switch asks every second what is to be cut: who says nothing for so long is away.
HEARD = timedelta(seconds=30)
# So long the page looks back at who was refused.
LATELY = timedelta(days=1)
# So many of them it names.
MOST_REFUSALS = 50


def switches_of(actor: Actor) -> SwitchQuerySet:
    """The switches somebody may know of: all for administrators, none for others."""
    found: SwitchQuerySet = Switch.objects.all()
    return found if actor.is_administrator else found.none()


def switches_in(rows: "QuerySet[Switch]", state: str) -> "QuerySet[Switch]":
    """Those of the switches that are "locked", or if not "heard", "silent" or "never" heard."""
    if state == "locked":
        return rows.filter(is_locked=True)
    rows = rows.filter(is_locked=False)
    if state == "never":
        return rows.filter(last_seen_at=None)
    heard_since = asked_now() - HEARD
    if state == "heard":
        return rows.filter(last_seen_at__gte=heard_since)
    return rows.filter(last_seen_at__lt=heard_since)


def switch_with_key(key_id: str) -> Switch | None:
    """The switch whose key has this id; whether it is that key is not said yet. One query."""
    return next(iter(_BY_KEY.objects((), key_id)), None)


def _by_key(_shape: object, key_id: str) -> "QuerySet[Switch]":
    return Switch.objects.filter(key_id=key_id)


_BY_KEY = Prepared(_by_key)


@dataclass(frozen=True)
class Refused:
    """Somebody who was refused at the door of late: how often, and when for the last time."""

    address: str
    why: DoorRefusal.Why
    switch: str
    count: int
    last_at: datetime


def refusals_of(actor: Actor) -> "QuerySet[DoorRefusal]":
    """The refusals somebody may know of: all of late for administrators, none for others."""
    found = DoorRefusal.objects.filter(last_at__gte=timezone.now() - LATELY)
    return found if actor.is_administrator else found.none()


def refused_lately(actor: Actor) -> Sequence[Refused]:
    """Who was refused at the door in the last day, the latest first. One query."""
    found = (
        refusals_of(actor)
        .values("address", "why", "switch")
        .annotate(times=Sum("count"), at=Max("last_at"))
        .order_by("-at", "address", "why")
    )
    return [
        Refused(one["address"], DoorRefusal.Why(one["why"]), one["switch"], one["times"], one["at"])
        for one in found[:MOST_REFUSALS]
    ]


def registration_of(one: Phone | Gateway) -> Registration | None:
    """What switches last told of a phone or gateway that the asker has found. One query."""
    which = {"phone": one} if isinstance(one, Phone) else {"gateway": one}
    return Registration.objects.filter(**which).first()


def registrations_of(phones: Sequence[Phone]) -> dict[int, Registration]:
    """What switches last told of phones that the asker has found, by their keys. One query."""
    found = _TOLD_OF.objects((), *padded(sorted(one.pk for one in phones)))
    return {one.phone_id: one for one in found}


def _told_of(_shape: Any, *phones: int) -> QuerySet[Registration]:
    return Registration.objects.filter(phone__in=phones)


_TOLD_OF = Prepared(_told_of)
