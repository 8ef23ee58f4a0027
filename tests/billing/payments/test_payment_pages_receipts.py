"""Receipts: to whom they show what, and for whom they do not exist."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import ALL
from accounts.core.models import User
from accounts.core.record import ORIGIN, Origin
from accounts.kit.errors import NotAllowed
from accounts.tree.services.moving import account_move
from billing.ledger.models import Transaction
from tests.factories import ResellerTree, UserFactory
from tests.support.former import transferred
from tests.support.pages import markup_of, text_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

HELD = ALL


@pytest.fixture
def paid(tree: ResellerTree) -> Transaction:
    """50 out of the balance of the agent, as it once was, by its login Imran, to Customer-001."""
    pay(tree.agent, "80")
    return transferred(
        agent(tree), tree.agent, tree.customer, 50, reference="SLIP-1", method="bank"
    )


def agent(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.agent, username="imran", full_name="Imran"))


def receipt(client: Client, made: Transaction) -> Any:
    return client.get(f"/payments/{made.key}/")


def test_who_paid_sees_both_balances(
    paid: Transaction, client_of: Callable[[User], Client]
) -> None:
    text = text_of(receipt(client_of(User.objects.get(username="imran")), paid))
    assert "was 80.00 becomes 30.00" in text
    assert "was 0.00 becomes 50.00" in text
    assert "By imran Dhaka-Retail-Sub" in text
    assert "Bank transfer" in text


def test_the_customer_sees_its_own_side_and_no_name_above(
    tree: ResellerTree, paid: Transaction, client_of: Callable[[User], Client]
) -> None:
    page = receipt(client_of(UserFactory(account=tree.customer)), paid)
    text = text_of(page)
    assert "was 0.00 becomes 50.00" in text
    assert "From a level above yours −50.00" in text
    assert "By a level above yours" in text
    for secret in ("imran", "Dhaka", "30.00", "80.00"):
        assert secret not in markup_of(page)


def test_a_payment_of_the_platform_is_by_an_administrator(
    tree: ResellerTree, administrator: User, client_of: Callable[[User], Client]
) -> None:
    made = pay(tree.customer, "5", actor=actor_for(administrator))
    text = text_of(receipt(client_of(UserFactory(account=tree.customer)), made))
    assert "By Administrator" in text
    assert "admin-login" not in text
    assert "By admin-login" in text_of(receipt(client_of(administrator), made))


def test_what_is_foreign_does_not_exist(
    tree: ResellerTree, paid: Transaction, client_of: Callable[[User], Client]
) -> None:
    stranger = client_of(UserFactory(account=tree.sibling))
    foreign, unknown = receipt(stranger, paid), stranger.get("/payments/999999/")
    assert foreign.status_code == unknown.status_code == 404
    bodies = [text_of(one).replace(one.wsgi_request.request_id, "") for one in (foreign, unknown)]
    assert bodies[0] == bodies[1]


def test_who_paid_still_sees_it_when_the_customer_has_moved_away(
    tree: ResellerTree, paid: Transaction, client_of: Callable[[User], Client]
) -> None:
    account_move(actor=SYSTEM, account=tree.customer, parent=tree.other_top, reason="x")
    page = receipt(client_of(User.objects.get(username="imran")), paid)
    assert page.status_code == 200
    text = text_of(page)
    assert "was 80.00 becomes 30.00" in text
    assert "to another account" in text
    assert "Customer-001" not in markup_of(page)


def test_times_are_those_of_the_viewer(
    tree: ResellerTree, administrator: User, client_of: Callable[[User], Client]
) -> None:
    administrator.time_zone = "Asia/Dhaka"
    administrator.save(update_fields=["time_zone"])
    made = pay(tree.customer, "5", at=datetime(2026, 3, 1, 20, 30, 8, tzinfo=UTC))
    text = text_of(receipt(client_of(administrator), made))
    assert "Posted 2026-03-02 02:30:08, Asia/Dhaka" in text


def test_a_request_pays_now_and_never_earlier(tree: ResellerTree) -> None:
    token = ORIGIN.set(Origin("a-request"))
    try:
        with pytest.raises(NotAllowed):
            pay(tree.customer, "5", at=datetime(2026, 3, 1, tzinfo=UTC))
    finally:
        ORIGIN.reset(token)


def test_it_takes_a_fixed_number_of_queries(
    tree: ResellerTree, paid: Transaction, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(User.objects.get(username="imran"))
    receipt(browser, paid)
    with CaptureQueriesContext(connection) as captured:
        receipt(browser, paid)
    # Session, login, actor, the tree beside it, the receipt with its sides and its names.
    assert len(captured) <= 20, [one["sql"][:120] for one in captured.captured_queries]
