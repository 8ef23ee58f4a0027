"""Every public function of a service has its place: a line in the table, or a reason why it has
none.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

import accounts
import billing
from tests.architecture.law import role_of
from tests.architecture.sources import imports, module_of, name_of, parsed, sources
from tests.contracts.others import OF_SERVICES_ALONE, WITH_ACTOR, WITHOUT_ACTOR
from tests.contracts.table import TABLE

pytestmark = pytest.mark.wide

# What services are part of, or are registered by.
_BEHIND = ("services", "mails", "hooks", "shell")
# It says how the sheets are read that are left out, and does the same without.
_SEEN_OR_NOT = {"accounts.phones.services.many.phones_create"}


@cache
def services() -> dict[str, Callable[..., Any]]:
    """The public functions of all modules of services, by their dotted names."""
    found = {}
    for app in (accounts, billing):
        for module in walk_packages(app.__path__, f"{app.__name__}."):
            if role_of(module.name) == "services":
                found |= dict(_public(module.name))
    return found


def _public(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for each, function in vars(import_module(name)).items():
        is_own = inspect.isfunction(function) and function.__module__ == name
        if is_own and not each.startswith("_"):
            yield f"{name}.{each}", function


def parameters(service: str) -> set[str]:
    return set(inspect.signature(services()[service]).parameters)


def test_there_are_services() -> None:
    assert len(services()) > 200


def test_a_service_that_takes_an_actor_stands_in_the_table() -> None:
    found = {name for name in services() if "actor" in parameters(name)}
    assert found == {one.service for one in TABLE} | WITH_ACTOR


def test_a_service_without_an_actor_says_why() -> None:
    found = {name for name in services() if "actor" not in parameters(name)}
    assert found == WITHOUT_ACTOR


def test_nothing_stands_in_the_table_and_beside_it() -> None:
    assert {one.service for one in TABLE} & WITH_ACTOR == set()


def test_no_two_lines_have_one_name() -> None:
    names = [str(one) for one in TABLE]
    assert sorted(names) == sorted(set(names))


def test_what_is_part_of_a_service_is_called_by_services_alone() -> None:
    """It asks for nothing, since whoever calls it has."""
    called = {
        f"{name_of(source)} uses {name}"
        for app in ("accounts", "billing", "vosportal")
        for source in sources(app)
        if role_of(module_of(source)) not in _BEHIND
        for name in {*imports(source), *_of_modules(source)} & OF_SERVICES_ALONE
    }
    assert called == set()


def _of_modules(source: Path) -> Iterator[str]:
    """What is used of modules that are imported as a whole."""
    modules = {name.rpartition(".")[2]: name for name in imports(source)}
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{modules.get(node.value.id, '')}.{node.attr}"


def test_a_service_that_is_told_what_was_seen_refuses_what_is_out_of_date() -> None:
    told = {
        name
        for name in {one.service for one in TABLE} - _SEEN_OR_NOT
        if any(one.startswith("expected") for one in parameters(name))
    }
    assert told == {one.service for one in TABLE if one.stale}


def test_a_deed_that_is_not_one_entry_of_the_audit_log_says_why() -> None:
    assert [str(one) for one in TABLE if (one.entries != 1) != bool(one.why)] == []
