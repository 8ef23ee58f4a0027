"""Naming an account: its id is typed, or picked among those that fit (`static/js/picker.js`)."""

from typing import Any

from django.urls import reverse_lazy


def picker_attrs(
    purpose: str = "read", *, is_clearable: bool = False, **query: str
) -> dict[str, Any]:
    """The attributes of a text input that takes an account; `purpose` and what else is in `query`
    say which ones fit (`accounts:picker`).
    """
    attrs = {
        "autocomplete": "off",
        "spellcheck": "false",
        "autocapitalize": "none",
        "data-picker": "",
        "data-src": reverse_lazy("accounts:picker", query={"for": purpose, **query}),
    }
    return {**attrs, "data-clearable": ""} if is_clearable else attrs
