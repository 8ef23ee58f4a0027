"""Long distributions: a worker pays all of the list, or nothing and says why."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.jobs.models import Job
from accounts.jobs.queries import file_of
from accounts.jobs.services.jobs import job_cancel, job_retry
from accounts.jobs.services.upkeep import purge_old
from accounts.tree.services.accounts import account_lock, account_unlock
from accounts.tree.services.ending import account_close
from accounts.tree.services.load import Draft, accounts_load
from billing.distributions.models import Distribution
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.errors import KeyReused
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant, revoke
from tests.support.distributing import assert_nothing_paid, draft
from tests.support.jobs import ended, work_off
from tests.support.pages import just_signed_in, text_of
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

State = Job.State
SIZE = 120


@pytest.fixture
def agent() -> Account:
    agent = grant(AccountFactory(account_id="Dhaka"), Authorization.PAY_SUB_ACCOUNT)
    accounts_load(actor=SYSTEM, drafts=[Draft(f"C-{n:03}", "x", "Dhaka") for n in range(SIZE)])
    agent.refresh_from_db()
    return agent


@pytest.fixture
def login(agent: Account) -> User:
    return UserFactory(account=agent, username="imran")


def started(actor: Actor, **more: Any) -> tuple[Distribution, Job]:
    """A list of 120 lines that was checked and confirmed."""
    text = "\n".join(f"C-{n:03},0.50,R-{n}" for n in range(SIZE))
    one = draft(actor, text, **more)
    digest = distribution_preview(actor=actor, distribution=one).digest
    one = distribution_pay(actor=actor, distribution=one, expected=digest)
    assert one.job is not None
    return one, one.job


def account(number: int) -> Account:
    return Account.objects.get(account_id=f"C-{number:03}")


def test_the_worker_pays_everybody_and_leaves_a_list(imran: Actor) -> None:
    one, job = started(imran, memo="Week 47")
    assert not Transaction.objects.exists()
    assert ended(job) == (State.DONE, "")
    one.refresh_from_db()
    assert (one.count, one.total) == (SIZE, Decimal(60))
    assert one.posted_at is not None
    assert balance(account(7)) == Decimal("0.5")
    made = Transaction.objects.get(account=account(7))
    header, rows = file_of(job, "result") or ([], [])
    assert header == [
        "Account ID", "Amount, USD", "Reference", "Payment", "Balance after, USD",
    ]  # fmt: skip
    assert len(rows) == SIZE
    assert rows[7] == ["C-007", Decimal("0.5"), "R-7", made.key, Decimal("0.5")]
    assert (job.result, job.done) == ({"count": SIZE, "total": "60.00"}, SIZE)
    assert ledger_problems() == []


def test_its_payments_are_of_the_login_and_the_request_that_asked(
    imran: Actor, login: User
) -> None:
    _one, job = started(imran)
    work_off()
    made = Transaction.objects.order_by("pk")[0]
    assert (made.login, made.actor, made.request_id) == (login, "imran", job.request_id)
    assert AuditEntry.objects.filter(action="payment.distribution", actor="imran").count() == 1


def test_what_changed_meanwhile_is_listed_and_nobody_is_paid(imran: Actor) -> None:
    one, job = started(imran)
    account_close(actor=SYSTEM, account=account(3), reason="test")
    account_close(actor=SYSTEM, account=account(5), reason="test")
    assert ended(job) == (State.FAILED, "2 lines have a problem. Nothing was paid.")
    assert_nothing_paid()
    header, rows = file_of(job, "errors") or ([], [])
    assert header == ["account", "amount", "reference", "line", "problem"]
    assert rows == [
        ["C-003", "0.50", "R-3", 4, "A closed account takes no payments."],
        ["C-005", "0.50", "R-5", 6, "A closed account takes no payments."],
    ]
    assert file_of(job, "result") is None


def test_money_that_is_gone_meanwhile_is_missed_in_words(imran: Actor, agent: Account) -> None:
    pay(agent, "100")
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered")
    _one, job = started(imran)
    pay(agent, "45", "deduction")
    state, said = ended(job)
    assert state == State.FAILED
    assert "5.00 are missing" in said
    assert file_of(job, "errors") == (
        ["account", "amount", "reference", "line", "problem"], [["", "", "", None, said]],
    )  # fmt: skip
    assert_nothing_paid()


def test_rights_are_those_of_the_moment_it_is_paid(imran: Actor, agent: Account) -> None:
    _one, job = started(imran)
    revoke(agent, Authorization.PAY_SUB_ACCOUNT)
    state, said = ended(job)
    assert state == State.FAILED
    assert "authorization 8" in said
    assert_nothing_paid()


def test_a_locked_agent_pays_nobody(imran: Actor, agent: Account) -> None:
    _one, job = started(imran)
    account_lock(actor=SYSTEM, account=agent, reason="test")
    assert ended(job)[0] == State.FAILED
    assert_nothing_paid()


def test_the_same_paid_meanwhile_asks_again(imran: Actor) -> None:
    _one, job = started(imran)
    pay(account(0), "0.50")
    state, said = ended(job)
    assert state == State.FAILED
    assert "a moment ago" in said
    assert (file_of(job, "errors") or ([], []))[1] == [
        ["C-000", "0.50", "R-0", 1, "The same amount went to this account a moment ago."]
    ]
    assert_nothing_paid()


def test_cancelled_before_it_is_paid_it_pays_nobody(imran: Actor) -> None:
    one, job = started(imran)
    job_cancel(actor=imran, job=job)
    assert ended(job)[0] == State.CANCELLED
    assert_nothing_paid()
    # The list is a draft again.
    digest = distribution_preview(actor=imran, distribution=one).digest
    again = distribution_pay(actor=imran, distribution=one, expected=digest)
    assert again.job_id != job.pk
    work_off()
    assert Transaction.objects.count() == SIZE


def test_while_it_waits_the_list_is_not_changed(imran: Actor) -> None:
    one, _job = started(imran)
    with pytest.raises(KeyReused):
        draft(imran, "C-001,1", key=one.pk)


def test_a_failed_job_is_retried_once_its_reason_is_gone(imran: Actor, agent: Account) -> None:
    _one, job = started(imran)
    account_lock(actor=SYSTEM, account=agent, reason="test")
    assert ended(job)[0] == State.FAILED
    account_unlock(actor=SYSTEM, account=agent, reason="test")
    job_retry(actor=imran, job=job)
    assert ended(job)[0] == State.DONE
    assert Transaction.objects.count() == SIZE


def test_two_jobs_of_one_list_pay_it_once(imran: Actor) -> None:
    one, first = started(imran)
    Job.objects.filter(pk=first.pk).update(state=State.FAILED)
    one.refresh_from_db()
    digest = distribution_preview(actor=imran, distribution=one).digest
    second = distribution_pay(actor=imran, distribution=one, expected=digest).job
    assert second is not None
    job_retry(actor=imran, job=first)
    work_off()
    for job in (first, second):
        assert ended(job)[0] == State.DONE
        assert len((file_of(job, "result") or ([], []))[1]) == SIZE
    assert Transaction.objects.count() == SIZE


def test_the_page_of_the_job_leads_to_the_payments(imran: Actor, login: User) -> None:
    one, job = started(imran)
    browser = just_signed_in(login)
    assert browser.get(f"/payments/distribute/{one.pk}/")["Location"] == f"/jobs/{job.pk}/"
    work_off()
    page = browser.get(f"/jobs/{job.pk}/")
    assert "Distribute credit to 120 accounts" in text_of(page)
    assert f"/payments/distributions/{one.pk}/" in page.content.decode()
    page = browser.get(f"/payments/distributions/{one.pk}/")
    assert "to 120 accounts" in text_of(page)
    assert "C-099" in text_of(page)
    assert "C-100" not in text_of(page)


def test_what_stopped_it_leads_back_to_the_list(imran: Actor, login: User) -> None:
    one, job = started(imran)
    account_close(actor=SYSTEM, account=account(3), reason="test")
    work_off()
    browser = just_signed_in(login)
    here = f"/payments/distribute/{one.pk}/"
    assert here in browser.get(f"/jobs/{job.pk}/").content.decode()
    page = browser.get(here)
    assert "This list was not paid." in text_of(page)
    assert f"/jobs/{job.pk}/" in page.content.decode()
    admin: Client = just_signed_in(StaffFactory(administrator=True))
    assert here not in admin.get(f"/jobs/{job.pk}/").content.decode()


def test_what_was_paid_stays_when_its_job_is_purged(imran: Actor) -> None:
    one, job = started(imran)
    work_off()
    Job.objects.filter(pk=job.pk).update(finished_at="2020-01-01T00:00:00Z")
    assert purge_old() == 1
    one.refresh_from_db()
    assert one.job is None
    assert one.posted_at is not None
