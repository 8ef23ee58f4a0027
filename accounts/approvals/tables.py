"""Sub-agent requests as their pages show them: prepared for one viewer, without what that viewer
may not know (docs/domain.md 2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.queries import approved_lately
from accounts.audit.words import deeds
from accounts.core.actor import Actor
from accounts.core.authorizations import ALL, Authorization, codes_from, in_order
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.kit.markup import format_html, format_html_join, joined
from accounts.kit.moments import moment_words, until_words
from accounts.portal.lists.cells import badge, link, quiet, status, time, under
from accounts.portal.lists.columns import VIEWERS, Column
from accounts.portal.registry import registry
from accounts.tree.services.moving import WARN_DEPTH

# icon, colour and word of each state.
STATES: dict[str, tuple[str, str, Any]] = {
    "waiting": ("half", "info", gettext_lazy("Waiting")),
    "approved": ("check", "ok", gettext_lazy("Approved")),
    "rejected": ("no", "danger", gettext_lazy("Rejected")),
    "withdrawn": ("undo", "", gettext_lazy("Withdrawn")),
    "void": ("stop", "warn", gettext_lazy("Void")),
}
# From so many new agents in 30 days on it is worth a look.
_MANY = 3


@dataclass(frozen=True)
class Shown:
    """One request. Names are empty where the account lies outside the viewer's hierarchy by now."""

    request: SubAgentRequest
    agent: str
    account: str
    way: tuple[ChainLink, ...]
    hints: tuple[str, ...]
    state: tuple[str, str, Any]
    decided_by: str
    lately: int
    is_new: bool

    @property
    def url(self) -> str:
        return reverse("approval", args=[self.request.pk])

    @property
    def is_waiting(self) -> bool:
        return self.request.status == SubAgentRequest.Status.WAITING

    @property
    def is_move(self) -> bool:
        return self.request.kind == SubAgentRequest.Kind.MOVE

    @property
    def title(self) -> str:
        """What it is called: the account that would become an agent."""
        return self.agent or _("an account outside your hierarchy")

    @property
    def act(self) -> str:
        """What is asked for, in words."""
        name = self.account or _("an account outside your hierarchy")
        if self.is_move:
            return _("Move %(account)s below it") % {"account": name}
        return _("Add %(account)s below it") % {"account": name}

    @property
    def path(self) -> str:
        """The agents above the account, as the viewer may know them."""
        return " › ".join(link.account_id for link in self.way[:-1])

    @property
    def level(self) -> int:
        """The level the account has, counted from the viewer's own root."""
        return len(self.way)

    @property
    def since(self) -> str:
        if timezone.now() - self.request.created_at < timedelta(minutes=1):
            return _("less than a minute")
        return timesince(self.request.created_at, depth=1)

    @property
    def asked(self) -> list[Authorization]:
        return in_order(codes_from(self.request.codes))

    @property
    def granted(self) -> list[Authorization]:
        """What an approved request really gave."""
        return in_order(codes_from(self.request.fields.get("granted", ())))

    @property
    def valid_until(self) -> str:
        """The expiry asked for, in the new account's time zone."""
        until, zone = self.request.fields.get("valid_until"), self.request.fields.get("time_zone")
        return until_words(datetime.fromisoformat(until), ZoneInfo(zone)) if until else ""

    @property
    def numbers(self) -> str:
        """What is asked for, in short."""
        return ", ".join(str(code.number) for code in self.asked) or _("none")


def held(actor: Actor, request: SubAgentRequest) -> list[tuple[Any, str]]:
    """What packages keep of the account that is asked for: what it is called, and as the viewer may
    read it.
    """
    return [
        (deeds.label(name), read(actor, [value])(value))
        for terms in registry.audit_terms
        for name, read in terms.known.items()
        if (value := request.fields.get(name))
    ]


def shown(actor: Actor, requests: Sequence[SubAgentRequest]) -> list[Shown]:
    """The requests for this viewer; the number of queries does not depend on how many they are."""
    pks = {one.agent_id for one in requests} | {
        one.target_id for one in requests if one.target_id is not None
    }
    ways = chains(pks)
    lately: dict[int, int] = {}
    if actor.is_administrator:
        lately = approved_lately({one.requester_account_id for one in requests})
    return [_shown(actor, one, ways, lately.get(one.requester_account_id, 0)) for one in requests]


def _shown(
    actor: Actor, one: SubAgentRequest, ways: dict[int, tuple[ChainLink, ...]], lately: int
) -> Shown:
    way = actor.visible_part(ways.get(one.agent_id, ()))

    def known(account: Account | None) -> str:
        if account is None or not actor.visible_part(ways.get(account.pk, ())):
            return ""
        return account.account_id

    is_own = actor.account_pk == one.requester_account_id
    is_decided = one.status != SubAgentRequest.Status.WAITING
    return Shown(
        request=one,
        agent=known(one.agent),
        account=known(one.target) if one.target else one.fields["account_id"],
        way=way,
        hints=tuple(_hints(one, way, lately)) if actor.is_administrator and not is_decided else (),
        state=STATES[one.status],
        decided_by=_decider(actor, one),
        lately=lately,
        is_new=is_own and is_decided and one.seen_at is None,
    )


def _decider(actor: Actor, one: SubAgentRequest) -> str:
    """Who decided: levels above the viewer have no names."""
    if not one.decided_by_name:
        return ""
    withdrawn = one.status == SubAgentRequest.Status.WITHDRAWN
    return one.decided_by_name if actor.is_administrator or withdrawn else _("Administrator")


