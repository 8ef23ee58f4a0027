"""Phones as pages and files show them, prepared as text for one viewer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import F
from django.db.models.functions import Lower
from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.kit.pagination import SortKey
from accounts.phones.models import Phone, PhoneLock
from accounts.portal.standing import standing

BY_NUMBER = SortKey(F("number"), is_unique=True)
# name → (label, how it is sorted, whether it is a number, its place on a phone's card).
COLUMNS: dict[str, tuple[Any, SortKey | None, bool, str]] = {
    "number": (gettext_lazy("Number"), BY_NUMBER, False, "tnum nowrap"),
    "account": (
        gettext_lazy("Account ID"), SortKey(Lower("account__account_id")), False,
        "nowrap card-left",
    ),
    "state": (gettext_lazy("State"), SortKey(F("lock")), False, "nowrap card-top"),
    "display": (
        gettext_lazy("Display number"), SortKey(F("display_number")), False,
        "tnum nowrap card-skip",
    ),
    "dids": (gettext_lazy("DIDs"), None, False, "tnum card-skip"),
    "calls": (gettext_lazy("Concurrent calls"), SortKey(F("max_calls"), int), True, "card-skip"),
    "codecs": (gettext_lazy("Codecs"), None, False, "nowrap card-skip"),
    "memo": (gettext_lazy("Memo"), SortKey(Lower("memo")), False, "card-skip"),
    "updated": (
        gettext_lazy("Updated"), SortKey(F("updated_at"), datetime), False, "nowrap card-skip",
    ),
}  # fmt: skip
_SHOWN_DIDS = 3
_ICONS = {
    "active": ("dot", "ok"),
    "locked": ("lock", "danger wide"),
    "partly": ("half", "warn wide"),
    "above": ("lock", "danger wide"),
    "expired": ("clock", "warn wide"),
    "closed": ("no", "wide"),
}


def lock_words(phone: Phone) -> str:
    """How a phone is locked, in words of a state."""
    return {
        PhoneLock.OUT: _("Outgoing locked"),
        PhoneLock.IN: _("Incoming locked"),
        PhoneLock.ALL: _("Locked"),
    }.get(PhoneLock(phone.lock), _("Active"))


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
        url = reverse(name, args=[phone.number])
        return {"label": label, "icon": icon, "url": url, "reason": reason, **more}

    is_locked = phone.lock != PhoneLock.NONE
    return [
        item("phone-edit", _("Edit"), "edit"),
        item("phone-lock", _("Change the lock…") if is_locked else _("Lock…"), "lock"),
        item("phone-reset", _("New password…"), "key"),
        item("phone-delete", _("Delete…"), "trash", risk=True, divider=True),
    ]


class PhoneTable(tables.Table):
    """One page of phones, each read `with_numbers` and within the actor's scope."""

    class Meta:
        template_name = "components/table.html"
        order_by_field = "sort"

    def __init__(
        self,
        actor: Actor,
        phones: Sequence[Phone],
        ways: Mapping[int, tuple[ChainLink, ...]],
        *,
        order: str,
        caption: str,
        with_account: bool,
        bulk_id: str = "",
        pager: Any = None,
    ) -> None:
        names = [name for name in COLUMNS if with_account or name != "account"]
        extra: list[tuple[str, tables.Column]] = []
        if bulk_id:
            extra.append(("tick", tables.Column(empty_values=(), orderable=False)))
        for name in names:
            label, key, is_number, _card = COLUMNS[name]
            extra.append(
                (
                    name,
                    tables.Column(
                        verbose_name=label,
                        orderable=key is not None,
                        empty_values=(),
                        attrs={"th": {"class": "num" if is_number else ""}},
                    ),
                )
            )
        extra.append(("acts", tables.Column(empty_values=(), orderable=False)))
        # Sorted by the database already, and written below.
        super().__init__([], extra_columns=extra, order_by=order)
        self.caption = caption
        self.bulk_id = bulk_id
        self.pager = pager
        self.sticky = True
        now = timezone.now()
        self.rows_as_html = _joined(
            _row(actor, one, ways.get(one.account_id, ()), names, bulk_id, now) for one in phones
        )


