"""Grants as the review shows them and its file holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.above import unnamed
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Risk
from accounts.core.querysets import ChainLink
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html, joined
from accounts.kit.moments import day_of_words
from accounts.portal.lists.cells import badge, link, quiet, under
from accounts.portal.lists.columns import VIEWERS, Column


@dataclass(frozen=True)
class ReviewRow:
    """One grant as its viewer may know it. `way` are the visible agents above its account."""

    actor: Actor
    grant: Any
    way: Sequence[ChainLink] = ()

    @property
    def code(self) -> Authorization:
        return Authorization(self.grant.code)

    @property
    def account_id(self) -> str:
        return str(self.grant.content_object.account_id)

    @property
    def by(self) -> str:
        return _who(self.actor, self.grant.granted_by, self.grant.may_name)

    @property
    def reason(self) -> str:
        may_read = self.actor.is_administrator or self.grant.may_name
        return self.grant.reason if may_read else ""

    @property
    def reviewed_by(self) -> str:
        if not self.grant.reviewed_at:
            return ""
        return _who(self.actor, self.grant.reviewed_by, self.grant.may_name_reviewer)

    @property
    def note(self) -> str:
        may_read = self.actor.is_administrator or self.grant.may_name_reviewer
        return self.grant.review_note if may_read else ""


def _who(actor: Actor, login: Any, may_name: bool) -> str:
    """Who granted or reviewed, as the viewer may know it."""
    if actor.is_administrator:
        return login.username if login else _("a command of the platform")
    if may_name and login:
        return str(login.username)
    if login is None or login.account_id is None:
        return _("Administrator")
    return unnamed(actor, login.account_id)


def _select(row: ReviewRow) -> Any:
    return format_html(
        '<input class="form-check-input" type="checkbox" name="grant" value="{}" aria-label="{}">',
        row.grant.key,
        f"{row.account_id}: {row.code.label}",
    )


def account_heading(row: ReviewRow, *, may_choose: bool) -> Any:
    """What the grants of one account stand under: the account, the agents above it, and a box for
    all of them, which a script shows.
    """
    box = format_html(
        '<input class="form-check-input" type="checkbox" data-tick-group aria-label="{}" hidden>',
        _("Select all of %(account)s") % {"account": row.account_id},
    )
    name = link(address_of("accounts:authorizations", row.account_id), row.account_id)
    path = " › ".join(one.account_id for one in row.way)
    return format_html(
        '<span class="review-account">{}{}{}</span>',
        box if may_choose else "",
        name,
        quiet(path) if path else "",
    )


def _authorization(row: ReviewRow) -> Any:
    words = f"{row.code.number} {row.code.label} "
    if row.code.risk is not Risk.HIGH:
        return words
    return joined([words, badge(_("High risk"), "danger", "stop")])


def _granted(row: ReviewRow) -> Any:
    return format_html(
        '<span><span class="tnum">{}</span> <span class="muted">{}</span>{}</span>',
        day_of_words(row.grant.granted_at),
        row.by,
        under(f"“{row.reason}”") if row.reason else "",
    )


def _used(row: ReviewRow) -> Any:
    at = row.grant.last_used_at
    return format_html('<span class="tnum">{}</span>', day_of_words(at) if at else _("never"))


def _reviewed(row: ReviewRow) -> Any:
    if not row.grant.reviewed_at:
        return quiet("–")
    note = under(f"“{row.note}”") if row.note else ""
    day = day_of_words(row.grant.reviewed_at)
    return format_html('<span><span class="tnum">{}</span>{}</span>', day, note)


COLUMNS = (
    Column("select", gettext_lazy("Select"), _select, css="", is_label_hidden=True),
    Column(
        "account",
        gettext_lazy("Account ID"),
        value=lambda row: row.account_id,
    ),
    Column(
        "authorization",
        gettext_lazy("Authorization"),
        _authorization,
        lambda row: f"{row.code.number} {row.code.label}",
        css="",
        is_lead=True,
    ),
    Column(
        "risk",
        gettext_lazy("Risk"),
        value=lambda row: _("High") if row.code.risk is Risk.HIGH else _("Medium"),
    ),
    Column(
        "granted",
        gettext_lazy("Granted"),
        _granted,
        lambda row: row.grant.granted_at,
        css="",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column("granted_by", gettext_lazy("Granted by"), value=lambda row: row.by),
    Column("reason", gettext_lazy("Reason"), value=lambda row: row.reason),
    Column(
        "used",
        gettext_lazy("Last used"),
        _used,
        lambda row: row.grant.last_used_at,
        css="",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column(
        "reviewed",
        gettext_lazy("Reviewed"),
        _reviewed,
        lambda row: row.grant.reviewed_at,
        css="",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column("reviewed_by", gettext_lazy("Reviewed by"), value=lambda row: row.reviewed_by),
    Column("note", gettext_lazy("Note"), value=lambda row: row.note),
)
