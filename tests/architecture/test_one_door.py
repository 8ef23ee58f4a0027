"""Data is written by the services alone, and read above them through scoped querysets alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import APPS, name_of, parsed, sources, tracked

# The layers that may speak to the database freely; everything else is above them.
BELOW = {
    "services",
    "models",
    "querysets",
    "access",
    "locks",
    "audit",
    "integrity",
    "integrity_grants",
    "monitors",
}

# Every other place that reaches for a manager, with what it takes there. One line per reason.
DOORS: dict[str, set[str]] = {
    # Whom a question about access names: looked up within the asker's scope.
    "accounts/authorizations/forms/check_access.py": {"User.objects.called", "Account.objects.within"},
    # The door itself: views get their accounts from here.
    "accounts/portal/views/base.py": {"Account.objects.within"},
    # The tree reads whole levels in one statement; rows by key come out of a scoped query before.
    "accounts/tree/queries/sidebar.py": {"Account.objects.within", "Account.objects.filter"},
    # Nobody is signed in yet, so there is no scope: a login is looked up by its name.
    "accounts/logins/services/sign_in.py": {
        "User.objects.with_address", "User.objects.called", "User.objects.filter",
        "Authenticator.objects.filter",
    },
    # Second factors and sessions of one's own login.
    "accounts/logins/rules.py": {"Authenticator.objects.filter"},
    "accounts/logins/adapters.py": {"Authenticator.objects.filter"},
    "accounts/logins/views/security.py": {"Authenticator.objects.filter"},
    "accounts/logins/middleware/sessions.py": {
        "UserSession.objects.filter", "UserSession.objects.bulk_create",
    },
    # The accounts of logins that entries name, which are shown only when they lie within the scope.
    "accounts/audit/words/reader.py": {"User.objects.filter"},
    # Second factors of that account's logins.
    "accounts/logins/facts.py": {"Authenticator.objects.filter", "User.objects.annotate"},
    # Keys of accounts by their logins, to narrow a queryset that is scoped already.
    "accounts/tree/filters.py": {"User.objects.filter", "Authenticator.objects.exclude"},
    # Logins of an account that was found within the scope.
    "accounts/logins/views/logins.py": {
        "User.objects.called", "User.objects.filter", "Session.objects.filter",
        "Authenticator.objects.filter",
    },
    # Counts of what belongs to accounts of a page that was read within the scope.
    "accounts/phones/hooks.py": {"Phone.objects.all"},
    "accounts/gateways/hooks.py": {"Gateway.objects.known_to"},
    # The admin's lists: accounts within the operator's scope; the keys of sessions that are alive;
    # the permissions a superuser may give.
    "accounts/tree/admin/accounts.py": {"Account.objects.within"},
    "accounts/logins/admin/records.py": {"Session.objects.filter"},
    "accounts/logins/admin/logins.py": {"Permission.objects.filter"},
    # The demo's own data, loaded once from the operator's shell.
    "vosportal/demo/requests.py": {
        "Account.objects.get", "SubAgentRequest.objects.exists", "User.objects.called",
    },
    "vosportal/demo/cards.py": {
        "Account.objects.get", "Card.objects.select_related", "CardBatch.objects.exists",
        "User.objects.called",
    },
    "vosportal/demo/grants.py": {
        "Account.objects.get", "AuthorizationTemplate.objects.get", "User.objects.called",
    },
    "vosportal/demo/gateways.py": {
        "Account.objects.get", "Gateway.objects.called", "User.objects.called",
    },
    "vosportal/demo/numbers.py": {"Account.objects.get"},
    "vosportal/demo/money.py": {
        "Account.objects.get", "Account.objects.filter", "Transaction.objects.exists",
        "Transaction.objects.get", "User.objects.called",
    },
    "vosportal/demo/phones.py": {"Account.objects.all", "Phone.objects.exists"},
    "vosportal/demo/load.py": {
        "AuditEntry.objects.filter", "Account.objects.all", "User.objects.called",
    },
    # Works in a scratch database, as the operator's shell does: everything is in scope.
    "vosportal/benchmarks/tree.py": {"Account.objects.within"},
    "vosportal/benchmarks/ledger_pages.py": {"Entry.objects.filter"},
    "vosportal/benchmarks/numbers.py": {"Account.objects.within"},
    "accounts/management/commands/explain_number.py": {"Account.objects.within"},
    "vosportal/benchmarks/ledger.py": {"Account.objects.within"},
}  # fmt: skip

WRITES = {
    "save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create", "insert_node", "move_to", "rebuild",
}  # fmt: skip

# Writes above the services, by file and call.
WRITERS: dict[str, set[str]] = {
    # When a session was last used: allauth's own row, at most once a minute, no business data.
    "accounts/logins/middleware/sessions.py": {
        "UserSession.objects.filter(session_key=key).update",
        "UserSession.objects.bulk_create",
    },
    # A picture, no row.
    "accounts/logins/adapters.py": {"qrcode.make(url, image_factory=SvgPathFillImage).save"},
}


def above_the_services() -> list[Path]:
    """Every module that is not one of the layers which own the data."""
    found = []
    for app in APPS:
        for source in sources(app):
            parts = Path(name_of(source)).with_suffix("").parts
            if app == "vosportal" or (len(parts) > 1 and parts[1] not in BELOW):
                found.append(source)
    return found


def calls(source: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Every method call as (node, text before the last dot, method)."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, ast.unparse(node.func.value), node.func.attr


def is_a_write(before: str, method: str) -> bool:
    """A write to the database by its looks: dictionaries, caches and hashes update as well."""
    if method not in WRITES:
        return False
    if method in {"update", "create", "delete"}:
        return any(sign in before for sign in (".objects", "_manager", ".filter(", ".exclude("))
    return True


def test_nothing_above_the_services_writes_a_row() -> None:
    found = [
        f"{name_of(source)}:{node.lineno} {before}.{method}()"
        for source in above_the_services()
        for node, before, method in calls(source)
        if is_a_write(before, method)
        and f"{before}.{method}" not in WRITERS.get(name_of(source), set())
    ]
    assert found == []


def managers(source: Path) -> Iterator[tuple[int, str]]:
    """Every use of a model's manager as (line, "Model.objects.method")."""
    for node in ast.walk(parsed(source)):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute):
            continue
        if node.value.attr in {"objects", "_base_manager", "_default_manager"}:
            yield node.lineno, ast.unparse(node)


def test_nothing_above_the_services_reaches_past_the_scope() -> None:
    found = [
        f"{name_of(source)}:{line} {use}"
        for source in above_the_services()
        for line, use in managers(source)
        if use not in DOORS.get(name_of(source), set())
    ]
    assert found == [], "take it from self.accounts, or from a service"


@pytest.mark.parametrize("file", sorted(DOORS))
def test_no_door_is_kept_open_for_nobody(file: str) -> None:
    source = next(one for one in above_the_services() if name_of(one) == file)
    assert DOORS[file] - {use for _line, use in managers(source)} == set()


# sabotage plants what no service would write; the guards are tried by going past the services.
TEST_WRITERS = {"tests/support/sabotage.py", "tests/accounts/core/test_services_guards.py"}


def test_tests_plant_violations_in_one_place_only() -> None:
    found = [
        f"{name_of(source)}:{node.lineno} {before}.{method}()"
        for source in tracked(".py")
        if name_of(source).startswith("tests/") and name_of(source) not in TEST_WRITERS
        for node, before, method in calls(source)
        if method in WRITES - {"save"}
        and before.startswith(("Account.", "AccountDetail.", "AgentVersion.", "AuditEntry."))
    ]
    assert found == []
