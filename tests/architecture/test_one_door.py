"""Data is written by the services alone, and read above them through scoped querysets alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.law import APPS, role_of
from tests.architecture.sources import imports, module_of, name_of, parsed, sources, tracked

pytestmark = pytest.mark.wide

WRITES = {
    "save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create", "insert_node", "move_to", "rebuild",
}  # fmt: skip

# By role: who writes rows, and who reads them other than through a scoped queryset it was given.
# The operator's shell has everything in scope; it writes through services like everybody else.
WRITERS = {"core", "models", "services"}
READERS = WRITERS | {"queries", "rules", "mails", "shell"}


def others_than(roles: set[str]) -> Iterator[Path]:
    """Every module of another role."""
    for app in APPS:
        for source in sources(app):
            if role_of(module_of(source)) not in roles:
                yield source


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Every method call as (node, text before the last dot, method)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, ast.unparse(node.func.value), node.func.attr


def is_a_write(before: str, method: str) -> bool:
    """A write to the database by its looks: dictionaries, caches and hashes update as well, and a
    picture is saved into memory.
    """
    if method not in WRITES or before == "picture":
        return False
    if method in {"update", "create", "delete"}:
        return any(sign in before for sign in (".objects", "_manager", ".filter(", ".exclude("))
    return True


def test_only_services_write_a_row() -> None:
    found = [
        f"{name_of(source)}:{node.lineno} {before}.{method}()"
        for source in others_than(WRITERS)
        for node, before, method in calls(parsed(source))
        if is_a_write(before, method)
    ]
    assert found == []


def managers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every use of a model's manager as (line, "Model.objects.method")."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute):
            continue
        if node.value.attr in {"objects", "_base_manager", "_default_manager"}:
            yield node.lineno, ast.unparse(node)


def test_nothing_above_the_queries_reaches_past_the_scope() -> None:
    found = [
        f"{name_of(source)}:{line} {use}"
        for source in others_than(READERS)
        for line, use in managers(parsed(source))
    ]
    assert found == [], "take it from self.accounts, or from a query of the package"


# Whatever else would send a mail keeps somebody waiting for the mail server.
MAIL_DOOR = "accounts.mail."
MAIL_MODULES = ("django.core.mail", "smtplib")


def test_mails_leave_by_one_door() -> None:
    found = [
        f"{name_of(source)} imports {name}"
        for app in APPS
        for source in sources(app)
        for name in imports(source)
        if name.startswith(MAIL_MODULES) and not module_of(source).startswith(MAIL_DOOR)
    ]
    assert found == [], "queue it: accounts.logins.mails.mail_login"


@pytest.mark.parametrize(
    "planted",
    [
        "def f(account):\n    account.save()\n",
        "Account.objects.filter(pk=1).update(name='')\n",
        "Account.objects.create()\n",
        "rows = Model._base_manager.filter(pk=1).delete()\n",
    ],
)
def test_a_write_is_known_by_its_looks(planted: str) -> None:
    assert any(is_a_write(before, method) for _node, before, method in calls(ast.parse(planted)))


def test_a_reach_for_a_manager_is_seen() -> None:
    planted = ast.parse("def f():\n    return Account.objects.filter(pk=1)\n")
    assert [use for _line, use in managers(planted)] == ["Account.objects.filter"]


# sabotage plants what no service would write; the guards are tried by going past the services.
TEST_WRITERS = {"tests/support/sabotage.py", "tests/accounts/core/test_services_guards.py"}


def test_tests_plant_violations_in_one_place_only() -> None:
    found = [
        f"{name_of(source)}:{node.lineno} {before}.{method}()"
        for source in tracked(".py")
        if name_of(source).startswith("tests/") and name_of(source) not in TEST_WRITERS
        for node, before, method in calls(parsed(source))
        if method in WRITES - {"save"}
        and before.startswith(("Account.", "AccountDetail.", "AgentVersion.", "AuditEntry."))
    ]
    assert found == []
