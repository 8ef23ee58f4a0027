"""The audit log in words: what each deed is called, the groups deeds are filtered by, and values as
a person reads them.

Each package brings its own words (`accounts.portal.registry.AuditTerms`).
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.kit.legible import read_moment
from accounts.kit.moments import moment_words
from accounts.kit.object_keys import LONGEST_NUMBER, object_key, typed_number
from accounts.kit.text import folded
from accounts.portal.audit_terms import Words
from accounts.portal.registry import registry

_CODES: dict[str, Authorization] = {code.value: code for code in Authorization}
# Read first, in this order; databases keep none.
_FIRST = (
    "account_id", "agent", "name", "type", "status", "amount", "message", "authorization", "kind",
    "method",
)  # fmt: skip
_RANKS = {key: rank for rank, key in enumerate(_FIRST)}
# Nothing secret is recorded; should a value be named like one, it is not shown either.
_SECRET = re.compile(r"password|secret|token|(^|_)pin($|_)|private|recovery|credential")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def words(action: str) -> Words:
    """Symbol, colour and words of an action; unknown ones are called by their name."""
    known = _term("words", action)
    if known is None and action.endswith(".export"):
        what = action.removesuffix(".export").replace("_", " ")
        return "download", "", _("Exported: %(what)s") % {"what": what}
    return known or ("dot", "", action)


def actions_saying(text: str) -> list[str]:
    """The actions whose words hold `text`."""
    known = (pair for terms in registry.audit_terms for pair in terms.words.items())
    asked = folded(text)
    return [name for name, one in known if asked in folded(str(one[2]))]


def group_choices() -> list[tuple[str, Any]]:
    return list({one.name: (one.name, one.label) for one in registry.audit_groups}.values())


def in_group(name: str) -> Q:
    """A condition for entries whose action belongs to the group."""
    found = Q()
    for group in registry.audit_groups:
        if group.name == name:
            for one in group.beginnings:
                found |= Q(action__startswith=one)
            for one in group.ends:
                found |= Q(action__endswith=one)
    return found


def label(key: str) -> Any:
    """What a value of an entry is called."""
    known = _term("labels", key)
    if known is not None:
        return known
    if key in _CODES:
        return f"{_CODES[key].number} {_CODES[key].label}"
    for model in (one for terms in registry.audit_terms for one in terms.models):
        for field in model._meta.concrete_fields:
            if field.name == key:
                return capfirst(field.verbose_name)
    return key.replace("_", " ").capitalize()


def subject(action: str, found: str) -> str:
    """The object of an entry, by its key where the entry holds its number."""
    return named(kind_of(action), found)


def kind_of(action: str) -> str | None:
    """Whose key names the object of an entry; None where nothing's does."""
    beginning = action.partition(".")[0] + "."
    return next(
        (one.subjects[beginning] for one in registry.audit_terms if beginning in one.subjects),
        None,
    )


def _subject_kinds() -> dict[str, str]:
    return {
        beginning: kind
        for terms in registry.audit_terms
        for beginning, kind in terms.subjects.items()
    }


def named(kind: str | None, found: Any) -> str:
    """The key of the object with this number; any other text as it is."""
    text = str(found)
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return object_key(kind, int(text)) if kind and is_number else text


def subjects_like(text: str, *, numbers: bool) -> Q:
    """A condition for the entries whose object `text` is a part of, or the key of. Only with
    `numbers` is it looked for in numbers of objects: they count the platform.
    """
    like, with_key = Q(subject__icontains=text), Q()
    for beginning, kind in _subject_kinds().items():
        if not numbers and text.isdecimal():
            like &= ~Q(action__startswith=beginning)
        number = typed_number(kind, text)
        if number is not None:
            with_key |= Q(action__startswith=beginning, subject=str(number))
    return like | with_key


def in_order(keys: Iterable[str]) -> list[str]:
    """The keys of an entry's values, those that matter most first."""
    return sorted(keys, key=lambda key: (_RANKS.get(key, len(_FIRST)), key))


def value(key: str, stored: Any) -> str:
    """A value of an entry as text."""
    if _SECRET.search(key) and not isinstance(stored, (bool, int)):
        return _("not shown")
    if isinstance(stored, bool):
        if key in _CODES:
            return _("granted") if stored else _("not granted")
        return _("yes") if stored else _("no")
    if stored is None or stored in ("", [], {}):
        return _("none")
    kind = _term("values", key)
    if kind is not None:
        return named(kind, stored)
    if isinstance(stored, dict):
        return ", ".join(f"{label(one)}: {value(one, inner)}" for one, inner in stored.items())
    if isinstance(stored, list):
        return ", ".join(value(key, one) for one in stored)
    if stored in _CODES and key in ("codes", "granted", "authorization"):
        return f"{_CODES[stored].number} {_CODES[stored].label}"
    if isinstance(stored, str) and _MOMENT.match(stored) and (moment := read_moment(stored)):
        return moment_words(moment)
    return str(_choice(key, stored))


def _choice(key: str, stored: Any) -> Any:
    """What a choice is called by any package; itself where by none."""
    for terms in registry.audit_terms:
        if stored in terms.choices.get(key, ()):
            return terms.choices[key][stored]
    return stored


def _term(about: str, name: str) -> Any:
    """What the first package says about this name that says something."""
    said = (getattr(terms, about).get(name) for terms in registry.audit_terms)
    return next((term for term in said if term is not None), None)
