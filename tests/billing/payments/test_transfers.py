"""A transfer corrects a payment that went to the wrong account: administrators alone make it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import NotAllowed, Refused
from accounts.tree.services.ending import account_close
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.payments.services.paying import Payment, payment_make, payment_preview
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.pages import field_error, sent_by_form, text_of
from tests.support.paying import balance, confirmed, form, page_of, pay
from tests.support.settling import former_transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """100 went to Customer-002; they were for Customer-001."""
    grant(reseller_tree.agent, Authorization.PAY_SUB_ACCOUNT)
    pay(reseller_tree.customer_2, "100")
    return reseller_tree.refresh()


def transfer(source: str, amount: str = "100", **more: str) -> dict[str, str]:
    """What the first page sends."""
    return form(amount, "transfer", **{"source": source, "memo": "Wrong account", **more})


def by_service(actor: Any, to: Account, source: Account | None, memo: str = "Wrong") -> Transaction:
    return payment_make(
        actor=actor,
        account=to,
        payment=Payment("transfer", Decimal(100), memo=memo, source=source),
        idempotency_key="one",
    )


class TestTheService:
    def test_it_moves_the_money_from_one_to_the_other(self, tree: ResellerTree) -> None:
        made = by_service(SYSTEM, tree.customer, tree.customer_2)
        assert (made.kind, made.source) == ("transfer", tree.customer_2)
        assert (balance(tree.customer), balance(tree.customer_2)) == (100, 0)
        assert ledger_problems() == []
        entry = AuditEntry.objects.get(action="payment.transfer")
        assert entry.reason == "Wrong"
        assert entry.after == {"amount": "100.00", "reference": "", "source": "Customer-002"}

    def test_nobody_else_makes_one(self, tree: ResellerTree) -> None:
        agent = actor_for(UserFactory(account=tree.agent))
        with pytest.raises(NotAllowed):
            by_service(agent, tree.customer, tree.customer_2)

    def test_a_refused_one_names_the_field(self, tree: ResellerTree) -> None:
        for source, memo, field in (
            (None, "Wrong", "source"),
            (tree.customer, "Wrong", "source"),
            (tree.customer_2, " ", "memo"),
        ):
            with pytest.raises(Refused) as refused:
                by_service(SYSTEM, tree.customer, source, memo)
            assert refused.value.field == field

    def test_between_two_of_one_agent_nothing_is_handed_out(self, tree: ResellerTree) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
        pay(tree.sibling_customer, "100")

        def plan(source: Account) -> Any:
            payment = Payment("transfer", Decimal(100), memo="Wrong", source=source)
            return payment_preview(actor=SYSTEM, account=tree.customer, payment=payment)

        assert plan(tree.customer_2).shortfalls == ()
        (short,) = plan(tree.sibling_customer).shortfalls
        assert (short.agent.account_id, short.free) == ("Dhaka-Retail-Sub", -100)


class TestThePages:
    def test_administrators_alone_are_offered_it(
        self, admin: Client, tree: ResellerTree, client_of: Callable[[User], Client]
    ) -> None:
        body = admin.get(page_of(tree.customer)).content.decode()
        assert 'value="transfer"' in body
        assert 'name="source"' in body
        agent = client_of(UserFactory(account=tree.agent))
        body = agent.get(page_of(tree.customer)).content.decode()
        assert 'value="transfer"' not in body
        assert 'name="source"' not in body
        page = agent.post(page_of(tree.customer), transfer("Customer-002", confirmed="1"))
        assert page.status_code == 422
        assert field_error(page, "kind")
        assert balance(tree.customer) == 0

    def test_the_check_page_shows_both_sides_and_the_reason(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        page = admin.post(page_of(tree.customer), transfer("customer-002"))
        text = text_of(page)
        assert "Customer-001: 0.00 → 100.00 USD; Customer-002: 100.00 → 0.00 USD" in text
        assert "Correction: it leaves the balance of Customer-002" in text
        assert "Reason Wrong account" in text
        assert "Transfer 100.00 USD to Customer-001" in text
        # One agent is above both: it has handed out as much as before.
        assert "Handed out below 100.00 USD" in text
        assert balance(tree.customer_2) == 100
        assert sent_by_form(page, "confirmed")["source"] == ["customer-002"]

    def test_the_receipt_and_the_statements_say_it(self, admin: Client, tree: ResellerTree) -> None:
        answer = confirmed(admin, tree.customer, transfer("Customer-002"))
        made = Transaction.objects.get(kind="transfer")
        assert (answer.status_code, answer["Location"]) == (303, f"/payments/{made.key}/")
        text = text_of(admin.get(answer["Location"]))
        for words in ("Type Transfer", "From Customer-002 −100.00", "To Customer-001 +100.00"):
            assert words in text
        assert "Reason Wrong account" in text
        for account, words in (
            (tree.customer, "Transfer from Customer-002"),
            (tree.customer_2, "Transfer to Customer-001"),
        ):
            base = f"/accounts/{account.account_id}"
            assert words in text_of(admin.get(f"{base}/payments/"))
            assert words in text_of(admin.get(f"{base}/statement/"))
        file = admin.get("/accounts/Customer-001/payments/export/?format=csv")
        lines = b"".join(file).decode()  # type: ignore[arg-type]
        assert "Transfer,Customer-002" in lines
        assert "Wrong account" in lines

    def test_the_accounts_themselves_read_it_without_the_other_name(
        self, admin: Client, tree: ResellerTree, client_of: Callable[[User], Client]
    ) -> None:
        confirmed(admin, tree.customer, transfer("Customer-002"))
        customer = client_of(UserFactory(account=tree.customer))
        text = text_of(customer.get("/accounts/Customer-001/payments/"))
        assert "Transfer from another account" in text
        assert "Customer-002" not in text

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("", "Choose the account the payment had gone to."),
            ("Nobody-1", "There is no such account."),
            ("Customer-001", "Choose the account the payment had gone to."),
            ("Customer-002", "Customer-002 is closed: its balance stays zero."),
        ],
        ids=["none", "unknown", "the same", "closed"],
    )
    def test_a_wrong_source_is_an_error_at_the_field(
        self, admin: Client, tree: ResellerTree, source: str, words: str
    ) -> None:
        pay(tree.customer_2, "100", "deduction")
        account_close(actor=SYSTEM, account=tree.customer_2, reason="gone")
        for confirm in ({}, {"confirmed": "1"}):
            page = admin.post(page_of(tree.customer), transfer(source, **confirm))
            assert page.status_code == 422
            assert field_error(page, "source") == words
        assert not Transaction.objects.filter(kind="transfer").exists()

    def test_more_than_it_has_and_no_reason_are_errors_too(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        page = admin.post(page_of(tree.customer), transfer("Customer-002", "100.01"))
        assert "Customer-002 has 100.00 available" in field_error(page, "amount")
        page = admin.post(page_of(tree.customer), transfer("Customer-002", memo=""))
        assert field_error(page, "memo") == "Give a reason."

    def test_another_type_takes_from_no_other_account(
        self, admin: Client, tree: ResellerTree
    ) -> None:
        data = form("5", "recharge", source="Customer-002", confirmed="1")
        page = admin.post(page_of(tree.customer), data)
        assert page.status_code == 422
        assert field_error(page, "source") == "Only a transfer takes money from another account."
        assert balance(tree.customer) == 0

    def test_who_signed_in_long_ago_proves_it_again(
        self, administrator: User, tree: ResellerTree, client_of_long_ago: Callable[[User], Client]
    ) -> None:
        browser = client_of_long_ago(administrator)
        for confirm in ({}, {"confirmed": "1"}):
            answer = browser.post(page_of(tree.customer), transfer("Customer-002", **confirm))
            assert answer.status_code == 302
            assert "reauthenticate" in answer["Location"]
        assert balance(tree.customer) == 0
        assert browser.post(page_of(tree.customer), form("5")).status_code == 200

    def test_old_transfers_keep_their_words(self, admin: Client, tree: ResellerTree) -> None:
        pay(tree.agent, "50")
        made = former_transfer(tree.agent, tree.customer, "50", "transfer", memo="Week 47")
        text = text_of(admin.get("/accounts/Customer-001/statement/"))
        assert "Transfer from Dhaka-Retail-Sub" in text
        assert "Memo Week 47" in text_of(admin.get(f"/payments/{made.key}/"))
