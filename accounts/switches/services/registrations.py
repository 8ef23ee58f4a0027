"""Who is online, as switches tell it. Phones say so again every few minutes; it is written where it
changes what anybody sees.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.gateways.queries import registering_gateway
from accounts.phones.queries import phone_numbered
from accounts.switches.models import Registration
from accounts.switches.sources import plain_address

# So long somebody counts as online beyond what it said, so that saying so again is not written
# each time.
KEPT_ON = timedelta(minutes=5)


def registered(*, source: str, user: str, address: str, at: datetime, seconds: int) -> bool:
    """Note that a phone or gateway is online from an address, for so many seconds more. Whether
    anybody registers with this user name. Written where it was offline, is elsewhere, or said so
    longest `KEPT_ON` before it would count as offline.
    """
    whose = _whose(user)
    if whose is None:
        return False
    at, address = min(at, timezone.now()), plain_address(address)
    lasts = at + timedelta(seconds=seconds)
    values = {"source": source, "address": address, "until": lasts + KEPT_ON}
    kept = Registration.objects.filter(**whose).first()
    if kept is None or kept.until <= at:
        values["since"] = at
    elif (kept.source, kept.address) == (source, address) and lasts <= kept.until:
        return True
    with transaction.atomic():
        Registration.objects.update_or_create(**whose, defaults=values)
    return True


def unregistered(*, source: str, user: str, at: datetime) -> bool:
    """Note that a phone or gateway is not online any more at this switch. Whether anybody registers
    with this user name.
    """
    whose = _whose(user)
    if whose is None:
        return False
    at = min(at, timezone.now())
    online = Registration.objects.filter(**whose, source=source, since__lte=at, until__gt=at)
    online.update(until=at)
    return True


def _whose(user: str) -> dict[str, Any] | None:
    """Whose user name it is. Up to two queries."""
    phone = phone_numbered(user)
    if phone is not None:
        return {"phone": phone}
    gateway = registering_gateway(user)
    return None if gateway is None else {"gateway": gateway}
