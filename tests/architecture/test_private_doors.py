"""What libraries promise nobody is used in one module for each, by name, and is still there."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS
from django.utils.log import log_response

from accounts.core.models import Account
from accounts.portal.allauth_doors import ratelimit
from tests.architecture.law import APPS
from tests.architecture.sources import ROOT, imports, module_of, name_of, parsed, sources

pytestmark = pytest.mark.wide

DJANGO_DOORS = "accounts/kit/private_doors.py"
ALLAUTH_DOORS = "accounts/portal/allauth_doors.py"

# Of django-allauth, by module.
ALLAUTH = {
    "allauth.account.internal.flows.login": {
        "get_authentication_records", "perform_login", "record_authentication",
    },
    "allauth.account.internal.flows.reauthentication": {"STATE_SESSION_KEY"},
    "allauth.account.internal.stagekit": {"clear_login"},
    "allauth.core.internal": {"ratelimit"},
    "allauth.core.internal.httpkit": {"deserialize_request", "get_client_ip", "serialize_request"},
}  # fmt: skip
# Of the limits of attempts, which come as a module.
RATE_LIMIT = {
    "RateLimitUsage", "cache_lock", "consume", "get_cache_key", "get_ip", "get_rates",
}  # fmt: skip

# Of Django and mptt, by where it stands there.
DJANGO = {
    "django.contrib.auth.models": {"_user_has_perm"},
    "django.db.models.query": {"RelatedPopulator", "get_related_populators"},
    "django.db.models.query.QuerySet": {"_clone", "_fetch_all", "_raw_delete"},
    "django.db.models.sql.query.Query": {"get_compiler", "sql_with_params"},
    "django.db.models.sql.compiler.SQLCompiler": {"as_sql", "get_converters"},
}
# Of a statement that is being made, of a queryset, and of a row of the tree.
OF_A_COMPILER = {"annotation_col_map", "klass_info", "select"}
OF_A_QUERYSET = {"_result_cache"}
OF_A_ROW = {"_mptt_cached_fields"}
OF_AN_ANSWER = {"_has_been_logged"}

# Have a plain name, but none that anything else of ours has.
PLAIN = {"annotation_col_map", "get_compiler", "get_converters", "klass_info", "sql_with_params"}
SHUT = {
    name
    for name in set().union(*DJANGO.values(), OF_A_QUERYSET, OF_A_ROW, OF_AN_ANSWER)
    if name[0] == "_"
} | PLAIN

# Begin with an underscore and are documented.
PROMISED = {"_base_manager", "_default_manager", "_fields", "_meta", "_replace", "_state"}

# What a library calls or reads and keeps to itself, where a class of ours has its own.
OVERRIDDEN = {
    ("accounts.kit.private_doors", "_clone"): "django.db.models.query.QuerySet",
    ("accounts.kit.private_doors", "_fetch_all"): "django.db.models.query.QuerySet",
    ("accounts.logins.adapters", "_rollback_login_failed_rl_usage"): (
        "allauth.account.adapter.DefaultAccountAdapter"
    ),
    ("accounts.logins.forms.security", "_get_user"): "allauth.account.forms.UserTokenForm",
    ("accounts.logins.services.sign_in", "_authenticate"): (
        "allauth.account.auth_backends.AuthenticationBackend"
    ),
    ("accounts.logins.services.sign_in", "_did_check_password"): (
        "allauth.account.auth_backends.AuthenticationBackend"
    ),
    ("accounts.portal.admin", "_post_clean"): "django.forms.models.BaseModelForm",
    ("accounts.portal.forms.whole", "_clean_fields"): "django.forms.forms.BaseForm",
    ("vosportal.sqlite3.base", "_start_transaction_under_autocommit"): (
        "django.db.backends.sqlite3.base.DatabaseWrapper"
    ),
}


def ours() -> list[Path]:
    return [source for app in APPS for source in sources(app)]


def found_at(name: str) -> Any:
    """A module of a library, or a class in one."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _dot, inner = name.rpartition(".")
        return getattr(import_module(module), inner)


