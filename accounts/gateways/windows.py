"""How many calls at a time: the figure of a gateway, and windows of the week in which it is another
(docs/domain.md 8).

Plain data and functions; nothing here knows a database. A window is stored as a text,
`workdays 07:00-22:00 40`; its times are those of the account's time zone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.errors import Refused

MOST_CALLS = 100_000
MOST_WINDOWS = 12
_MINUTES = 24 * 60

# The days a window is for, Monday being 0.
DAYS: dict[str, tuple[int, ...]] = {
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "workdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    "monday": (0,),
    "tuesday": (1,),
    "wednesday": (2,),
    "thursday": (3,),
    "friday": (4,),
    "saturday": (5,),
    "sunday": (6,),
}
DAY_LABELS: dict[str, Any] = {
    "daily": gettext_lazy("Every day"),
    "workdays": gettext_lazy("Monday to Friday"),
    "weekend": gettext_lazy("Saturday and Sunday"),
    "monday": gettext_lazy("Monday"),
    "tuesday": gettext_lazy("Tuesday"),
    "wednesday": gettext_lazy("Wednesday"),
    "thursday": gettext_lazy("Thursday"),
    "friday": gettext_lazy("Friday"),
    "saturday": gettext_lazy("Saturday"),
    "sunday": gettext_lazy("Sunday"),
}
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)\Z", re.ASCII)
_WINDOW = re.compile(r"(\w+) (\d\d:\d\d)-(\d\d:\d\d) (\d+)\Z", re.ASCII)


@dataclass(frozen=True)
class Window:
    """`calls` at a time from the minute `begins` of these days until the minute `ends`, that one
    not included. Both are minutes since midnight.
    """

    days: str
    begins: int
    ends: int
    calls: int

    @classmethod
    def read(cls, text: str) -> Self:
        """The window of a stored text. Raises Refused for a text that is none."""
        found = _WINDOW.match(text)
        if found is None:
            raise _window(_("%(text)s is no window of time.") % {"text": text[:50]})
        days, begins, ends, calls = found.groups()
        return cls(days, minute(begins), minute(ends), int(calls))

    def __str__(self) -> str:
        return f"{self.days} {clock(self.begins)}-{clock(self.ends)} {self.calls}"

    @property
    def days_label(self) -> Any:
        return DAY_LABELS[self.days]

    @property
    def hours(self) -> str:
        return f"{clock(self.begins)}–{clock(self.ends)}"

    def holds(self, local: datetime) -> bool:
        """Whether this moment, in the account's own time, lies in the window."""
        at = local.hour * 60 + local.minute
        return local.weekday() in DAYS[self.days] and self.begins <= at < self.ends

    def overlaps(self, other: "Window") -> bool:
        """Whether some minute of the week lies in both."""
        same_day = set(DAYS[self.days]) & set(DAYS[other.days])
        return bool(same_day) and self.begins < other.ends and other.begins < self.ends


def clean_calls(calls: Any, field: str = "capacity") -> int:
    """A number of calls at a time, 0 to MOST_CALLS. Raises Refused."""
    if isinstance(calls, bool) or not isinstance(calls, int) or calls < 0:
        raise Refused(_("Enter a whole number of calls, 0 or more."), code="negative", field=field)
    if calls > MOST_CALLS:
        raise Refused(
            _("At most %(most)s calls at a time can be set.") % {"most": MOST_CALLS},
            code="too_many",
            field=field,
        )
    return calls


def minute(text: str) -> int:
    """Minutes since midnight of a time such as 07:30; 24:00 is the end of the day. Raises
    Refused.
    """
    found = _CLOCK.match(text.strip())
    if found is not None:
        hours, minutes = int(found[1]), int(found[2])
        if minutes < 60 and hours * 60 + minutes <= _MINUTES:
            return hours * 60 + minutes
    raise _window(
        _("%(text)s is no time: write hours and minutes, from 00:00 to 24:00.")
        % {"text": text.strip()[:20] or "–"}
    )


def clock(at: int) -> str:
    return f"{at // 60:02}:{at % 60:02}"


def clean_windows(windows: Iterable[Window]) -> list[Window]:
    """The windows in the order of the week. Raises Refused (field `windows`) for one that ends
    before it begins, two that overlap, or too many.
    """
    found = sorted(windows, key=lambda one: (list(DAYS).index(one.days), one.begins))
    for one in found:
        clean_calls(one.calls, "windows")
        if one.begins >= one.ends:
            raise _window(
                _("%(hours)s ends before it begins. Make two windows of a night: until 24:00, "
                  "and from 00:00.")
                % {"hours": one.hours}
            )  # fmt: skip
    for at, one in enumerate(found):
        for other in found[at + 1 :]:
            if one.overlaps(other):
                raise _window(
                    _("%(one)s and %(other)s overlap: no minute may have two figures.")
                    % {"one": _words(one), "other": _words(other)}
                )
    if len(found) > MOST_WINDOWS:
        raise _window(_("Set at most %(most)s windows.") % {"most": MOST_WINDOWS})
    return found


def calls_at(capacity: int, windows: Sequence[Window], local: datetime) -> int:
    """How many calls at a time at this moment, in the account's own time."""
    return next((one.calls for one in windows if one.holds(local)), capacity)


def _words(window: Window) -> str:
    return f"{window.days_label} {window.hours}"


def _window(words: Any) -> Refused:
    return Refused(words, code="window", field="windows")
