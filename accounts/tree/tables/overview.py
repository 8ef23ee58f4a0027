"""What the overview of an account tells: its place, its figures, and what is still to do.

Everything is prepared for one viewer and leaves out what that viewer may not know
(docs/domain.md 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html, format_html_join
from accounts.portal.registry import registry
from accounts.portal.steps import Step


@dataclass(frozen=True)
class Rung:
    """One level of the way from the viewer's root to the account."""

    link: ChainLink
    level: int
    total: int
    is_here: bool
    is_stopped: bool

    @property
    def url(self) -> str:
        return address_of("accounts:detail", self.link.account_id)


@dataclass(frozen=True)
class Figure:
    """A number with its words and the list behind it."""

    name: str
    label: Any
    count: int
    url: str


def place(actor: Actor, accounts: AccountQuerySet, way: Sequence[ChainLink]) -> list[Rung]:
    """The levels from the viewer's own root down to the account. One query."""
    links = actor.visible_part(tuple(way))
    now = timezone.now()
    totals = {
        one.pk: one.sub_account_count for one in accounts.filter(pk__in=[x.pk for x in links])
    }
    return [
        Rung(link, at + 1, totals.get(link.pk, 0), link is links[-1], link.is_stopped(now))
        for at, link in enumerate(links)
    ]


def sub_account_figures(accounts: AccountQuerySet, account: Account) -> list[Figure]:
    """What lies below an account, each figure with its list. One query."""
    now = timezone.now()
    stopped = ~Q(status=Account.Status.CLOSED) & (
        Q(status=Account.Status.LOCKED) | Q(valid_until__lte=now)
    )
    counts = accounts.below(account.pk).aggregate(
        direct=Count("pk", filter=Q(parent=account.pk)),
        all=Count("pk"),
        agents=Count("pk", filter=Q(rght__gt=F("lft") + 1)),
        locked=Count("pk", filter=stopped & Q(status=Account.Status.LOCKED)),
        expired=Count("pk", filter=stopped & Q(status=Account.Status.ACTIVE)),
    )
    lists = {
        "direct": (_("Direct"), "show=direct"),
        "all": (_("All"), "show=all"),
        "agents": (_("Agents"), "show=all&category=agent"),
        "locked": (_("Locked"), "show=all&status=locked"),
        "expired": (_("Expired"), "show=all&status=expired"),
    }
    base = address_of("accounts:sub-accounts", account.account_id)
    return [
        Figure(name, label, counts[name], f"{base}?{query}")
        for name, (label, query) in lists.items()
    ]


def checklist(actor: Actor, account: Account) -> list[Step]:
    """What a new agent needs, in the order it is usually done."""
    return [make(actor, account) for make in registry.setup_steps]


def next_steps(actor: Actor, agent: Account) -> SafeString:
    """What an account that has just become an agent needs next, as links; "" where there is
    nothing, and for who may not do it.
    """
    if not allows(actor, Authorization.MANAGE_ACCOUNT, agent):
        return SafeString("")
    links = [
        format_html('<a href="{}">{}</a>', one.url, one.label)
        for one in checklist(actor, agent)
        if one.is_next and not one.is_done
    ]
    if not links:
        return SafeString("")
    steps = format_html_join(", ", "{}", ((one,) for one in links))
    return format_html(_("Next for {agent}: {steps}."), agent=agent.account_id, steps=steps)
