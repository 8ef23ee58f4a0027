"""Each task people come for is proven in a browser, within its clicks: by mouse and by keyboard."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import parsed, sources
from tests.support.clicks import BUDGETS

pytestmark = pytest.mark.wide

# "T7: …", "T7 and T8: …"
LABEL = re.compile(r"^T\d+(?: and T\d+)*(?=:)")
WAYS = {"by_mouse": "mouse", "keyboard": "keyboard"}


def proofs(tree: ast.Module) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """(task, way, test) of a module of tests."""
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inside:
            if not isinstance(one, ast.FunctionDef) or not one.name.startswith("test_"):
                continue
            of_class = ast.get_docstring(node) if isinstance(node, ast.ClassDef) else None
            label = LABEL.match(ast.get_docstring(one) or of_class or "")
            for task in re.findall(r"T\d+", label.group() if label else ""):
                yield from ((task, way, one) for word, way in WAYS.items() if word in one.name)


def counted(test: ast.FunctionDef) -> set[str]:
    """The tasks whose clicks the test holds against what they may take."""
    return {
        ast.literal_eval(call.args[0])
        for call in ast.walk(test)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "within"
    }


FOUND = [one for source in sources("tests/browser") for one in proofs(parsed(source))]


@pytest.mark.parametrize("way", WAYS.values())
def test_every_task_is_proven(way: str) -> None:
    assert set(BUDGETS) - {task for task, by, _test in FOUND if by == way} == set()


def test_every_proof_counts_its_clicks() -> None:
    assert FOUND
    assert [f"{test.name}: {task}" for task, _way, test in FOUND if task not in counted(test)] == []


PLANTED = """
class TestOne:
    '''T7: four clicks.'''
    def test_by_mouse(self): clicks.within("T7")
    def test_by_keyboard(self): clicks.count
    def test_what_else_there_is(self): ...
def test_the_keyboard_alone():
    '''T1 and T2: two.'''
    clicks.within("T1")
    clicks.within("T2")
def test_by_mouse():
    '''It is like T3: nobody counts.'''
"""


def test_what_proves_nothing_is_none() -> None:
    found = list(proofs(ast.parse(PLANTED)))
    assert [(task, way) for task, way, _test in found] == [
        ("T7", "mouse"), ("T7", "keyboard"), ("T1", "keyboard"), ("T2", "keyboard"),
    ]  # fmt: skip
    assert [counted(test) for _task, _way, test in found] == [
        {"T7"}, set(), {"T1", "T2"}, {"T1", "T2"},
    ]  # fmt: skip
