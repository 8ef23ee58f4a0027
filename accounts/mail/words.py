"""Mails as their list shows them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html
from accounts.kit.moments import moment_words
from accounts.mail.kinds import mail_kind, mail_label
from accounts.mail.models import Mail
from accounts.mail.rules import may_try_again
from accounts.portal.lists.cells import badge, link, quiet, time, under
from accounts.portal.lists.columns import VIEWERS, Column

State = Mail.State

_BADGES: dict[str, tuple[str, str]] = {
    State.WAITING: ("clock", ""),
    State.SENDING: ("clock", "info"),
    State.SENT: ("check", "ok"),
    State.SKIPPED: ("half", ""),
    State.GIVEN_UP: ("stop", "danger"),
}

# The form of the page that the buttons of rows belong to, and what they post.
AGAIN_FORM = "mail-again"
AGAIN = "mail"


@dataclass(frozen=True)
class MailRow:
    """A mail, and whether the person who looks may have it tried again."""

    mail: Mail
    can_try_again: bool

    @property
    def is_failing(self) -> bool:
        return self.mail.state == State.WAITING and bool(self.mail.error)


def mail_row(actor: Actor, mail: Mail) -> MailRow:
    return MailRow(mail, may_try_again(actor, mail))


def _state_words(row: MailRow) -> str:
    if row.is_failing:
        return _("Failed, tried again")
    return choice_words(Mail.State, row.mail.state)


def _state(row: MailRow) -> Any:
    icon, colour = ("warn", "warn") if row.is_failing else _BADGES[row.mail.state]
    shown = badge(_state_words(row), colour, icon)
    return format_html("{}{}", shown, under(row.mail.error)) if row.mail.error else shown


def _to(row: MailRow) -> Any:
    login, address = row.mail.login, row.mail.address
    if login is None:
        return address or quiet(_("an address that was typed") if _was_typed(row) else "–")
    name = login.username
    if login.account:
        name = link(reverse("accounts:logins", args=[login.account.account_id]), name)
    address = address or login.email
    return format_html("<span>{}{}</span>", name, under(address) if address else "")


def _address(row: MailRow) -> str:
    """Where it goes as far as the page says it: what somebody typed is emptied once it was sent."""
    mail = row.mail
    return mail.address or (mail.login.email if mail.login else "")


def _was_typed(row: MailRow) -> bool:
    kind = mail_kind(row.mail.kind)
    return bool(kind and kind.find)


def _tried(row: MailRow) -> Any:
    mail = row.mail
    if not mail.tried_at:
        return quiet("–")
    shown = time(mail.tried_at, moment_words(mail.tried_at))
    if not row.is_failing:
        return shown
    words = _("attempt %(count)s, next %(time)s") % {
        "count": mail.attempts,
        "time": moment_words(mail.due_at),
    }
    return format_html("<span>{}{}</span>", shown, under(words))


def _again(row: MailRow) -> Any:
    if not row.can_try_again:
        return ""
    return format_html(
        '<button class="btn btn-quiet btn-sm" type="submit" form="{}" name="{}" value="{}">{}'
        '<span class="visually-hidden">: {}</span></button>',
        AGAIN_FORM,
        AGAIN,
        row.mail.pk,
        _("Try again"),
        mail_label(row.mail.kind),
    )


COLUMNS = (
    Column(
        "mail",
        gettext_lazy("Mail"),
        lambda row: mail_label(row.mail.kind),
        lambda row: mail_label(row.mail.kind),
        css="",
    ),
    Column("to", gettext_lazy("To"), _to, css="", is_labelled=True),
    Column(
        "login",
        gettext_lazy("Login"),
        value=lambda row: row.mail.login.username if row.mail.login else "",
    ),
    Column("address", gettext_lazy("Address"), value=_address),
    Column("state", gettext_lazy("State"), _state, _state_words, css="card-top"),
    Column("answer", gettext_lazy("Answer"), value=lambda row: row.mail.error),
    Column("attempts", gettext_lazy("Attempts"), value=lambda row: row.mail.attempts),
    Column(
        "asked",
        gettext_lazy("Asked for"),
        lambda row: time(row.mail.created_at, moment_words(row.mail.created_at)),
        lambda row: row.mail.created_at,
        css="text-nowrap tnum",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column(
        "tried",
        gettext_lazy("Tried"),
        _tried,
        lambda row: row.mail.tried_at,
        css="tnum",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column(
        "again",
        gettext_lazy("Try again"),
        _again,
        css="",
        is_act=True,
        is_label_hidden=True,
    ),
)
