"""The day until which an account is valid: a day of the account's own time zone."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.moments import day_end, today
from accounts.portal.forms.days import DayField


class WithLastDay(forms.BaseForm):
    """A form with the fields `valid_until` and `time_zone`, whatever they stand beside."""

    cleaned_data: dict[str, Any]
    # The zone of an account that gets none of its own.
    zone_default = "UTC"

    def check_last_day(self, clean: Mapping[str, Any]) -> None:
        """It is not over where the account is; one that stays as it was is taken as it is."""
        day, is_new = clean.get("valid_until"), "valid_until" in self.changed_data
        if day and is_new and "time_zone" in clean and day < today(self._zone(clean)):
            words = _("This day is over in %(zone)s. To stop the account now, lock it.")
            over = forms.ValidationError(words % {"zone": self._zone(clean)}, code="past")
            self.add_error("valid_until", over)

    def expiry(self) -> datetime | None:
        """The end of the day entered; of a valid form."""
        day: date | None = self.cleaned_data["valid_until"]
        return day_end(day, self._zone(self.cleaned_data)) if day else None

    def _zone(self, clean: Mapping[str, Any]) -> ZoneInfo:
        return ZoneInfo(clean["time_zone"] or self.zone_default)


def last_day_field() -> DayField:
    return DayField(label=_("Valid until"), required=False)
