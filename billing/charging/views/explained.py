"""How the charges of a call came about, in arithmetic and in words, prepared for one reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.kit.moments import second_words
from accounts.kit.object_keys import object_key
from billing.charging.columns.calls import CallRow
from billing.charging.models import Charge
from billing.charging.queries.costs import Rated, Seen
from billing.ledger.models import Entry, Transaction
from billing.money import shown
from billing.rates.figures import exact, length_words, per_minute, percent, since_words
from billing.rates.ladder import Blocks, Kept, blocks_of
from billing.rates.models import Rate
from billing.rates.pricing import Bill, Price
from billing.wallets.queries import group_above

_MINUTE = 60


@dataclass(frozen=True)
class Line:
    """A charge, or one that takes another back, in the order in which they were made."""

    at: str
    words: str
    amount: str


@dataclass(frozen=True)
class Rung:
    """What one account pays for a call, and why."""

    name: str
    icon: str
    is_caller: bool
    is_own: bool
    is_cost: bool
    amount: str
    group: str
    group_url: str
    prefix: str
    destination: str
    # Why this rate and no other, a sentence each.
    why: Sequence[str]
    is_locked: bool
    blocks: Blocks | None
    sum: str
    kept: Kept | None
    # Where it was rated anew: all of its charges.
    lines: Sequence[Line]


@dataclass(frozen=True)
class Posted:
    """Where a charge stands in the ledger."""

    account: str
    url: str
    payment: str
    payment_url: str
    at: str
    amount: str
    after: str


def rungs(actor: Actor, one: Seen, rated: Rated) -> list[Rung]:
    """What every level that the reader may know pays, the account that called first, the carrier's
    cost last.
    """
    found: list[Rung] = []
    below: Charge | None = None
    for charge in one.standing:
        buyer = None if charge.is_cost else charge.account_id
        paid = below if below is not None and below.agent_id == buyer else None
        found.append(_rung(actor, one, charge, paid, rated))
        below = charge
    return found


def _rung(actor: Actor, one: Seen, charge: Charge, paid: Charge | None, rated: Rated) -> Rung:
    account = one.names.get(charge.account_id)
    rate = rated.rates.get(charge.rate_id)
    price = _price(charge, rate)
    lines = [x for x in one.charges if _place(x) == _place(charge)]
    return Rung(
        name=account.account_id if account else "",
        icon="gateway" if charge.is_cost else "account" if charge.level == 0 else "agent",
        is_caller=charge.level == 0 and not charge.is_cost,
        is_own=charge.account_id == actor.account_pk,
        is_cost=charge.is_cost,
        amount=exact(charge.amount),
        group=rated.names.get(charge.group_id) or group_above(actor),
        group_url=_group_url(charge, rated),
        prefix=charge.prefix,
        destination=charge.destination,
        why=_why(charge, rate, rated),
        is_locked=charge.was_locked,
        blocks=_blocks(charge, rate, one.leg.duration, price),
        sum=_sum(charge, rate, one.leg.duration),
        kept=_kept(actor, one, charge, paid),
        lines=_lines(lines) if len(lines) > 1 else (),
    )


def _place(charge: Charge) -> tuple[bool, int]:
    return charge.is_cost, charge.level


def _price(charge: Charge, rate: Rate | None) -> Price:
    if rate is None:
        return Price(charge.price, charge.connection_fee)
    return Price(charge.price, charge.connection_fee, rate.first_block, rate.increment)


def _blocks(charge: Charge, rate: Rate | None, spoken: int, price: Price) -> Blocks | None:
    if rate is None or not charge.billed:
        return None
    return blocks_of(price, Bill(charge.billed, charge.amount), spoken)


def _group_url(charge: Charge, rated: Rated) -> str:
    """Where its rates are, for who may look at them."""
    if charge.group_id not in rated.seen:
        return ""
    return reverse("billing:rate-group", args=[charge.group_id])


def _sum(charge: Charge, rate: Rate | None, spoken: int) -> str:
    """The whole way from the seconds spoken to the amount, in one line."""
    words = [_talk(spoken)]
    if spoken >= _MINUTE:
        words[0] = _("%(talk)s = %(spoken)s s") % {"talk": words[0], "spoken": f"{spoken:,}"}
    if rate is not None:
        words.append(_steps(rate.first_block, rate.increment))
    said = {
        "billed": f"{charge.billed:,}",
        "price": per_minute(charge.price),
        "fee": per_minute(charge.connection_fee),
        "amount": exact(charge.amount),
    }
    words.append(_("%(billed)s s billed × %(price)s ÷ 60 + %(fee)s = %(amount)s") % said)
    return " → ".join(words)


def _steps(first: int, step: int) -> str:
    if first == step == 1:
        return _("by the second")
    if first == step:
        return _("steps of %(step)s s") % {"step": step}
    return _("first block %(first)s s, then steps of %(step)s s") % {"first": first, "step": step}


def _talk(seconds: int) -> str:
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, _("%(n)s h")), (minutes, _("%(n)s min")), (rest, _("%(n)s s"))]
    return " ".join(words % {"n": n} for n, words in parts if n)


def _why(charge: Charge, rate: Rate | None, rated: Rated) -> list[str]:
    words = [
        _(
            "%(prefix)s is the longest beginning of the number that had a rate in effect when the "
            "call was answered."
        )
        % {"prefix": charge.prefix}
    ]
    if rate is not None:
        words.append(
            _("The rate counts since %(since)s.") % {"since": since_words(rate.effective_from)}
        )
    if rate is not None and rate.period is not None:
        words.append(
            _("It is for these hours alone and goes before the one for all: %(period)s.")
            % {"period": rate.period}
        )
    if charge.correction_id is not None:
        words.append(_corrected(charge, rate, rated))
    if charge.was_locked:
        words.append(_("The destination was locked: what was called all the same is charged."))
    return words


def _corrected(charge: Charge, rate: Rate | None, rated: Rated) -> str:
    correction = rated.corrections.get(charge.correction_id or 0)
    price = per_minute(charge.price)
    if rate is None:
        return _("A correction says %(price)s a minute.") % {"price": price}
    said = {"price": price, "was": per_minute(rate.price)}
    words = _("A correction says %(price)s a minute in place of %(was)s.") % said
    if correction is None:
        return words
    return f"{words} {_('Its reason: “%(reason)s”') % {'reason': correction.reason}}"


def _kept(actor: Actor, one: Seen, charge: Charge, paid: Charge | None) -> Kept | None:
    """What stays with an account of what the one below it pays; with the platform, of what the root
    pays.
    """
    if paid is None:
        return None
    kept = paid.amount - charge.amount
    account = one.names.get(charge.account_id)
    said = {"account": account.account_id if account else "", "share": percent(kept, paid.amount)}
    if charge.is_cost:
        words = _("stays with the platform, %(share)s of what the root pays")
    elif charge.account_id == actor.account_pk:
        words = _("stays with you, %(share)s of what you are paid")
    else:
        words = _("stays with %(account)s, %(share)s of what it is paid")
    amount = exact(kept)
    return Kept(f"+{amount}" if kept > 0 else amount, words % said, is_loss=kept < 0)


def _lines(charges: Sequence[Charge]) -> list[Line]:
    found = []
    for at, one in enumerate(charges):
        said = {"price": per_minute(one.price), "billed": f"{abs(one.billed):,}"}
        if one.reverses_id is not None:
            words = _("taken back: %(billed)s s at %(price)s")
        elif at:
            words = _("charged anew: %(billed)s s at %(price)s")
        else:
            words = _("charged: %(billed)s s at %(price)s")
        found.append(Line(second_words(one.posted_at), words % said, exact(one.amount)))
    return found


def posted(one: Seen, entries: Mapping[int, Entry]) -> list[Posted]:
    """The movements of the ledger that the charges of a call are lines of."""
    found = []
    for charge in one.charges:
        entry = entries.get(charge.pk)
        account = one.names.get(charge.account_id)
        if entry is None or account is None:
            continue
        key = object_key(Transaction.key_kind, entry.transaction_id)
        found.append(
            Posted(
                account.account_id,
                account.get_absolute_url(),
                key,
                reverse("billing:payment", args=[entry.transaction_id]),
                second_words(charge.posted_at),
                exact(-charge.amount),
                "" if entry.balance_after is None else shown(entry.balance_after),
            )
        )
    return found


def lead(row: CallRow, currency: str) -> str:
    """The call in a sentence."""
    charge = row.charge
    said = {
        "account": row.account,
        "called": row.destination or row.called,
        "at": second_words(row.leg.setup),
        "talk": _talk(row.leg.duration),
        "amount": f"{exact(charge.amount)} {currency}" if charge else "",
    }
    if row.leg.answer is None:
        words = _("%(account)s called %(called)s at %(at)s. It was not answered and costs nothing.")
    elif not row.leg.duration:
        words = _("%(account)s called %(called)s at %(at)s. It lasted no time and costs nothing.")
    elif row.is_former:
        words = _(
            "A former sub-account called %(called)s at %(at)s and talked for %(talk)s. You paid "
            "%(amount)s."
        )
    elif row.seen.first is None:
        words = _("%(account)s called %(called)s at %(at)s and talked for %(talk)s.")
    else:
        words = _(
            "%(account)s called %(called)s at %(at)s, talked for %(talk)s and pays %(amount)s."
        )
    return words % said


def bar(ring: int, talk: int) -> dict[str, Any] | None:
    """Ringing and talking as shares of the whole; None where it took no time."""
    whole = ring + talk
    if whole <= 0:
        return None
    part = 100 * ring / whole
    return {
        "ring": f"{part:.2f}%",
        "talk": f"{100 - part:.2f}%",
        "label": _("%(ring)s of ringing, %(talk)s of talk")
        % {"ring": length_words(ring), "talk": length_words(talk)},
    }