def _hints(one: SubAgentRequest, way: Sequence[ChainLink], lately: int) -> Iterable[str]:
    """What an administrator should look at before deciding."""
    depth = len(way)
    if depth > WARN_DEPTH:
        yield _(
            "%(depth)s agents above the account; more than %(warn)s is hard to keep in view"
        ) % {
            "depth": depth,
            "warn": WARN_DEPTH,
        }
    if codes_from(one.codes) == ALL:
        yield _("asks for all eight authorizations")
    elif Authorization.MANAGE_ACCOUNT in one.codes:
        yield _("could make agents of its own")
    if lately >= _MANY:
        yield ngettext(
            "%(count)s agent approved for %(account)s in 30 days",
            "%(count)s agents approved for %(account)s in 30 days",
            lately,
        ) % {"count": lately, "account": one.requester_account.account_id}


def columns_of(actor: Actor, *, is_decided: bool) -> list[Column]:
    """The columns of the queue, or of what was decided."""
    if is_decided:
        return [_TITLE, _ACT, _DECISION, _REASON, _ASKED_BY, *_OF_FILES]
    own = [_TITLE, _ACT, _ASKED_BY, _CODES, _SINCE]
    return [*own, *([_HINTS, _DECIDE] if actor.is_administrator else []), *_OF_FILES]


def _title(row: Shown) -> Any:
    parts: list[Any] = [link(row.url, row.title)]
    if row.is_new:
        parts += [" ", badge(_("new"), "info")]
    if row.way:
        words = _("level %(level)s") % {"level": row.level}
        parts.append(under(f"{words}, {row.path}" if row.path else words))
    return joined(parts)


def _act(row: Shown) -> Any:
    if not row.request.reason or not row.is_waiting:
        return row.act
    return joined([row.act, under(f"“{row.request.reason}”")])


def _decision(row: Shown) -> Any:
    symbol, colour, word = row.state
    at = row.request.decided_at
    if at is None:
        return badge(word, colour, symbol)
    when = format_html(
        '<time class="text-nowrap" datetime="{}">{}</time>',
        at.isoformat(),
        moment_words(at),
    )
    who = f"{row.decided_by}, " if row.decided_by else ""
    return format_html("<span>{}{}</span>", badge(word, colour, symbol), under(joined([who, when])))


def _asked_by(row: Shown) -> Any:
    one = row.request
    account = under(one.requester_account.account_id)
    return format_html("<span>{}{}</span>", one.requester_name, account)


def _hinted(row: Shown) -> Any:
    if not row.hints:
        return quiet("–")
    hints = ((status("warn", "warn", hint),) for hint in row.hints)
    return format_html_join(mark_safe("<br>"), "{}", hints)


def _decide(row: Shown) -> Any:
    def button(deed: str, words: str, key: str) -> Any:
        return format_html(
            '<a class="btn btn-quiet btn-sm" href="{}?deed={}" data-key="{}">{}'
            '<span class="visually-hidden"> {}</span></a>',
            row.url,
            deed,
            key,
            words,
            row.title,
        )

    return joined([button("approve", _("Approve…"), "a"), " ", button("reject", _("Reject…"), "r")])


_TITLE = Column("title", gettext_lazy("Would become an agent"), _title, css="")
_ACT = Column("act", gettext_lazy("Request"), _act, css="card-wide")
_DECISION = Column(
    "decision", gettext_lazy("Decision"), _decision, css="", is_labelled=True, zone=VIEWERS
)
_REASON = Column(
    "reason",
    gettext_lazy("Reason"),
    lambda row: row.request.decision_reason or "–",
    css="card-wide",
)
_ASKED_BY = Column(
    "asked_by", gettext_lazy("Asked by"), _asked_by, css="text-nowrap", is_labelled=True
)
_CODES = Column(
    "codes",
    gettext_lazy("Authorizations"),
    lambda row: "–" if row.is_move else row.numbers,
    css="",
    is_labelled=True,
)
_SINCE = Column(
    "since",
    gettext_lazy("Waiting"),
    lambda row: time(row.request.created_at, row.since),
    css="",
    is_labelled=True,
)
_HINTS = Column(
    "hints",
    gettext_lazy("Look at"),
    _hinted,
    css=lambda row: "card-wide" if row.hints else "card-skip",
)
_DECIDE = Column(
    "decide",
    gettext_lazy("Decide"),
    _decide,
    css="card-wide text-nowrap",
    is_label_hidden=True,
    is_act=True,
)
# A file says the same in whole, whichever of them are listed.
_OF_FILES = (
    Column("account", gettext_lazy("Would become an agent"), value=lambda row: row.title),
    Column("wanted", gettext_lazy("Request"), value=lambda row: row.act),
    Column(
        "numbers",
        gettext_lazy("Authorizations"),
        value=lambda row: "" if row.is_move else row.numbers,
    ),
    Column("why", gettext_lazy("Why"), value=lambda row: row.request.reason),
    Column("who", gettext_lazy("Asked by"), value=lambda row: row.request.requester_name),
    Column(
        "asker",
        gettext_lazy("Account of who asked"),
        value=lambda row: row.request.requester_account.account_id,
    ),
    Column(
        "asked",
        gettext_lazy("Asked"),
        value=lambda row: row.request.created_at,
        zone=VIEWERS,
    ),
    Column("state", gettext_lazy("State"), value=lambda row: row.state[2]),
    Column("decider", gettext_lazy("Decided by"), value=lambda row: row.decided_by),
    Column(
        "decided",
        gettext_lazy("Decided"),
        value=lambda row: row.request.decided_at,
        zone=VIEWERS,
    ),
    Column("answer", gettext_lazy("Reason"), value=lambda row: row.request.decision_reason),
)
