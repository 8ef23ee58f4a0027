"""Carriers as their pages say them: all of it for administrators."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.gateways.windows import Window, calls_at
from accounts.kit.addresses import address_of
from billing.carriers.mapping import KEPT, Ruled, Rules
from billing.carriers.models import CarrierPolicy
from billing.carriers.queries import CarrierSeen, GatewaySeen, Mapped
from billing.money import plain, rounded, shown
from billing.reports.dashboard import lasts_words
from billing.reports.words import length_words, percent_words
from billing.wallets.models import Wallet

_CURRENCY = {"currency": settings.CURRENCY}
_FULL, _NEARLY = 100, 80
# More prefixes of a gateway are said as a number.
_MOST_PREFIXES = 8


def by_urgency(one: CarrierSeen) -> tuple[bool, bool, Decimal, str]:
    """Those without money first, then those whose money ends first."""
    days = one.pace.days_left
    return one.has_money, days is None, days or Decimal(0), one.account.account_id


def carrier_words(one: CarrierSeen) -> dict[str, Any]:
    """A carrier as the list and its own page show it."""
    account, wallet, group = one.account, one.wallet, one.wallet.rate_group
    is_owed = wallet.balance < 0
    return {
        "account": account,
        "url": address_of("billing:carrier", account.account_id),
        "state": _state(account),
        "mode": wallet.get_payment_mode_display(),
        "group": group,
        "group_url": "" if group is None else reverse("billing:rate-group", args=[group.pk]),
        "figure": shown(wallet.balance),
        "unit": (_("%(currency)s owed") if is_owed else _("%(currency)s left")) % _CURRENCY,
        "has_money": one.has_money,
        "lasts": _lasts(one),
        "limit": _limit(wallet),
        "cost": shown(one.cost.amount),
        "asr": percent_words(one.quality.asr),
        "acd": length_words(one.quality.acd),
        "legs": number_format(one.quality.legs, force_grouping=True),
        "gateways": [gateway_words(each) for each in one.gateways],
        "pay_url": address_of("billing:payment-new", account.account_id),
    }


CARRIER_HEADER = [
    gettext_lazy("Account ID"), gettext_lazy("Name"), gettext_lazy("State"),
    gettext_lazy("Payment mode"), gettext_lazy("Rate group"), gettext_lazy("Balance"),
    gettext_lazy("Credit limit"), gettext_lazy("Has money"), gettext_lazy("Cost today"),
    gettext_lazy("Legs today"), gettext_lazy("ASR"), gettext_lazy("Routing gateways"),
    gettext_lazy("Calls up"),
]  # fmt: skip


def carrier_line(one: CarrierSeen) -> list[Any]:
    """A carrier as a file has it."""
    account, wallet = one.account, one.wallet
    return [
        account.account_id, account.name, _state(account)[1], wallet.get_payment_mode_display(),
        wallet.rate_group.name if wallet.rate_group else "", plain(wallet.balance),
        _("unlimited") if wallet.is_unlimited else plain(wallet.credit_limit),
        _("yes") if one.has_money else _("no"), plain(one.cost.amount), str(one.quality.legs),
        percent_words(one.quality.asr), ", ".join(each.gateway.name for each in one.gateways),
        str(sum(each.calls for each in one.gateways)),
    ]  # fmt: skip


def _state(account: Account) -> tuple[str, str]:
    if account.status != Account.Status.ACTIVE:
        return "locked", account.get_status_display()
    if account.valid_until is not None and account.valid_until <= timezone.now():
        return "expired", _("Expired")
    return "active", _("Active")


def _lasts(one: CarrierSeen) -> str:
    if not one.has_money:
        return _("No money left: its gateways are skipped.")
    days = one.pace.days_left
    if days is None:
        return ""
    said = {"lasts": lasts_words(days), "pace": shown(rounded(one.pace.per_day))}
    return _("lasts %(lasts)s, at %(pace)s a day") % said


def _limit(wallet: Wallet) -> str:
    if wallet.is_unlimited:
        return _("credit without limit")
    if wallet.credit_limit:
        return _("limit %(limit)s") % {"limit": shown(wallet.credit_limit)}
    return ""


def gateway_words(one: GatewaySeen) -> dict[str, Any]:
    """A gateway to a carrier: what is up of what it may have now, and how it stands."""
    gateway = one.gateway
    room = _room(gateway)
    percent = one.calls * 100 // room if room else _FULL
    prefixes = list(gateway.prefixes)
    more = len(prefixes) - _MOST_PREFIXES
    said = {"calls": one.calls, "room": number_format(room, force_grouping=True)}
    carried = ", ".join(prefixes[:_MOST_PREFIXES]) or _("every number")
    if more > 0:
        carried = _("%(prefixes)s and %(more)s more") % {"prefixes": carried, "more": more}
    first = next((x.text for x in gateway.addresses.all() if "/" not in x.text), "")
    return {
        "gateway": gateway,
        "url": gateway.get_absolute_url(),
        "calls": _("%(calls)s of %(room)s") % said,
        "up": one.calls,
        "room": room,
        "width": min(percent, _FULL),
        "colour": "danger" if percent >= _FULL else "warn" if percent >= _NEARLY else "",
        "prefixes": carried,
        "host": gateway.host or first,
        "asr": percent_words(one.figures.asr),
        "acd": length_words(one.figures.acd),
        "cost": shown(one.figures.amount),
    }


def _room(gateway: Gateway) -> int:
    windows = [Window.read(each) for each in gateway.windows]
    return calls_at(gateway.capacity, windows, timezone.localtime(timezone=gateway.account.zone))


def tiles(seen: Sequence[CarrierSeen]) -> list[dict[str, str]]:
    """All carriers in figures."""
    balances = [one.wallet.balance for one in seen]
    ahead = [one for one in balances if one > 0]
    owed = [one for one in balances if one < 0]
    gateways = [gateway_words(each) for one in seen for each in one.gateways]
    full = sum(1 for one in gateways if one["width"] >= _FULL)
    up, room = (sum(one[name] for one in gateways) for name in ("up", "room"))
    channels = ngettext("%(count)s gateway is full", "%(count)s gateways are full", full)
    return [
        _tile(_("Prepaid with carriers"), shown(sum(ahead, Decimal(0))), _carriers(len(ahead))),
        _tile(_("Owed to carriers"), shown(-sum(owed, Decimal(0))), _carriers(len(owed))),
        _tile(
            _("Cost today"),
            shown(sum((one.cost.amount for one in seen), Decimal(0))),
            _("of calls that were charged"),
        ),
        {
            "name": _("Channels in use"),
            "figure": number_format(up, force_grouping=True),
            "unit": _("of %(room)s") % {"room": number_format(room, force_grouping=True)},
            "note": channels % {"count": full} if full else _("none is full"),
        },
    ]


def _tile(name: str, figure: str, note: str) -> dict[str, str]:
    return {"name": name, "figure": figure, "unit": settings.CURRENCY, "note": note}


def _carriers(count: int) -> str:
    return ngettext("%(count)s carrier", "%(count)s carriers", count) % {"count": count}


# --- Who may use which ----------------------------------------------------------------------------


def matrix(
    accounts: Sequence[Account], rules: Mapping[int, Rules], carriers: Sequence[CarrierSeen]
) -> list[dict[str, Any]]:
    """A row for each account with a rule, a cell for each of these carriers."""
    names = {one.pk: one.account_id for one in accounts}
    return [
        {
            "account": one,
            "url": address_of("billing:carrier-policy", one.account_id),
            "cells": [_cell(one, rules[one.pk], each) for each in carriers],
            "guard": _guard(one, rules[one.pk], names),
        }
        for one in accounts
    ]


def _cell(account: Account, rules: Rules, carrier: CarrierSeen) -> dict[str, str]:
    pk = carrier.account.pk
    gateways = [each.gateway.pk for each in carrier.gateways]
    usable = [each for each in gateways if rules.refusing(pk, each) is None]
    own = next((one for one in rules.levels if one.account == account.pk), None)
    is_here = own is not None and _names(own, pk, gateways)
    if gateways and 0 < len(usable) < len(gateways):
        said = {"some": len(usable), "all": len(gateways)}
        return {"css": "part", "words": _("%(some)s of %(all)s gateways") % said}
    may = bool(usable) if gateways else rules.refusing(pk, None) is None
    if is_here and own is not None:
        is_kept = own.uses == KEPT
        return {
            "css": "no" if is_kept else "yes",
            "words": _("kept from") if is_kept else _("bound to"),
        }
    return {"css": "inherit", "words": _("may use") if may else _("not")}


def _names(own: Ruled, carrier: int, gateways: Iterable[int]) -> bool:
    return bool(own.uses) and any(own.names(carrier, one) for one in (*gateways, None))


def _guard(account: Account, rules: Rules, names: Mapping[int, str]) -> str:
    found = rules.guarding
    if found is None:
        return _("off")
    word = _("on") if rules.is_guarded else _("off")
    if found.account == account.pk:
        return _("%(word)s, set here") % {"word": word}
    if found.account not in names:
        return word
    return _("%(word)s, from %(account)s") % {"word": word, "account": names[found.account]}


def mapped_words(found: Iterable[Mapped]) -> list[dict[str, Any]]:
    """Who has a rule that names a carrier: the whole of it, or gateways."""
    return [
        {
            "account": one.account,
            "url": address_of("billing:carrier-policy", one.account.account_id),
            "rule": one.policy.get_uses_display(),
            "css": "danger" if one.policy.uses == CarrierPolicy.Uses.KEPT else "ok",
            "what": _("all its gateways") if one.is_whole else ", ".join(one.gateways),
        }
        for one in found
    ]


def usable_words(
    rules: Rules, carriers: Mapping[Account, Sequence[Gateway]]
) -> list[tuple[str, str]]:
    """Each carrier, and what of it may be used under these rules."""
    found = []
    for carrier, gateways in carriers.items():
        usable = [one.name for one in gateways if rules.refusing(carrier.pk, one.pk) is None]
        if not gateways:
            words = _("not") if rules.refusing(carrier.pk, None) else _("may use")
        elif len(usable) == len(gateways):
            words = _("may use")
        else:
            words = _("only %(gateways)s") % {"gateways": ", ".join(usable)} if usable else _("not")
        found.append((carrier.account_id, words))
    return found


def guard_words(rules: Rules) -> str:
    return _("on") if rules.is_guarded else _("off")
