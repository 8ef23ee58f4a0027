"""No test passes because what it looks at is not there: every assertion is made, and means what was
asked for.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.architecture.sources import name_of, parsed, sources
from tests.architecture.vacuous import each_test, unmet_absences, unmet_branches, unmet_loops

pytestmark = pytest.mark.wide

Check = Callable[[ast.FunctionDef, ast.Module], Iterator[int]]

# How each kind is told, and what to do about it.
CHECKS: dict[str, tuple[Check, str]] = {
    "branches": (
        lambda test, _module: unmet_branches(test),
        "assert in both branches, name what is expected in each case, or split the test",
    ),
    "loops": (unmet_loops, "say before the loop that there is something in it"),
    "absences": (
        unmet_absences,
        "read the page by markup_of, words_of or part_of (tests/support/pages.py), or say as well"
        " what does stand in it",
    ),
}

# Walks over what a page may have none of, with the test beside them that shows there is some.
MAY_BE_EMPTY = {
    "test_a_field_that_does_not_arrive_is_an_error":
        "test_there_are_fields_boxes_and_what_is_shut_to_walk",
    "test_empty_boxes_need_their_mark":
        "test_there_are_fields_boxes_and_what_is_shut_to_walk",
    "test_what_cannot_be_changed_is_refused":
        "test_there_are_fields_boxes_and_what_is_shut_to_walk",
}  # fmt: skip

MODULES = [one for one in sources("tests") if one.name.startswith("test_")]


@pytest.mark.parametrize("kind", CHECKS)
def test_every_test_can_fail(kind: str) -> None:
    check, what_to_do = CHECKS[kind]
    found = [
        f"{name_of(source)}:{line}"
        for source in MODULES
        for test in each_test(parsed(source))
        if not (kind == "loops" and test.name in MAY_BE_EMPTY)
        for line in check(test, parsed(source))
    ]
    assert found == [], what_to_do


def test_walks_over_what_may_be_empty_stand_beside_one_that_is_not() -> None:
    for walk, beside in MAY_BE_EMPTY.items():
        names = [{one.name for one in each_test(parsed(source))} for source in MODULES]
        assert any({walk, beside} <= some for some in names), walk


PLANTED = """
FILLED, EMPTY = (1, 2), ()
SOME = [1]
MADE = [one for one in SOME if one]

@pytest.mark.parametrize("case", [[1]])
def test_loops(case, given):
    for one in SOME: assert one
    for one in case: assert one
    for one in (1, 2): assert one
    for one in Kind: assert one
    for one in range(3): assert one
    assert given.rows
    for one in given.rows: assert one
    for one in given.others: assert one  # line 15
    for one in MADE: assert one  # line 16
    for one in []: assert one  # line 17
    for one in (*given.others,): assert one  # line 18
    found = list(given.others)
    for one in found: assert one  # line 20
    assert not given.none
    for one in given.none: assert one  # line 22
    for one in given.others: print(one)

def test_branches(found, kind):
    if found:  # line 26
        assert found == 1
    if kind:
        assert found
    else:
        with pytest.raises(ValueError): found()
    for one in (1, 2):
        if one == kind:
            assert one
            continue
        assert found
    if kind:  # line 37
        assert found
        return
    print(kind)

def read(answer):
    return text_of(answer)

def test_absences(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "x" not in page.content.decode()  # line 48
    other = client.get("/").content.decode()
    assert "y" in other
    assert "x" not in other
    assert "x" not in markup_of(client.get("/"))
    assert "x" not in read(client.get("/"))  # line 53
    assert "x" not in text_of(client.get("/"))  # line 54
    body = client.get("/").content
    assert b"x" not in body  # line 56
    assert "x" not in ("y", "z")
"""


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("loops", [15, 16, 17, 18, 20, 22]),
        ("branches", [26, 37]),
        ("absences", [48, 53, 54, 56]),
    ],
)
def test_what_cannot_fail_is_found(kind: str, lines: list[Any]) -> None:
    planted = ast.parse(PLANTED)
    check, _what_to_do = CHECKS[kind]
    found = [line for test in each_test(planted) for line in check(test, planted)]
    assert sorted(found) == lines
