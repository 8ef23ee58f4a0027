"""What the role of the web processes may do in PostgreSQL: read and write rows, and of what is only
ever appended to no more than read and add.

Where WEB_ROLE names that role, every migrate installs its privileges, after the guards: whatever
made the tables (a migration, a restore, the hands of somebody) they are the same afterwards. What
default privileges give to the tables of tomorrow is taken back as well, for they know nothing of
what is only appended to. SQLite has no roles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.db import connection, transaction
from psycopg import sql

from accounts.core import guards

APPENDED = frozenset({"SELECT", "INSERT"})
ORDINARY = APPENDED | {"UPDATE", "DELETE"}
COUNTED = frozenset({"USAGE", "SELECT"})
# Parts of a table are reached through the whole alone.
OF_PARTS: frozenset[str] = frozenset()
# Everything a table or a sequence has to give, whichever of it is right.
_OF_TABLES = (*sorted(ORDINARY), "TRUNCATE", "REFERENCES", "TRIGGER")
_OF_SEQUENCES = (*sorted(COUNTED), "UPDATE")
# These can be given for single columns as well.
_OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")


@dataclass(frozen=True)
class Held:
    """What a role may do with one table or sequence, and what it should."""

    name: str
    is_sequence: bool
    wanted: frozenset[str]
    has: frozenset[str]
    # What it has of some columns at least.
    has_some: frozenset[str]

    @property
    def lacking(self) -> list[str]:
        return sorted(self.wanted - self.has)

    @property
    def too_much(self) -> list[str]:
        return sorted((self.has | self.has_some) - self.wanted)


def web_role() -> str:
    """The role whose privileges are looked after; "" where none is named, or there are no roles."""
    role: str = settings.WEB_ROLE
    return role if connection.vendor == "postgresql" else ""


def is_unnamed() -> bool:
    """Whether nobody looks after the privileges of the web processes, though there are roles."""
    return connection.vendor == "postgresql" and not settings.WEB_ROLE


# --- Installing -----------------------------------------------------------------------------------


def refuse_wrong_role(**_: Any) -> None:
    """As a receiver of `pre_migrate`: CommandError, before anything is changed, where WEB_ROLE can
    be given nothing, or has everything already.
    """
    role = web_role()
    if not role:
        return
    if not _exists(role):
        raise CommandError(
            f"WEB_ROLE names {role}, and the database has no such role. Make it as “Database” in "
            "docs/operations.md says, or leave WEB_ROLE out. Nothing was changed."
        )
    if _may_own(role) or _may_become_this_one(role):
        raise CommandError(
            f"WEB_ROLE names {role}, which owns the tables or may become the role that does, so "
            "that nothing can be kept from it. Name the role that the web processes sign in with, "
            "and run migrate as another one, the owner (docs/operations.md, Database). Nothing was "
            "changed."
        )


def install_after_migrate(**_: Any) -> None:
    """`install`, as a receiver of `post_migrate`."""
    install()


def install() -> None:
    """Give the role what it lacks, and take from it what is too much; nothing where all is right.

    Raises CommandError where others than the owner gave it something that remains.
    """
    role = web_role()
    if not role:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _statements(role):
            cursor.execute(statement)
    left = of_role(role)
    if left:
        raise CommandError(
            f"The privileges of {role} are not what they should be, after all that the owner of "
            f"the tables can do: {'; '.join(left)}. It has them from another role that it is a "
            "member of, or that gave them to it: take that away, and run migrate again."
        )


def _statements(role: str) -> Iterator[Any]:
    who, schema = sql.Identifier(role), sql.Identifier(_schema())
    if not _of_schema(role, "USAGE"):
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, who)
    if _of_schema(role, "CREATE"):
        yield sql.SQL("REVOKE CREATE ON SCHEMA {} FROM {}, PUBLIC").format(schema, who)
    for one in held_by(role):
        kind = sql.SQL("SEQUENCE" if one.is_sequence else "TABLE")
        name = sql.Identifier(one.name)
        # Taken from PUBLIC too: there it is everybody's.
        if one.too_much:
            yield sql.SQL("REVOKE {} ON {} {} FROM {}, PUBLIC").format(
                _words(one.too_much), kind, name, who
            )
        if one.lacking:
            yield sql.SQL("GRANT {} ON {} {} TO {}").format(_words(one.lacking), kind, name, who)
    for owner, kinds, where in _defaults(role):
        place = sql.SQL("IN SCHEMA {}").format(sql.Identifier(where)) if where else sql.SQL("")
        yield sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} {} REVOKE ALL ON {} FROM {}").format(
            sql.Identifier(owner), place, sql.SQL(kinds), who
        )


def _words(privileges: list[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.SQL, privileges))


# --- Looking --------------------------------------------------------------------------------------


def weaknesses() -> list[str]:
    """What keeps the audit log and the ledger less safe than they are meant to be, a sentence each:
    guards that are missing, and privileges of the web processes that are too many or too few.
    """
    found = [f"the database guard {name} is missing" for name in guards.missing()]
    return [*found, *wrong()]


def wrong() -> list[str]:
    """What is wrong with the privileges of WEB_ROLE, and of whoever asks and is not the owner;
    empty where none is named.
    """
    role = web_role()
    if not role:
        return []
    if not _exists(role):
        return ["WEB_ROLE names a role that the database does not have"]
    found = of_role(role)
    own = _own()
    if own != role and not _may_own(own):
        found += [f"as it is connected here: {one}" for one in of_role(own)]
    return found


def wrong_connection() -> list[str]:
    """The same in a process that serves, which has no business to be the owner of the tables."""
    if web_role() and _may_own(_own()):
        return ["the portal is connected as a role that owns the tables, and not as WEB_ROLE"]
    return wrong()


def of_role(role: str) -> list[str]:
    """What a role may do that it should not, and should and may not, a sentence for each table."""
    if _may_own(role):
        return ["the web role owns the tables, or may become the role that does"]
    found = []
    if not _of_schema(role, "USAGE"):
        found.append("the web role may not use the schema of the tables")
    if _of_schema(role, "CREATE"):
        found.append("the web role may make tables beside those of the portal")
    for one in held_by(role):
        if one.too_much:
            found.append(f"the web role may {', '.join(one.too_much)} {one.name}")
        if one.lacking:
            found.append(f"the web role may not {', '.join(one.lacking)} {one.name}")
    found += [
        f"the web role gets rights on all new {kind.lower()}"
        for _owner, kind, _in in _defaults(role)
    ]
    return found


def held_by(role: str) -> list[Held]:
    """What a role may do with each table of the portal and its sequences, itself or by what it is a
    member of.
    """
    appended = {one._meta.db_table for one in guards.guarded}
    return [*_tables(role, appended), *_sequences(role)]


def _known() -> list[str]:
    """The tables of the portal, whether or not they are there; nobody else's are looked at."""
    caches = [
        one["LOCATION"]
        for one in settings.CACHES.values()
        if one["BACKEND"].endswith("DatabaseCache")
    ]
    models = apps.get_models(include_auto_created=True)
    return [*(one._meta.db_table for one in models), "django_migrations", *caches]


