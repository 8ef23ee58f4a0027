"""Country and operator of a prefix, as the library `phonenumbers` knows them. No database."""

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import phonenumbers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from phonenumbers import carrier

from accounts.numbers.verdict import Section

# What the library calls everything that is no country's.
_NO_COUNTRY = "001"
_CODES: dict[int, tuple[str, ...]] = phonenumbers.COUNTRY_CODE_TO_REGION_CODE


def calling_code(digits: str) -> str:
    """The calling code that digits begin with, or "" where none is assigned."""
    return next((digits[:n] for n in (1, 2, 3) if int(digits[:n] or 0) in _CODES), "")


def place_of(section: Section) -> str:
    """Country and, where it is known, operator of a prefix or section; "" where there is none."""
    both = section.begin[: section.specificity]
    code = calling_code(both)
    if not code:
        return ""
    number = phonenumbers.PhoneNumber(int(code), int(both[len(code) :] or 0))
    country = _country(code, number)
    operator = carrier.name_for_valid_number(number, _language()) if len(both) > len(code) else ""
    return f"{country}, {operator}" if country and operator else country or operator


def number_place(number: str) -> str:
    """Country and operator of a whole number; "" for short codes and what no country assigns."""
    code = calling_code(number)
    if not code or len(number) == len(code):
        return ""
    parsed = phonenumbers.PhoneNumber(int(code), int(number[len(code) :]))
    return place_of(Section(number)) if phonenumbers.is_possible_number(parsed) else ""


def _country(code: str, number: Any) -> str:
    region = phonenumbers.region_code_for_number(number)
    if region and region != _NO_COUNTRY:
        return region_name(region)
    return country_of_code(code)


def country_of_code(code: str) -> str:
    """The country of a calling code; "" for a code that is no country's."""
    first, *others = _CODES.get(int(code), (_NO_COUNTRY,))
    if first == _NO_COUNTRY:
        return ""
    if others:
        return _("%(country)s and others") % {"country": region_name(first)}
    return region_name(first)


def country_codes() -> list[tuple[str, str]]:
    """(calling code, country) of every country, by name."""
    named = [(str(code), country_of_code(str(code))) for code in _CODES]
    # A few islands have a code and, in the library, no name.
    return sorted(((code, name) for code, name in named if len(name) > 2), key=lambda one: one[1])


def region_name(region: str) -> str:
    """What a country is called in the language in use, else in English."""
    names = _names().get(region, {})
    name: str = names.get(_language()) or names.get("en") or region
    # The library writes "as in that other language" with a star.
    return names.get(name[1:], region) if name.startswith("*") else name


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


@cache
def _names() -> dict[str, dict[str, str]]:
    """The library's names of countries. They lie beside its descriptions of every area of the
    world, which take 100 MB and a second in every process: this file is read without those.
    """
    file = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    spec = spec_from_file_location("phonenumbers.geodata.locale", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, dict[str, str]] = module.LOCALE_DATA
    return found
