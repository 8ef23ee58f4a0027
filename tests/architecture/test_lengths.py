"""Every text that somebody may send has a length: a longer one is refused beside its field, before
a database or a search is asked for it.
"""

import importlib
from collections.abc import Iterator
from typing import Any

import django_filters
import pytest
from django import forms

from accounts.portal.registry import registry
from tests.architecture.law import APPS
from tests.architecture.sources import module_of, sources

# Fields whose own reading bounds them, and why.
BOUNDED = {
    "AmountField": "an amount of more digits than money has is none",
    "SignedAmountField": "the same",
    "WholeNumberField": "a number of more than twelve digits is none",
    "UUIDField": "a key of more than 32 digits is none",
    "MultipleHiddenInput": "many values, each compared with what is known",
}
# Its forms are allauth's, and get their lengths as they are made (`limit`).
SIGNING_IN = "accounts.logins.forms.security"


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _ours(kind: type[Any]) -> list[type[Any]]:
    for source in (one for app in APPS for one in sources(app)):
        if source.name in ("forms.py", "filters.py") or source.parent.name in ("forms", "admin"):
            importlib.import_module(module_of(source))
    found = {one for one in _below(kind) if one.__module__.split(".")[0] in APPS}
    # What only adds to forms has no fields of its own.
    found = {one for one in found if hasattr(one, "base_fields") or hasattr(one, "base_filters")}
    found = {one for one in found if one.__module__ != SIGNING_IN}
    return sorted(found, key=lambda one: (one.__module__, one.__qualname__))


def _endless(fields: Any) -> list[str]:
    return [
        name
        for name, field in fields.items()
        if isinstance(field, forms.CharField)
        and field.max_length is None
        and not {type(field).__name__, type(field.widget).__name__} & set(BOUNDED)
    ]


def test_there_are_forms_and_filters() -> None:
    assert len(_ours(forms.BaseForm)) > 30
    assert len(_ours(django_filters.FilterSet)) > 4


@pytest.mark.parametrize("form", _ours(forms.BaseForm), ids=lambda one: one.__qualname__)
def test_every_text_of_a_form_has_a_length(form: Any) -> None:
    assert _endless(getattr(form, "base_fields", {})) == []


@pytest.mark.parametrize(
    "filters", _ours(django_filters.FilterSet), ids=lambda one: one.__qualname__
)
def test_every_text_of_a_filter_has_a_length(filters: Any) -> None:
    assert _endless({name: one.field for name, one in filters.base_filters.items()}) == []


def test_every_text_of_a_filter_that_packages_add_has_a_length() -> None:
    assert _endless({one.name: one.make().field for one in registry.list_filters}) == []
