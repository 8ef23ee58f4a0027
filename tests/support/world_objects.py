"""What the accounts and logins of the world have, one of each kind: made as it stands, whoever may
make it.
"""

from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.core.actor import SYSTEM
from accounts.core.models import (
    Account,
    AuditEntry,
    AuthorizationTemplate,
    GrantBatch,
    GrantChange,
    User,
)
from accounts.jobs.models import Job, JobFile, JobOutput
from accounts.requests.models import AuthorizationRequest
from billing.cards.models import CardBatch
from billing.cards.rules.batches import BatchDraft
from billing.cards.services.generation import batch_generate
from billing.distributions.models import Distribution
from tests.factories import GatewayFactory, phone


def asked_by(login: User, account: Account) -> int:
    """A request of this login that waits; whether it may ask at all is tested elsewhere."""
    asked = SubAgentRequest.objects.create(
        kind=SubAgentRequest.Kind.CREATE,
        requester=login,
        requester_name=login.username,
        requester_account=account,
        agent=account,
        fields={"account_id": f"Asked-{login.username}", "name": "Asked for", "type": "general"},
    )
    return asked.pk


def asked_for(login: User, account: Account) -> int:
    """A request for an authorization of this login, which waits."""
    asked = AuthorizationRequest.objects.create(
        account=account,
        code="manage_phone",
        requester=login,
        requester_name=login.username,
        reason="To hand out numbers",
    )
    return asked.pk


def took_from(account: Account) -> int:
    """A batch that took an authorization from this account."""
    batch = GrantBatch.objects.create(
        kind=GrantBatch.Kind.EDIT,
        by_name="system",
        account=account,
        account_text=account.account_id,
    )
    GrantChange.objects.create(batch=batch, account=account, code="manage_phone", added=False)
    return batch.pk


def kept_by(account: Account) -> int:
    """A template of this account's own."""
    name = f"Template of {account.account_id}"
    return AuthorizationTemplate.objects.create(owner=account, name=name, codes=["manage_phone"]).pk


def phone_of(account: Account) -> str:
    """A phone of this account, with a number nothing else on a page looks like, not even the next
    numbers after those of other accounts.
    """
    return phone(account, f"88017555{account.pk * 211 % 100_000:05}").number


def started_by(login: User) -> UUID:
    """A job of this login that waits, with a list and a finished file of its phones."""
    job = Job.objects.create(
        kind=f"work-of-{login.username}",
        login=login,
        account=login.account,
        total=1,
        input={"address": "/phones/export/?format=csv"},
    )
    JobOutput.objects.create(job=job, number=1, name="phones.csv", rows=1, size=0)
    JobFile.objects.create(
        job=job, name="result", header=["account"], rows=[[str(login.account)]], count=1
    )
    return job.pk


def handed_in_by(login: User) -> UUID:
    """A list this login handed in, about its own account."""
    one = Distribution.objects.create(
        login=login, by_account=login.account, text=f"{login.account},5", control_sum=Decimal(5)
    )
    return one.pk


def distributed_by(login: User) -> UUID:
    """A list this login paid; whether it may is tested elsewhere."""
    one = Distribution.objects.create(
        login=login,
        by_account=login.account,
        control_sum=Decimal(5),
        posted_at=timezone.now(),
        funding="record",
        count=1,
        total=Decimal(5),
        memo=f"Memo of {login.username}",
    )
    return one.pk


def connected_to(account: Account) -> str:
    """A gateway of this account."""
    made = GatewayFactory(
        account=account,
        name=f"gw-of-{account.account_id.lower()}",
        addresses=[f"203.0.113.{account.pk % 250 + 1}"],
        prefixes=[str(account.pk % 100_000)],
        capacity=10,
    )
    return made.name


def cards_of(account: Account) -> CardBatch:
    """A batch of one card of this account."""
    draft = BatchDraft(
        f"Cards of {account.account_id}", 1, Decimal(5), f"SER{account.pk % 100_000:06d}"
    )
    return batch_generate(actor=SYSTEM, account=account, draft=draft)


def written_of(account: Account) -> int:
    """The entry of the audit log that says how the account was made."""
    written = AuditEntry.objects.filter(account_pk=account.pk, action="account.create")
    return written.values_list("pk", flat=True).get()
