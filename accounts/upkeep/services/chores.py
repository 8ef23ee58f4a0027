"""Who does what is due only now and then, when many look after it at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.upkeep.models import Chore


def due(chores: Mapping[str, timedelta]) -> list[str]:
    """The chores, named with how often they are due, that nobody began for so long. One query, and
    another one where a name is new.
    """
    now = timezone.now()
    begun = dict(Chore.objects.filter(name__in=chores).values_list("name", "begun_at"))
    new = [Chore(name=name) for name in chores if name not in begun]
    if new:
        Chore.objects.bulk_create(new, ignore_conflicts=True)
    return [name for name, every in chores.items() if _is_due(begun.get(name), now, every)]


def _is_due(begun: datetime | None, now: datetime, every: timedelta) -> bool:
    return begun is None or begun <= now - every


def claim(name: str, every: timedelta) -> bool:
    """Whether it is this process that does the chore now: of all that ask at once one is told so.
    One that fails or is killed at it leaves it for the next time.
    """
    now = timezone.now()
    waits = Q(begun_at=None) | Q(begun_at__lte=now - every)
    return bool(Chore.objects.filter(waits, name=name).update(begun_at=now))
