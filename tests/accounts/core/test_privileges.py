"""The role of the web processes may read and write rows, and add to what is only appended to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.audit.services import seal_settled
from accounts.core import privileges
from accounts.core.actor import SYSTEM
from accounts.core.guards import guarded
from accounts.core.models import Account
from accounts.upkeep.models import Chore
from billing.cards.services.redeeming import card_redeem
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from tests.factories import AccountFactory
from tests.support.carding import card_of, cards, pin_of
from tests.support.sabotage import run_sql

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

# A name that has to be quoted.
ROLE = "Web of the-portal"
APPENDED = ("accounts_auditentry", "accounts_auditseal", "billing_transaction", "billing_entry")


@pytest.fixture
def role(settings: Any) -> str:
    """WEB_ROLE names a role that has no privileges yet; it goes with the test's transaction."""
    run_sql(f'CREATE ROLE "{ROLE}"')
    settings.WEB_ROLE = ROLE
    return ROLE


@pytest.fixture
def installed(role: str) -> str:
    privileges.install()
    return role


@contextmanager
def connected_as(role: str) -> Iterator[None]:
    run_sql(f'SET LOCAL ROLE "{role}"')
    try:
        yield
    finally:
        run_sql("RESET ROLE")


def refused(sql: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        run_sql(sql)


def said(command: str) -> str:
    out = StringIO()
    try:
        call_command(command, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


@pytest.mark.parametrize("table", APPENDED)
def test_what_is_only_appended_to_is_neither_altered_nor_emptied(
    installed: str, table: str
) -> None:
    connection.check_constraints()
    with connected_as(installed):
        run_sql(f"SELECT * FROM {table}")
        for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            refused(sql)


def test_everything_else_is_written_as_before(installed: str) -> None:
    with connected_as(installed):
        account = AccountFactory()
        account.refresh_from_db()
        run_sql("DELETE FROM portal_cache")
        run_sql("SELECT * FROM django_migrations")
        refused("TRUNCATE django_session")
    assert Account.objects.filter(pk=account.pk).exists()


def test_money_moves_under_it_and_the_log_is_sealed(installed: str) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        agent = AccountFactory()
        account = AccountFactory(parent=agent)
    with connected_as(installed):
        five = Payment("recharge", Decimal(5))
        paid = payment_make(actor=SYSTEM, account=account, payment=five, idempotency_key="k")
        transaction_reverse(actor=SYSTEM, transaction=paid, reason="x", idempotency_key="back")
        batch = cards(agent, 1)
        card_redeem(actor=SYSTEM, pin=pin_of(card_of(batch)), target=account, idempotency_key="c")
        assert seal_settled() > 0
        call_command("housekeeping", "--all", stdout=StringIO())
        call_command("check_all", stdout=StringIO())


def test_installed_twice_nothing_is_said_to_the_database(installed: str) -> None:
    assert privileges.wrong() == []
    assert list(privileges._statements(installed)) == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("GRANT UPDATE ON billing_entry TO {}", "may UPDATE billing_entry"),
        ("GRANT UPDATE (amount) ON billing_entry TO {}", "may UPDATE billing_entry"),
        ("GRANT DELETE ON accounts_auditseal TO PUBLIC", "may DELETE accounts_auditseal"),
        ("GRANT ALL ON accounts_phone TO {}", "may REFERENCES, TRIGGER, TRUNCATE accounts_phone"),
        ("REVOKE INSERT ON accounts_auditentry FROM {}", "may not INSERT accounts_auditentry"),
        ("REVOKE ALL ON accounts_phone FROM {}", "may not DELETE, INSERT, SELECT, UPDATE"),
        ("GRANT CREATE ON SCHEMA public TO {}", "may make tables"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT UPDATE, DELETE ON TABLES TO {}",
            "gets rights on all new tables",
        ),
        ("ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {}", "rights on all new sequences"),
    ],
)
def test_what_is_wrong_is_named_and_put_right_by_the_next_migrate(
    installed: str, client: Client, sql: str, words: str
) -> None:
    run_sql(sql.format(f'"{ROLE}"'))
    assert any(words in one for one in privileges.wrong())
    assert words in said("check_ledger")
    assert words in said("check_audit")
    privileges.install()
    assert privileges.wrong() == []
    assert "The ledger is sound." in said("check_ledger")
    assert "The audit log is sound." in said("check_audit")


