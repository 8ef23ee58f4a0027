"""Data is written by the services alone, and read by views through scoped querysets alone."""

import ast
from pathlib import Path

from tests.architecture.test_imports import ROOT, sources

WRITES = {
    "save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "update",
}  # fmt: skip


def _calls(source: Path) -> list[tuple[ast.Call, str, str]]:
    """Every method call as (node, method, text before the dot)."""
    return [
        (node, node.func.attr, ast.unparse(node.func.value))
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def _above_the_services() -> list[Path]:
    folders = ("views", "forms", "admin", "templatetags", "management")
    found = []
    for app in ("accounts", "billing"):
        for source in sources(app):
            parts = source.relative_to(ROOT / app).parts
            if parts[0] in folders or parts[0] in ("tables.py", "filters.py", "middleware.py"):
                found.append(source)
    return found + sources("vosportal")


def test_nothing_above_the_services_writes_a_row() -> None:
    found = [
        f"{source.relative_to(ROOT)}:{node.lineno} {before}.{method}()"
        for source in _above_the_services()
        for node, method, before in _calls(source)
        if method in WRITES
        and (".objects" in before or "_manager" in before or before.endswith(("account", "user")))
    ]
    assert found == []


def test_portal_views_read_accounts_through_the_scope() -> None:
    """`Account.objects` stands in no view but the base, where `within` follows it."""
    found = [
        f"{source.relative_to(ROOT)}:{number}"
        for source in sources("accounts")
        if source.parent.name == "views" and source.name != "base.py"
        for number, line in enumerate(source.read_text().splitlines(), 1)
        if "Account.objects" in line or "Account._base_manager" in line
    ]
    assert found == []
