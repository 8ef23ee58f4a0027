"""Imports run one way: vosportal → billing → accounts, and inside accounts strictly downwards."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ["accounts", "billing", "vosportal"]

# Highest first; a module may import from lower layers and from its own.
LAYERS = [
    ["urls", "tree_urls", "login_urls", "security_urls", "admin", "apps", "management"],
    ["views", "middleware", "middleware_security", "templatetags"],
    ["forms", "tables", "filters", "exports", "pagination", "adapters", "navigation_tree",
     "breadcrumbs", "tree_nodes", "row_actions", "search", "sign_in", "second_factor", "secret_paths", "backends"],
    ["services"],
    ["access", "locks", "audit", "integrity", "extensions"],
    ["models"],
    ["querysets", "validators"],
    ["errors", "authorizations", "scope"],
]  # fmt: skip


def sources(app: str) -> list[Path]:
    return [one for one in sorted((ROOT / app).rglob("*.py")) if "migrations" not in one.parts]


def imports(source: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every import of a module with its full dotted name; those for the type checker alone left
    out.
    """
    tree = ast.parse(source.read_text())
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node, name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                yield node, f"{node.module}.{name.name}"


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_nothing_from_above(app: str) -> None:
    above = APPS[APPS.index(app) + 1 :]
    found = [
        f"{source.relative_to(ROOT)} imports {name}"
        for source in sources(app)
        for _node, name in imports(source)
        if name.split(".")[0] in above
    ]
    assert found == []


def layer_of(dotted: str) -> int | None:
    parts = dotted.split(".")
    if parts[0] != "accounts" or len(parts) < 2:
        return None
    for depth, names in enumerate(LAYERS):
        if parts[1] in names:
            return depth
    return None


def test_every_module_of_accounts_has_its_layer() -> None:
    known = {name for names in LAYERS for name in names}
    modules = {one.relative_to(ROOT / "accounts").parts[0].removesuffix(".py")
               for one in sources("accounts")}  # fmt: skip
    assert modules - known - {"__init__"} == set()


def test_accounts_import_downwards() -> None:
    found = []
    for source in sources("accounts"):
        own = layer_of(".".join(source.relative_to(ROOT).with_suffix("").parts))
        for _node, name in imports(source):
            target = layer_of(name)
            if own is not None and target is not None and target < own:
                found.append(f"{source.relative_to(ROOT)} imports {name}")
    assert found == []


@pytest.mark.parametrize("app", APPS)
def test_no_import_hides_in_a_function(app: str) -> None:
    """An import inside a function dodges a circle; commands may keep heavy ones for when they run."""
    found = []
    for source in sources(app):
        tree = ast.parse(source.read_text())
        for function in ast.walk(tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    found.append(f"{source.relative_to(ROOT)}:{node.lineno}")
    assert found == []
