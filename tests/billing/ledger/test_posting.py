"""What a posting permits: a wallet down to its limit, a form once, and sides that sum to zero."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, User
from accounts.core.record import ORIGIN, Origin
from accounts.kit.errors import NotAllowed, Refused
from billing.errors import BadAmount, InsufficientFunds, KeyReused
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.services.batches import Line, post_many
from billing.ledger.services.posting import (
    Leg,
    Movement,
    check_is_now,
    into,
    key_of_person,
    post,
    posted_before,
    reason_in_memo,
)
from billing.money import MAX_BALANCE
from tests.factories import AccountFactory, StaffFactory
from tests.support.carding import refused
from tests.support.paying import balance, pay

pytestmark = pytest.mark.django_db

# A posting moves to or from cash; a batch does the same for many.
Move = Callable[[Account, str], object]


def posted(account: Account, amount: str, actor: Actor = SYSTEM, key: str = "") -> Transaction:
    moved = Decimal(amount)
    movement = Movement("recharge", account, abs(moved), into(account, moved, House.CASH))
    with transaction.atomic():
        return post(actor, movement, key=key or str(uuid4()), digest=amount)


def in_a_batch(account: Account, amount: str) -> None:
    line = Line(account.pk, Decimal(amount), str(uuid4()), "x")
    with transaction.atomic():
        post_many(SYSTEM, lambda: [line], kind="recharge", batch="b")


@pytest.fixture
def account() -> Account:
    """It has 10, and a limit of 5."""
    account = AccountFactory(account_id="Shop")
    pay(account, "10")
    terms_set(actor=SYSTEM, account=account, credit_limit=Decimal(5))
    return account


@pytest.mark.parametrize("move", [posted, in_a_batch])
class TestLimit:
    def test_a_wallet_goes_down_to_its_limit(self, account: Account, move: Move) -> None:
        move(account, "-15")
        assert balance(account) == -5

    def test_and_not_below_it(self, account: Account, move: Move) -> None:
        with pytest.raises(InsufficientFunds, match=r"Shop has 15\.00 available; 0\.000001 are"):
            move(account, "-15.000001")
        assert balance(account) == 10

    def test_unlimited_credit_has_none(self, account: Account, move: Move) -> None:
        terms_set(actor=SYSTEM, account=account, payment_mode="postpaid", is_unlimited=True)
        move(account, "-1000")
        assert balance(account) == -990

    def test_a_wallet_holds_so_much_and_no_more(self, account: Account, move: Move) -> None:
        move(account, str(MAX_BALANCE - 10))
        with pytest.raises(BadAmount, match="too large for the balance of Shop"):
            move(account, "0.000001")
        assert balance(account) == MAX_BALANCE

    def test_the_house_has_the_other_side(self, account: Account, move: Move) -> None:
        move(account, "3")
        made = Transaction.objects.latest("pk")
        sides = Entry.objects.filter(transaction=made).order_by("pk")
        assert made.amount == 3
        assert [(one.house, one.amount, one.balance_after) for one in sides] == [
            ("", 3, 13),
            ("cash", -3, None),
        ]

    def test_what_is_taken_out_is_an_amount_above_zero(self, account: Account, move: Move) -> None:
        move(account, "-3")
        made = Transaction.objects.latest("pk")
        assert (made.amount, balance(account)) == (3, 7)


def test_sides_that_do_not_sum_to_zero_are_a_fault(account: Account) -> None:
    legs = (Leg(Decimal(2), wallet=account.pk), Leg(Decimal(-1), house=House.CASH))
    with pytest.raises(AssertionError):
        post(SYSTEM, Movement("recharge", account, Decimal(2), legs), key="k", digest="x")
    assert balance(account) == 10


def test_a_key_is_that_of_one_login(account: Account, administrator: User) -> None:
    other = actor_for(StaffFactory(administrator=True))
    posted(account, "1", actor_for(administrator), "same-key")
    assert posted_before(other.user, "same-key", "1") is None
    posted(account, "1", other, "same-key")
    assert balance(account) == 12


def test_a_key_used_again_posts_nothing(account: Account, administrator: User) -> None:
    first = posted(account, "1", actor_for(administrator), "same-key")
    again = posted(account, "1", actor_for(administrator), "same-key")
    assert (again.pk, again.is_new, balance(account)) == (first.pk, False, 11)


def test_a_key_used_for_something_else_is_refused(account: Account, administrator: User) -> None:
    posted(account, "1", actor_for(administrator), "same-key")
    with pytest.raises(KeyReused):
        posted(account, "2", actor_for(administrator), "same-key")


@pytest.mark.parametrize("key", ["", "a:b", "a b", "k" * 65, "ü"])
def test_a_key_that_no_form_has_is_refused(key: str) -> None:
    with refused("bad_key"):
        key_of_person(key)


def test_a_key_of_a_form_is_taken_as_it_is() -> None:
    assert key_of_person(f" {'k' * 64} ") == "k" * 64


def test_a_reason_has_up_to_200_characters() -> None:
    assert reason_in_memo(f" {'x' * 200} ") == "x" * 200
    for reason, code in (("x" * 201, "too_long"), (" ", "reason_required")):
        with pytest.raises(Refused) as caught:
            reason_in_memo(reason)
        assert (caught.value.code, caught.value.field) == (code, "reason")


def test_requests_pay_now_and_commands_whenever_it_was() -> None:
    earlier = datetime(2026, 3, 1, tzinfo=UTC)
    check_is_now(earlier)
    token = ORIGIN.set(Origin())
    try:
        check_is_now(None)
        with pytest.raises(NotAllowed):
            check_is_now(earlier)
    finally:
        ORIGIN.reset(token)
