"""The gate asks by itself, whatever the services before it have asked."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import Refused
from accounts.tree.services.accounts import account_lock
from billing.handing_out.services.gate import Gate, opened
from billing.handing_out.services.policies import payment_policy_set
from tests.factories import ResellerTree, grant, revoke
from tests.support import sabotage
from tests.support.carding import refused
from tests.support.covering import covered, put_on_covered
from tests.support.paying import pay, payer

pytestmark = pytest.mark.django_db

ONE, TEN, TWENTY = Decimal(1), Decimal(10), Decimal(20)


def gate(actor: Actor, *accounts: Account) -> Gate:
    return opened(actor, [Account.objects.get(pk=one.pk) for one in accounts], lock=False)


def hand_out(actor: Actor, account: Account) -> object:
    return gate(actor, account).hand_out({account.pk: ONE})


def take_back(actor: Actor, account: Account) -> object:
    return gate(actor, account).take_back(account, ONE)


def release(actor: Actor, account: Account) -> object:
    return gate(actor, account).release(account, ONE, 5)


@pytest.mark.parametrize(
    ("deed", "code"),
    [(hand_out, "pay_sub_account"), (take_back, "pay_sub_account"), (release, "manage_phone_card")],
)
def test_without_the_authorization_nothing_passes(
    tree: ResellerTree, deed: Callable[[Actor, Account], object], code: str
) -> None:
    deed(payer(tree.agent), tree.sub_agent)
    revoke(tree.agent, code)
    with refused("not_authorized"):
        deed(payer(tree.agent), tree.sub_agent)


def test_the_limit_of_a_payment_is_that_of_the_largest(tree: ResellerTree) -> None:
    payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=TEN)
    both = gate(payer(tree.agent), tree.customer, tree.customer_2)
    both.hand_out({tree.customer.pk: TEN, tree.customer_2.pk: TEN})
    with refused("over_payment_limit", "amount"):
        both.hand_out({tree.customer.pk: ONE, tree.customer_2.pk: TWENTY})


def test_the_limit_of_the_day_is_that_of_all_together(tree: ResellerTree) -> None:
    payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=TWENTY)
    both = gate(payer(tree.agent), tree.customer, tree.customer_2)
    both.hand_out({tree.customer.pk: TEN, tree.customer_2.pk: TEN})
    with refused("over_day_limit", "amount"):
        both.hand_out({tree.customer.pk: TEN, tree.customer_2.pk: TEN + ONE})


def test_what_is_free_is_free_for_all_together(tree: ResellerTree) -> None:
    covered(tree.agent, "20")
    both = gate(payer(tree.agent), tree.customer, tree.customer_2)
    both.hand_out({tree.customer.pk: TEN, tree.customer_2.pk: TEN})
    with refused("not_covered", "amount"):
        both.hand_out({tree.customer.pk: TEN, tree.customer_2.pk: TEN + ONE})


def test_limits_bind_whoever_belongs_to_an_account_and_no_administrator(
    tree: ResellerTree, administrator: User
) -> None:
    for account in (tree.top, tree.agent):
        payment_policy_set(actor=SYSTEM, account=account, per_payment=ONE, per_day=ONE)
    gate(actor_for(administrator), tree.customer).hand_out({tree.customer.pk: TEN})


def test_of_cards_each_is_a_payment_and_the_day_counts_them_all(tree: ResellerTree) -> None:
    payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=TEN, per_day=TWENTY)
    agent = payer(tree.agent)
    gate(agent, tree.agent).release(tree.agent, TEN, 2)
    with refused("over_payment_limit", "count"):
        gate(agent, tree.agent).release(tree.agent, TEN + ONE, 1)
    with refused("over_day_limit", "count"):
        gate(agent, tree.agent).release(tree.agent, TEN, 3)


def test_all_that_is_free_can_be_taken_back_and_not_more(tree: ResellerTree) -> None:
    covered(tree.sub_agent, "30")
    pay(tree.deep_customer, "10", actor=payer(tree.sub_agent))
    agent = payer(tree.agent)
    assert gate(agent, tree.sub_agent).take_back(tree.sub_agent, TWENTY) == ()
    with refused("handed_out_below", "amount"):
        gate(agent, tree.sub_agent).take_back(tree.sub_agent, TWENTY + ONE)


def test_of_who_has_handed_nothing_out_more_than_it_has_is_no_matter_of_the_gate(
    tree: ResellerTree,
) -> None:
    """A wallet's own limit settles that."""
    put_on_covered(tree.sub_agent)
    assert gate(payer(tree.agent), tree.sub_agent).take_back(tree.sub_agent, TEN) == ()


def test_what_others_are_refused_for_administrators_are_told(
    tree: ResellerTree, administrator: User
) -> None:
    covered(tree.sub_agent, "30")
    pay(tree.deep_customer, "20", actor=payer(tree.sub_agent))
    back = gate(actor_for(administrator), tree.sub_agent).take_back(tree.sub_agent, TWENTY)
    out = gate(actor_for(administrator), tree.customer, tree.deep_customer).hand_out(
        {tree.deep_customer.pk: TWENTY, tree.customer.pk: TWENTY}
    )
    told = [(one.agent.account_id, one.free, one.amount) for one in (*back, *out)]
    assert told == [("Sub-Sub-Agent", TEN, TWENTY)] * 2


class TestCardsOfOthers:
    """8 is asked of the agent whose cards they are, and of every level above it."""

    def test_the_account_must_hold_it(self, tree: ResellerTree) -> None:
        release(payer(tree.agent), tree.sub_agent)
        revoke(tree.sub_agent, "pay_sub_account")
        with refused("not_authorized"):
            release(payer(tree.agent), tree.sub_agent)

    def test_so_must_every_level_above_it(self, tree: ResellerTree) -> None:
        grant(tree.deep_customer)
        release(payer(tree.agent), tree.deep_customer)
        sabotage.take_grant_out(tree.sub_agent, "pay_sub_account")
        with refused("not_authorized"):
            release(payer(tree.agent), tree.deep_customer)

    @pytest.mark.parametrize("which", ["deep_customer", "sub_agent"])
    def test_none_of_them_may_be_locked(self, tree: ResellerTree, which: str) -> None:
        grant(tree.deep_customer)
        account_lock(actor=SYSTEM, account=getattr(tree, which))
        with refused("not_authorized"):
            release(payer(tree.agent), tree.deep_customer)

    def test_administrators_need_it_of_nobody(
        self, tree: ResellerTree, administrator: User
    ) -> None:
        revoke(tree.sub_agent, "pay_sub_account")
        release(actor_for(administrator), tree.sub_agent)


def test_the_agent_that_has_too_little_is_named_or_it_is_the_own_one(tree: ResellerTree) -> None:
    put_on_covered(tree.agent)
    with pytest.raises(Refused, match=r"^Your account has 0\.00 free"):
        hand_out(payer(tree.agent), tree.customer)
    with pytest.raises(Refused, match=r"^Dhaka-Retail-Sub has 0\.00 free .* Pay it first"):
        hand_out(payer(tree.top), tree.customer)