def _row(
    actor: Actor,
    phone: Phone,
    way: tuple[ChainLink, ...],
    names: Sequence[str],
    bulk_id: str,
    now: datetime,
) -> str:
    cells = {
        "number": format_html('<a href="{}">{}</a>', phone.get_absolute_url(), phone.number),
        "account": format_html(
            '<a class="quiet-link" href="{}">{}</a>',
            phone.account.get_absolute_url(),
            phone.account.account_id,
        ),
        "state": _state(*state_of(actor, phone, way, now)),
        "display": phone.display_number,
        "dids": _dids(phone.dids),
        "calls": phone.max_calls,
        "codecs": ", ".join(phone.codecs),
        "memo": phone.memo,
        "updated": format_date(timezone.localtime(phone.updated_at), "Y-m-d H:i"),
    }
    parts = []
    if bulk_id:
        parts.append(
            format_html(
                '<td class="tick"><input class="form-check-input" type="checkbox" name="phone" '
                'value="{}" form="{}" aria-label="{}"></td>',
                phone.number,
                bulk_id,
                _("Select %(phone)s") % {"phone": phone.number},
            )
        )
    for name in names:
        _label, _key, is_number, card = COLUMNS[name]
        css = f"{'num ' if is_number else ''}{card}"
        shape = (
            '<th scope="row" class="{}">{}</th>' if name == "number" else '<td class="{}">{}</td>'
        )
        parts.append(format_html(shape, css, cells[name]))
    parts.append(format_html('<td class="acts">{}</td>', _menu(phone)))
    return format_html('<tr data-phone="{}">{}</tr>', phone.number, _joined(parts))


def _state(state: str, words: str) -> str:
    icons = staticfiles_storage.url("vendor/bootstrap-icons/icons.svg")
    name, kind = _ICONS[state]
    return format_html(
        '<span class="status"><svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>{}'
        "</span>",
        kind,
        icons,
        name,
        words,
    )


def _menu(phone: Phone) -> str:
    """The button of the row's menu, which is fetched when it opens. Without script it leads to the
    phone, whose page has the same actions.
    """
    icons = staticfiles_storage.url("vendor/bootstrap-icons/icons.svg")
    return format_html(
        '<div class="dropdown"><a class="btn btn-bare btn-icon" href="{}" role="button" '
        'data-bs-toggle="dropdown" data-bs-popper-config=\'{{"strategy":"fixed"}}\' '
        'aria-expanded="false" aria-label="{}" hx-get="{}" hx-trigger="click once, focus once" '
        'hx-target="next .dropdown-menu"><svg class="i" aria-hidden="true"><use href="{}#more"/>'
        '</svg></a><ul class="dropdown-menu"><li><span class="dropdown-item-text muted">{}</span>'
        "</li></ul></div>",
        phone.get_absolute_url(),
        _("Actions for %(phone)s") % {"phone": phone.number},
        reverse("phone-menu", args=[phone.number]),
        icons,
        _("Loading…"),
    )


def _dids(dids: Sequence[str]) -> str:
    shown = ", ".join(dids[:_SHOWN_DIDS])
    more = len(dids) - _SHOWN_DIDS
    return shown if more <= 0 else _("%(dids)s and %(more)s more") % {"dids": shown, "more": more}


def _joined(parts: Any) -> str:
    return format_html_join("", "{}", ((part,) for part in parts))


# The columns of a file, by the names an import knows them by as well.
FILE_COLUMNS: dict[str, Any] = {
    "number": gettext_lazy("Number"),
    "account_id": gettext_lazy("Account ID"),
    "display_number": gettext_lazy("Display number"),
    "dids": gettext_lazy("DIDs"),
    "lock": gettext_lazy("Lock"),
    "max_calls": gettext_lazy("Concurrent calls"),
    "codecs": gettext_lazy("Codecs"),
    "memo": gettext_lazy("Memo"),
    "created": gettext_lazy("Created"),
    "updated": gettext_lazy("Updated"),
}


def header() -> list[str]:
    return [str(label) for label in FILE_COLUMNS.values()]


def plain_rows(phones: Sequence[Phone]) -> Iterator[list[Any]]:
    """Phones as a file holds them; nothing of their passwords."""
    for one in phones:
        yield [
            one.number, one.account.account_id, one.display_number, " ".join(one.dids),
            str(one.get_lock_display()), one.max_calls, ", ".join(one.codecs), one.memo,
            one.created_at, one.updated_at,
        ]  # fmt: skip
