"""Imports run one way: vosportal → billing → accounts, and inside accounts strictly downwards."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.sources import APPS, ROOT, imports, module_of, name_of, parsed, sources

# Highest first; a module may import from lower layers and from its own.
LAYERS = [
    {
        "urls", "tree_urls", "login_urls", "security_urls", "approval_urls", "authorization_urls",
        "audit_urls", "former_urls", "job_urls", "number_urls", "phone_urls", "gateway_urls",
        "admin", "apps", "management", "phone_hooks", "gateway_hooks",
        "object_hooks", "availability_hooks",
    },
    {"portal.lists.views", "views", "middleware", "middleware_security", "templatetags"},
    {
        "forms", "tables", "columns", "filters", "exports", "pagination", "adapters",
        "navigation_tree", "tree_nodes", "tree_rows", "breadcrumbs", "row_actions", "search",
        "sign_in", "second_factor", "backends", "viewing", "access_check", "standing", "overview",
        "account_events", "audit_words",
        "audit_reader", "audit_rows", "audit_filters", "endpoint_counts", "phone_filters",
        "phone_tables", "number_edits", "number_moves", "number_pages", "number_words",
        "gateway_tables", "gateway_filters", "gateway_search", "object_search",
        "portal", "portal.lists", "portal.lists.columns", "portal.lists.cells",
        "portal.lists.parts", "portal.lists.state", "portal.lists.tables",
    },
    {"services"},
    {"access", "locks", "audit", "integrity", "integrity_grants", "guards", "extensions"},
    {"models", "phone_import"},
    {"querysets", "validators", "counting"},
    {
        "errors", "above", "advice", "authorizations", "decisions", "encryption", "jobs",
        "number_lists", "number_places", "number_sets", "numbers", "object_keys", "object_paths",
        "rule_lists", "scope", "secret_columns", "secret_paths", "sheets", "capacity",
        "signalling", "prepared", "proof",
    },
]  # fmt: skip


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_nothing_from_above(app: str) -> None:
    above = APPS[APPS.index(app) + 1 :]
    found = [
        f"{name_of(source)} imports {name}"
        for source in sources(app)
        for name in imports(source)
        if name.split(".")[0] in above
    ]
    assert found == []


def layer_of(dotted: str) -> int | None:
    """How deep in LAYERS a module of accounts lies."""
    parts = dotted.split(".")
    if parts[0] != "accounts" or len(parts) < 2:
        return None
    named = [".".join(parts[1:end]) for end in range(len(parts), 1, -1)]
    found = (depth for name in named for depth, names in enumerate(LAYERS) if name in names)
    return next(found, None)


def test_every_module_of_accounts_has_its_layer() -> None:
    known = set().union(*LAYERS)
    modules = {module_of(one).partition(".")[2].partition(".")[0] for one in sources("accounts")}
    assert modules - known - {""} == set(), "name its layer in LAYERS"


def test_accounts_import_downwards() -> None:
    found = []
    for source in sources("accounts"):
        own = layer_of(module_of(source))
        for name in imports(source):
            target = layer_of(name)
            if own is not None and target is not None and target < own:
                found.append(f"{name_of(source)} imports {name}")
    assert found == []


def test_nothing_imports_in_a_circle() -> None:
    modules = {module_of(source): source for app in APPS for source in sources(app)}
    graph: dict[str, set[str]] = {}
    for module, source in modules.items():
        names = [*imports(source)]
        wanted = {name if name in modules else name.rpartition(".")[0] for name in names}
        graph[module] = (wanted & modules.keys()) - {module}
    # A package that gathers its own modules is no circle.
    for package, below in graph.items():
        below -= {one for one in below if one.startswith(f"{package}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


@pytest.mark.parametrize("app", APPS)
def test_no_import_hides_in_a_function(app: str) -> None:
    """An import inside a function dodges a circle: the modules are cut in the wrong place."""
    found = {
        f"{name_of(source)}:{node.lineno}"
        for source in sources(app)
        for function in ast.walk(parsed(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found == set()


def test_the_apps_are_where_this_looks() -> None:
    assert (ROOT / "accounts" / "models").is_dir()
    assert len(sources("accounts")) > 30
