"""A price in words and figures: level by level, and for other lengths of call. Knows no database;
what it is given is already cut to what the reader may know.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.kit.addresses import object_address
from billing.rates.answers import Answer, Level, LevelPrice, PriceChain, Problem
from billing.rates.figures import exact, length_words, per_minute, percent, since_words
from billing.rates.pricing import Bill, Price
from billing.rates.rating import Rate

# Lengths that are worth comparing, in seconds: blocks make short calls dear.
_LENGTHS = (1, 30, 60, 180, 600, 1800)
# More blocks than this are no picture any more.
_MOST_BLOCKS = 60
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Blocks:
    """The billed seconds as a bar: how much of it was talk, and where each block begins, in
    percent.
    """

    talk: str
    over: str
    marks: tuple[str, ...]
    words: str
    label: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays with a level of what the one below it pays."""

    amount: str
    words: str
    is_loss: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """What one level pays, as the ladder shows it. `problem` is why it may not be called there."""

    name: str
    place: str
    icon: str
    is_asked: bool
    is_own: bool
    amount: str
    group: str
    # Where its rates are; "" for who may not look at them.
    group_url: str
    prefix: str
    destination: str
    since: str
    price: str
    billed: str
    fee: str
    is_free: bool
    blocks: Blocks | None
    problem: str
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rate that fits the number, and why it counts or does not."""

    prefix: str
    destination: str
    price: str
    why: str
    wins: bool


@dataclass(frozen=True, slots=True)
class Length:
    """What a call of another length costs each level, and what the reader keeps of it."""

    talk: str
    billed: str
    amounts: tuple[str, ...]
    kept: str
    share: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what the account that was asked about pays: how wide it is and where it begins, in
    percent; no width where a part is a loss, and the whole no bar.
    """

    label: str
    amount: str
    share: str
    begin: str
    width: str
    colour: int


def group_words(actor: Actor, level: Level) -> str:
    """The rate group a level buys at, as far as the reader may know it; "" where it has none."""
    if level.group_pk is None:
        return ""
    if level.group_name:
        return level.group_name
    if actor.is_top_level:
        return _("a group of the platform")
    return _("a group of %(above)s") % {"above": actor.someone_above}


def group_url(level: Level) -> str:
    """Where the rates of a level's group are; "" for who may not look at them."""
    if level.group_pk is None or not level.is_group_seen:
        return ""
    return object_address("billing:rate-group", "rate_group", level.group_pk)


def problem_words(one: LevelPrice) -> str:
    """Why a number may not be called at a level."""
    return {
        None: "",
        Problem.NO_GROUP: _("It has no rate group: no calls."),
        Problem.UNRATED: _("There is no rate for this number: it may not be called."),
        Problem.LOCKED: _("This destination is locked: it may not be called."),
    }[one.problem]


def refusal_words(actor: Actor, answer: Answer) -> str:
    """Why a number may not be called, whichever level refuses; "" where it may."""
    refusing = answer.refusing
    if refusing is not None:
        words = {
            Problem.NO_GROUP: _("%(account)s has no rate group: no calls."),
            Problem.UNRATED: _("%(account)s has no rate for this number: it may not be called."),
            Problem.LOCKED: _("This destination is locked for %(account)s: it may not be called."),
        }
        assert refusing.problem is not None
        return words[refusing.problem] % {"account": refusing.level.account_id}
    return refused_above(actor) if answer.is_refused_above else ""


def refused_above(actor: Actor) -> str:
    """What is read of a refusal above, whichever it is."""
    return _("Refused at %(above)s.") % {"above": actor.someone_above}


def rungs(actor: Actor, answer: Answer) -> list[Rung]:
    """What every level pays, the account that was asked about first."""
    return [_rung(actor, answer, at) for at in range(len(answer.prices))]


def candidates(chain: PriceChain, answer: Answer) -> list[Candidate]:
    """The rates of the asked account's group that fit the number, and why one of them counts."""
    asked = answer.asked
    found = []
    for one in chain.candidates(asked.level, answer.number):
        wins = asked.rate is not None and one.key == asked.rate.key
        why = _why(one, asked, answer.at, wins=wins)
        price = per_minute(one.price.per_minute)
        found.append(Candidate(one.prefix, one.destination, price, why, wins))
    return found


def lengths(actor: Actor, chain: PriceChain, answer: Answer) -> list[Length]:
    """The same number for other lengths of call."""
    found = []
    for seconds in sorted({*_LENGTHS, answer.seconds}):
        one = chain.answer(answer.number, seconds)
        bill = one.asked.bill
        kept = _kept_by_reader(actor, one)
        found.append(
            Length(
                length_words(seconds),
                f"{bill.billed:,}" if bill else "",
                tuple("" if x.amount is None else exact(x.amount) for x in one.prices),
                "" if kept is None else exact(kept),
                percent(kept, one.asked.amount),
                seconds == answer.seconds,
            )
        )
    return found


def kept_total(actor: Actor, answer: Answer) -> tuple[str, str] | None:
    """(amount, words) of what the reader keeps of the call, for an administrator what all levels
    between the account and the platform keep. None where that is nothing to speak of.
    """
    kept = _kept_by_reader(actor, answer)
    if kept is None:
        return None
    share = percent(kept, answer.asked.amount)
    if actor.is_administrator:
        count = len(answer.prices) - 1
        words = ngettext(
            "kept by %(count)s level, %(share)s", "kept by %(count)s levels, %(share)s", count
        ) % {"count": count, "share": share or "0 %"}
    else:
        words = _("stay with you, %(share)s") % {"share": share or "0 %"}
    return exact(kept), words


