"""Running calls as lists show them, prepared for one reader and one moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.kit.addresses import object_address
from accounts.kit.markup import format_html, joined
from accounts.kit.pagination import BY_KEY
from accounts.portal.lists.cells import link, on_card, quiet, under
from accounts.portal.lists.columns import VIEWERS, Column
from billing.holds.metering import Course, End, Left, left_for
from billing.holds.models import Hold, RunningCall
from billing.holds.queries import agents_of, course_of, holds_seen
from billing.rates.figures import exact, length_words


def cut_url(call: RunningCall) -> str:
    return object_address("billing:running-call-cut", RunningCall.key_kind, call.pk)


@dataclass(frozen=True)
class RunningRow:
    """A call, what its account and the reader's own hold for it (None: nothing is known of it), and
    the moment it is told for.
    """

    call: RunningCall
    first: Hold | None
    mine: Hold | None
    agent: str
    now: datetime

    @property
    def course(self) -> Course:
        return course_of(self.call)

    @property
    def left(self) -> Left | None:
        """For how long its own account can let it go on; None for one that is over."""
        if self.call.ended_at is not None or self.first is None:
            return None
        available = self.call.account.wallet.available
        return left_for(self.course, self.first.prices, self.first.amount, available, self.now)

    @property
    def may_be_cut(self) -> bool:
        return self.call.ended_at is None and self.call.cut_at is None


def running_rows(actor: Actor, calls: Sequence[RunningCall], now: datetime) -> list[RunningRow]:
    """Calls that came with their accounts, these with wallets and agents. One query."""
    holds = holds_seen(actor, calls)
    agents = agents_of(actor, calls)
    own = actor.account_pk or 0
    return [
        RunningRow(
            call,
            holds.get((call.pk, call.account_id)),
            holds.get((call.pk, own)),
            agents.get(call.account_id, ""),
            now,
        )
        for call in calls
    ]


def state_words(row: RunningRow) -> str:
    """What is to be said of a call beside for how long it is up."""
    call = row.call
    if call.is_lost:
        return _("lost: no record came")
    if call.ended_at is not None:
        return _("over, its record is awaited")
    if call.cut_at is not None:
        return _("cut")
    return "" if call.answered_at else _("ringing")


def _up(row: RunningRow) -> Any:
    course = row.course
    seconds = course.talked(row.now) if row.call.answered_at else course.rings(row.now)
    words = state_words(row)
    length = format_html('<span class="tnum">{}</span>', length_words(seconds))
    return joined([length, under(words)]) if words else length


def _account(row: RunningRow) -> Any:
    account = row.call.account
    name = link(account.get_absolute_url(), account.account_id, "quiet-link nowrap")
    return joined([name, under(row.agent)]) if row.agent else name


def _called(row: RunningRow) -> Any:
    number = format_html('<span class="mono">{}</span>', row.call.number)
    return joined([number, under(row.call.destination)]) if row.call.destination else number


def _so_far(row: RunningRow, hold: Hold | None) -> Any:
    if hold is None:
        return quiet("–")
    amount = row.course.so_far(hold.prices, row.now)
    return exact(amount) if amount else quiet("0.00")


def _hold(row: RunningRow) -> Any:
    """What is used of what is held, as a bar."""
    first = row.first
    if first is None or not first.amount:
        return quiet(_("nothing held"))
    used = row.course.so_far(first.prices, row.now)
    percent = min(int(used * 100 / first.amount), 100)
    left = row.left
    colour = "" if left is None or not left.is_soon else "danger" if left.seconds < 60 else "warn"
    words = _("held %(amount)s") % {"amount": exact(first.amount)}
    label = _("%(percent)s %% of it used") % {"percent": percent}
    return format_html(
        '<span class="bar-cell"><span class="muted small tnum">{}</span><svg class="bar" role="img"'
        ' aria-label="{}"><rect class="{}" width="{}%" height="100%"/></svg></span>',
        words,
        label,
        colour,
        percent,
    )


def end_words(end: End) -> str:
    return {
        End.CUT: _("it is cut"),
        End.BALANCE: _("its balance ends"),
        End.PLATFORM: _("platform limit"),
    }[end]


def _left(row: RunningRow) -> Any:
    left = row.left
    if left is None:
        return quiet("–")
    if left.end is End.CUT:
        return end_words(left.end)
    length = length_words(left.seconds)
    if not left.is_soon:
        return length
    colour = "danger" if left.seconds < 60 else "warn"
    words = format_html('<span class="{} fw-semibold">{}</span>', colour, length)
    return joined([words, under(end_words(left.end))])


def cut_button(row: RunningRow) -> Any:
    """Where a call is cut; nothing for one that is over."""
    if not row.may_be_cut:
        return ""
    said = {"account": row.call.account.account_id, "number": row.call.number}
    return format_html(
        '<a class="btn btn-quiet btn-sm danger" id="cut-{}" href="{}" aria-label="{}">{}</a>',
        row.call.key,
        cut_url(row.call),
        _("Cut… the call of %(account)s to %(number)s") % said,
        _("Cut…"),
    )


def _money(name: str, label: Any, card: Any, hold: Callable[[RunningRow], Hold | None]) -> Column:
    return Column(
        name,
        label,
        lambda row: on_card(card, _so_far(row, hold(row))),
        is_number=True,
        css="card-right nowrap",
    )


_UP = Column("up", gettext_lazy("Up"), _up, sort=BY_KEY, css="nowrap", is_lead=True)
_ACCOUNT = Column("account", gettext_lazy("Account"), _account, css="card-left", only_all=True)
_FROM = Column(
    "caller",
    gettext_lazy("From"),
    lambda row: format_html('<span class="mono">{}</span>', row.call.caller or "–"),
    css="card-skip",
    is_roomy=True,
)
_TO = Column("called", gettext_lazy("To"), _called, css="card-wide")
_VIA = Column(
    "via",
    gettext_lazy("Via"),
    lambda row: row.call.routing_gateway or quiet("–"),
    css="card-left nowrap",
)
_PRICE = _money("price", gettext_lazy("So far"), gettext_lazy("so far"), lambda row: row.first)
_MINE = _money("mine", gettext_lazy("You pay"), gettext_lazy("you pay"), lambda row: row.mine)
_HOLD = Column("hold", gettext_lazy("Hold"), _hold, css="card-wide")
_LEFT = Column(
    "left",
    gettext_lazy("Can talk for"),
    lambda row: on_card(gettext_lazy("can talk for"), _left(row)),
    is_number=True,
    css="card-right tnum",
)
OF_ADMINISTRATORS = (_UP, _ACCOUNT, _FROM, _TO, _VIA, _PRICE, _HOLD, _LEFT)
OF_AGENTS = (_UP, _ACCOUNT, _FROM, _TO, _PRICE, _MINE, _HOLD, _LEFT)
OF_CUSTOMERS = (_UP, _FROM, _TO, _PRICE, _HOLD, _LEFT)


def _told(name: str, label: Any, value: Callable[[RunningRow], Any], **more: Any) -> Column:
    """A column of files alone."""
    return Column(f"file_{name}", label, value=value, **more)


def _cost(row: RunningRow, hold: Hold | None) -> Decimal | None:
    return None if hold is None else row.course.so_far(hold.prices, row.now)


_LET_THROUGH = _told(
    "since", gettext_lazy("Since"), lambda row: row.call.authorized_at, zone=VIEWERS
)
_ANSWERED = _told("answer", gettext_lazy("Answer"), lambda row: row.call.answered_at, zone=VIEWERS)
_TALKED = _told("talked", gettext_lazy("Spoken, seconds"), lambda row: row.course.talked(row.now))
_STATE = _told("state", gettext_lazy("State"), lambda row: state_words(row) or _("answered"))
_WHOSE = _told("account", gettext_lazy("Account"), lambda row: row.call.account.account_id)
_AGENT = _told("agent", gettext_lazy("Agent"), lambda row: row.agent)
_CALLER = _told("caller", gettext_lazy("From"), lambda row: row.call.caller)
_NUMBER = _told("number", gettext_lazy("To"), lambda row: row.call.number)
_DESTINATION = _told("destination", gettext_lazy("Destination"), lambda row: row.call.destination)
_CARRIER = _told("via", gettext_lazy("Via"), lambda row: row.call.routing_gateway)
_SWITCH = _told("switch", gettext_lazy("Switch"), lambda row: row.call.source)
_CALL_ID = _told("call_id", gettext_lazy("Call ID"), lambda row: row.call.call_id)
_COSTS = _told("price", gettext_lazy("So far"), lambda row: _cost(row, row.first))
_COSTS_ME = _told("mine", gettext_lazy("You pay"), lambda row: _cost(row, row.mine))
_HELD = _told("held", gettext_lazy("Held"), lambda row: row.first.amount if row.first else None)
_LASTS = _told(
    "left",
    gettext_lazy("Can talk for, seconds"),
    lambda row: row.left.seconds if row.left else None,
)
_ABOUT = (_LET_THROUGH, _ANSWERED, _TALKED, _STATE)
FILE_OF_ADMINISTRATORS = (
    *_ABOUT, _WHOSE, _AGENT, _CALLER, _NUMBER, _DESTINATION, _CARRIER, _COSTS, _HELD, _LASTS,
    _SWITCH, _CALL_ID,
)  # fmt: skip
FILE_OF_AGENTS = (
    *_ABOUT, _WHOSE, _AGENT, _CALLER, _NUMBER, _DESTINATION, _COSTS, _COSTS_ME, _HELD, _LASTS,
    _CALL_ID,
)  # fmt: skip
FILE_OF_CUSTOMERS = (
    *_ABOUT, _CALLER, _NUMBER, _DESTINATION, _COSTS, _HELD, _LASTS, _CALL_ID,
)  # fmt: skip


def list_url(**filters: str) -> str:
    """The list of running calls, narrowed."""
    url = reverse("billing:running-calls")
    return f"{url}?{urlencode(filters)}" if filters else url
