"""The list of accounts: a page of rows prepared as text.

Numbers and dates become text here, once per page; templates only place them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.portal.actions import quick_actions
from accounts.portal.registry import registry
from accounts.portal.standing import standing
from accounts.tree.columns import AccountColumn, all_columns


@dataclass
class Row:
    """One account as text; `cells` are what the list shows, `plain` the same for an export."""

    account: Account
    account_id: str
    cells: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    # What other apps know of it, by column.
    prepared: dict[str, Any] = field(default_factory=dict)


def plain_rows(
    actor: Actor,
    accounts: Sequence[Account],
    names: Iterable[str],
    ways: Mapping[int, tuple[ChainLink, ...]] | None = None,
) -> list[Row]:
    """The rows as plain texts, times as aware datetimes, amounts as numbers. One query beside those
    of other apps, and none where the caller has read the `ways` from the root to the accounts.
    """
    if ways is None:
        ways = chains(account.pk for account in accounts)
    now = timezone.now()
    names = set(names)
    extra = [one for one in registry.columns if one.name in names]
    known = {prepare: prepare(actor, accounts) for prepare in {one.prepare for one in extra}}
    rows = []
    for account in accounts:
        if account.pk not in ways:
            continue  # It was deleted since it was read.
        way = actor.visible_part(ways[account.pk])
        plain = _plain(actor, account, way, ways[account.pk], now)
        prepared = {one.name: known[one.prepare].get(account.pk) for one in extra}
        for one in extra:
            about = prepared[one.name]
            plain[one.name] = "" if about is None else one.value(about)
        rows.append(Row(account, account.account_id, plain=plain, prepared=prepared))
    return rows


def _plain(
    actor: Actor,
    account: Account,
    way: tuple[ChainLink, ...],
    whole: tuple[ChainLink, ...],
    now: datetime,
) -> dict[str, Any]:
    stands = standing(actor, whole, now)
    return {
        "account_id": account.account_id,
        "name": account.name,
        "category": str(account.category),
        "agent": way[-2].account_id if len(way) > 1 else "",
        "level": len(way),
        "path": " › ".join(link.account_id for link in way[:-1]),
        "status": stands.word,
        "state": stands.state,
        "sub_accounts": account.sub_account_count,
        "type": account.get_type_display(),
        "billing": account.get_ctd_billing_model_display(),
        "expiry": account.valid_until,
        "memo": account.detail.memo,
        "time_zone": account.time_zone,
        "created": account.created_at,
        "updated": account.updated_at,
    }


def display_rows(
    actor: Actor,
    accounts: Sequence[Account],
    names: Iterable[str],
    ways: Mapping[int, tuple[ChainLink, ...]],
) -> list[Row]:
    """The rows as a page shows them."""
    rows = plain_rows(actor, accounts, names, ways)
    icons = staticfiles_storage.url("vendor/bootstrap-icons/icons.svg")
    shown = _Cells(icons)
    own = {one.name: one.cell for one in registry.columns if one.cell is not None}
    for row in rows:
        row.cells = {
            **row.plain,
            "account_id": shown.link(row),
            "category": shown.category(row),
            "status": shown.status(row),
            "sub_accounts": shown.sub_accounts(row),
            "path": format_html('<span class="muted">{}</span>', row.plain["path"]),
            "acts": shown.acts(actor, row),
            **{name: _time(row.plain[name]) for name in ("expiry", "created", "updated")},
            **{
                name: own[name](about)
                for name, about in row.prepared.items()
                if about and name in own
            },
        }
    return rows


def _time(value: datetime | None) -> str:
    return format_date(timezone.localtime(value), "Y-m-d H:i") if value else ""


_STATE_ICONS = {
    "active": ("dot", "ok"),
    "locked": ("lock", "danger wide"),
    "above": ("lock", "danger wide"),
    "expired": ("clock", "warn wide"),
    "closed": ("no", "wide"),
}


class _Cells:
    """The cells that are more than text. `icons` is the address of the sprite."""

    def __init__(self, icons: str) -> None:
        self.icons = icons

    def icon(self, name: str, kind: str = "") -> str:
        return format_html(
            '<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', kind, self.icons, name
        )

    def link(self, row: Row) -> str:
        url = reverse("accounts:detail", args=[row.account_id])
        return format_html('<a href="{}">{}</a>', url, row.account_id)

    def category(self, row: Row) -> str:
        if row.account.is_agent:
            return format_html(
                '<span class="badge-soft">{}{}</span>',
                self.icon("agent"),
                row.plain["category"],
            )
        return format_html('<span class="badge-soft plain">{}</span>', row.plain["category"])

    def status(self, row: Row) -> str:
        name, kind = _STATE_ICONS[row.plain["state"]]
        off = " is-off" if row.plain["state"] == "closed" else ""
        return format_html(
            '<span class="status{}">{}{}</span>', off, self.icon(name, kind), row.plain["status"]
        )

    def sub_accounts(self, row: Row) -> str:
        count = row.plain["sub_accounts"]
        if not count:
            return format_html('<span class="nil">{}</span>', 0)
        url = reverse("accounts:sub-accounts", args=[row.account_id]) + "?show=all"
        return format_html(
            '<a class="cell-link" href="{}" aria-label="{}">{}</a>',
            url,
            _("%(count)s sub-accounts of %(account)s")
            % {"count": count, "account": row.account_id},
            number_format(count, force_grouping=True),
        )

    def acts(self, actor: Actor, row: Row) -> str:
        """What is done most, by its icon, and the menu of everything."""
        quick = _joined(
            format_html(
                '<a class="btn btn-bare btn-icon" href="{}" title="{}" aria-label="{}">{}</a>',
                one.url,
                one.label,
                _("%(deed)s %(account)s") % {"deed": one.label, "account": row.account_id},
                self.icon(one.icon),
            )
            for one in quick_actions(actor, row.account)
        )
        return format_html('<div class="row-acts">{}{}</div>', quick, self.menu(row))

    def menu(self, row: Row) -> str:
        """The button of the row's menu; the menu itself is fetched when it opens. Without script
        the button leads to the account, whose page has the same actions.
        """
        return format_html(
            '<div class="dropdown"><a class="btn btn-bare btn-icon" href="{}" role="button" '
            'data-bs-toggle="dropdown" data-bs-popper-config=\'{{"strategy":"fixed"}}\' '
            'aria-expanded="false" aria-label="{}" hx-get="{}" hx-trigger="click once, focus once" '
            'hx-target="next .dropdown-menu">{}</a><ul class="dropdown-menu">'
            '<li><span class="dropdown-item-text muted">{}</span></li></ul></div>',
            reverse("accounts:detail", args=[row.account_id]),
            _("Actions for %(account)s") % {"account": row.account_id},
            reverse("accounts:menu", args=[row.account_id]),
            self.icon("more"),
            _("Loading…"),
        )


class _AsPrepared(tables.data.TableListData):
    """Rows that are sorted by the database already."""

    def order_by(self, aliases: Any) -> None:
        return None


class AccountTable(tables.Table):
    """One page of accounts with the chosen columns."""

    class Meta:
        template_name = "components/table.html"
        order_by_field = "sort"
        row_attrs = {"data-account": lambda record: record.account_id}

    def __init__(
        self,
        rows: Sequence[Row],
        names: Sequence[str],
        *,
        order: str,
        caption: str,
        bulk_id: str = "",
        pager: Any = None,
    ) -> None:
        known = all_columns()
        extra: list[tuple[str, tables.Column]] = []
        if bulk_id:
            extra.append(("tick", tables.Column(empty_values=(), orderable=False)))
        for name in names:
            column = known[name]
            number = "num " if column.is_number else ""
            extra.append(
                (
                    name,
                    tables.Column(
                        accessor=f"cells__{name}",
                        verbose_name=column.label,
                        orderable=column.sort is not None,
                        empty_values=(),
                        attrs={
                            "td": {"class": f"{number}{column.card}".strip()},
                            "th": {"class": number.strip()},
                        },
                    ),
                )
            )
        extra.append(
            ("acts", tables.Column(accessor="cells__acts", empty_values=(), orderable=False))
        )
        super().__init__(_AsPrepared(list(rows)), extra_columns=extra, order_by=order)
        self.caption = caption
        self.bulk_id = bulk_id
        self.pager = pager
        self.sticky = True

        self.rows_as_html = _body(rows, [known[name] for name in names], bulk_id)


def _body(rows: Sequence[Row], columns: Sequence[AccountColumn], bulk_id: str) -> str:
    """The rows as the table template would write them; there it takes ten times as long."""
    classes = [f"{'num ' if one.is_number else ''}{one.card}".strip() for one in columns]
    select = _("Select %(account)s")
    parts = []
    for row in rows:
        cells = []
        if bulk_id:
            cells.append(
                format_html(
                    '<td class="tick"><input class="form-check-input" type="checkbox" '
                    'name="account" value="{}" form="{}" aria-label="{}"></td>',
                    row.account_id,
                    bulk_id,
                    select % {"account": row.account_id},
                )
            )
        for column, css in zip(columns, classes, strict=True):
            shape = (
                '<th scope="row" class="{}">{}</th>'
                if column.name == "account_id"
                else '<td class="{}">{}</td>'
            )
            cells.append(format_html(shape, css, row.cells[column.name]))
        cells.append(format_html('<td class="acts">{}</td>', row.cells["acts"]))
        parts.append(format_html('<tr data-account="{}">{}</tr>', row.account_id, _joined(cells)))
    return _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    return format_html_join("", "{}", ((part,) for part in parts))
