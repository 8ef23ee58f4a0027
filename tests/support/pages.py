"""Reading pages in tests: what stands in them, and people who signed in a moment ago."""

import re
from html import unescape
from typing import Any

from django.test import Client

from accounts.models import User
from tests.factories.fixtures import signed_in


def text_of(response: Any) -> str:
    """What a reader sees of the answer: words alone, single spaces, without the side panel."""
    body = response.content.decode()
    body = body[body.find("<main") :] if "<main" in body else body
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def field_error(response: Any, field: str) -> str:
    """The error beside a field of a form that was sent back ("" if there is none)."""
    found = re.search(
        rf'id="id_{field}_error">(.*?)</div>', response.content.decode(), flags=re.DOTALL
    )
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", found.group(1))).split()) if found else ""
    return words.removeprefix("Error: ").strip()


def just_signed_in(login: User) -> Client:
    """A browser in which `login` proved a moment ago who it is: dangerous deeds ask no more."""
    return signed_in(login)


def sent_by_form(response: Any, holding: str) -> dict[str, list[str]]:
    """What the browser would send for the form of the page that holds the field `holding`, with
    nothing typed.
    """
    for form in re.findall(r"<form\b.*?</form>", response.content.decode(), flags=re.DOTALL):
        fields: dict[str, list[str]] = {}
        for tag in re.findall(r"<input\b[^>]*>", form):
            name, value = (re.search(rf'\b{what}="([^"]*)"', tag) for what in ("name", "value"))
            if name:
                fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
        if holding in fields:
            return fields
    raise LookupError(f"No form of the page holds {holding}.")