def shares(actor: Actor, answer: Answer) -> list[Share]:
    """Where the money goes that the account pays: what each level keeps, and what the topmost one
    that is shown pays. Nothing for an account alone, and where a level pays nothing known.
    """
    paid, last = answer.asked.amount, answer.prices[-1].amount
    parts: list[tuple[str, Decimal]] = []
    for at in range(1, len(answer.prices)):
        kept = answer.kept_by(at)
        if kept is None:
            return []
        name = answer.prices[at].level
        label = _("You keep") if name.account_pk == actor.account_pk else _("%(account)s keeps")
        parts.append((label % {"account": name.account_id}, kept))
    if not parts or paid is None or last is None:
        return []
    label = _("The platform is paid") if actor.is_administrator else _("You pay for the call")
    parts.append((label, last))
    is_drawn = paid > 0 and all(amount >= 0 for _label, amount in parts)
    found, begin = [], Decimal(0)
    for at, (label, amount) in enumerate(parts):
        width = amount / paid * _HUNDRED if is_drawn else Decimal(0)
        # What is left for the level above stands out, whatever the number of parts.
        colour = 4 if at == len(parts) - 1 else at % 3 + 1
        found.append(
            Share(
                label,
                exact(amount),
                percent(amount, paid),
                f"{begin:.2f}%",
                f"{width:.2f}%" if is_drawn else "",
                colour,
            )
        )
        begin += width
    return found


def _rung(actor: Actor, answer: Answer, at: int) -> Rung:
    one, place = answer.prices[at], len(answer.prices) - at
    rate, level = one.rate, one.level
    is_own = level.account_pk == actor.account_pk
    price = rate.price if rate else Price(Decimal(0))
    return Rung(
        name=level.account_id,
        place=_("level %(place)s") % {"place": place},
        icon="no" if one.problem else ("account" if at == 0 else "agent"),
        is_asked=at == 0,
        is_own=is_own,
        amount="" if one.amount is None else exact(one.amount),
        group=group_words(actor, level),
        group_url=group_url(level),
        prefix=rate.prefix if rate else "",
        destination=rate.destination if rate else "",
        since=since_words(rate.since) if rate else "",
        price=per_minute(price.per_minute),
        billed=f"{one.bill.billed:,}" if one.bill else "",
        fee=exact(price.connection_fee) if price.connection_fee else "",
        is_free=one.bill is not None and not one.bill.billed,
        blocks=blocks_of(price, one.bill, answer.seconds) if one.bill and one.bill.billed else None,
        problem=problem_words(one),
        kept=_kept(actor, answer, at + 1),
    )


def blocks_of(price: Price, bill: Bill, spoken: int) -> Blocks:
    """The seconds of a bill as a bar."""
    billed, first, step = bill.billed, price.first_block, price.increment
    talk = _HUNDRED * spoken / billed
    begins = range(first, billed, step)
    marks = tuple(f"{_HUNDRED * one / billed:.2f}%" for one in begins)
    over = billed - spoken
    said = {"first": first, "step": step, "spoken": spoken, "billed": billed, "over": over}
    if first == step == 1:
        words = _("by the second: %(spoken)s s spoken, all of it billed") % said
    elif over:
        words = (
            _(
                "%(first)s s, then every %(step)s s: %(spoken)s s spoken, %(billed)s s billed, "
                "%(over)s s not spoken"
            )
            % said
        )
    else:
        words = (
            _("%(first)s s, then every %(step)s s: %(spoken)s s spoken, all of it billed") % said
        )
    return Blocks(
        f"{talk:.2f}%",
        f"{_HUNDRED - talk:.2f}%",
        marks if len(marks) < _MOST_BLOCKS else (),
        words,
        _("%(spoken)s seconds spoken, %(billed)s seconds billed") % said,
    )


def _kept(actor: Actor, answer: Answer, at: int) -> Kept | None:
    """What the level at this place keeps; at the end of the ladder, what administrators see come in
    for the platform.
    """
    below = answer.prices[at - 1]
    if at == len(answer.prices):
        if not actor.is_administrator or below.amount is None:
            return None
        words = _("is what the platform is paid, whatever the carrier takes")
        return Kept(exact(below.amount), words, is_loss=False)
    kept = answer.kept_by(at)
    if kept is None:
        return None
    level = answer.prices[at].level
    said = {"account": level.account_id, "share": percent(kept, below.amount)}
    if level.account_pk == actor.account_pk:
        words = _("stays with you, %(share)s of what you are paid")
    else:
        words = _("stays with %(account)s, %(share)s of what it is paid")
    if not said["share"]:
        words = (
            _("stays with you")
            if level.account_pk == actor.account_pk
            else _("stays with %(account)s")
        )
    amount = exact(kept)
    return Kept(f"+{amount}" if kept > 0 else amount, words % said, is_loss=kept < 0)


def _kept_by_reader(actor: Actor, answer: Answer) -> Decimal | None:
    """The margin of the reader's own account; for an administrator that of all levels together."""
    last = len(answer.prices) - 1
    if not last:
        return None
    if not actor.is_administrator:
        return answer.kept_by(last)
    paid, pays = answer.asked.amount, answer.prices[last].amount
    return None if paid is None or pays is None else paid - pays


def _why(one: Rate, asked: LevelPrice, at: datetime, *, wins: bool) -> str:
    if wins:
        return _("the longest that is in effect, since %(since)s") % {
            "since": since_words(one.since)
        }
    if at < one.since:
        return _("from %(since)s on") % {"since": since_words(one.since)}
    zone = asked.level.zone
    if one.period and not one.period.covers(at.astimezone(zone)):
        return _("not at this hour: %(period)s, %(zone)s") % {"period": one.period, "zone": zone}
    if asked.rate and len(one.prefix) == len(asked.rate.prefix):
        return _("another one goes before it at this hour")
    return _("shorter")
