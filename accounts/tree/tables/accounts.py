"""The rows of a list of accounts, and their cells that are more than text."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html, joined
from accounts.kit.moments import asked_now
from accounts.portal.actions import RowAction, quick_actions
from accounts.portal.lists.cells import RowMenus, category_badge, icon, link
from accounts.portal.registry import registry
from accounts.portal.standing import standing


@dataclass(frozen=True)
class Row:
    """One account as its viewer may know it. `way` is the visible part of the way to it, itself
    included; `prepared` what packages add to it, by column.
    """

    account: Account
    way: tuple[ChainLink, ...]
    state: str
    word: str
    prepared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @property
    def level(self) -> int:
        return len(self.way)

    @property
    def agent(self) -> str:
        return self.way[-2].account_id if len(self.way) > 1 else ""

    @property
    def path(self) -> str:
        return " › ".join(link.account_id for link in self.way[:-1])


def rows_of(
    actor: Actor,
    accounts: Sequence[Account],
    names: Collection[str],
    ways: Mapping[int, tuple[ChainLink, ...]] | None = None,
) -> list[Row]:
    """The rows of these accounts, with what the columns `names` of other packages need. One
    query beside theirs, and none where the caller has read the `ways` from the root.
    """
    if ways is None:
        ways = chains(account.pk for account in accounts)
    now = asked_now()
    extra = [one for one in registry.columns if one.name in names]
    known = {prepare: prepare(actor, accounts) for prepare in {one.prepare for one in extra}}
    rows = []
    for account in accounts:
        if account.pk not in ways:
            continue  # It was deleted since it was read.
        whole = ways[account.pk]
        stands = standing(actor, whole, now)
        prepared = {one.name: known[one.prepare].get(account.pk) for one in extra}
        way = actor.visible_part(whole)
        rows.append(Row(account, way, stands.state, stands.word, prepared))
    return rows


def account_link(row: Row) -> str:
    return link(address_of("accounts:detail", row.account_id), row.account_id)


def category(row: Row) -> str:
    return category_badge(row.account.is_agent, get_language())


def place(row: Row) -> str:
    """How deep it lies, and below whom."""
    return joined([_level(row.level, get_language()), row.agent])


@lru_cache(maxsize=256)
def _level(level: int, language: str | None) -> SafeString:
    return format_html(
        '<span class="lvl" title="{}">{}</span>',
        _("Level %(level)s") % {"level": level},
        _("L%(level)s") % {"level": level},
    )


def path(row: Row) -> str:
    return format_html('<span class="muted">{}</span>', row.path)


def sub_accounts(row: Row) -> str:
    count = row.account.sub_account_count
    if not count:
        return format_html('<span class="nil">{}</span>', 0)
    return format_html(
        '<a class="cell-link" href="{}" aria-label="{}">{}</a>',
        address_of("accounts:sub-accounts", row.account_id) + "?show=all",
        _("%(count)s sub-accounts of %(account)s") % {"count": count, "account": row.account_id},
        number_format(count, force_grouping=True),
    )


class Acts:
    """What is done most with each row, by its icon, and the menu of everything. What all rows say
    is asked for once.
    """

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._menus = RowMenus()
        self._deed_words = _("%(deed)s %(account)s")
        self._menu_words = _("Actions for %(account)s")
        self._labels: dict[str, str] = {}

    def of(self, row: Row) -> str:
        quick = [self._quick(row, one) for one in quick_actions(self._actor, row.account)]
        menu = self._menus.button(
            address_of("accounts:detail", row.account_id),
            address_of("accounts:menu", row.account_id),
            self._menu_words % {"account": row.account_id},
        )
        return joined([*quick, menu])

    def _quick(self, row: Row, one: RowAction) -> str:
        label = self._labels.get(one.name)
        if label is None:
            label = self._labels[one.name] = str(one.label)
        return format_html(
            '<a class="btn btn-bare btn-icon" href="{}" title="{}" aria-label="{}">{}</a>',
            one.url,
            label,
            self._deed_words % {"deed": label, "account": row.account_id},
            icon(one.icon),
        )
