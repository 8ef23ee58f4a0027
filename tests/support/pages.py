"""Reading pages in tests: what stands in them, and people who signed in a moment ago."""

import re
from html import unescape
from typing import Any

from django.test import Client

from accounts.core.models import User
from tests.factories.fixtures import signed_in
from tests.support.answering import forms_shown


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
    for form in forms_shown(response):
        if holding in form.kinds:
            return form.sent
    raise LookupError(f"No form of the page holds {holding}.")
