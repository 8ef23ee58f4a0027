"""An untouched account is deleted while money is on its way to it: one of both is refused."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_delete
from billing.handing_out.services import terms
from billing.handing_out.services.terms import terms_set
from billing.ledger.queries.integrity import ledger_problems
from billing.payments.services import paying
from billing.payments.services.paying import Payment, payment_make
from tests.factories import UserFactory, grant, reseller_tree

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race]


@pytest.mark.parametrize("deed", ["limit", "payment"])
def test_whoever_comes_second_is_refused_or_waits(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    tree = reseller_tree()
    grant(tree.top)
    grant(tree.agent)
    agent = tree.refresh().agent
    fresh = account_create(actor=SYSTEM, parent=agent, account_id="Fresh-1", name="x")
    one, two = UserFactory(account=agent), UserFactory(account=agent)
    given = threading.Event()
    record = terms.record

    def slow(**more: Any) -> Any:
        made = record(**more)
        if more["action"] in ("wallet.terms", "payment.recharge"):
            given.set()
            time.sleep(0.5)
        return made

    for module in (terms, paying):
        monkeypatch.setattr(module, "record", slow)
    said: dict[str, str] = {}

    def run(name: str, work: Callable[[], Any]) -> None:
        try:
            work()
            said[name] = "done"
        except DomainError as error:
            said[name] = error.code
        finally:
            connections.close_all()

    def give() -> None:
        if deed == "limit":
            terms_set(actor=actor_for(one), account=fresh, credit_limit=Decimal(5))
            return
        payment_make(
            actor=actor_for(one),
            account=fresh,
            payment=Payment("recharge", Decimal(5)),
            idempotency_key=str(uuid4()),
        )

    def delete() -> None:
        given.wait(10)
        account_delete(actor=actor_for(two), account=fresh, reason="x")

    threads = [threading.Thread(target=run, args=way) for way in (("give", give), ("end", delete))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert said["give"] == "done"
    assert said["end"] == ("done" if deed == "limit" else "has_history"), said
    assert Account.objects.filter(pk=fresh.pk).exists() is (deed == "payment")
    assert ledger_problems() == []