def attributes(source: Path) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(parsed(source)) if isinstance(node, ast.Attribute))


def own_names() -> set[str]:
    """Everything that our sources define."""
    names: set[str] = set()
    for source in ours():
        for node in ast.walk(parsed(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


def is_internal(name: str) -> bool:
    """Whether a dotted name leads through a module that its library keeps to itself."""
    top, *rest = name.split(".")
    return top not in APPS and any(one == "internal" or one.startswith("_") for one in rest)


def test_what_is_internal_is_imported_in_one_module_by_the_names_listed() -> None:
    found = {name_of(one): {name for name in imports(one) if is_internal(name)} for one in ours()}
    listed = {f"{module}.{name}" for module, names in ALLAUTH.items() for name in names}
    assert {file: names for file, names in found.items() if names} == {ALLAUTH_DOORS: listed}


def test_private_names_of_libraries_are_used_in_one_module() -> None:
    own = own_names()
    found = [
        f"{name_of(source)}:{node.lineno} {node.attr}"
        for source in ours()
        if name_of(source) != DJANGO_DOORS
        for node in attributes(source)
        if node.attr in SHUT
        or (
            node.attr.startswith("_")
            and not node.attr.startswith("__")
            and node.attr not in own | PROMISED
        )
    ]
    assert found == []


def test_no_door_is_kept_for_nobody() -> None:
    used = {node.attr for node in attributes(ROOT / DJANGO_DOORS)}
    listed = set().union(*DJANGO.values(), OF_A_COMPILER, OF_A_QUERYSET, OF_A_ROW, OF_AN_ANSWER)
    assert listed - used == set()
    limits = {
        node.attr
        for source in ours()
        for node in attributes(source)
        if isinstance(node.value, ast.Name) and node.value.id == "ratelimit"
    }
    assert limits == RATE_LIMIT


@pytest.mark.parametrize("door", sorted({**ALLAUTH, **DJANGO}))
def test_every_door_is_there_in_the_version_that_is_installed(door: str) -> None:
    names = {**ALLAUTH, **DJANGO}[door]
    assert {name for name in names if not hasattr(found_at(door), name)} == set()


def test_what_objects_of_libraries_hold_is_there() -> None:
    rows = Account.objects.all()
    assert OF_A_COMPILER - set(vars(rows.query.get_compiler(DEFAULT_DB_ALIAS))) == set()
    assert OF_A_QUERYSET - set(vars(rows)) == set()
    assert OF_A_ROW - set(vars(Account())) == set()
    assert {name for name in OF_AN_ANSWER if name not in inspect.getsource(log_response)} == set()
    assert {name for name in RATE_LIMIT if not hasattr(ratelimit, name)} == set()


def overridden() -> set[tuple[str, str]]:
    """Private methods of classes of ours that a library's class beneath has as well."""
    found: set[tuple[str, str]] = set()
    for source in ours():
        module = module_of(source)
        names = {node.name for node in parsed(source).body if isinstance(node, ast.ClassDef)}
        for one in (getattr(import_module(module), name) for name in names):
            foreign = [above for above in one.__mro__[1:] if _is_foreign(above)]
            found |= {
                (module, name)
                for name, method in vars(one).items()
                if inspect.isfunction(method)
                and name.startswith("_")
                and not name.endswith("_")
                and any(name in vars(above) for above in foreign)
            }
    return found


def _is_foreign(above: type) -> bool:
    return above.__module__.partition(".")[0] not in APPS


def test_private_methods_of_libraries_are_overridden_where_it_is_listed() -> None:
    assert overridden() - OVERRIDDEN.keys() == set()


@pytest.mark.parametrize(("place", "above"), OVERRIDDEN.items())
def test_what_is_overridden_is_there(place: tuple[str, str], above: str) -> None:
    module, name = place
    assert name in inspect.getsource(import_module(module)), "it is overridden no more"
    # As its own word: a library that renames it would call ours no longer.
    there = {
        getattr(node, "attr", getattr(node, "name", ""))
        for node in ast.walk(ast.parse(inspect.getsource(import_module(above.rpartition(".")[0]))))
    }
    assert name in there
