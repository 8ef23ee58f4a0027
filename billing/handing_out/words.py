"""Handed out and free to hand out, as pages show them (docs/domain.md 6)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.markup import format_html
from billing.handing_out.queries.agents import AgentCover
from billing.handing_out.queries.cover import Cover
from billing.handing_out.queries.rate_groups import wallets_to_stray
from billing.money import shown
from billing.wallets.models import Wallet
from billing.wallets.queries import group_above, group_names

_ZERO = Decimal(0)
# Accounts that are named where a move takes their rate group.
_NAMED = 10


def held_words(wallet: Wallet, running: int, waiting: int) -> str:
    """What is held of a wallet, and for how many calls that run and that wait for their charge."""
    said = {
        "held": shown(wallet.held),
        "running": number_format(running, force_grouping=True),
        "waiting": number_format(waiting, force_grouping=True),
    }
    if wallet.is_unlimited:
        return _("%(held)s held for calls") % said
    if not waiting:
        words = ngettext(
            "less %(held)s held: %(running)s call running",
            "less %(held)s held: %(running)s calls running",
            running,
        )
    elif not running:
        words = ngettext(
            "less %(held)s held: %(waiting)s call waiting",
            "less %(held)s held: %(waiting)s calls waiting",
            waiting,
        )
    else:
        words = ngettext(
            "less %(held)s held: %(running)s call running, %(waiting)s waiting",
            "less %(held)s held: %(running)s calls running, %(waiting)s waiting",
            running,
        )
    return words % said


def balance_bar(wallet: Wallet, highest: Decimal) -> Mapping[str, Any]:
    """The balance as a bar from its credit limit to the highest it lately was, with its threshold;
    places in percent of the width, "" for what is not drawn.
    """
    threshold, balance = wallet.low_balance_threshold, wallet.balance
    credit = _ZERO if wallet.is_unlimited else wallet.credit_limit
    least = min(_ZERO, -credit, balance)
    most = max(_ZERO, balance, highest, threshold or _ZERO)
    span = (most - least) or Decimal(1)

    def place(amount: Decimal) -> Decimal:
        return 100 * (amount - least) / span

    words = _("Balance %(balance)s, at most %(highest)s in 30 days")
    if threshold is not None:
        words = _("Balance %(balance)s, at most %(highest)s in 30 days, alert below %(threshold)s")
    zero, end = place(_ZERO), place(balance)
    return {
        "begin": f"{min(zero, end):.2f}",
        "width": f"{abs(end - zero):.2f}",
        "is_negative": balance < 0,
        "zero": f"{zero:.2f}" if least < 0 else "",
        "credit": f"{zero:.2f}" if credit else "",
        "limit": "" if threshold is None else f"{place(threshold):.2f}",
        "highest": shown(highest),
        "words": words
        % {
            "balance": shown(balance),
            "highest": shown(highest),
            "threshold": shown(threshold or _ZERO),
        },
    }


def cover_shown(
    cover: Cover, *, given: Decimal = _ZERO, received: Decimal = _ZERO
) -> Mapping[str, Any]:
    """For `billing/handing_out/_cover.html`. What a deed on a check page would do: hand out `given`
    beyond that, add `received` to what the agent has itself.
    """
    free = cover.free
    after = None
    if given or received:
        after = {
            "balance": shown(cover.balance + received) if received else "",
            "handed_out": shown(cover.handed_out + given) if given else "",
            "free": free_shown(None if free is None else free - given + received),
        }
    return {
        "balance": shown(cover.balance),
        "handed_out": shown(cover.handed_out),
        "free": free_shown(free),
        "is_unlimited": free is None,
        "is_uncovered": cover.is_uncovered,
        "beside": _beside(cover.unlimited_below),
        "after": after,
        "currency": settings.CURRENCY,
    }


def agent_cover_shown(
    one: AgentCover, *, given: Decimal = _ZERO, received: Decimal = _ZERO
) -> Mapping[str, Any]:
    """As `cover_shown`, with what the agent's policy makes of it; only what counts is said, never
    at which level it was ruled.
    """
    return {
        **cover_shown(one.cover, given=given, received=received),
        "is_bound": one.is_bound,
        "is_uncovered": one.is_uncovered,
        "rule": _rule(one),
    }


def groups_to_lose(
    actor: Actor, accounts: Sequence[Account], target: Account | None
) -> Mapping[str, Any] | None:
    """For `billing/handing_out/groups_lost.html`: who loses its rate group by a move, the first of
    them by name. Three queries at most.
    """
    if not accounts:
        return None
    losing = wallets_to_stray(accounts, target)
    first = list(
        losing.order_by("account__tree_id", "account__lft").select_related("account", "rate_group")[
            : _NAMED + 1
        ]
    )
    if not first:
        return None
    known = group_names(actor, [one.rate_group_id for one in first if one.rate_group_id])
    count = losing.count() if len(first) > _NAMED else len(first)
    return {
        "count": count,
        "rows": [
            (one.account.account_id, known.get(one.rate_group_id or 0) or group_above(actor))
            for one in first[:_NAMED]
        ],
        "more": max(0, count - _NAMED),
    }


def free_shown(free: Decimal | None) -> str:
    return _("no bound") if free is None else shown(free)


def uncovered_mark() -> str:
    """That more is handed out than there is: words and a shape, never a colour alone."""
    icons = staticfiles_storage.url("vendor/bootstrap-icons/icons.svg")
    return format_html(
        '<span class="status"><svg class="i danger wide" aria-hidden="true"><use href="{}#stop"/>'
        "</svg>{}</span>",
        icons,
        _("Not covered"),
    )


def _rule(one: AgentCover) -> str:
    if one.is_uncovered:
        return _("Covered: nothing more until it is covered")
    if one.cover.free is None:
        return _("Unlimited credit")
    if one.is_bound:
        return _("Covered: hands out at most this")
    return _("Record: shown, not a limit")


def _beside(unlimited: int) -> str:
    """What no sum can say."""
    if not unlimited:
        return ""
    return ngettext(
        "and %(count)s sub-account with unlimited credit",
        "and %(count)s sub-accounts with unlimited credit",
        unlimited,
    ) % {"count": unlimited}
