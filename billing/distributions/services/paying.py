"""Paying a distribution: all of its lines in one transaction, or none of them."""

from collections.abc import Callable
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, note_use, require_each
from accounts.core.authorizations import Authorization
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.core.record import record
from accounts.jobs.services.jobs import job_start
from accounts.kit.errors import Clash, Refused
from billing.distributions.models import Distribution
from billing.distributions.services.drafts import Plan, is_taken, own_draft, permitted, plan_of
from billing.ledger.models import House, Transaction
from billing.ledger.services.batches import Line, post_many
from billing.ledger.services.posting import input_hash
from billing.money import plain

# The kind of the jobs that pay longer lists than this.
JOB = "distribution"
IN_REQUEST = 100


class ListRefused(Refused):
    """Something stands against the list; the plan says what."""

    def __init__(self, plan: Plan) -> None:
        wrong = len(plan.wrong)
        words = plan.refusals[0] if plan.refusals else _wrong_lines(wrong)
        super().__init__(words, code="list_refused")
        self.plan = plan


class Repeated(Refused):
    """Some of the amounts went to their accounts a moment ago; the plan says which."""

    def __init__(self, plan: Plan) -> None:
        words = _("The same amount went to some of these accounts a moment ago.")
        super().__init__(words, code="repeated", field="again")
        self.plan = plan


def _wrong_lines(count: int) -> str:
    return ngettext(
        "%(count)s line has a problem. Nothing was paid.",
        "%(count)s lines have a problem. Nothing was paid.",
        count,
    ) % {"count": f"{count:,}"}


def distribution_pay(
    *, actor: Actor, distribution: Distribution, expected: str, is_repeat_meant: bool = False
) -> Distribution:
    """Pay a draft, once, and return it: paid, or with the job that will pay it if it is longer than
    IN_REQUEST lines.

    `expected` is the digest of the plan that was shown to who pays; whatever would be paid
    otherwise is refused as a Clash. Unless `is_repeat_meant`, an amount that went to its account
    within minutes refuses the list as Repeated. A distribution that was paid before,
    or whose job goes on, comes back as it is.

    Raises ListRefused, Repeated, Clash, Refused, InsufficientFunds, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor = permitted(actor)
        draft = own_draft(actor, distribution.pk, lock=True)
        if is_taken(draft):
            return draft
        plan = checked(actor, draft, expected, is_repeat_meant)
        if plan.count <= IN_REQUEST:
            return post_plan(actor, draft, plan)
        draft.job = job_start(
            actor=actor,
            kind=JOB,
            input={
                "distribution": str(draft.pk),
                "expected": expected,
                "is_repeat_meant": is_repeat_meant,
                "total": plain(plan.total),
            },
            total=plan.count,
        )
        draft.save(update_fields=["job"])
        return draft


def checked(actor: Actor, draft: Distribution, expected: str, is_repeat_meant: bool) -> Plan:
    """The plan of a locked draft, once nothing stands against it. Raises as `distribution_pay`."""
    # Before the policies are locked, as payments do it: in another order the two lock each other.
    note_use(actor, Authorization.PAY_SUB_ACCOUNT)
    plan = plan_of(actor, draft, lock=True)
    if not plan.is_ready:
        raise ListRefused(plan)
    if plan.digest != expected:
        raise Clash(
            _("What the list would do has changed meanwhile. Check it again."),
            code="changed_meanwhile",
        )
    if plan.repeats and not is_repeat_meant:
        raise Repeated(plan)
    return plan


def post_plan(
    actor: Actor,
    distribution: Distribution,
    plan: Plan,
    told: Callable[[int], None] = lambda _done: None,
) -> Distribution:
    """Post every line of a plan that was `checked` in this very transaction."""
    accounts = [plan.account(line) for line in plan.lines]
    actor = require_each(actor, Authorization.PAY_SUB_ACCOUNT, accounts)
    batch = str(distribution.pk)
    lines = [
        Line(
            account_pk=account.pk,
            amount=line.amount or Decimal(0),
            key=f"{batch}:{line.number}",
            digest=input_hash({"batch": batch, "line": line.number, "plan": plan.digest}),
            reference=line.reference,
            memo=distribution.memo,
        )
        for line, account in zip(plan.lines, accounts, strict=True)
    ]
    post_many(
        actor,
        lambda: lines,
        kind=Transaction.Kind.RECHARGE,
        batch=batch,
        house=House.CASH,
        method=distribution.method,
        told=told,
    )
    _refuse_closed(lines)
    distribution.text, distribution.posted_at = "", timezone.now()
    distribution.funding, distribution.count, distribution.total = (
        plan.funding,
        plan.count,
        plan.total,
    )
    distribution.save(update_fields=["text", "posted_at", "funding", "count", "total"])
    record(
        actor=actor,
        action="payment.distribution",
        account=actor.own,
        subject=batch,
        after={
            "accounts": distribution.count,
            "total": plain(distribution.total),
            "method": distribution.method,
            "funding": distribution.funding,
            "memo": distribution.memo,
        },
    )
    return distribution


def _refuse_closed(lines: list[Line]) -> None:
    """Asked again once the posting has locked the wallets: a closing that came first has committed
    by then, one that comes later finds the balance.
    """
    pks = [line.account_pk for line in lines]
    closed = Account.objects.filter(pk__in=pks, status=Account.Status.CLOSED).first()
    if closed is not None:
        raise Refused(
            _("%(account)s was closed meanwhile. Nothing was paid.")
            % {"account": closed.account_id},
            code="closed",
        )
