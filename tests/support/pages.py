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


def markup_of(response: Any, status: int = 200) -> str:
    """A whole page that came with this status, so that what it lacks is lacking there and not on
    another page, or on none.
    """
    assert response.status_code == status, response.status_code
    body = response.content.decode()
    assert "<title>" in body
    assert "<h1" in body
    return body


def words_of(response: Any, status: int = 200) -> str:
    """What a reader sees of a whole page that came with this status."""
    markup_of(response, status)
    return text_of(response)


def part_of(response: Any, landmark: str) -> str:
    """A part of a page, a file or a list of data that came and holds what it is known by."""
    assert response.status_code == 200, response.status_code
    body = response.content.decode()
    assert landmark in body
    return body


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
