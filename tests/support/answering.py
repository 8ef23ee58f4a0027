"""Forms as a browser sends them: everything that the page shows, with what a person changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

# A value that stays away: as if the field had not been sent.
LEFT_OUT = object()
_VOID = ("submit", "button", "image", "reset")


@dataclass
class ShownForm:
    """A form of a page: where it goes, and what it sends when nothing is touched."""

    action: str = ""
    method: str = "get"
    sent: dict[str, list[str]] = field(default_factory=dict)
    # The type of each input by name: "text", "checkbox", "select", "textarea" …
    kinds: dict[str, str] = field(default_factory=dict)
    # Its first button that says something.
    button: tuple[str, str] | None = None
    # What is shown and cannot be changed.
    shut: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, kind: str, value: str | None) -> None:
        self.kinds.setdefault(name, kind)
        if value is not None:
            self.sent.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[ShownForm] = []
        self.by_id: dict[str, ShownForm] = {}
        self.waiting: list[tuple[str, str, str, str | None]] = []
        self.inside: ShownForm | None = None
        self.select: dict[str, Any] | None = None
        self.area: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = ShownForm(given.get("action") or "", (given.get("method") or "get"))
            self.forms.append(self.inside)
            if given.get("id"):
                self.by_id[given["id"]] = self.inside
        elif tag == "option" and self.select is not None:
            value = given.get("value", "")
            self.select["first"].append(value)
            if "selected" in given:
                self.select["chosen"].append(value)
        elif "name" in given and self.inside is not None and {"disabled", "readonly"} & set(given):
            self.inside.shut[given["name"]] = given.get("type") or "text"
            if "readonly" in given and tag == "input":
                self._add(given, "text", given.get("value") or "")
        elif tag == "button" and given.get("name") and given.get("type") != "button":
            form = self.by_id.get(given.get("form") or "") or self.inside
            if form is not None and form.button is None:
                form.button = (given["name"], given.get("value") or "")
        elif "name" in given:
            if tag == "select":
                self.select = {**given, "chosen": [], "first": []}
            elif tag == "textarea":
                self.area = {**given, "text": ""}
            elif tag == "input" and given.get("type") not in _VOID:
                kind = given.get("type") or "text"
                is_sent = kind not in ("checkbox", "radio") or "checked" in given
                is_sent = is_sent and kind != "file"
                default = "on" if kind in ("checkbox", "radio") else ""
                value = (given.get("value", default) or "") if is_sent else None
                self._add(given, kind, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "select" and self.select is not None:
            chosen = self.select["chosen"] or (
                [] if "multiple" in self.select else self.select["first"][:1]
            )
            self._add(self.select, "select", None)
            for value in chosen:
                self._add(self.select, "select", value)
            self.select = None
        elif tag == "textarea" and self.area is not None:
            self._add(self.area, "textarea", self.area["text"].removeprefix("\n"))
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area["text"] += data

    def _add(self, given: Mapping[str, Any], kind: str, value: str | None) -> None:
        if given.get("form"):
            self.waiting.append((given["form"], given["name"], kind, value))
        elif self.inside is not None:
            self.inside.add(given["name"], kind, value)


def forms_shown(response: Any) -> list[ShownForm]:
    """The forms of a page that post, in its own order."""
    reader = _Reader()
    reader.feed(response.content.decode())
    for form_id, name, kind, value in reader.waiting:
        if form_id in reader.by_id:
            reader.by_id[form_id].add(name, kind, value)
    return [one for one in reader.forms if one.method.lower() == "post"]


def form_shown(response: Any, *holding: str) -> ShownForm:
    """The form of the page that holds most of these fields."""
    forms = forms_shown(response)
    if not forms:
        raise LookupError("The page has no form that posts.")
    return max(forms, key=lambda one: (sum(n in one.kinds for n in holding), len(one.kinds)))


def answered(response: Any, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the browser sends for the form of the page that `changes` is about; LEFT_OUT takes a
    field out of it.
    """
    changes = changes or {}
    sent: dict[str, Any] = {**form_shown(response, *changes).sent, **changes}
    sent.pop("csrfmiddlewaretoken", None)
    return {name: value for name, value in sent.items() if value is not LEFT_OUT}


def submit(browser: Client, url: str, changes: Mapping[str, Any] | None = None, **how: Any) -> Any:
    """Open the page, change these fields, send its form. What a person may not even look at is
    sent as it is.
    """
    page = browser.get(url)
    if page.status_code not in (200, 422) or not forms_shown(page):
        return browser.post(url, changes or {}, **how)
    return browser.post(url, answered(page, changes), **how)
