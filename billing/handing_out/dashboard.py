"""What agents have and what they handed out, on dashboards and on the overview of an account."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.portal.panel import Glance
from accounts.portal.registry import Card
from accounts.portal.steps import Step
from billing.charging.queries.queue import may_see
from billing.handing_out.queries.agents import balance_of, uncovered_agents
from billing.handing_out.words import agent_cover_shown, balance_bar, held_words
from billing.holds.queries import holding_calls
from billing.ledger.dashboard import days_of, small_curve
from billing.money import shown
from billing.wallets.queries import is_low

_MOST = 6


def _balance(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """What the account has and on which terms; of one that hands out money its cover. One query,
    and the way to the account where that is not the actor's own.
    """
    if account is None:
        return None
    wallet, cover = balance_of(actor, account)
    if wallet is None:
        return None
    threshold = wallet.low_balance_threshold
    return {
        "cover": agent_cover_shown(cover) if cover else None,
        "is_low": is_low(wallet),
        "currency": settings.CURRENCY,
        "balance": shown(wallet.balance),
        "available": _("unlimited") if wallet.available is None else shown(wallet.available),
        **_held(actor, account, wallet),
        "today": shown(wallet.consumed_today),
        "is_unlimited": wallet.is_unlimited,
        "credit_limit": _("unlimited") if wallet.is_unlimited else shown(wallet.credit_limit),
        "mode": wallet.get_payment_mode_display(),
        "rate_group": wallet.group_words,
        "needs_group": account.type != Account.Type.CLEARING,
        "threshold": "" if threshold is None else shown(threshold),
        "payments_url": reverse("billing:account-payments", args=[account.account_id]),
        "statement_url": reverse("billing:statement", args=[account.account_id]),
        "terms_url": reverse("accounts:edit", args=[account.account_id]) + "#terms"
        if account.status != Account.Status.CLOSED
        and allows(actor, Authorization.MANAGE_ACCOUNT, account)
        else "",
    }


def _held(actor: Actor, account: Account, wallet: Any) -> Mapping[str, str]:
    """What is held, for what, and where that is listed, as far as there is a list for the actor.
    One query where anything is.
    """
    if not wallet.held:
        return {"held": ""}
    running, over, queued = holding_calls(actor, account)
    url = reverse("billing:account-running-calls", args=[account.account_id])
    asked = {"show": "all"} if account.is_agent else {}
    if over and not running:
        asked["state"] = "over"
    if queued and not (running or over):
        asked = {}
        url = reverse("billing:call-queue") if may_see(actor) else ""
    return {
        "held": held_words(wallet, running, over + queued),
        "held_url": f"{url}?{urlencode(asked)}" if asked else url,
    }


def _uncovered(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """For administrators: who has handed out more than it has, where it may not. One query where
    few are on *covered*.
    """
    if account is not None:
        return None
    count, worst, accounts = uncovered_agents(actor, _MOST)
    if not count:
        return None
    return {
        "count": count,
        "currency": settings.CURRENCY,
        "url": f"{reverse('accounts:list')}?show=all&cover=uncovered",
        "rows": [
            {
                "account": accounts[one.cover.account_pk],
                "handed_out": shown(one.cover.handed_out),
                "missing": shown(-(one.cover.free or Decimal(0))),
            }
            for one in worst
        ],
    }


def balance_part(glance: Glance) -> Mapping[str, Any] | None:
    """The same for the panel beside list and tree, with how the balance went. Two queries."""
    account = glance.account
    wallet, cover = balance_of(glance.actor, account, glance.way)
    if wallet is None:
        return None
    threshold, days = wallet.low_balance_threshold, days_of(account)
    has_credit = not wallet.is_unlimited and wallet.credit_limit
    return {
        "balance": shown(wallet.balance),
        "available": _("unlimited") if wallet.available is None else shown(wallet.available),
        "today": shown(wallet.consumed_today),
        "mode": wallet.get_payment_mode_display(),
        "threshold": "" if threshold is None else shown(threshold),
        "credit_limit": shown(wallet.credit_limit) if has_credit else "",
        "needs_group": account.type != Account.Type.CLEARING and not wallet.group_words,
        "is_low": is_low(wallet),
        "is_uncovered": cover is not None and cover.is_uncovered,
        "cover": agent_cover_shown(cover) if cover else None,
        "bar": balance_bar(wallet, max(amount for _day, amount in days)),
        "curve": small_curve(days, threshold),
        "currency": settings.CURRENCY,
    }


def rate_group_step(_actor: Actor, account: Account) -> Step:
    return Step(
        _("Rate group"),
        _("What its calls cost. Without one neither it nor an account below it can call."),
        account.wallet.rate_group_id is not None,
        reverse("accounts:edit", args=[account.account_id]) + "#terms",
        _("Give it a rate group"),
    )


BALANCE = Card("billing/handing_out/balance.html", _balance)
UNCOVERED = Card("billing/handing_out/uncovered.html", _uncovered)
