"""Paying by page: the form, the check page with both balances, the receipt."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import User
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import ResellerTree, StaffFactory, revoke
from tests.support.covering import on_covered
from tests.support.mails import mails_sent
from tests.support.pages import field_error, markup_of, sent_by_form, text_of, words_of
from tests.support.paying import balance, confirmed, form, page_of, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

OWN, BELOW = Authorization.PAY_OWN_ACCOUNT, Authorization.PAY_SUB_ACCOUNT
HELD = OWN, BELOW


def test_the_form_has_these_fields_and_no_others(agent: Client, tree: ResellerTree) -> None:
    page = agent.get(page_of(tree.customer))
    body = page.content.decode()
    for name in ("amount", "kind", "method", "reference", "memo", "idempotency_key", "back"):
        assert f'name="{name}"' in body
    assert 'inputmode="decimal"' in body
    one, other = (
        sent_by_form(page, "amount"),
        sent_by_form(agent.get(page_of(tree.customer)), "amount"),
    )
    assert set(one) == {
        "csrfmiddlewaretoken", "amount", "kind", "method", "reference", "memo", "idempotency_key",
        "back",
    }  # fmt: skip
    assert one["idempotency_key"] != other["idempotency_key"]


def test_the_check_page_says_what_is_handed_out_and_pays_nothing(
    agent: Client, tree: ResellerTree
) -> None:
    pay(tree.agent, "1204.50")
    pay(tree.customer, "12")
    on_covered(tree)
    page = agent.post(page_of(tree.customer), form("50"))
    text = text_of(page)
    assert "Customer-001: 12.00 → 62.00 USD" in text
    assert "Your own balance stays as it is." in text
    assert "Your cover Balance 1,204.50 USD" in text
    assert "Handed out below was 12.00 becomes 62.00 USD" in text
    assert "Free to hand out was 1,192.50 becomes 1,142.50 USD" in text
    assert balance(tree.customer) == 12


def test_the_check_page_warns_of_an_unusual_amount(agent: Client, tree: ResellerTree) -> None:
    """And of one far above the usual it does not begin at the button that pays."""
    begins = 'name="change" value="1" formnovalidate data-focus'
    page = agent.post(page_of(tree.customer), form("50"))
    assert "It is the first payment to this account." in words_of(page)
    assert begins not in markup_of(page)
    for at in range(3):
        pay(tree.customer, "50", reference=f"SLIP-{at}")
    page = agent.post(page_of(tree.customer), form("500.01"))
    assert "It is more than ten times the usual 50.00." in words_of(page)
    assert begins in markup_of(page)
    page = agent.post(page_of(tree.customer), form("500"))
    assert "Look at the amount" not in words_of(page)
    assert begins not in markup_of(page)


def test_paying_leads_to_a_receipt(agent: Client, tree: ResellerTree) -> None:
    answer = confirmed(agent, tree.customer, form("50", reference="SLIP-7", memo="Week 47"))
    made = Transaction.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/payments/{made.key}/")
    assert balance(tree.customer) == 50
    assert balance(tree.agent) == 0, "recorded: the agent's own balance stays"
    text = text_of(agent.get(answer["Location"]))
    for words in ("50.00 USD", "SLIP-7", "Week 47", "imran", "Recharge", "0.00", "Customer-001"):
        assert words in text
    assert ledger_problems() == []


def test_from_the_row_menu_it_takes_three_clicks_and_an_amount(
    agent: Client, tree: ResellerTree
) -> None:
    menu = agent.get(f"/accounts/{tree.customer.account_id}/menu/").content.decode()
    assert f'href="{page_of(tree.customer)}"' in menu  # one
    sent = {k: v[0] for k, v in sent_by_form(agent.get(page_of(tree.customer)), "amount").items()}
    # Two; the type that the page has chosen is a recharge.
    answer = confirmed(agent, tree.customer, {**sent, "amount": "5", "kind": "recharge"})  # three
    assert answer.status_code == 303


def test_change_leads_back_to_the_form_as_it_was(agent: Client, tree: ResellerTree) -> None:
    page = agent.post(page_of(tree.customer), form("7.25", confirmed="1", change="1", memo="x"))
    assert 'value="7.25"' in page.content.decode()
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    "amount",
    [
        "NaN", "nan", "Infinity", "-Infinity", "inf", "1e400", "1E5", "-5", "−5", "0", "0.000000",
        "1.0000001", "1 2", "1,500", "1000000000.01", "9" * 30, "9" * 5000, "", " ", "abc", "1２ 3",
        "1\x00", "$5", "5 EUR", "--5", "(5)", "1.2.3", "0x10", "1_0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("confirm", [{}, {"confirmed": "1"}], ids=["check", "pay"])
def test_what_is_no_amount_is_an_error_at_the_field(
    agent: Client, tree: ResellerTree, amount: str, confirm: dict[str, str]
) -> None:
    page = agent.post(page_of(tree.customer), form(amount, **confirm))
    assert page.status_code == 422
    assert field_error(page, "amount")
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("amount", "becomes"),
    [
        ("1,234.50", "1234.5"),
        ("1 234.50", "1234.5"),
        ("0.000001", "0.000001"),
        ("007", "7"),
        ("12,50", "12.5"),
        ("1.234,50", "1234.5"),
        ("+5", "5"),
        ("5 USD", "5"),
        ("１２", "12"),
    ],
)
def test_an_amount_may_be_written_like_this(
    agent: Client, tree: ResellerTree, amount: str, becomes: str
) -> None:
    assert confirmed(agent, tree.customer, form(amount)).status_code == 303
    assert balance(tree.customer) == Decimal(becomes)


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "reversal"}, {"kind": "gift"}, {"kind": ""}, {"method": "gold"},
     {"reference": "x" * 65}, {"memo": "x" * 201}],
)  # fmt: skip
def test_other_fields_are_checked_as_well(
    agent: Client, tree: ResellerTree, wrong: dict[str, str]
) -> None:
    page = agent.post(page_of(tree.customer), form(**{"confirmed": "1", **wrong}))
    assert page.status_code == 422
    assert field_error(page, next(iter(wrong)))
    assert not Transaction.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "x" * 65, "schlüssel", "tab\there"])
def test_a_key_that_is_none_pays_nothing(agent: Client, tree: ResellerTree, key: str) -> None:
    data = {**form(), "idempotency_key": key, "confirmed": "1"}
    assert agent.post(page_of(tree.customer), data).status_code == 422
    assert not Transaction.objects.exists()


class TestWho:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_without_authorization_8_it_is_403_by_its_number(
        self, tree: ResellerTree, agent: Client, method: str
    ) -> None:
        revoke(tree.agent, BELOW)
        page = getattr(agent, method)(page_of(tree.customer), form(confirmed="1"))
        assert page.status_code == 403
        assert "uthorization 8" in text_of(page)
        assert not Transaction.objects.exists()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_without_authorization_7_the_own_account_is_403_by_its_number(
        self, tree: ResellerTree, agent: Client, method: str
    ) -> None:
        revoke(tree.agent, OWN)
        page = getattr(agent, method)(page_of(tree.agent), form(reference="x", confirmed="1"))
        assert page.status_code == 403
        text = text_of(page)
        assert "uthorization 7" in text
        assert "Payment for this account" in text
        assert not Transaction.objects.exists()

    def test_a_foreign_account_does_not_exist(self, tree: ResellerTree, agent: Client) -> None:
        data = form(confirmed="1")
        foreign = agent.post(page_of(tree.sibling_customer), data)
        unknown = agent.post("/accounts/Customer-999/payments/new/", data)
        assert foreign.status_code == unknown.status_code == 404
        assert not Transaction.objects.exists()

    def test_a_closed_account_takes_nothing(self, tree: ResellerTree, agent: Client) -> None:
        account_close(actor=SYSTEM, account=tree.customer, reason="x")
        assert agent.get(page_of(tree.customer)).status_code == 422
        page = agent.post(page_of(tree.customer), form(confirmed="1"))
        assert page.status_code == 422
        assert "A closed account takes no payments." in text_of(page)

    def test_a_locked_account_is_paid_and_that_is_said(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        account_lock(actor=SYSTEM, account=tree.customer, reason="x")
        page = agent.post(page_of(tree.customer), form())
        assert "This account does not operate. It is locked here." in text_of(page)
        assert confirmed(agent, tree.customer, form()).status_code == 303


class TestFunding:
    def test_beyond_what_is_free_it_is_refused_and_says_how_much_is_missing(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        on_covered(tree)
        pay(tree.agent, "30")
        page = agent.post(page_of(tree.customer), form("50"))
        assert page.status_code == 422
        assert "30.00 free to hand out; 20.00 are missing" in field_error(page, "amount")
        assert agent.post(page_of(tree.customer), form("50", confirmed="1")).status_code == 422
        assert (balance(tree.agent), balance(tree.customer)) == (30, 0)

    def test_administrators_are_told_and_pay_all_the_same(
        self, tree: ResellerTree, admin: Client
    ) -> None:
        on_covered(tree)
        page = admin.post(page_of(tree.customer), form("50"))
        assert (
            "Not covered: Dhaka-Retail-Sub is on covered and has 0.00 free to hand out, not 50.00."
            in text_of(page)
        )
        assert confirmed(admin, tree.customer, form("50")).status_code == 303
        assert balance(tree.customer) == 50

    def test_what_a_deduction_takes_goes_to_nobody(self, tree: ResellerTree, agent: Client) -> None:
        on_covered(tree)
        pay(tree.customer, "30")
        page = agent.post(page_of(tree.customer), form("10", "deduction"))
        assert "Take 10.00 USD from Customer-001" in text_of(page)
        confirmed(agent, tree.customer, form("10", "deduction"))
        assert (balance(tree.agent), balance(tree.customer)) == (0, 20)
        assert Entry.objects.get(house="cash", amount=10)

    def test_on_record_the_own_balance_stays_and_that_is_said(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        page = agent.post(page_of(tree.customer), form())
        assert "Your own balance stays as it is." in text_of(page)

    def test_a_limit_is_an_error_at_the_amount(self, tree: ResellerTree, agent: Client) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_payment=Decimal(20))
        page = agent.post(page_of(tree.customer), form("50"))
        assert "At most 20.00 may be paid at once." in field_error(page, "amount")

    def test_a_limit_of_a_level_above_is_kept_without_its_figure(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.top, per_payment=Decimal("19.75"))
        page = agent.post(page_of(tree.customer), form("50"))
        assert "more than a level above yours permits" in field_error(page, "amount")
        assert "19.75" not in text_of(page)

    def test_a_balance_below_its_threshold_is_said(self, tree: ResellerTree, agent: Client) -> None:
        pay(tree.customer, "100")
        terms_set(actor=SYSTEM, account=tree.customer, low_balance_threshold=Decimal(80))
        page = agent.post(page_of(tree.customer), form("50", "deduction"))
        assert "The balance of Customer-001 is low afterwards:" in text_of(page)
        page = agent.post(page_of(tree.customer), form("10", "deduction"))
        assert "low afterwards" not in text_of(page)

    def test_make_zero_needs_no_amount(self, tree: ResellerTree, admin: Client) -> None:
        pay(tree.customer, "30")
        assert confirmed(admin, tree.customer, form("", "make_zero")).status_code == 303
        assert balance(tree.customer) == 0

    def test_make_zero_pays_what_was_checked_and_nothing_else(
        self, tree: ResellerTree, admin: Client
    ) -> None:
        pay(tree.customer, "30")
        check = admin.post(page_of(tree.customer), form("", "make_zero"))
        sent = {name: values[0] for name, values in sent_by_form(check, "confirmed").items()}
        pay(tree.customer, "5")
        page = admin.post(page_of(tree.customer), sent)
        assert page.status_code == 422
        assert "The balance has changed meanwhile." in text_of(page)
        assert "Take 35.00 USD from Customer-001" in text_of(page)
        assert balance(tree.customer) == 35


class TestOwnAccount:
    def test_it_is_recharged_with_a_reference(self, tree: ResellerTree, agent: Client) -> None:
        page = agent.post(page_of(tree.agent), form())
        assert "Give the reference" in field_error(page, "reference")
        answer = confirmed(agent, tree.agent, form(reference="BANK-1"))
        assert answer.status_code == 303
        assert balance(tree.agent) == 50

    @pytest.mark.parametrize("kind", ["deduction", "transfer", "make_zero", "opening"])
    def test_it_takes_nothing_but_a_recharge(
        self, tree: ResellerTree, agent: Client, kind: str
    ) -> None:
        page = agent.post(page_of(tree.agent), form("5", kind, reference="x", confirmed="1"))
        assert page.status_code == 422
        assert not Transaction.objects.exists()

    def test_its_own_policy_does_not_stand_against_it(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        on_covered(tree)
        assert confirmed(agent, tree.agent, form(reference="BANK-1")).status_code == 303
        assert balance(tree.agent) == 50

    def test_it_is_refused_where_a_level_above_is_on_covered(
        self, tree: ResellerTree, agent: Client
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.top, funding="covered")
        for page in (
            agent.get(page_of(tree.agent)),
            agent.post(page_of(tree.agent), form(reference="x", confirmed="1")),
        ):
            assert page.status_code == 422
            assert "Your account is topped up by a level above yours" in text_of(page)
        assert not Transaction.objects.exists()

    def test_administrators_see_it_at_once(
        self,
        tree: ResellerTree,
        agent: Client,
        admin: Client,
    ) -> None:
        StaffFactory(username="with-mail", administrator=True, email="boss@portal.example")
        assert "Own top-ups" not in words_of(admin.get("/"))
        confirmed(agent, tree.agent, form(reference="BANK-1"))
        page = text_of(admin.get("/"))
        assert "Own top-ups" in page
        assert "BANK-1" in page
        sent = [one for one in mails_sent() if one.to == ["boss@portal.example"]]
        assert [one.subject for one in sent] == ["Own top-up: Dhaka-Retail-Sub, 50.00 USD"]
        assert "BANK-1" in sent[0].body
        assert f"/payments/{Transaction.objects.get().key}/" in sent[0].body

    def test_other_payments_alarm_nobody(
        self,
        tree: ResellerTree,
        agent: Client,
        admin: Client,
    ) -> None:
        StaffFactory(username="with-mail", administrator=True, email="boss@portal.example")
        confirmed(agent, tree.customer, form(reference="BANK-1"))
        pay(tree.agent, "5", reference="BANK-2")
        assert "Own top-ups" not in words_of(admin.get("/"))
        assert not mails_sent()

    def test_agents_do_not_see_the_card(self, tree: ResellerTree, agent: Client) -> None:
        confirmed(agent, tree.agent, form(reference="BANK-1"))
        assert "Own top-ups" not in words_of(agent.get("/"))


def test_who_may_pay_sees_buttons_and_who_may_not_the_reason(
    tree: ResellerTree, agent: Client, client_of: Callable[[User], Client]
) -> None:
    assert page_of(tree.agent) in agent.get("/").content.decode()
    assert page_of(tree.customer) in agent.get("/accounts/Customer-001/").content.decode()
    revoke(tree.agent, OWN, BELOW)
    assert page_of(tree.agent) not in agent.get("/").content.decode()
    menu = agent.get("/accounts/Customer-001/menu/").content.decode()
    assert "Payment…" in menu
    assert page_of(tree.customer) not in menu
    assert "uthorization 8" in menu
