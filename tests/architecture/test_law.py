"""Imports run one way, and where a module stands says what it may know (`law`)."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.architecture.law import APPS, PACKAGES, place_of, violations
from tests.architecture.sources import ROOT, imports, module_of, name_of, parsed, sources

pytestmark = pytest.mark.wide


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Every module of ours with the modules it imports."""
    modules = {module_of(source): source for app in APPS for source in sources(app)}
    found: dict[str, set[str]] = {}
    for module, source in modules.items():
        names = [*imports(source)]
        wanted = {name if name in modules else name.rpartition(".")[0] for name in names}
        found[module] = (wanted & modules.keys()) - {module}
    assert len(found) > 400, "this looks where the modules are not"
    return found


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import one another in a circle, or nothing."""
    # A package that gathers its own modules is no circle.
    cut = {
        module: {one for one in below if not one.startswith(f"{module}.")}
        for module, below in graph.items()
    }
    try:
        TopologicalSorter(cut).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def hidden_imports(tree: ast.Module) -> list[int]:
    """Lines of imports inside functions: they dodge a circle."""
    return [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_every_import_goes_down(graph: dict[str, set[str]]) -> None:
    assert list(violations(graph)) == []


def test_nothing_imports_in_a_circle(graph: dict[str, set[str]]) -> None:
    assert circle_in(graph) == []


@pytest.mark.parametrize("app", APPS)
def test_no_import_hides_in_a_function(app: str) -> None:
    found = [
        f"{name_of(source)}:{line}"
        for source in sources(app)
        for line in hidden_imports(parsed(source))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("accounts.phones.services.one", "billing.ledger.models"),
        ("billing.cards.views.card", "vosportal.navigation"),
        ("accounts.tree.services.moving", "accounts.phones.services.locks"),
        ("accounts.phones.models", "accounts.phones.queries"),
        ("accounts.phones.rules.values", "accounts.phones.services.phones"),
        ("accounts.phones.services.phones", "accounts.phones.forms"),
        ("accounts.gateways.windows", "accounts.gateways.models"),
        ("accounts.phones.tables", "accounts.phones.views.list"),
        ("accounts.phones.views.list", "accounts.phones.hooks"),
        ("accounts.core.locks", "accounts.tree.services.moving"),
        ("accounts.kit.pagination", "accounts.core.scope"),
        ("accounts.phones.models", "accounts.models"),
        ("accounts.logins.services.logins", "accounts.sign_in"),
        ("billing.wallets.services", "billing.cards.services.batches"),
        ("billing.payments.forms", "billing.cards.forms.cards"),
    ],
)
def test_what_goes_up_is_found(module: str, name: str) -> None:
    assert list(violations({module: {name}})) == [f"{module} imports {name}"]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("accounts.phones.views.list", "accounts.portal.views.base"),
        ("accounts.tree.services.moving", "accounts.phones.queries"),
        ("accounts.phones.services.many", "accounts.phones.services.locks"),
        ("billing.ledger.models", "accounts.core.models"),
        ("vosportal.demo.load", "billing.payments.services.paying"),
        ("accounts.core.models.user", "accounts.validators"),
        ("accounts.admin", "accounts.phones.admin"),
        ("billing.payments.forms", "billing.forms"),
    ],
)
def test_what_goes_down_is_not(module: str, name: str) -> None:
    assert list(violations({module: {name}})) == []


def test_a_circle_is_found() -> None:
    assert circle_in({"accounts.core.a": {"accounts.core.b"}, "accounts.core.b": set()}) == []
    assert circle_in(
        {"accounts.core.a": {"accounts.core.b"}, "accounts.core.b": {"accounts.core.a"}}
    )


def test_an_import_in_a_function_is_found() -> None:
    assert hidden_imports(ast.parse("def f():\n    from accounts.core import locks\n")) == [2]


@pytest.mark.parametrize("app", PACKAGES)
def test_every_package_has_its_place_in_the_order(app: str) -> None:
    here = {one.name.removesuffix(".py") for one in (ROOT / app).iterdir() if _is_package(one)}
    assert here - set(PACKAGES[app]) == set(), "name it in PACKAGES of law.py, in its place"


def _is_package(path: Path) -> bool:
    """What holds a capability, not what Django keeps there or former names lead on from."""
    return (
        path.is_dir()
        and path.name not in {"migrations", "management", "templatetags", "__pycache__"}
        and (path / "__init__.py").exists()
        and "Former names" not in (path / "__init__.py").read_text()
    )


@pytest.mark.parametrize("mirror", ["templates", "tests"])
@pytest.mark.parametrize("app", PACKAGES)
def test_templates_and_tests_mirror_the_packages(app: str, mirror: str) -> None:
    here = {one.name for one in (ROOT / mirror / app).iterdir() if one.is_dir()}
    assert here - set(PACKAGES[app]) - {"__pycache__"} == set()


def test_nothing_of_the_top_holds_logic() -> None:
    """What stands at the top of an app leads into its packages and defines nothing."""
    found = [
        f"{name_of(source)}:{node.lineno}"
        for app in PACKAGES
        for source in sources(app)
        if (place := place_of(module_of(source))) and place == place_of(app)
        if not {"management", "templatetags"} & set(source.parts) and source.name != "apps.py"
        for node in parsed(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        # A class without a body is a name that was kept.
        and not (len(node.body) == 1 and ast.get_docstring(node))
    ]
    assert found == []
