"""What is only ever appended to is guarded by the database itself, past all services."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from accounts import guards
from accounts.access import SYSTEM
from accounts.models import Account, AuditEntry, AuditSeal
from billing.models import Entry, Transaction
from billing.services.payments import Payment, payment_make
from tests.factories import AccountFactory
from tests.support.sabotage import run_sql

pytestmark = pytest.mark.django_db

TABLES = ("accounts_auditentry", "billing_transaction", "billing_entry")


@pytest.fixture
def account(db: None) -> Account:
    """An account with one payment: a row in every guarded table."""
    account = AccountFactory()
    five = Payment("recharge", Decimal(5))
    payment_make(actor=SYSTEM, account=account, payment=five, idempotency_key="k")
    return account


def refused(sql: str) -> None:
    with pytest.raises(DatabaseError, match="only ever appended to"), transaction.atomic():
        run_sql(sql)


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_altered_or_deleted(account: Account, table: str) -> None:
    refused(f"UPDATE {table} SET id = id")
    refused(f"DELETE FROM {table}")


@pytest.mark.sqlite
@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_replaced(account: Account, table: str) -> None:
    refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
    refused(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")


@pytest.mark.sqlite
def test_no_seal_is_replaced_by_its_other_key() -> None:
    AuditSeal.objects.bulk_create([AuditSeal(first_id=1, last_id=5, count=5, digest="a")])
    refused(
        "INSERT OR REPLACE INTO accounts_auditseal (first_id, last_id, count, digest, sealed_at)"
        " SELECT first_id, last_id, count, 'b', sealed_at FROM accounts_auditseal"
    )
    assert AuditSeal.objects.get().digest == "a"


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [AuditEntry, Transaction, Entry])
def test_the_guards_come_back_when_a_migration_remakes_the_table(
    account: Account, model: type[models.Model]
) -> None:
    with connection.schema_editor() as editor:
        editor._remake_table(model)
    assert guards.missing()
    call_command("migrate", verbosity=0)
    assert guards.missing() == []
    refused(f"DELETE FROM {model._meta.db_table}")


def test_a_missing_guard_makes_the_portal_not_ready(client: Client) -> None:
    assert client.get("/healthz/ready").json()["checks"]["guards"] == "ok"
    guards.remove()
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert "guard_billing_entry_delete" in answer.json()["checks"]["guards"]


@pytest.mark.postgres
def test_a_guard_that_is_switched_off_is_missing() -> None:
    run_sql("ALTER TABLE billing_entry DISABLE TRIGGER guard_billing_entry_update")
    assert guards.missing() == ["guard_billing_entry_update"]
