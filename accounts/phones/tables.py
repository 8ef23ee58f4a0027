"""Phones as pages and files show them, for one viewer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.kit.addresses import address_of
from accounts.kit.choices import choice_words
from accounts.kit.moments import moment_words
from accounts.kit.pagination import SortKey
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.queries import BY_NUMBER, dids_of
from accounts.portal.lists.cells import RowMenus, link
from accounts.portal.lists.columns import VIEWERS, Column
from accounts.portal.standing import standing

_SHOWN_DIDS = 3
_ACTIVE = gettext_noop("Active")
_LOCK_WORDS = {
    PhoneLock.OUT: gettext_noop("Outgoing locked"),
    PhoneLock.IN: gettext_noop("Incoming locked"),
    PhoneLock.ALL: gettext_noop("Locked"),
}


@dataclass(frozen=True)
class PhoneRow:
    """A phone with its further numbers; on pages with its state and a word for it."""

    phone: Phone
    dids: Sequence[str]
    state: str = ""
    word: str = ""


def phone_rows(
    actor: Actor,
    phones: Sequence[Phone],
    ways: Mapping[int, tuple[ChainLink, ...]],
    now: datetime,
) -> list[PhoneRow]:
    """Phones of the actor's scope as a page shows them. One query."""
    dids = dids_of(phones)
    return [
        PhoneRow(
            one, dids.get(one.pk, ()), *state_of(actor, one, ways.get(one.account_id, ()), now)
        )
        for one in phones
    ]


def lock_words(phone: Phone) -> str:
    """How a phone is locked, in words of a state."""
    return _(_LOCK_WORDS.get(PhoneLock(phone.lock), _ACTIVE))


def state_of(
    actor: Actor, phone: Phone, way: Sequence[ChainLink], now: datetime | None = None
) -> tuple[str, str]:
    """(state, word): its own lock, or that its account does not operate."""
    if phone.lock == PhoneLock.ALL:
        return "locked", lock_words(phone)
    account = standing(actor, way, now)
    if not account.is_running:
        words = {
            "locked": _("Account locked"),
            "expired": _("Account expired"),
            "closed": _("Account closed"),
        }
        return account.state, words.get(account.state, _("Blocked above"))
    if phone.lock == PhoneLock.NONE:
        return "active", lock_words(phone)
    return "partly", lock_words(phone)


def why_not(actor: Actor, account: Account) -> str:
    """Why the actor changes no phones of this account ("" = it may). No query for an account that
    was read within the actor's scope.
    """
    decision = decide(actor, Authorization.MANAGE_PHONE, account)
    if not decision.is_allowed:
        return decision.sentence
    return _("The account is closed.") if account.status == Account.Status.CLOSED else ""


def menu(actor: Actor, phone: Phone) -> list[dict[str, Any]]:
    """What can be done with a phone, and why not."""
    reason = why_not(actor, phone.account)

    def item(name: str, label: Any, icon: str, **more: Any) -> dict[str, Any]:
        url = address_of(name, phone.number)
        return {"label": label, "icon": icon, "url": url, "reason": reason, **more}

    is_locked = phone.lock != PhoneLock.NONE
    return [
        item("phone-edit", _("Edit"), "edit"),
        item("phone-lock", _("Change the lock…") if is_locked else _("Lock…"), "lock"),
        item("phone-reset", _("New password…"), "key"),
        item("phone-delete", _("Delete…"), "trash", risk=True, divider=True),
    ]


class PhoneMenus:
    """The buttons of the rows' menus, whose pages are the phones'."""

    def __init__(self) -> None:
        self._menus = RowMenus()
        self._words = _("Actions for %(phone)s")

    def of(self, phone: Phone) -> Any:
        return self._menus.button(
            phone.get_absolute_url(),
            address_of("phone-menu", phone.number),
            self._words % {"phone": phone.number},
        )


def _account(row: PhoneRow) -> Any:
    account = row.phone.account
    return link(account.get_absolute_url(), account.account_id, "quiet-link")


def _dids(row: PhoneRow) -> str:
    dids = row.dids
    shown = ", ".join(dids[:_SHOWN_DIDS])
    more = len(dids) - _SHOWN_DIDS
    return shown if more <= 0 else _("%(dids)s and %(more)s more") % {"dids": shown, "more": more}


# Nothing of their passwords. What the columns of a file are called, an import knows as well.
COLUMNS = (
    Column(
        "number",
        gettext_lazy("Number"),
        lambda row: link(row.phone.get_absolute_url(), row.phone.number),
        lambda row: row.phone.number,
        BY_NUMBER,
        css="tnum nowrap",
    ),
    Column(
        "account",
        gettext_lazy("Account ID"),
        _account,
        lambda row: row.phone.account.account_id,
        SortKey(Lower("account__account_id")),
        only_all=True,
        css="nowrap card-left",
    ),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: row.word,
        sort=SortKey(F("lock")),
        css=lambda row: f"st st-{row.state} card-top",
    ),
    Column(
        "display",
        gettext_lazy("Display number"),
        lambda row: row.phone.display_number,
        lambda row: row.phone.display_number,
        SortKey(F("display_number")),
        css="tnum nowrap card-skip",
    ),
    Column(
        "dids",
        gettext_lazy("DIDs"),
        _dids,
        lambda row: ", ".join(row.dids),
        css="tnum card-skip",
    ),
    Column("lock", gettext_lazy("Lock"), value=lambda row: choice_words(PhoneLock, row.phone.lock)),
    Column(
        "calls",
        gettext_lazy("Concurrent calls"),
        lambda row: row.phone.max_calls,
        lambda row: row.phone.max_calls,
        SortKey(F("max_calls"), int),
        is_number=True,
    ),
    Column(
        "codecs",
        gettext_lazy("Codecs"),
        lambda row: ", ".join(row.phone.codecs),
        lambda row: ", ".join(row.phone.codecs),
        css="nowrap card-skip",
    ),
    Column(
        "memo",
        gettext_lazy("Memo"),
        lambda row: row.phone.memo,
        lambda row: row.phone.memo,
        SortKey(Lower("memo")),
        css="clip card-skip",
    ),
    Column(
        "created", gettext_lazy("Created"), value=lambda row: row.phone.created_at, zone=VIEWERS
    ),
    Column(
        "updated",
        gettext_lazy("Updated"),
        lambda row: moment_words(row.phone.updated_at),
        lambda row: row.phone.updated_at,
        SortKey(F("updated_at"), datetime),
        css="nowrap card-skip",
        is_roomy=True,
        zone=VIEWERS,
    ),
)
