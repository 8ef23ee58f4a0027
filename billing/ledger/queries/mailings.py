"""To whom statements are mailed, and which were."""

from collections.abc import Sequence
from datetime import datetime

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import chains
from billing.ledger.models import StatementMailed, StatementMailing
from billing.wallets.models import Standing


def mailing_of(account: Account) -> StatementMailing | None:
    """Of an account that was found within the scope. One query."""
    return StatementMailing.objects.filter(pk=account.pk).first()


def mailed_of(account: Account, most: int) -> Sequence[StatementMailed]:
    """The last ones, the newest first. One query."""
    rows = StatementMailed.objects.filter(account=account)
    return list(rows.order_by("-queued_at", "-pk")[:most])


def addresses_hidden_until(actor: Actor, account: Account) -> datetime | None:
    """Of mails queued up to this moment the viewer does not read to whom they went: then the
    account, or an agent between the viewer and it, came below another agent. None: it reads all, as
    administrators and the account's own logins do. Two queries at most.
    """
    if actor.is_administrator or account.pk == actor.account_pk:
        return None
    below = [link.pk for link in actor.visible_part(chains([account.pk])[account.pk])][1:]
    stood = Standing.objects.filter(account__in=below).order_by("account", "since")
    moved: list[datetime] = []
    agents: dict[int, int | None] = {}
    for pk, since, agent in stood.values_list("account_id", "since", "agent_id"):
        if agents.setdefault(pk, agent) != agent:
            agents[pk] = agent
            moved.append(since)
    return max(moved, default=None)


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
