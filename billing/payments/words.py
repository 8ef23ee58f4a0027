"""What a payment would do, in words: both sides before and after, where the money comes from; and
how an account is usually paid.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.kit.moments import day_of_words
from billing.money import plain, shown, signed
from billing.payments.queries import Usual
from billing.payments.services.paying import PaymentPlan


def sides_shown(actor: Actor, plan: PaymentPlan) -> list[dict[str, Any]]:
    """The wallets that move, the one that loses first."""
    sides = sorted(plan.sides, key=lambda side: side.after > side.before)
    return [
        {
            "account": side.account,
            "is_own": side.account.pk == actor.account_pk,
            "is_out": side.after < side.before,
            "before": shown(side.before),
            "moved": signed(side.after - side.before),
            "after": shown(side.after),
            "available": None if side.available_after is None else shown(side.available_after),
            "is_low": side.is_low_after,
        }
        for side in sides
    ]


def sentence(actor: Actor, plan: PaymentPlan) -> str:
    """ "Customer-1: 12.00 → 62.00 USD; your balance 1,204.50 → 1,154.50 USD"."""
    parts = []
    for side in plan.sides:
        values = {
            "account": side.account.account_id,
            "before": shown(side.before),
            "after": shown(side.after),
            "currency": settings.CURRENCY,
        }
        words = _("%(account)s: %(before)s → %(after)s %(currency)s")
        if side.account.pk == actor.account_pk:
            words = _("your balance %(before)s → %(after)s %(currency)s")
        parts.append(words % values)
    return "; ".join(parts)


def funding(actor: Actor, plan: PaymentPlan) -> str:
    """Where the money comes from or goes to."""
    account, *others = plan.sides
    if others:
        words = _("Correction: it leaves the balance of %(account)s. No money changes hands.")
        return words % {"account": others[0].account.account_id}
    if account.account.pk == actor.account_pk:
        return _("Recorded as paid by you. Administrators see it at once.")
    if actor.own is None:
        return _("Recorded: the money changes hands outside. No other balance moves.")
    return _("Recorded: the money changes hands outside. Your own balance stays as it is.")


def deed(plan: PaymentPlan) -> str:
    """What the button does that pays."""
    account, *others = plan.sides
    words = _("Pay %(amount)s %(currency)s to %(account)s")
    if others:
        words = _("Transfer %(amount)s %(currency)s to %(account)s")
    if account.after < account.before:
        words = _("Take %(amount)s %(currency)s from %(account)s")
    return words % {
        "amount": shown(plan.amount),
        "currency": settings.CURRENCY,
        "account": account.account.account_id,
    }


# So many of the last payments stand beside a new one, and so many amounts are offered.
_SHOWN, _OFFERED = 5, 3


def usual_shown(usual: Usual) -> dict[str, Any]:
    """How an account is usually paid, and the amounts that are offered for it."""
    offered = dict.fromkeys(one.amount for one in usual.last)
    if usual.amount is not None:
        offered = {usual.amount: None, **offered}
    return {
        "words": _usually(usual),
        "offered": [(plain(one), shown(one)) for one in list(offered)[:_OFFERED]],
        "last": [
            {
                "payment": one,
                "day": day_of_words(one.at),
                "amount": signed(one.amount),
            }
            for one in usual.last[:_SHOWN]
        ],
    }


def _usually(usual: Usual) -> str:
    if usual.amount is None:
        return ""
    amount = {"amount": shown(usual.amount)}
    if not usual.days:
        return _("usually %(amount)s") % amount
    words = ngettext(
        "usually %(amount)s every day", "usually %(amount)s every %(days)s days", usual.days
    )
    return words % {**amount, "days": usual.days}


def short_deed(plan: PaymentPlan) -> str:
    """What the button of the form does, which leads to the check."""
    side = plan.sides[0]
    words = _("Check and pay %(amount)s %(currency)s")
    if side.after < side.before:
        words = _("Check and take %(amount)s %(currency)s")
    return words % {"amount": shown(plan.amount), "currency": settings.CURRENCY}


def pay_deed(plan: PaymentPlan) -> str:
    """What a button does that pays at once, beside the account it is about."""
    values = {"amount": shown(plan.amount), "currency": settings.CURRENCY}
    return _("Pay %(amount)s %(currency)s") % values
