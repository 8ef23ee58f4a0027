"""Figures that people type are read in one place, and files are written in one."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.law import APPS
from tests.architecture.sources import name_of, parsed, sources, tracked

pytestmark = pytest.mark.wide

# What Django reads in its own way: it takes "1_000" and "1 2", or refuses "12,50".
OTHER_READERS = {"DecimalField", "FloatField", "NumberInput", "IntegerField"}


def fields_of_forms() -> Iterator[tuple[str, ast.Call, str]]:
    """Every `forms.Something(…)` as (place, call, name)."""
    for app in APPS:
        for source in sources(app):
            for node in ast.walk(parsed(source)):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                if ast.unparse(node.func.value) in ("forms", "django_filters"):
                    yield f"{name_of(source)}:{node.lineno}", node, node.func.attr


def test_no_form_reads_figures_in_its_own_way() -> None:
    found = [
        f"{place} {name}"
        for place, call, name in fields_of_forms()
        if name in OTHER_READERS | {"NumberFilter", "RangeFilter"}
        and "HiddenInput" not in ast.unparse(call)
    ]
    assert found == [], "use AmountField or CountField"


def test_no_template_lets_the_browser_refuse_a_figure() -> None:
    found = [
        name_of(one)
        for one in tracked(".html")
        if any(sign in one.read_text() for sign in ('type="number"', " pattern="))
    ]
    assert found == []


def test_only_the_kit_writes_files_for_spreadsheets() -> None:
    """What writes them elsewhere would have formulas in them. A text that is read again by the
    portal itself is no file.
    """
    texts = {"accounts/kit/sheets_in.py", "billing/distributions/lines.py"}
    writers = {
        name_of(source)
        for app in APPS
        for source in sources(app)
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node) in ("csv.writer", "csv.DictWriter", "xlsxwriter.Workbook", "Workbook")
    }
    assert writers - texts == {"accounts/kit/sheets_out.py"}
