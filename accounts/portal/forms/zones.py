"""Choosing a time zone: six hundred of them, on many forms."""

import zoneinfo
from functools import cache, lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.kit.markup import format_html, joined


class ZoneSelect(forms.Select):
    """A select that is written in one go; the stock one renders a template for each option."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        shown = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        chosen = self.format_value(value)
        options = joined(
            _option(str(zone), str(label), str(zone) in chosen) for zone, label in self.choices
        )
        return format_html("<select{}>{}</select>", flatatt(shown), options)


class ZoneField(forms.ChoiceField):
    """A time zone by its IANA name. The form that has it says what it offers."""

    widget = ZoneSelect

    def __init__(self, **more: Any) -> None:
        super().__init__(label=_("Time zone"), required=False, **more)


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


@lru_cache(maxsize=2000)
def _option(zone: str, label: str, is_chosen: bool) -> SafeString:
    """One of six hundred, which are the same on every form."""
    selected = SafeString(" selected") if is_chosen else ""
    return format_html('<option value="{}"{}>{}</option>', zone, selected, label)
