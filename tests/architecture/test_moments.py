"""Days and moments are written, read and counted in one place: accounts/kit/moments.py, and in
forms accounts/portal/forms/days.py. Elsewhere a zone is forgotten, a date gets another style, or a
day ends a second too soon.
"""

import re

import pytest

from tests.architecture.sources import name_of, tracked

pytestmark = pytest.mark.wide

HOME = {"accounts/kit/moments.py", "accounts/portal/forms/days.py"}
# What reads or writes a date by itself, or cuts days out of moments by itself.
PYTHON = re.compile(
    r"\bdate_format\(|\bstrftime\(|\.replace\(hour=|\btime\.min\b|time\(23, 59|datetime\.combine\("
    r"|forms\.DateField|forms\.DateTimeField|DateFilter\(|__date(?:__|=)|\bmake_aware\("
)
# The machine's form of a moment is nobody's style.
TEMPLATE = re.compile(r"\|\s*date(?!:'c'|:\"c\")|\|\s*time\b|{%\s*now\b")


def test_only_its_home_writes_reads_and_cuts_days() -> None:
    found = [
        f"{name_of(one)}: {match.group()}"
        for one in tracked(".py")
        if not name_of(one).startswith("tests/")
        and "/migrations/" not in name_of(one)
        and name_of(one) not in HOME
        for match in PYTHON.finditer(one.read_text())
    ]
    assert found == []


def test_templates_write_days_and_moments_by_its_filters() -> None:
    found = [
        f"{name_of(one)}: {match.group()}"
        for end in (".html", ".txt")
        for one in tracked(end)
        if name_of(one).startswith("templates/")
        for match in TEMPLATE.finditer(one.read_text())
    ]
    assert found == []
