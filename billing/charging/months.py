"""Months of calls: of UTC, by the setup of their legs. Plain functions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from billing.charging.volumes import next_month


@dataclass(frozen=True)
class Month:
    """A month by its first day."""

    first: date

    @classmethod
    def of(cls, moment: datetime | date) -> "Month":
        """The month of a moment, or of a day."""
        if isinstance(moment, datetime):
            moment = moment.astimezone(UTC).date()
        return cls(moment.replace(day=1))

    @property
    def begin(self) -> datetime:
        return datetime(self.first.year, self.first.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """When the next one begins."""
        return self.next.begin

    @property
    def next(self) -> "Month":
        return Month(next_month(self.first))

    def until(self, end: datetime) -> Iterator["Month"]:
        """This month and those behind it that end by a moment."""
        one = self
        while one.end <= end:
            yield one
            one = one.next

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"