def _tables(role: str, appended: set[str]) -> Iterator[Held]:
    columns = [f"has_table_privilege(%(role)s::name, oid, '{one}')" for one in _OF_TABLES]
    columns += [f"has_any_column_privilege(%(role)s::name, oid, '{one}')" for one in _OF_COLUMNS]
    text = (
        f"SELECT relname, relispartition, {', '.join(columns)} FROM pg_class"  # noqa: S608 - ours
        " LEFT JOIN pg_inherits ON inhrelid = oid AND relispartition"
        " WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
        " AND (relname = ANY(%(known)s) OR inhparent IN (SELECT whole.oid FROM pg_class whole"
        " WHERE whole.relkind = 'p' AND whole.relname = ANY(%(known)s))) ORDER BY relname"
    )
    for name, is_part, *answers in _rows(text, role=role, known=_known()):
        whole = answers[: len(_OF_TABLES)]
        some = answers[len(_OF_TABLES) :]
        wanted = OF_PARTS if is_part else APPENDED if name in appended else ORDINARY
        yield Held(name, False, wanted, _given(_OF_TABLES, whole), _given(_OF_COLUMNS, some))


def _sequences(role: str) -> Iterator[Held]:
    columns = [f"has_sequence_privilege(%(role)s::name, seq.oid, '{one}')" for one in _OF_SEQUENCES]
    text = (
        f"SELECT seq.relname, {', '.join(columns)} FROM pg_class seq"  # noqa: S608 - our own words
        " JOIN pg_depend ON pg_depend.objid = seq.oid AND deptype IN ('a', 'i')"
        " AND pg_depend.classid = 'pg_class'::regclass"
        " JOIN pg_class owner ON owner.oid = pg_depend.refobjid"
        " WHERE seq.relkind = 'S' AND seq.relnamespace = current_schema()::regnamespace"
        " AND owner.relname = ANY(%(known)s) ORDER BY seq.relname"
    )
    for name, *answers in _rows(text, role=role, known=_known()):
        yield Held(name, True, COUNTED, _given(_OF_SEQUENCES, answers), frozenset())


