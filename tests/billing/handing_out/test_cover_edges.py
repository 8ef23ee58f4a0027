"""Where the gate and the figures are at their edges: limits of the day that outlive who handed out,
transfers within one hierarchy, what others read of them, sums beyond any meaning.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import Refused
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_delete
from accounts.tree.services.moving import account_move
from billing.cards.services.releasing import batch_extend, card_extend
from billing.handing_out.queries.agents import uncovered_agents
from billing.handing_out.queries.cover import cover_of, uncovered_of, worth
from billing.handing_out.queries.policies import effective_policy
from billing.handing_out.queries.terms_effects import terms_effects
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.payments.services.paying import Payment, payment_preview
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support import sabotage
from tests.support.answering import submit
from tests.support.carding import cards, refused
from tests.support.covering import covered, handed_out
from tests.support.pages import text_of
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def test_a_limit_of_the_day_outlives_who_handed_out(reseller_tree: ResellerTree) -> None:
    """A helper hands out, its customer is moved up, the helper is deleted: and again."""
    grant(reseller_tree.top)
    grant(reseller_tree.agent)
    agent = reseller_tree.refresh().agent
    payment_policy_set(actor=SYSTEM, account=agent, per_day=Decimal(100))
    by = actor_for(UserFactory(account=agent))
    helper = account_create(actor=by, parent=agent, account_id="Helper", name="x")
    customer = account_create(actor=SYSTEM, parent=helper, account_id="Kept", name="x")
    grant(helper)
    terms_set(
        actor=actor_for(UserFactory(account=helper)), account=customer, credit_limit=Decimal(100)
    )
    account_move(actor=by, account=customer, parent=agent)
    helper.refresh_from_db()
    with pytest.raises(Refused) as caught:
        account_delete(actor=by, account=helper, reason="x")
    assert any("handed out" in str(one.label) for one in caught.value.items)
    with refused("over_day_limit", "credit_limit"):
        terms_set(actor=by, account=reseller_tree.customer_2, credit_limit=Decimal(1))


def test_of_equal_limits_the_own_one_is_said(reseller_tree: ResellerTree) -> None:
    for account in (reseller_tree.top, reseller_tree.agent):
        grant(account)
        payment_policy_set(actor=SYSTEM, account=account, per_payment=Decimal(20))
    agent = actor_for(UserFactory(account=reseller_tree.agent))
    limit = effective_policy(agent.chain).per_payment
    assert limit is not None
    assert limit[0].account_id == "Dhaka-Retail-Sub"


class TestTransfers:
    def test_the_audit_log_of_the_payee_names_no_foreign_account(
        self, reseller_tree: ResellerTree
    ) -> None:
        pay(reseller_tree.other_customer, "100")
        foreign = reseller_tree.other_customer
        pay(reseller_tree.customer, "30", "transfer", source=foreign, memo="wrong account")
        entry = AuditEntry.objects.get(action="payment.transfer")
        page = signed_in(UserFactory(account=reseller_tree.agent)).get(f"/audit/{entry.key}/")
        assert "another account" in text_of(page)
        assert foreign.account_id not in page.content.decode()

    def test_from_an_agent_to_its_sub_account_counts_on_both_sides(
        self, reseller_tree: ResellerTree
    ) -> None:
        covered(reseller_tree.agent, "100")

        def warned(amount: int) -> bool:
            payment = Payment("transfer", Decimal(amount), memo="x", source=reseller_tree.agent)
            plan = payment_preview(actor=SYSTEM, account=reseller_tree.customer, payment=payment)
            return bool(plan.shortfalls)

        assert not warned(50)
        assert warned(51)

    def test_within_one_agent_nothing_is_handed_out(self, reseller_tree: ResellerTree) -> None:
        pay(reseller_tree.customer, "60")
        covered(reseller_tree.agent, "10")
        payment = Payment("transfer", Decimal(60), memo="x", source=reseller_tree.customer)
        plan = payment_preview(actor=SYSTEM, account=reseller_tree.customer_2, payment=payment)
        assert plan.shortfalls == ()


def test_administrators_are_told_when_a_new_account_gets_more_than_is_free(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    covered(reseller_tree.agent, "10")
    browser: Client = signed_in(administrator)
    url = f"/accounts/new/?agent={reseller_tree.agent.account_id}"
    new = {"account_id": "Fresh-1", "name": "Fresh", "credit_limit": "1000"}
    answer = submit(browser, url, new, follow=True)
    assert cover_of(reseller_tree.agent.pk).is_uncovered
    assert "it is not covered afterwards" in text_of(answer)


def test_the_check_page_and_the_gate_agree_on_a_lowered_limit(reseller_tree: ResellerTree) -> None:
    """Nothing is handed out below: a limit in use is lowered freely."""
    grant(reseller_tree.top)
    grant(reseller_tree.agent)
    agent = reseller_tree.refresh().agent
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered")
    terms_set(actor=SYSTEM, account=agent, credit_limit=Decimal(100))
    pay(agent, "50", "deduction")
    by = actor_for(UserFactory(account=reseller_tree.top))
    wallet = Wallet.objects.select_related("account").get(pk=agent.pk)
    found = terms_effects(by, wallet, credit_limit=Decimal(0), is_unlimited=False)
    assert [one.account for one in found if one.is_short] == []
    terms_set(actor=by, account=agent, credit_limit=Decimal(0))


@pytest.mark.parametrize(
    ("balance", "limit", "is_unlimited", "counts"),
    [
        ("7", "5", False, "12"),
        ("-5", "5", False, "0"),
        ("-9", "5", False, "0"),
        # Of unlimited credit the balance alone counts, where it is above zero.
        ("7", "5", True, "7"),
        ("-7", "5", True, "0"),
    ],
)
def test_what_a_sub_account_counts_for(
    balance: str, limit: str, is_unlimited: bool, counts: str
) -> None:
    wallet = Wallet(
        balance=Decimal(balance), credit_limit=Decimal(limit), is_unlimited=is_unlimited
    )
    assert worth(wallet) == Decimal(counts)


def test_who_has_just_enough_is_not_uncovered(reseller_tree: ResellerTree) -> None:
    pay(reseller_tree.top, "10")
    pay(reseller_tree.agent, "10")
    pay(reseller_tree.customer, "10")
    assert (cover_of(reseller_tree.agent.pk).free, uncovered()) == (0, [])
    pay(reseller_tree.customer, "0.000001")
    assert uncovered() == [reseller_tree.agent.pk]


def uncovered() -> list[int]:
    return [one.account_pk for one in uncovered_of(Wallet.objects.all())]


@pytest.mark.parametrize("own_day", [False, True])
def test_cards_count_until_the_very_instant_at_which_they_expire(
    reseller_tree: ResellerTree, time_machine: Any, own_day: bool
) -> None:
    end = datetime(2030, 3, 15, 18, 15, tzinfo=UTC)
    batch = cards(reseller_tree.agent, 2, expires_at=end)
    if own_day:
        for card in batch.cards.all():
            card_extend(actor=SYSTEM, card=card, expires_at=end, reason="one by one")
        batch_extend(actor=SYSTEM, batch=batch, expires_at=None, reason="one by one")
    time_machine.move_to(end - timedelta(microseconds=1), tick=False)
    assert handed_out(reseller_tree.agent) == 10
    time_machine.move_to(end, tick=False)
    assert handed_out(reseller_tree.agent) == 0


def test_more_than_anybody_means_is_no_error(reseller_tree: ResellerTree) -> None:
    rich = [AccountFactory(parent=reseller_tree.agent).pk for _n in range(10)]
    for pk in rich:
        sabotage.plant_balance(Account.objects.get(pk=pk), Decimal(10) ** 12)
    payment_policy_set(actor=SYSTEM, account=reseller_tree.agent, funding="covered")
    assert cover_of(reseller_tree.agent.pk).handed_out >= 4 * Decimal(10) ** 12
    count, worst, _accounts = uncovered_agents(SYSTEM, 6)
    assert count == 1
    assert worst[0].is_uncovered
