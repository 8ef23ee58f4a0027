"""Volume discounts on the overview of an account and on the page of a rate group: what this month
has earned so far, which is credited once it has ended, and what was credited for months before. The
last calls, on the start page of a customer.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.kit.choices import choice_words
from accounts.kit.moments import day_of_words, moment_words, month_words
from accounts.portal.registry import Card
from accounts.portal.ways import GroupCard
from billing.calls.causes import Outcome
from billing.charging.columns.calls import CallRow, call_url, result_icon
from billing.charging.models import VolumeCredit
from billing.charging.queries.calls import last_of
from billing.charging.queries.costs import seen
from billing.charging.queries.legs import names_of
from billing.charging.queries.volumes import GoingOn, going_on, going_on_at, posted_to
from billing.money import from_micros, shown, signed
from billing.rates.figures import length_words
from billing.wallets.models import RateGroup
from billing.wallets.queries import group_above, group_names

_CREDITS = 12
_CALLS = 5
_ACCOUNTS = 5


def _of_account(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """What an account's months earn, and what was credited. Six queries at most."""
    if account is None:
        return None
    months = going_on(actor, account, timezone.now())
    credits = posted_to(account, _CREDITS + 1)
    if not months and not credits:
        return None
    names = group_names(actor, {one.group_id for one in credits}) if credits else {}
    return {
        "currency": settings.CURRENCY,
        "months": [_month(one) for one in months],
        "credits": [_credit(actor, one, names) for one in credits[:_CREDITS]],
        "has_more": len(credits) > _CREDITS,
    }


def _own_calls(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """For a customer: the last calls. Two queries at most."""
    if account is None:
        return None
    legs = last_of(account, timezone.now(), _CALLS)
    rows = [CallRow(one, actor) for one in seen(actor, legs, only=account)]
    return {
        "currency": settings.CURRENCY,
        "url": reverse("billing:account-calls", args=[account.account_id]),
        "rows": [
            {
                "url": call_url(one.leg),
                "called": one.called,
                "destination": one.destination,
                "when": moment_words(one.leg.setup),
                "state": result_icon(one),
                "length": length_words(one.leg.duration)
                if one.leg.duration
                else choice_words(Outcome, one.outcome),
                "price": shown(one.charge.amount) if one.charge else "",
            }
            for one in rows
        ],
    }


def _at_group(actor: Actor, group: RateGroup) -> Mapping[str, Any] | None:
    """What this month earns at a group whoever the actor reaches. Four queries at most."""
    months = going_on_at(actor, group, timezone.now(), _ACCOUNTS)
    if not months:
        return None
    names = names_of([one.account for one in months])
    return {
        "currency": settings.CURRENCY,
        "month": month_words(months[0].month),
        "zone": group.time_zone,
        "as_of": moment_words(months[0].at),
        "rows": [
            {
                "account": names.get(one.account, ""),
                "url": address_of("accounts:detail", names[one.account])
                if one.account in names
                else "",
                **_month(one),
            }
            for one in months[:_ACCOUNTS]
        ],
        "most": _ACCOUNTS if len(months) > _ACCOUNTS else 0,
    }


def _month(one: GoingOn) -> dict[str, Any]:
    return {
        "group": one.group.name,
        "month": month_words(one.month),
        "zone": one.group.time_zone,
        "as_of": moment_words(one.at) if one.at else "",
        "is_cost": one.is_cost,
        "minutes": _number(one.minutes),
        "charges": shown(from_micros(one.charges)),
        "discount": _percent(one.discount) if one.discount else "",
        "accrued": shown(one.earned),
        "next": _percent(one.following[1]) if one.following else "",
        "next_minutes": _number(one.following[0]) if one.following else "",
        "missing": "" if one.missing is None else _number(one.missing),
    }


def _credit(actor: Actor, one: VolumeCredit, names: Mapping[int, str]) -> dict[str, Any]:
    group = names.get(one.group_id)
    return {
        "month": month_words(one.month),
        "group": group or group_above(actor),
        "minutes": _number(one.billed // 60),
        # What a group asks that is not the reader's to know is not said by its discount either.
        "discount": _percent(one.discount) if group else "",
        "posted": signed(one.posted),
        "at": day_of_words(one.posted_at),
        "is_correction": one.revision > 1,
    }


def _number(count: int) -> str:
    return number_format(count, force_grouping=True)


def _percent(discount: int) -> str:
    """Hundredths of a percent in words: 2.5 %."""
    part = Decimal(discount).scaleb(-2).normalize()
    return _("%(percent)s %%") % {"percent": number_format(f"{part:f}")}


OWN_CALLS = Card("billing/charging/_own_calls.html", _own_calls, order=30)
VOLUMES = Card("billing/charging/_volumes_of_account.html", _of_account)
VOLUMES_AT_GROUP = GroupCard("billing/charging/_volumes_at_group.html", _at_group)
