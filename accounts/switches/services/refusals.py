"""Who is refused at the door of the switches is counted, in so many rows and no more: anybody may
knock, from as many addresses as there are.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.switches.models import DoorRefusal

# Rows there are at most, but for one of each kind for those that have none of their own.
MOST = 500
_KEPT = timedelta(days=1, hours=1)


def door_refused(*, address: str, why: str, switch: str = "", times: int = 1) -> None:
    """Count that somebody was refused so many times just now, by `neighbourhood` of the address."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    if _added(hour=hour, address=address, why=why, switch=switch, times=times):
        return
    DoorRefusal.objects.filter(hour__lt=now - _KEPT).delete()
    if DoorRefusal.objects.count() >= MOST:
        address = switch = ""
        if _added(hour=hour, address=address, why=why, switch=switch, times=times):
            return
    try:
        with transaction.atomic():
            DoorRefusal.objects.create(
                hour=hour, address=address, why=why, switch=switch, count=times, last_at=now
            )
    except IntegrityError:
        # Somebody else counted the first of them.
        _added(hour=hour, address=address, why=why, switch=switch, times=times)


def _added(*, times: int, **which: object) -> bool:
    """Whether there was a row to count it in."""
    rows = DoorRefusal.objects.filter(**which)
    return bool(rows.update(count=F("count") + times, last_at=timezone.now()))
