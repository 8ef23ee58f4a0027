"""What came in and went out today, and whose money ends first, on dashboards. Every figure is that
of the report or list it leads to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.moments import day_words, moment_words, zone_words
from accounts.portal.registry import Card
from billing.ledger.filters import PAYMENTS
from billing.ledger.queries.entries import last_payment
from billing.money import rounded, shown, signed
from billing.reports.figures import Beside, Figures, Income, summed
from billing.reports.periods import Period, last_days
from billing.reports.queries.accounts import Consumption, ending_below, running_dry
from billing.reports.queries.figures import paid_by_one
from billing.reports.queries.today import Called, called_below, called_by, called_on_platform
from billing.reports.words import change_cell, count_words, percent_words, tenths
from billing.wallets.queries import is_low, low_accounts

# How fast money goes is what went in so many whole days.
PACE_DAYS = 7
# Accounts that are looked at, and those that are shown.
_LOOKED_AT, _SHOWN = 10_000, 6
_DAY = timedelta(days=1)
# Days: what lasts longer is nobody's worry yet, and what lasts longer than that has no end.
_SOON, _FAR = 365, 3650


@dataclass(frozen=True)
class _Today:
    """Whose, and by whose clocks: an account's own, those of the viewer for the platform."""

    account: Account | None
    now: datetime
    zone: ZoneInfo

    @property
    def day(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def pace(self) -> Period:
        return last_days(self.day, PACE_DAYS, self.zone)

    def report(self, name: str, **asked: Any) -> str:
        asked = asked or {"period": "today"}
        query = urlencode({**asked, "zone": self.zone.key})
        return f"{reverse(f'billing:report-{name}')}?{query}"

    @property
    def own_days(self) -> Period:
        """Of this month, and those the pace is taken from."""
        first = min(self.day.replace(day=1), self.pace.first)
        return Period.of_days(first, self.day + _DAY, self.zone)

    def of_pace(self) -> str:
        last = self.pace.until - _DAY
        return self.report("consumption", **{"from": self.pace.first, "to": last})


def _now(account: Account | None) -> _Today:
    return _Today(account, timezone.now(), ZoneInfo(account.time_zone if account else zone_words()))


def _calls(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """Calls and money of today beside yesterday, and whose money ends first at the pace of the last
    days. Three queries at most, and the account's wallet where nobody has read it yet.
    """
    today = _now(account)
    if account is None:
        called = called_on_platform(today.now, today.pace)
        tiles = _of_platform(today, called)
    elif account.is_agent:
        called = called_below(account, today.now, today.own_days)
        tiles = _of_agent(today, account, called)
    else:
        called = called_by(account, today.own_days)
        tiles = [
            _lasting(today, account, called.by_day),
            *_of_customer(today, account, called.by_day),
        ]
    return {
        "today": {
            "tiles": tiles,
            "zone": today.zone.key,
            "day": day_words(today.day),
            "calls_url": _calls_url(today),
        },
        "drying": _drying(actor, today, called),
    }


def _of_platform(today: _Today, called: Called) -> list[dict[str, Any]]:
    found = called.income
    # The list of payments cuts days by the clocks of the viewer, which are these.
    asked = {"show": "all", "kind": PAYMENTS, "since": today.day, "until": today.day}
    url = f"{reverse('billing:payments')}?{urlencode(asked)}"
    return [
        *_of_calls(today, Beside(found.now.sold, found.before.sold)),
        *_of_income(today, found, (_("Charged"), _("Carriers’ cost"))),
        _tile(_("Paid in"), signed(called.paid_in), url, unit=settings.CURRENCY),
        _tile(_("Paid out"), shown(called.paid_out), url, unit=settings.CURRENCY),
    ]


def _of_agent(today: _Today, account: Account, called: Called) -> list[dict[str, Any]]:
    found = called.income
    return [
        _lasting(today, account, called.by_day),
        *_of_income(today, found, (_("Sub-accounts paid"), _("Own price"))),
        *_of_calls(today, Beside(found.now.paid, found.before.paid)),
    ]


def _of_customer(
    today: _Today, account: Account, by_day: Mapping[date, Figures]
) -> list[dict[str, Any]]:
    here = by_day.get(today.day, Figures())
    first = today.day.replace(day=1)
    month = summed(one for day, one in by_day.items() if day >= first)
    url, unit = today.report("accounts"), settings.CURRENCY
    return [
        _tile(_("Spent today"), shown(here.amount), url, unit=unit),
        _tile(_("Spent this month"), shown(month.amount),
              today.report("accounts", period="this-month"), unit=unit),
        _tile(_("Calls"), count_words(here.legs), url),
        _tile(_("Minutes"), tenths(here.minutes), url),
    ]  # fmt: skip


def _of_calls(today: _Today, found: Beside[Figures]) -> list[dict[str, Any]]:
    now, was = found.now, found.before
    url = today.report("accounts")
    return [
        _tile(_("Calls"), count_words(now.legs), url, now.legs, was.legs, count_words(was.legs)),
        _tile(_("Minutes"), tenths(now.minutes), url, now.minutes, was.minutes,
              tenths(was.minutes)),
        _tile(_("Answered, ASR"), percent_words(now.asr), url, now.asr, was.asr,
              percent_words(was.asr), is_judged=True),
    ]  # fmt: skip


def _of_income(
    today: _Today, found: Beside[Income], words: tuple[str, str]
) -> list[dict[str, Any]]:
    now, was = found.now, found.before
    url, unit = today.report("income"), settings.CURRENCY

    def one(name: str, mine: Decimal, before: Decimal, **more: Any) -> dict[str, Any]:
        return _tile(name, shown(mine), url, mine, before, shown(before), unit=unit, **more)

    return [
        one(words[0], now.sold.amount, was.sold.amount),
        one(words[1], now.bought.amount, was.bought.amount),
        one(_("Margin"), now.margin, was.margin, is_judged=True),
    ]


def _tile(
    name: str, figure: str, url: str, now: Any = None, before: Any = None, was: str = "",
    *, unit: str = "", note: str = "", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A figure, where it stands, and by how much it changed since yesterday at this time."""
    change = "" if now is None or before is None else change_cell(now, before, **more)
    found = {"name": name, "figure": figure, "unit": unit, "url": url}
    return {**found, "change": change, "was": was, "note": note}


def _lasting(today: _Today, account: Account, by_day: Mapping[date, Figures]) -> dict[str, Any]:
    """How long its own money lasts."""
    paid = summed(by_day.get(day, Figures()) for day in today.pace.days())
    url = reverse("billing:statement", args=[account.account_id])
    # Wallets are made by a package that pages go on without.
    wallet = getattr(account, "wallet", None)
    if wallet is None:
        return _tile(_("Your money lasts"), "–", url)
    one = Consumption(account, wallet, paid, PACE_DAYS)
    if one.wallet.available is None:
        return _tile(_("Your money lasts"), _("unlimited"), url)
    if one.days_left is None:
        return _tile(_("Your money lasts"), "–", url, note=_("nothing spent in 7 days"))
    pace = {"pace": shown(rounded(one.per_day)), "day": _end_words(today, one.days_left)}
    note = _("%(pace)s a day, until %(day)s") if pace["day"] else _("%(pace)s a day")
    return _tile(_("Your money lasts"), lasts_words(one.days_left), url, note=note % pace)


def _own_balance(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """What a customer has, how long it lasts, and what calls cost today and this month. Three
    queries; one where nobody keeps a wallet.
    """
    wallet = getattr(account, "wallet", None)
    if account is None or wallet is None:
        return None
    today = _now(account)
    by_day = called_by(account, today.own_days).by_day
    paid = last_payment(account)
    threshold = wallet.low_balance_threshold
    full = max(paid.balance_after if paid else Decimal(0), wallet.balance, threshold or Decimal(0))
    return {
        "currency": settings.CURRENCY,
        "balance": shown(wallet.balance),
        "is_low": is_low(wallet),
        "available": _("unlimited") if wallet.available is None else shown(wallet.available),
        "differs": wallet.available != wallet.balance,
        "credit": ""
        if wallet.is_unlimited or not wallet.credit_limit
        else shown(wallet.credit_limit),
        "held": shown(wallet.held) if wallet.held else "",
        "threshold": "" if threshold is None else shown(threshold),
        "paid": moment_words(paid.at) if paid else "",
        "paid_amount": shown(paid.amount) if paid else "",
        "bar": _bar(wallet.balance, full),
        "limit": "" if not threshold else _bar(threshold, full),
        "lasting": _lasting(today, account, by_day),
        "figures": _of_customer(today, account, by_day),
        "calls_url": _calls_url(today),
    }


def _bar(part: Decimal, full: Decimal) -> str:
    """So much of the whole, as the width of a drawing."""
    if full <= 0 or part <= 0:
        return "0%"
    return f"{min(part / full, Decimal(1)):.2%}"


def _drying(actor: Actor, today: _Today, called: Called) -> Mapping[str, Any] | None:
    """Who runs dry: whose money ends within days at the pace of the last ones, of all below, or, on
    the platform, of the top level; then who is below its threshold, whoever it is; then whose money
    ends later. None where nothing is to be said to administrators, or to who has nobody below. Two
    queries.
    """
    is_agent = today.account is not None and today.account.is_agent
    if today.account is None:
        found = running_dry(actor, called.by_account, PACE_DAYS, _LOOKED_AT)
    else:
        # As many again as are shown: some are among those below their threshold too.
        found = ending_below(actor, today.pace, PACE_DAYS, 2 * _SHOWN) if is_agent else []
    low_count, poorest = low_accounts(actor, _SHOWN)
    if not found and not low_count and not is_agent:
        return None
    ending = [one for one in found if one.days_left is not None and one.days_left <= _SOON]
    urgent = [one for one in ending if (one.days_left or Decimal(0)) < PACE_DAYS]
    low = {one.pk for one in poorest}
    soon = {one.account.pk for one in urgent}
    rows = [_ending_row(actor, today, one, is_low=one.account.pk in low) for one in urgent]
    rows += [_low_row(actor, today, one) for one in poorest if one.pk not in soon]
    rows += [
        _ending_row(actor, today, one, is_low=False)
        for one in ending[len(urgent) :]
        if one.account.pk not in low
    ]
    return {
        "url": today.of_pace(),
        "currency": settings.CURRENCY,
        "zone": today.zone.key,
        "rows": rows[:_SHOWN],
        "low_count": low_count,
        "low_words": count_words(low_count),
        "low_url": _low_url(today.account),
        "is_platform": today.account is None,
    }


def _ending_row(actor: Actor, today: _Today, one: Consumption, *, is_low: bool) -> dict[str, Any]:
    left = one.days_left or Decimal(0)
    return {
        "account": one.account,
        "agent": _agent_of(today, one.account),
        "available": shown(one.wallet.available or Decimal(0)),
        "pace": shown(rounded(one.per_day)),
        "lasts": lasts_words(left),
        "until": _end_words(today, left),
        "is_urgent": is_low or left < 1,
        "may_pay": allows(actor, Authorization.PAY_SUB_ACCOUNT, one.account),
    }


def _agent_of(today: _Today, account: Account) -> str:
    """Below whom it stands, where that is not who looks."""
    above = account.parent
    is_near = above is None or (today.account is not None and above.pk == today.account.pk)
    return "" if above is None or is_near else above.account_id


def _low_row(actor: Actor, today: _Today, account: Account) -> dict[str, Any]:
    wallet = account.wallet
    return {
        "account": account,
        "agent": _agent_of(today, account),
        "balance": shown(wallet.balance),
        "threshold": shown(wallet.low_balance_threshold or Decimal(0)),
        "is_urgent": True,
        "may_pay": allows(actor, Authorization.PAY_SUB_ACCOUNT, account),
    }


def _low_url(account: Account | None) -> str:
    url = reverse("accounts:list")
    if account is not None:
        url = reverse("accounts:sub-accounts", args=[account.account_id])
    return f"{url}?show=all&balance=low&sort=balance"


def lasting_words(account: Account, available: Decimal | None) -> str:
    """How long so much lasts an account at the pace of its last whole days; "" where that has no
    end, and where there is nothing left. At most two queries.
    """
    if available is None:
        return ""
    paid = paid_by_one(account, _now(account).pace)
    if not paid.amount > 0:
        return ""
    per_day = paid.amount / PACE_DAYS
    words = _("%(lasts)s at %(pace)s a day")
    left = max(available, Decimal(0)) / per_day
    if not left:
        return ""
    return words % {"lasts": lasts_words(left), "pace": shown(rounded(per_day))}


def lasts_words(days: Decimal) -> str:
    if days > _FAR:
        return _("over 10 years")
    if days >= 10:
        return ngettext("%(days)s day", "%(days)s days", int(days)) % {
            "days": count_words(int(days))
        }
    if days >= 1:
        return _("%(days)s days") % {"days": tenths(days)}
    hours = int(days * 24)
    if not hours:
        return _("less than an hour") if days else _("used up")
    return ngettext("%(hours)s hour", "%(hours)s hours", hours) % {"hours": hours}


def _end_words(today: _Today, days: Decimal) -> str:
    """The day on which it ends; "" where that is beyond any plan."""
    if days > _FAR:
        return ""
    return day_words((today.now + _DAY * float(days)).astimezone(today.zone).date())


def _calls_url(today: _Today) -> str:
    if today.account is None:
        return reverse("billing:calls")
    return reverse("billing:account-calls", args=[today.account.account_id])


OWN_BALANCE = Card("billing/reports/_own_balance.html", _own_balance, order=10)
CALLS = Card("billing/reports/_calls.html", _calls, first="billing/reports/_dry_first.html")
