"""What the checks of the stored data said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts.kit.prepared import Prepared
from accounts.portal.registry import registry
from accounts.upkeep.models import CheckResult

# Checks run every day; after so long one was left out.
OVERDUE = timedelta(hours=36)


@dataclass(frozen=True)
class Checked:
    """A check, and its latest result (None: it never ran)."""

    name: str
    label: Any
    result: CheckResult | None

    @property
    def is_overdue(self) -> bool:
        return self.result is None or self.result.at < timezone.now() - OVERDUE

    @property
    def is_broken(self) -> bool:
        return self.result is not None and not self.result.is_sound


def checked() -> list[Checked]:
    """Every registered check with its latest result. One query."""
    results = {one.name: one for one in _LATEST.objects(())}
    return [Checked(one.name, one.label, results.get(one.name)) for one in registry.data_checks]


def _latest(_shape: Any) -> "QuerySet[CheckResult]":
    latest = CheckResult.objects.values("name").annotate(last=Max("pk")).values("last")
    return CheckResult.objects.filter(pk__in=latest)


_LATEST = Prepared(_latest)


def last_at(checks: list[Checked]) -> datetime | None:
    """When the one ran that waits longest; None if one of them never ran."""
    times = [one.result.at for one in checks if one.result]
    return min(times) if times and len(times) == len(checks) else None