def test_readiness_names_what_the_web_process_may_do_too_much(
    installed: str, client: Client
) -> None:
    with connected_as(installed):
        assert client.get("/healthz/ready").json()["checks"]["privileges"] == "ok"
    run_sql(f'GRANT UPDATE ON billing_entry TO "{ROLE}"')
    with connected_as(installed):
        answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert "may UPDATE billing_entry" in answer.json()["checks"]["privileges"]


def test_a_process_that_serves_as_the_owner_is_not_ready(installed: str, client: Client) -> None:
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert "owns the tables" in answer.json()["checks"]["privileges"]


def test_a_worker_that_is_a_member_of_the_web_role_has_its_privileges(installed: str) -> None:
    run_sql(f'CREATE ROLE worker_of_test IN ROLE "{ROLE}"')
    with connected_as("worker_of_test"):
        assert privileges.wrong_connection() == []
    run_sql("GRANT DELETE ON billing_entry TO worker_of_test")
    with connected_as("worker_of_test"):
        (one,) = privileges.wrong_connection()
    assert "may DELETE billing_entry" in one


def test_a_table_that_is_appended_to_from_now_on_is_taken_care_of(
    installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an upgrade brings it, after privileges that were given to everything that comes."""
    run_sql(f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT UPDATE, DELETE ON TABLES TO "{ROLE}"')
    monkeypatch.setitem(guarded, Chore, ())
    assert "the web role may DELETE, UPDATE accounts_chore" in privileges.wrong()
    privileges.install()
    with connected_as(installed):
        refused("UPDATE accounts_chore SET name = name")


def test_what_a_role_has_from_another_one_is_said_by_migrate(role: str) -> None:
    run_sql("CREATE ROLE group_of_test")
    run_sql("GRANT UPDATE ON billing_entry TO group_of_test")
    run_sql(f'GRANT group_of_test TO "{ROLE}"')
    with pytest.raises(CommandError, match=r"may UPDATE billing_entry.*member of"):
        privileges.install()


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE accounts_phone OWNER TO "{}"',
        'ALTER ROLE "{}" SUPERUSER',
        'GRANT portal TO "{}"',
    ],
    ids=["owns a table", "superuser", "member of the owner"],
)
def test_the_owner_of_the_tables_is_refused_before_anything_is_done(role: str, sql: str) -> None:
    connection.check_constraints()
    run_sql(sql.format(role))
    with pytest.raises(CommandError, match="owns the tables or may become the role that does"):
        privileges.refuse_wrong_role()
    assert privileges.wrong() == ["the web role owns the tables, or may become the role that does"]


def test_migrating_as_the_web_role_is_refused_too(role: str) -> None:
    with connected_as(role), pytest.raises(CommandError, match="run migrate as another one"):
        privileges.refuse_wrong_role()


def test_a_role_that_does_not_exist_is_refused_in_a_sentence(settings: Any) -> None:
    settings.WEB_ROLE = "nobody_of_test"
    with pytest.raises(CommandError, match="the database has no such role"):
        privileges.refuse_wrong_role()
    assert privileges.wrong() == ["WEB_ROLE names a role that the database does not have"]


class TestWhereNoneIsNamed:
    def test_nothing_is_looked_after(self) -> None:
        privileges.refuse_wrong_role()
        privileges.install()
        assert privileges.wrong() == []

    def test_the_check_of_a_deployment_warns(self, role: str, settings: Any) -> None:
        assert "vosportal.W010" not in self.warnings()
        settings.WEB_ROLE = ""
        assert "vosportal.W010" in self.warnings()

    def test_administrators_read_of_it(self, admin: Client, settings: Any) -> None:
        for page in ("/", "/checks/"):
            assert "WEB_ROLE names none" in admin.get(page).content.decode()

    @staticmethod
    def warnings() -> list[str]:
        return [one.id or "" for one in run_checks(include_deployment_checks=True)]


def test_the_check_of_a_deployment_names_what_is_wrong(installed: str) -> None:
    run_sql(f'GRANT UPDATE ON billing_entry TO "{ROLE}"')
    with connected_as(installed):
        found = run_checks(include_deployment_checks=True)
    words = [str(one.msg) for one in found if one.id == "vosportal.W011"]
    assert words == ["Privileges in the database: the web role may UPDATE billing_entry."]


def test_only_tables_of_the_portal_are_looked_after(installed: str) -> None:
    run_sql("CREATE TABLE somebody_elses (id int)")
    assert privileges.wrong() == []
