"""Ways by which an agent once made money for itself, walked again by service and by page."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.distributing import check, confirm
from tests.support.money_hands import PageHands, ServiceHands
from tests.support.pages import just_signed_in, text_of
from tests.support.paying import balance, page_of, pay
from tests.support.paying import form as payment_form

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MANY = 5_000_000
Hands = ServiceHands | PageHands


@pytest.fixture(params=["service", "page"])
def hands_of(request: Any) -> Callable[[Account], Hands]:
    """`hands_of(account)`: the hands of a login of an account that holds 1 and 8."""
    kind = ServiceHands if request.param == "service" else PageHands

    def make(account: Account) -> Hands:
        grant(account, "manage_account", "pay_sub_account")
        return kind(UserFactory(account=account))

    return make


@pytest.fixture(params=["record", "covered"])
def funding(request: Any) -> str:
    return request.param


@pytest.fixture
def tree(reseller_tree: ResellerTree, funding: str) -> ResellerTree:
    """The agent has 50, the level above it 100."""
    pay(reseller_tree.top, "100")
    pay(reseller_tree.agent, "50")
    payment_policy_set(actor=SYSTEM, account=reseller_tree.agent, funding=funding)
    return reseller_tree


@pytest.fixture(autouse=True)
def _sound_ledger() -> Any:
    yield
    assert ledger_problems() == []
    assert trial_balance() == 0


def has(account: Account) -> Decimal:
    """What it can spend."""
    return Wallet.objects.get(pk=account.pk).available


def test_a_limit_that_is_deducted_gives_the_agent_nothing(
    hands_of: Any, tree: ResellerTree, funding: str
) -> None:
    agent = hands_of(tree.agent)
    was_given = agent.limit(tree.customer, MANY)
    was_taken = agent.deduct(tree.customer, MANY)
    assert (was_given, was_taken) == ((True, True) if funding == "record" else (False, False))
    assert (balance(tree.agent), balance(tree.top)) == (50, 100)
    assert has(tree.customer) == 0


def test_on_covered_a_limit_goes_as_far_as_there_is_money(
    hands_of: Any, tree: ResellerTree, funding: str
) -> None:
    agent = hands_of(tree.agent)
    assert agent.limit(tree.customer, 30)
    assert agent.deduct(tree.customer, 30)
    # The limit is used up: nothing is handed out any more, and nothing has come back.
    assert cover_of(tree.agent.pk).free == 50
    assert agent.limit(tree.customer_2, 50)
    assert agent.pay(tree.customer, 1) is (funding == "record")
    assert ("free to hand out" in agent.refusal) == (funding == "covered")
    assert (balance(tree.agent), balance(tree.top)) == (50, 100)


def test_a_limit_that_is_used_and_lowered_gives_the_agent_nothing(
    hands_of: Any, tree: ResellerTree, funding: str
) -> None:
    agent, sub_agent = hands_of(tree.agent), hands_of(tree.sub_agent)
    is_covered = funding == "covered"
    # On covered the first lowering is refused, and the limit stays used.
    for _round in range(1 if is_covered else 3):
        assert agent.limit(tree.sub_agent, 40)
        sub_agent.pay(tree.deep_customer, 40)
        assert agent.limit(tree.sub_agent, 0) is not is_covered
        assert ("has handed out the rest below" in agent.refusal) == is_covered
    assert (balance(tree.agent), balance(tree.sub_agent)) == (50, 0)
    assert has(tree.deep_customer) == (40 if is_covered else 120)
    free = (cover_of(tree.agent.pk).free, cover_of(tree.sub_agent.pk).free)
    assert free == ((10, 0) if is_covered else (50, -120))


def test_a_detour_over_two_accounts_gives_the_agent_nothing(
    hands_of: Any, tree: ResellerTree, funding: str
) -> None:
    agent, sub_agent = hands_of(tree.agent), hands_of(tree.sub_agent)
    assert agent.limit(tree.sub_agent, 50)
    for _round in range(3):
        assert sub_agent.pay(tree.deep_customer, 50)
        assert agent.deduct(tree.deep_customer, 50)
    assert (balance(tree.agent), balance(tree.sub_agent), balance(tree.top)) == (50, 0, 100)
    assert balance(tree.deep_customer) == 0
    # What the sub-agent handed out is back with it, and the agent has as little free as before.
    assert (cover_of(tree.agent.pk).free, cover_of(tree.sub_agent.pk).free) == (0, 50)
    assert agent.pay(tree.customer, 1) is (funding == "record")


def test_accounts_moved_up_bring_no_cover(hands_of: Any, tree: ResellerTree, funding: str) -> None:
    """Handed out once, moved to the agent itself, and handed out again."""
    agent, sub_agent = hands_of(tree.agent), hands_of(tree.sub_agent)
    assert agent.pay(tree.sub_agent, 50)
    assert sub_agent.pay(tree.deep_customer, 50)
    assert agent.move(tree.deep_customer, tree.agent) is (funding == "record")
    assert balance(tree.agent) == 50
    free = cover_of(tree.agent.pk).free
    assert free == (0 if funding == "covered" else -50)


def test_on_covered_every_way_of_handing_out_is_asked(
    hands_of: Any, tree: ResellerTree, funding: str
) -> None:
    """51 of the 50 that the agent has."""
    agent = hands_of(tree.agent)
    terms_set(actor=SYSTEM, account=tree.customer_2, credit_limit=Decimal(51))
    pay(tree.customer_2, "51", "deduction")
    terms_set(actor=SYSTEM, account=tree.customer_2, credit_limit=Decimal(0))
    permitted = funding == "record"
    assert agent.pay(tree.customer, 51, kind="opening") is permitted
    assert agent.pay(tree.customer, 51) is permitted
    lines = f"{tree.customer.account_id},26\n{tree.sub_agent.account_id},25"
    assert agent.distribute(lines) is permitted
    assert agent.limit(tree.customer, 51) is permitted
    assert agent.make_zero(tree.customer_2) is permitted
    assert agent.create("Fresh-001", tree.agent, limit=51) is permitted
    assert (cover_of(tree.agent.pk).handed_out == 0) is not permitted
    assert Account.objects.filter(account_id="Fresh-001").exists() is permitted


class TestKeys:
    """What people and what the portal choose live in different spaces."""

    @pytest.fixture
    def login(self, reseller_tree: ResellerTree) -> User:
        grant(reseller_tree.agent, "pay_sub_account")
        return UserFactory(account=reseller_tree.agent)

    def test_nobody_takes_the_key_of_a_line(self, login: User, reseller_tree: ResellerTree) -> None:
        browser, key = just_signed_in(login), uuid4()
        page = check(browser, idempotency_key=str(key))
        taken = payment_form("1", key=f"{key}:1", confirmed="1")
        answer = browser.post(page_of(reseller_tree.customer), taken)
        assert answer.status_code == 422
        assert "Open the form anew to pay." in text_of(answer)
        assert not Transaction.objects.exists()
        assert confirm(browser, page).status_code == 303
        assert balance(reseller_tree.customer) == 50
        assert balance(reseller_tree.customer_2) == Decimal("25.50")
        # Nor afterwards: it is no receipt for somebody who guesses it.
        assert browser.post(page_of(reseller_tree.customer), taken).status_code == 422

    @pytest.mark.parametrize("key", ["a:1", "ä", "a b", "x" * 65, "a/b", "a\x00b"])
    def test_keys_that_no_form_has_are_refused(
        self, login: User, reseller_tree: ResellerTree, key: str
    ) -> None:
        answer = just_signed_in(login).post(
            page_of(reseller_tree.customer), payment_form("1", key=key, confirmed="1")
        )
        assert answer.status_code == 422
        assert not Transaction.objects.exists()
