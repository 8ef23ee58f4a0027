"""To whom statements are mailed, and which were."""

from collections.abc import Sequence

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from billing.ledger.models import StatementMailed, StatementMailing


def mailing_of(account: Account) -> StatementMailing | None:
    """Of an account that was found within the scope. One query."""
    return StatementMailing.objects.filter(pk=account.pk).first()


def mailed_of(account: Account, most: int) -> Sequence[StatementMailed]:
    """The last ones, the newest first. One query."""
    rows = StatementMailed.objects.filter(account=account)
    return list(rows.order_by("-queued_at", "-pk")[:most])


def decides_by_itself(actor: Actor, account: Account) -> bool:
    """Whether it is the account of the actor, who decides about its mails without any of the eight.
    Who only looks on does not.
    """
    return account.pk == actor.account_pk and not actor.read_only


def why_not_mailing(actor: Actor, account: Account) -> str:
    """Why somebody may not decide about it, "" where they may: the account's own logins, agents
    above it that hold authorization 1, and administrators.
    """
    if decides_by_itself(actor, account):
        return ""
    decision = decide(actor, Authorization.MANAGE_ACCOUNT, account)
    return "" if decision.is_allowed else decision.sentence
