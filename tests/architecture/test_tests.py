"""Tests lie as what they test does, lean on no other test, and say how they are run."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.law import PACKAGES
from tests.architecture.sources import ROOT, imports, module_of, name_of, parsed, sources

pytestmark = pytest.mark.wide

# Which marker a test needs that uses one of these, itself or by what it calls or is given.
LANES = {
    "race": (
        "tests.support.processes", "tests.support.crowd", "tests.support.threads", "threading",
        "multiprocessing", "concurrent.futures",
    ),
    "walk": (
        "tests.support.addresses", "tests.support.isolation", "tests.support.gains",
        "tests.support.world",
    ),
    "axe": ("tests.support.browser.axe_everywhere", "tests.support.browser.axe_violations"),
}  # fmt: skip


def is_test_module(module: str) -> bool:
    return module.startswith("tests.") and module.rpartition(".")[2].startswith("test_")


TEST_MODULES = [one for one in sources("tests") if is_test_module(module_of(one))]


def test_no_test_leans_on_another() -> None:
    found = [
        f"{name_of(source)} imports {name}"
        for source in sources("tests")
        for name in imports(source)
        if is_test_module(name) or is_test_module(name.rpartition(".")[0])
    ]
    assert found == [], "fixtures go to the package's conftest, helpers to tests/support"


@pytest.mark.parametrize("app", PACKAGES)
def test_what_lies_beside_the_packages_is_about_the_app_itself(app: str) -> None:
    """About a module or a folder at the top of the app, that is."""
    tops = {f"test_{one.stem}" for one in (ROOT / app).iterdir()}
    here = {one.stem for one in (ROOT / "tests" / app).glob("*.py")}
    assert here - tops - {"__init__", "conftest"} == set()


@pytest.mark.parametrize("app", PACKAGES)
def test_only_packages_lie_below_an_app(app: str) -> None:
    here = {one.relative_to(ROOT / "tests" / app).parts for one in sources(f"tests/{app}")}
    packages = {parts[0] for parts in here if len(parts) > 1}
    assert packages - set(PACKAGES[app]) == set()


@pytest.mark.parametrize("lane", LANES)
def test_a_test_says_how_it_is_run(lane: str) -> None:
    """`-m fast` would run it otherwise."""
    found = [
        f"{name_of(source)}:{line}"
        for source in TEST_MODULES
        for line in unmarked(parsed(source), lane)
    ]
    assert found == [], f"mark these @pytest.mark.{lane}"


def test_how_examples_are_tried_is_said_in_one_place() -> None:
    """What one test is spared the others would be measured by: time, most of all."""
    said = ("hypothesis.settings", "hypothesis.HealthCheck", "hypothesis")
    found = [
        name_of(source)
        for source in sources("tests")
        if any(name in said for name in imports(source))
    ]
    assert found == ["tests/support/examples.py"]


def unmarked(tree: ast.Module, lane: str) -> Iterator[int]:
    """The lines of the tests that use what the lane is for and do not say so."""
    using = _users(tree, LANES[lane])
    marker = f"pytest.mark.{lane}"
    for owners, function in _functions(tree):
        marks = [one for owner in (*owners, function) for one in owner.decorator_list]
        marks += [one.value for one in tree.body if _sets_pytestmark(one)]
        if (
            function.name.startswith("test_")
            and function in using
            and not any(ast.unparse(one) == marker for mark in marks for one in ast.walk(mark))
        ):
            yield function.lineno


def _functions(tree: ast.Module) -> Iterator[tuple[list[ast.ClassDef], ast.FunctionDef]]:
    """The functions of a module and of its classes, with the class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield [], node
        elif isinstance(node, ast.ClassDef):
            yield from (([node], one) for one in node.body if isinstance(one, ast.FunctionDef))


def _sets_pytestmark(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"


def _users(tree: ast.Module, wanted: tuple[str, ...]) -> set[ast.AST]:
    """What in a module uses one of these names, or something else of the module that does."""
    names = {
        (one.asname or one.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for one in node.names
        if f"{_module(node)}{one.name}.".startswith(tuple(f"{name}." for name in wanted))
    }
    parts = [one for _owners, one in _functions(tree)]
    # A class without tests is used as a whole.
    parts += [one for one in tree.body if isinstance(one, ast.Assign | ast.ClassDef)]
    found: set[ast.AST] = set()
    while new := {one for one in parts if one not in found and _names_in(one) & names}:
        found |= new
        names |= {name for one in new for name in _names_of(one)}
    return found


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return f"{node.module}." if isinstance(node, ast.ImportFrom) else ""


def _names_in(part: ast.AST) -> set[str]:
    """The names it uses; a test and a fixture are given fixtures by the names of arguments."""
    return {one.id for one in ast.walk(part) if isinstance(one, ast.Name)} | {
        one.arg for one in ast.walk(part) if isinstance(one, ast.arg)
    }


def _names_of(part: ast.AST) -> set[str]:
    if isinstance(part, ast.Assign):
        return {one.id for to in part.targets for one in ast.walk(to) if isinstance(one, ast.Name)}
    return {part.name} if isinstance(part, ast.FunctionDef | ast.ClassDef) else set()


PLANTED = """
import threading
from tests.support import processes
from tests.support.browser import axe_everywhere

@pytest.fixture
def worker():
    yield processes.begin(print)

def both():
    threading.Thread()

def test_one(worker): ...
def test_two():
    both()
class TestThree:
    def test_three(self, worker): ...
@pytest.mark.race
def test_said(worker): ...
def test_four(page):
    axe_everywhere(page)
def test_nothing(): ...
"""


def test_who_says_nothing_is_found() -> None:
    planted = ast.parse(PLANTED)
    assert list(unmarked(planted, "race")) == [13, 14, 17]
    assert list(unmarked(planted, "axe")) == [20]
    said = ast.parse(f"pytestmark = [pytest.mark.django_db, pytest.mark.race]{PLANTED}")
    assert list(unmarked(said, "race")) == []