def _given(privileges: tuple[str, ...], answers: list[bool]) -> frozenset[str]:
    return frozenset(name for name, is_given in zip(privileges, answers, strict=True) if is_given)


def _defaults(role: str) -> list[tuple[str, str, str]]:
    """What the owner of the tables gives this role of every new one: who that is, TABLES or
    SEQUENCES, and the schema ("" = all of them).
    """
    text = (
        "SELECT DISTINCT rolname, CASE defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'SEQUENCES' END,"
        " COALESCE(nspname, '')"
        " FROM pg_default_acl LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace"
        " JOIN pg_roles owner ON owner.oid = defaclrole"
        " CROSS JOIN LATERAL aclexplode(defaclacl) AS given"
        " WHERE defaclobjtype IN ('r', 'S')"
        " AND given.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(role)s::name)"
        " AND (defaclnamespace = 0 OR nspname = current_schema())"
        " AND defaclrole IN (SELECT relowner FROM pg_class WHERE relnamespace ="
        " current_schema()::regnamespace AND relname = ANY(%(known)s))"
        " ORDER BY 1, 2, 3"
    )
    return [(str(a), str(b), str(c)) for a, b, c in _rows(text, role=role, known=_known())]


def _exists(role: str) -> bool:
    return bool(_rows("SELECT 1 FROM pg_roles WHERE rolname = %(role)s::name", role=role))


def _may_own(role: str) -> bool:
    """Whether a role owns one of the tables or could become the one that does; superusers can."""
    text = (
        "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = current_schema()::regnamespace AND relname = ANY(%(known)s)"
        " AND pg_has_role(pg_roles.oid, relowner, 'MEMBER'))"
        " FROM pg_roles WHERE rolname = %(role)s::name"
    )
    return bool(_rows(text, role=role, known=_known())[0][0])


def _may_become_this_one(role: str) -> bool:
    """Whether a role is the one that is connected here and makes tables in a moment, or could
    be.
    """
    text = "SELECT pg_has_role(%(role)s::name, current_user, 'MEMBER')"
    return bool(_rows(text, role=role)[0][0])


def _own() -> str:
    return str(_rows("SELECT current_user")[0][0])


def _schema() -> str:
    return str(_rows("SELECT current_schema()")[0][0])


def _of_schema(role: str, privilege: str) -> bool:
    text = "SELECT has_schema_privilege(%(role)s::name, current_schema(), %(privilege)s)"
    return bool(_rows(text, role=role, privilege=privilege)[0][0])


def _rows(text: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(text, values or None)
        return list(cursor.fetchall())
