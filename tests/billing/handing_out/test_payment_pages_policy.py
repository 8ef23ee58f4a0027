"""The payment policy by page: what is set here, what is in force, and what a change does."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry, User
from accounts.tree.services.ending import account_close
from billing.handing_out.services.policies import payment_policy_set
from billing.wallets.models import PaymentPolicy
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.pages import field_error, part_of, sent_by_form, text_of

pytestmark = pytest.mark.django_db

PAGE = "/accounts/Dhaka-Retail-Sub/payments/policy/"


@pytest.fixture
def admin(
    reseller_tree: ResellerTree, administrator: User, client_of: Callable[[User], Client]
) -> Client:
    return client_of(administrator)


def asked(**more: str) -> dict[str, str]:
    return {"funding": "", "per_payment": "", "per_day": "", "reason": "", **more}


def test_it_shows_what_is_inherited_and_what_counts(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    payment_policy_set(
        actor=SYSTEM, account=reseller_tree.top, funding="covered", per_payment=Decimal(500)
    )
    payment_policy_set(actor=SYSTEM, account=reseller_tree.agent, per_payment=Decimal(900))
    text = text_of(admin.get(PAGE))
    assert "In force here Handing out money Covered" in text
    assert "500.00, set at BD-Wholesale-Agent" in text
    assert "900.00" in text


def test_it_is_checked_set_and_recorded(admin: Client, reseller_tree: ResellerTree) -> None:
    check = admin.post(PAGE, asked(funding="covered", per_day="1,000.50", reason="new contract"))
    text = text_of(check)
    assert "was Record becomes Covered" in text
    assert "1,000.50 for all of Dhaka-Retail-Sub" in text
    assert not PaymentPolicy.objects.exists()
    sent = {name: values[0] for name, values in sent_by_form(check, "confirmed").items()}
    answer = admin.post(PAGE, sent)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    policy = PaymentPolicy.objects.get(pk=reseller_tree.agent.pk)
    assert (policy.funding, policy.per_payment, policy.per_day) == (
        "covered", None, Decimal("1000.5"),
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="payment_policy.set")
    assert entry.reason == "new contract"
    assert entry.after == {"funding": "covered", "per_day": "1000.50"}


@pytest.mark.parametrize("field", ["per_payment", "per_day"])
@pytest.mark.parametrize("wrong", ["NaN", "-1", "1,500", "1e9", "0.0000001", "1" + "0" * 12])
def test_what_is_no_amount_is_an_error_at_the_field(admin: Client, field: str, wrong: str) -> None:
    page = admin.post(PAGE, asked(**{field: wrong, "confirmed": "1"}))
    assert page.status_code == 422
    assert field_error(page, field)
    assert not PaymentPolicy.objects.exists()


def test_an_unknown_rule_is_refused(admin: Client) -> None:
    assert admin.post(PAGE, asked(funding="gift", confirmed="1")).status_code == 422
    assert not PaymentPolicy.objects.exists()


def test_a_closed_account_has_no_policy_to_set(admin: Client, reseller_tree: ResellerTree) -> None:
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    page = "/accounts/Customer-001/payments/policy/"
    assert admin.get(page).status_code == 422
    assert admin.post(page, asked(confirmed="1")).status_code == 422


def test_it_is_for_administrators(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    grant(reseller_tree.agent)
    agent = client_of(UserFactory(account=reseller_tree.top))
    assert agent.get(PAGE).status_code == 403
    assert agent.post(PAGE, asked(funding="record", confirmed="1")).status_code == 403
    assert not PaymentPolicy.objects.exists()
    menu = part_of(agent.get("/accounts/Dhaka-Retail-Sub/menu/"), "Open sub-accounts")
    assert "Payment policy…" not in menu
