"""Choosing a time zone: six hundred of them, on many forms."""

import zoneinfo
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.kit.markup import format_html, joined


class ZoneSelect(forms.Select):
    """A select that is written in one go; the stock one renders a template for each option."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        shown = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        zones = tuple((str(zone), str(label)) for zone, label in self.choices)
        chosen = frozenset(self.format_value(value))
        return format_html("<select{}>{}</select>", flatatt(shown), _options(zones, chosen))


class ZoneField(forms.ChoiceField):
    """A time zone by its IANA name. The form that has it says what it offers."""

    widget = ZoneSelect

    def __init__(self, **more: Any) -> None:
        super().__init__(label=_("Time zone"), required=False, **more)


class Zones(BaseChoiceIterator):
    """Zones to choose from, as pairs. Django looks through a list of choices, group by group, for
    the field and again for its widget: a tenth of a page with six hundred.
    """

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._pairs)


def time_zone_choices(empty: Any) -> list[tuple[str, Any]]:
    """The IANA zones by name, after an empty choice with these words."""
    return [("", empty), *_zones()]


@cache
def _zones() -> list[tuple[str, str]]:
    """They are read from the system's files, by walking through all of them."""
    return [
        (name, name)
        for name in sorted(zoneinfo.available_timezones())
        if "/" in name and not name.startswith("Etc/")
    ]


@lru_cache(maxsize=50)
def _options(zones: tuple[tuple[str, str], ...], chosen: frozenset[str]) -> SafeString:
    """Six hundred, which are the same on nearly every form."""
    return joined(_option(zone, label, zone in chosen) for zone, label in zones)


@lru_cache(maxsize=2000)
def _option(zone: str, label: str, is_chosen: bool) -> SafeString:
    selected = SafeString(" selected") if is_chosen else ""
    return format_html('<option value="{}"{}>{}</option>', zone, selected, label)
