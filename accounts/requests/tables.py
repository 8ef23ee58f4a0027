"""Requests for authorizations as their pages show them, without what the viewer may not know."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.above import keys_above, unnamed
from accounts.core.actor import SYSTEM, Actor
from accounts.core.authorizations import Authorization, Risk
from accounts.kit.markup import format_html
from accounts.kit.moments import moment_words
from accounts.portal.lists.cells import badge, link, time, under
from accounts.portal.lists.columns import VIEWERS, Column
from accounts.requests.models import AuthorizationRequest

# icon, colour and word of each state.
STATES: dict[str, tuple[str, str, Any]] = {
    "waiting": ("half", "info", gettext_lazy("Waiting")),
    "granted": ("check", "ok", gettext_lazy("Granted")),
    "refused": ("no", "danger", gettext_lazy("Refused")),
    "withdrawn": ("undo", "", gettext_lazy("Withdrawn")),
    "void": ("stop", "warn", gettext_lazy("Void")),
}


@dataclass(frozen=True)
class Asked:
    """One request for its viewer. `answer` is "" for who may not read it. `may_decide`: it could
    grant it.
    """

    request: Any
    decided_by: str
    answer: str
    is_own: bool
    may_decide: bool

    @property
    def code(self) -> Authorization:
        return Authorization(self.request.code)

    @property
    def account_id(self) -> str:
        return str(self.request.account.account_id)

    @property
    def url(self) -> str:
        return reverse("authorization-request", args=[self.request.pk])

    @property
    def is_waiting(self) -> bool:
        return bool(self.request.status == AuthorizationRequest.Status.WAITING)

    @property
    def is_high(self) -> bool:
        return self.code.risk is Risk.HIGH

    @property
    def state(self) -> tuple[str, str, Any]:
        return STATES[self.request.status]

    @property
    def title(self) -> str:
        return f"{self.code.number} {self.code.label}"


def asked(actor: Actor, one: Any) -> Asked:
    """The request as the actor may know it; a row of `asked_of`. No query."""
    own = actor.account_pk is not None and one.account_id == actor.account_pk
    return Asked(
        request=one,
        decided_by=_decider(actor, one),
        answer=one.answer if own or _may_read(actor, one) else "",
        is_own=own,
        may_decide=not own and _could_grant(actor, Authorization(one.code)),
    )


def _could_grant(actor: Actor, code: Authorization) -> bool:
    if actor.read_only:
        return False
    return actor.is_administrator or {Authorization.MANAGE_ACCOUNT, code} <= actor.effective


def _decider(actor: Actor, one: Any) -> str:
    """Who decided: levels above the viewer have no names, and those a moved account had above it
    before.
    """
    if not one.decided_by_name:
        return ""
    if actor.is_administrator or one.may_name:
        return str(one.decided_by_name)
    if _is_of_platform(one):
        return _("Administrator")
    login = one.decided_by
    return unnamed(actor, login.account_id) if login else _("a former login")


def _may_read(actor: Actor, one: Any) -> bool:
    """Whether somebody else than the account that asked may read the answer: not where an agent
    gave it that the account had before it was moved.
    """
    if actor.is_administrator or one.may_name or not one.decided_by_name or _is_of_platform(one):
        return True
    return bool(one.decided_by and one.decided_by.account_id in keys_above(actor))


def _is_of_platform(one: Any) -> bool:
    """Whether platform staff decided, or a command."""
    login = one.decided_by
    return one.decided_by_name == SYSTEM.login if login is None else login.account_id is None


def _account(row: Asked) -> Any:
    return link(row.url, row.account_id)


def _wanted(row: Asked) -> Any:
    risk = badge(_("High risk"), "danger", "stop") if row.is_high else ""
    return format_html("{} {}{}", row.title, risk, under(f"“{row.request.reason}”"))


def _asked_by(row: Asked) -> Any:
    at = row.request.created_at
    return format_html(
        "<span>{}{}</span>", row.request.requester_name, under(time(at, moment_words(at)))
    )


def _decision(row: Asked) -> Any:
    symbol, colour, word = row.state
    at = row.request.decided_at
    when = time(at, moment_words(at)) if at else ""
    who = f"{row.decided_by}, " if row.decided_by else ""
    said = under(f"“{row.answer}”") if row.answer else ""
    return format_html(
        "<span>{}{}{}</span>",
        badge(word, colour, symbol),
        under(format_html("{}{}", who, when)),
        said,
    )


def _decide(row: Asked) -> Any:
    def button(deed: str, words: str) -> Any:
        return format_html(
            '<a class="btn btn-quiet btn-sm" href="{}?deed={}">{}'
            '<span class="visually-hidden"> {} {}</span></a> ',
            row.url,
            deed,
            words,
            row.account_id,
            row.title,
        )

    if row.may_decide:
        return format_html("{}{}", button("grant", _("Grant…")), button("refuse", _("Refuse…")))
    return button("withdraw", _("Withdraw…")) if row.is_own else ""


_ACCOUNT = Column("account", gettext_lazy("Account ID"), _account, css="", is_lead=True)
_WANTED = Column("wanted", gettext_lazy("Asks for"), _wanted, css="card-wide wrap")
_BY = Column("by", gettext_lazy("Asked by"), _asked_by, css="", is_labelled=True, zone=VIEWERS)
_DECISION = Column(
    "decision", gettext_lazy("Answer"), _decision, css="", is_labelled=True, zone=VIEWERS
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
    Column("account_id", gettext_lazy("Account ID"), value=lambda row: row.account_id),
    Column("authorization", gettext_lazy("Asks for"), value=lambda row: row.title),
    Column("why", gettext_lazy("Why"), value=lambda row: row.request.reason),
    Column("who", gettext_lazy("Asked by"), value=lambda row: row.request.requester_name),
    Column("asked", gettext_lazy("Asked"), value=lambda row: row.request.created_at, zone=VIEWERS),
    Column("state", gettext_lazy("State"), value=lambda row: row.state[2]),
    Column("decider", gettext_lazy("Answered by"), value=lambda row: row.decided_by),
    Column(
        "answered",
        gettext_lazy("Answered"),
        value=lambda row: row.request.decided_at,
        zone=VIEWERS,
    ),
    Column("answer", gettext_lazy("Answer"), value=lambda row: row.answer),
)
WAITING_COLUMNS = (_ACCOUNT, _WANTED, _BY, _DECIDE, *_OF_FILES)
ANSWERED_COLUMNS = (_ACCOUNT, _WANTED, _BY, _DECISION, *_OF_FILES)
