"""The same form posted many times at once pays once, and everybody gets the same receipt."""

import pytest

from accounts.core.models import AuditEntry
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.pages import just_signed_in
from tests.support.paying import balance, form, page_of, pay
from tests.support.threads import at_once

# On SQLite one waits for the other; tests/billing/payments/test_money_concurrency.py does that by
# process.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race]

TIMES = 20


def test_twenty_identical_payments_at_once_pay_once() -> None:
    agent = grant(AccountFactory())
    customer = AccountFactory(parent=agent)
    login = UserFactory(account=agent)
    browsers = [signed_in(login) for _ in range(TIMES)]
    data = form("12.34", confirmed="1")
    answers = at_once([lambda b=b: b.post(page_of(customer), data) for b in browsers])  # type: ignore[misc]
    assert {one.status_code for one in answers} == {303}
    assert len({one["Location"] for one in answers}) == 1
    assert balance(customer) == Transaction.objects.get().amount
    assert AuditEntry.objects.filter(action="payment.recharge").count() == 1
    assert ledger_problems() == []
    assert trial_balance() == 0


def test_twenty_different_payments_at_once_are_all_paid() -> None:
    agent = grant(AccountFactory())
    customer = AccountFactory(parent=agent)
    browsers = [signed_in(UserFactory(account=agent)) for _ in range(TIMES)]
    answers = at_once(
        [
            lambda b=b, n=n: b.post(page_of(customer), form(f"{n}.50", confirmed="1"))  # type: ignore[misc]
            for n, b in enumerate(browsers)
        ]
    )
    assert {one.status_code for one in answers} == {303}
    assert balance(customer) == sum(range(TIMES)) + TIMES // 2
    assert ledger_problems() == []


def test_a_payment_reversed_many_times_at_once_is_reversed_once() -> None:
    customer = AccountFactory()
    made = pay(customer, "50")
    people = [StaffFactory(administrator=True) for _ in range(8)]
    browsers = [just_signed_in(one) for one in people]
    answers = at_once(
        [
            lambda b=b, n=n: b.post(  # type: ignore[misc]
                f"/payments/{made.key}/reverse/", {"reason": "typo", "idempotency_key": f"k-{n}"}
            )
            for n, b in enumerate(browsers)
        ]
    )
    assert sorted(one.status_code for one in answers) == [303, *[422] * 7]
    assert balance(customer) == 0
    assert ledger_problems() == []
