"""What people type is looked for through one door, and compared in one way."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.law import APPS
from tests.architecture.sources import name_of, parsed, sources

pytestmark = pytest.mark.wide

DOORS = {"accounts/kit/lookups.py", "accounts/kit/text.py"}

# Databases do these by the bytes, or each in its own way.
BY_BYTES = re.compile(r"(?:^|__)(\w+?)__(contains|startswith|endswith|iendswith|regex|iregex)$")
# ASCII by its rules, in one case: services write it so, and it is cleaned before it is asked for.
CANONICAL = {
    "account_id", "action", "name", "number", "password", "prefix", "serial", "serial_prefix",
}  # fmt: skip
# Of those, the only names that are: of groups, which nobody types.
NAMES_OF_GROUPS = {"accounts/authorizations/queries/integrity.py"}


def asked(tree: ast.Module) -> Iterator[tuple[int, str, ast.expr | None]]:
    """Every look-up of a query: its line, what is asked, and the value where it is a keyword."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg and "__" in node.arg:
            yield node.value.lineno, node.arg, node.value
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and re.fullmatch(r"\w+__\w+", node.value):
            yield node.lineno, node.value, None


def past_the_door(tree: ast.Module) -> Iterator[str]:
    for line, name, value in asked(tree):
        found = BY_BYTES.search(name)
        if found and found[1].split("__")[-1] not in CANONICAL:
            yield f"{line} {name}"
        # The index is on LOWER(): only what is ASCII by now is written small alike everywhere.
        if name.endswith("__lower") and value is not None:
            text = ast.unparse(value)
            if not text.startswith("name_key(") and text != "login.email.lower()":
                yield f"{line} {name}={text}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Upper":
            yield f"{node.lineno} Upper()"
        # Text in text, compared by Python.
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            left = ast.unparse(node.left)
            right = ast.unparse(node.comparators[0])
            if left.endswith((".lower()", ".casefold()")) and right.endswith(left[-8:]):
                yield f"{node.lineno} {left} in {right}"


def test_search_goes_through_the_lookups_of_the_kit() -> None:
    found = [
        f"{name_of(source)}:{one}"
        for app in APPS
        for source in sources(app)
        if name_of(source) not in DOORS
        for one in past_the_door(parsed(source))
    ]
    assert found == [], "use iexact, icontains or istartswith (accounts/kit/lookups.py)"


def test_names_are_canonical_of_groups_alone() -> None:
    found = {
        name_of(source)
        for app in APPS
        for source in sources(app)
        for _line, name, _value in asked(parsed(source))
        if re.search(r"(?:^|__)name__(?!i)(contains|startswith|endswith)$", name)
    }
    assert found <= NAMES_OF_GROUPS


@pytest.mark.parametrize(
    "planted",
    [
        "rows.filter(memo__contains=text)",
        "rows.filter(detail__memo__startswith=text)",
        "search_fields = ('full_name__iregex',)",
        "rows.filter(account_id__lower=text.lower())",
        "rows.annotate(x=Upper('name'))",
        "found = [one for one in names if text.lower() in one.lower()]",
    ],
)
def test_a_way_past_the_door_is_seen(planted: str) -> None:
    assert list(past_the_door(ast.parse(planted)))


def test_only_the_kit_knows_how_characters_are_composed() -> None:
    found = {
        name_of(source)
        for app in APPS
        for source in sources(app)
        if "unicodedata.normalize" in source.read_text()
    }
    assert {one for one in found if not one.startswith("accounts/kit/")} == set()
