"""What is only ever appended to is guarded by the database itself, past all services."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from accounts.core import guards
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, AuditSeal, User
from billing.ledger.models import Entry, Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from tests.factories import AccountFactory, UserFactory, grant
from tests.support.sabotage import run_sql

pytestmark = pytest.mark.django_db

COLUMNS = ", ".join(
    field.column for field in Transaction._meta.concrete_fields if not field.primary_key
)
NEW_KEY = "'new-' || idempotency_key"
TABLES = ("accounts_auditentry", "billing_transaction", "billing_entry")


@pytest.fixture
def account(db: None) -> Account:
    """An account with one payment: a row in every guarded table."""
    account = AccountFactory()
    five = Payment("recharge", Decimal(5))
    payment_make(actor=SYSTEM, account=account, payment=five, idempotency_key="k")
    return account


def pay_as(login: User) -> None:
    """One payment of this login to its own account."""
    assert login.account is not None
    grant(login.account, Authorization.PAY_OWN_ACCOUNT)
    payment_make(
        actor=actor_for(login),
        account=login.account,
        payment=Payment("recharge", Decimal(5), reference="slip"),
        idempotency_key="of-the-login",
    )


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
@pytest.mark.parametrize("login", [None, "payer"], ids=["of a command", "of a login"])
def test_no_payment_is_replaced_by_its_idempotency_key(account: Account, login: str | None) -> None:
    if login:
        pay_as(UserFactory(account=account, username=login))
    newest = Transaction.objects.order_by("-pk")[0]
    refused(
        f"INSERT OR REPLACE INTO billing_transaction ({COLUMNS}) SELECT {COLUMNS}"
        f" FROM billing_transaction WHERE id = {newest.pk}"
    )
    assert Transaction.objects.filter(pk=newest.pk).exists()


@pytest.mark.sqlite
def test_no_reversal_is_replaced_by_what_it_reverses(account: Account) -> None:
    first = Transaction.objects.get()
    back = transaction_reverse(
        actor=SYSTEM, transaction=first, reason="wrong", idempotency_key="back"
    )
    refused(
        f"REPLACE INTO billing_transaction ({COLUMNS})"
        f" SELECT {COLUMNS.replace('idempotency_key', NEW_KEY)}"
        f" FROM billing_transaction WHERE id = {back.pk}"
    )


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


@pytest.mark.postgres
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE billing_entry ENABLE REPLICA TRIGGER guard_billing_entry_update",
        "CREATE OR REPLACE TRIGGER guard_billing_entry_update BEFORE UPDATE OF at ON billing_entry"
        " FOR EACH ROW EXECUTE FUNCTION portal_refuse_change()",
        "CREATE OR REPLACE TRIGGER guard_billing_entry_update BEFORE UPDATE ON billing_entry"
        " FOR EACH ROW WHEN (OLD.id < 0) EXECUTE FUNCTION portal_refuse_change()",
        "CREATE OR REPLACE FUNCTION portal_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$",
    ],
    ids=["for replicas alone", "for one column", "for some rows", "toothless"],
)
def test_a_guard_that_was_weakened_is_missing_and_made_anew(account: Account, sql: str) -> None:
    # PostgreSQL alters no table while a check of its rows is still to come.
    connection.check_constraints()
    run_sql(sql)
    assert "guard_billing_entry_update" in guards.missing()
    guards.install()
    assert guards.missing() == []
    refused("UPDATE billing_entry SET amount = 1")


@pytest.mark.sqlite
def test_a_guard_that_lets_everything_pass_is_missing_and_made_anew(account: Account) -> None:
    run_sql("DROP TRIGGER guard_billing_entry_update")
    run_sql(
        "CREATE TRIGGER guard_billing_entry_update BEFORE UPDATE ON billing_entry"
        " BEGIN SELECT 1; END"
    )
    assert guards.missing() == ["guard_billing_entry_update"]
    guards.install()
    assert guards.missing() == []
    refused("UPDATE billing_entry SET amount = 1")


def test_every_unique_column_of_a_guarded_table_is_known_to_its_guard() -> None:
    assert len(guards.guarded) > 3
    for model, conditions in guards.guarded.items():
        own = [field.column for field in model._meta.concrete_fields if field.unique]
        of_constraints = [
            model._meta.get_field(name).attname
            for one in model._meta.constraints
            if isinstance(one, models.UniqueConstraint)
            for name in one.fields
        ]
        text = " ".join(("id = NEW.id", *conditions))
        assert own
        for column in (*own, *of_constraints):
            assert f"{column} " in text, f"{model.__name__}.{column}"
