"""Calls as lists and files show them, prepared for one reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.above import former_agent
from accounts.core.actor import Actor
from accounts.kit.addresses import object_address
from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html, joined
from accounts.kit.moments import second_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import icon, link, on_card, quiet, status, under
from accounts.portal.lists.columns import VIEWERS, Column
from billing.calls.causes import Outcome, cause_words, outcome_of
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.charging.queries.costs import Seen
from billing.rates.figures import exact, length_words

BY_SETUP = SortKey(F("setup"), datetime)
_ICONS = {
    Outcome.ANSWERED: ("ok", "ok"),
    Outcome.NO_ANSWER: ("ring", "muted"),
    Outcome.CANCELLED: ("ring", "muted"),
    Outcome.BUSY: ("ring", "muted"),
    Outcome.UNKNOWN: ("no", "danger"),
    Outcome.FAILED: ("no", "danger"),
}


def call_url(leg: Leg) -> str:
    return object_address("billing:call", Leg.key_kind, leg.pk)


@dataclass(frozen=True)
class CallRow:
    """A call and who reads it."""

    seen: Seen
    actor: Actor

    @property
    def leg(self) -> Leg:
        return self.seen.leg

    @property
    def is_former(self) -> bool:
        """Whether its account moved away: only what the reader paid is told."""
        return self.seen.account is None

    @property
    def charge(self) -> Charge | None:
        """By which destination and billed seconds are told."""
        return self.seen.first or self.seen.mine

    @property
    def account(self) -> str:
        return self.seen.account.account_id if self.seen.account else _("former sub-account")

    @property
    def agent(self) -> str:
        """The agent of the account, as far as the reader may know it; "" where it is the reader, or
        one that stands above.
        """
        agent = self.seen.agent_pk
        if agent is None or agent == self.actor.account_pk:
            return ""
        if self.seen.agent is not None:
            return self.seen.agent.account_id
        is_own = self.seen.leg.account_id == self.actor.account_pk
        return "" if is_own else former_agent()

    @property
    def caller(self) -> str:
        return "" if self.is_former else self.leg.caller

    @property
    def called(self) -> str:
        """The number called; of a former sub-account what the charge says of it."""
        if not self.is_former:
            return self.leg.number or self.leg.callee
        return f"{self.charge.prefix}…" if self.charge else ""

    @property
    def destination(self) -> str:
        return self.charge.destination if self.charge else ""

    @property
    def billed(self) -> int:
        return self.charge.billed if self.charge else 0

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.leg.answer is not None, self.leg.cause)

    @property
    def cause(self) -> str:
        """The cause as it came, with what it means; for administrators."""
        words = cause_words(self.leg.cause)
        return f"{self.leg.cause}: {words}" if words else self.leg.cause

    @property
    def is_locked(self) -> bool:
        """Whether it was called although a level had locked it that the reader may know of."""
        if self.actor.is_administrator:
            return self.leg.was_locked
        return any(one.was_locked for one in self.seen.charges)

    def amount(self, charge: Charge | None) -> Decimal | None:
        """What a charge comes to; nothing where the call cost nothing, None where it is not
        known.
        """
        if charge is not None:
            return charge.amount
        return None if self.leg.duration else Decimal(0)


def call_rows(actor: Actor, found: Sequence[Seen]) -> list[CallRow]:
    return [CallRow(one, actor) for one in found]


def first_amount(row: CallRow) -> Decimal | None:
    return None if row.is_former else row.amount(row.seen.first)


def _mine(row: CallRow) -> Decimal | None:
    return row.amount(row.seen.mine)


def _cost(row: CallRow) -> Decimal | None:
    return row.amount(row.seen.cost) if row.leg.carrier_id or row.seen.cost else None


def _money(amount: Decimal | None) -> Any:
    return exact(amount) if amount else quiet("–" if amount is None else "0.00")


def _account(row: CallRow) -> Any:
    if row.seen.account is None:
        return quiet(row.account)
    name = link(row.seen.account.get_absolute_url(), row.account, "quiet-link nowrap")
    return joined([name, under(row.agent)]) if row.agent else name


def _called(row: CallRow) -> Any:
    number = format_html('<span class="mono">{}</span>', row.called)
    notes = [row.destination] if row.destination else []
    if row.is_locked:
        notes.append(_("locked"))
    if not notes:
        return number
    flag = joined([" ", icon("lock", "warn")]) if row.is_locked else ""
    return joined([number, flag, under(" · ".join(notes))])


def _result(row: CallRow) -> Any:
    symbol, colour = _ICONS[row.outcome]
    words = status(symbol, colour, choice_words(Outcome, row.outcome))
    if row.actor.is_administrator and row.outcome is Outcome.FAILED and row.leg.cause:
        return joined([words, under(row.cause)])
    return words


def result_icon(row: CallRow) -> SafeString:
    """Whether it was answered, as a sign; the words stand beside it."""
    return icon(*_ICONS[row.outcome])


def _length(row: CallRow) -> Any:
    length = length_words(row.leg.duration)
    if not row.billed or row.billed == row.leg.duration:
        return length
    return joined([length, under(_("%(seconds)s s billed") % {"seconds": f"{row.billed:,}"})])


def _margin(row: CallRow) -> Any:
    margin = row.seen.margin
    if margin is None:
        return quiet("–")
    if margin < 0:
        return format_html('<span class="text-risk">{}</span>', exact(margin))
    return f"+{exact(margin)}" if margin else exact(margin)


def _of_file(name: str, label: Any, value: Callable[[CallRow], Any], *, zone: str = "") -> Column:
    return Column(f"file_{name}", label, value=value, zone=zone)


def _in_currency(label: Any) -> Any:
    return format_lazy("{}, {}", label, settings.CURRENCY)


_SETUP = Column(
    "setup",
    gettext_lazy("Set up"),
    lambda row: link(call_url(row.leg), second_words(row.leg.setup), "tnum"),
    sort=BY_SETUP,
    css="nowrap",
    zone=VIEWERS,
    is_lead=True,
)
_ACCOUNT = Column("account", gettext_lazy("Account"), _account, css="card-left", only_all=True)
_CALLER = Column(
    "caller",
    gettext_lazy("Caller"),
    lambda row: format_html('<span class="mono">{}</span>', row.caller) if row.caller else "–",
    css="card-skip",
)
# Where money takes the room.
_CALLER_BESIDE_MONEY = replace(_CALLER, is_roomy=True)
_CALL = (
    Column("called", gettext_lazy("Called"), _called, css="card-wide"),
    Column("result", gettext_lazy("Result"), _result, css="card-left"),
    Column("length", gettext_lazy("Length"), _length, is_number=True, css="card-right nowrap"),
    Column(
        "charged",
        gettext_lazy("Charged"),
        lambda row: _money(first_amount(row)),
        is_number=True,
        css="card-top nowrap",
    ),
)
_VIA = Column(
    "via",
    gettext_lazy("Via"),
    lambda row: row.leg.routing_gateway or "–",
    css="card-skip nowrap",
    is_roomy=True,
)


def _money_column(name: str, label: Any, money: Callable[[CallRow], Any], card: Any) -> Column:
    return Column(
        name,
        label,
        lambda row: on_card(card, money(row)),
        is_number=True,
        css="card-right nowrap",
    )


_MARGIN = _money_column("margin", gettext_lazy("Margin"), _margin, gettext_lazy("margin"))
_PAYS = _money_column(
    "mine", gettext_lazy("You pay"), lambda row: _money(_mine(row)), gettext_lazy("you pay")
)
_COST = _money_column(
    "cost", gettext_lazy("Cost"), lambda row: _money(_cost(row)), gettext_lazy("cost")
)


def _quiet_text(name: str, label: Any, text: Callable[[CallRow], Any], **more: Any) -> Column:
    return Column(name, label, lambda row: text(row) or quiet("–"), **more)


# Who chooses them has them; no list begins with them.
_ANSWER = _quiet_text(
    "answer",
    gettext_lazy("Answered"),
    lambda row: row.leg.answer and second_words(row.leg.answer),
    css="card-skip nowrap",
    zone=VIEWERS,
)
_END = _quiet_text(
    "end",
    gettext_lazy("Ended"),
    lambda row: second_words(row.leg.end),
    css="card-skip nowrap",
    zone=VIEWERS,
)
_AGENT = _quiet_text("agent", gettext_lazy("Agent"), lambda row: row.agent, only_all=True)
_DESTINATION = _quiet_text("destination", gettext_lazy("Destination"), lambda row: row.destination)
_BILLED = Column(
    "billed", gettext_lazy("Billed seconds"), lambda row: f"{row.billed:,}", is_number=True
)
_GATEWAY = _quiet_text(
    "gateway",
    gettext_lazy("Gateway it came in by"),
    lambda row: "" if row.is_former else row.leg.gateway,
    css="card-skip nowrap",
)
_CALL_ID = _quiet_text(
    "call_id", gettext_lazy("Call ID"), lambda row: "" if row.is_former else row.leg.call_id
)
_CAUSE = _quiet_text("cause", gettext_lazy("Cause"), lambda row: row.cause)
_SOURCE = _quiet_text("source", gettext_lazy("Source"), lambda row: row.leg.source)
_MORE = (_ANSWER, _END, _DESTINATION, _BILLED, _GATEWAY, _CALL_ID)
ON_REQUEST = frozenset(one.name for one in (*_MORE, _AGENT, _CAUSE, _SOURCE))
_FILE = (
    _of_file("setup", gettext_lazy("Set up"), lambda row: row.leg.setup, zone=VIEWERS),
    _of_file("answer", gettext_lazy("Answered"), lambda row: row.leg.answer, zone=VIEWERS),
    _of_file("end", gettext_lazy("Ended"), lambda row: row.leg.end, zone=VIEWERS),
    _of_file("account", gettext_lazy("Account ID"), lambda row: row.account),
    _of_file("agent", gettext_lazy("Agent"), lambda row: row.agent),
    _of_file("caller", gettext_lazy("Caller"), lambda row: row.caller),
    _of_file("called", gettext_lazy("Called"), lambda row: row.called),
    _of_file("destination", gettext_lazy("Destination"), lambda row: row.destination),
    _of_file("duration", gettext_lazy("Duration, seconds"), lambda row: row.leg.duration),
    _of_file("billed", gettext_lazy("Billed seconds"), lambda row: row.billed),
    _of_file("charged", _in_currency(gettext_lazy("Charged")), first_amount),
)
_FILE_END = (
    _of_file("result", gettext_lazy("Result"), lambda row: choice_words(Outcome, row.outcome)),
    _of_file("locked", gettext_lazy("Locked"), lambda row: _("yes") if row.is_locked else ""),
    _of_file(
        "call_id", gettext_lazy("Call ID"), lambda row: "" if row.is_former else row.leg.call_id
    ),
    _of_file("leg", gettext_lazy("Leg"), lambda row: "" if row.is_former else row.leg.leg),
    _of_file(
        "gateway",
        gettext_lazy("Gateway it came in by"),
        lambda row: "" if row.is_former else row.leg.gateway,
    ),
)
_FILE_MARGIN = _of_file("margin", _in_currency(gettext_lazy("Margin")), lambda row: row.seen.margin)
OF_ADMINISTRATORS = (
    _SETUP, _ACCOUNT, _CALLER_BESIDE_MONEY, *_CALL, _COST, _MARGIN, _VIA,
    *_MORE, _AGENT, _CAUSE, _SOURCE, *_FILE,
    _of_file("mine", _in_currency(gettext_lazy("Root pays")), _mine),
    _of_file("cost", _in_currency(gettext_lazy("Cost")), _cost),
    _FILE_MARGIN,
    *_FILE_END,
    _of_file("via", gettext_lazy("Routing gateway"), lambda row: row.leg.routing_gateway),
    _of_file("cause", gettext_lazy("Cause"), lambda row: row.leg.cause),
    _of_file("source", gettext_lazy("Source"), lambda row: row.leg.source),
)  # fmt: skip
OF_AGENTS = (
    _SETUP, _ACCOUNT, _CALLER_BESIDE_MONEY, *_CALL, _PAYS, _MARGIN, *_MORE, _AGENT,
    *_FILE, _of_file("mine", _in_currency(gettext_lazy("You pay")), _mine), _FILE_MARGIN,
    *_FILE_END,
)  # fmt: skip
OF_CUSTOMERS = (_SETUP, _CALLER, *_CALL, *_MORE, *_FILE, *_FILE_END)
