"""The figures of the dashboards, counted by the filters of the lists they lead to, so that both
agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.moments import day_begin
from accounts.portal.registry import registry
from accounts.tree.dashboard import EXPIRING_DAYS
from accounts.tree.filters import AccountFilter

NEW_DAYS = 7
CHART_DAYS = 30
# The drawing: width, height of the bars, room below for the days.
_WIDTH, _HEIGHT, _TOP = 720, 110, 28


@dataclass(frozen=True)
class Tile:
    """A figure, its words, the list behind it."""

    label: Any
    count: int
    url: str
    note: str = ""


@dataclass(frozen=True)
class Check:
    """A standing check as a sentence with its count; `kind` is "" when all is well, `url` "" where
    nothing more is said.
    """

    text: str
    count: int
    kind: str
    icon: str
    url: str


@dataclass(frozen=True)
class Bar:
    """A day of the chart, placed in its drawing."""

    day: date
    count: int
    x: int
    y: int
    width: int
    height: int
    url: str


@dataclass(frozen=True)
class Chart:
    """New accounts per day."""

    bars: tuple[Bar, ...]
    total: int
    most: int
    summary: str

    @property
    def ends(self) -> tuple[Bar, Bar]:
        return self.bars[0], self.bars[-1]


@dataclass(frozen=True)
class Lists:
    """The list that figures are taken from: its rows, its address, the viewer's own level."""

    accounts: AccountQuerySet
    url: str
    base_level: int = 0

    def count(self, **filters: Any) -> int:
        """How many rows the list shows with these filters. One query."""
        found = AccountFilter(filters, queryset=self.accounts, base_level=self.base_level).qs
        return int(found.order_by().count())

    def address(self, **filters: Any) -> str:
        return f"{self.url}?{urlencode({'show': 'all', **filters})}"

    def tile(self, label: Any, note: str = "", **filters: Any) -> Tile:
        return Tile(label, self.count(**filters), self.address(**filters), note)


def new_since(today: date) -> date:
    """The first day that counts as new."""
    return today - timedelta(days=NEW_DAYS - 1)


def administrator_tiles(lists: Lists, today: date) -> list[Tile]:
    """Six queries."""
    closed = lists.count(status="closed")
    return [
        lists.tile(
            _("Accounts"),
            ngettext("%(count)s of them closed", "%(count)s of them closed", closed)
            % {"count": closed},
        ),
        lists.tile(_("Agents"), _("accounts with sub-accounts"), category="agent"),
        lists.tile(_("Operating"), _("active, and every level above as well"), status="active"),
        lists.tile(_("Locked"), _("by hand, until unlocked"), status="locked"),
        lists.tile(_("New this week"), _("in the last 7 days"), created_from=new_since(today)),
    ]


def agent_tiles(lists: Lists, direct: int, total: int, today: date) -> list[Tile]:
    """Four queries."""
    return [
        Tile(_("Direct"), direct, f"{lists.url}?show=direct", _("first-level sub-accounts")),
        Tile(_("All"), total, lists.address(), _("every level below you")),
        lists.tile(_("New this week"), _("in the last 7 days"), created_from=new_since(today)),
        lists.tile(_("Locked"), _("by hand, until unlocked"), status="locked"),
        lists.tile(_("Expired"), _("past their last day"), status="expired"),
        lists.tile(
            _("Expiring"),
            _("within %(days)s days") % {"days": EXPIRING_DAYS},
            expires_within=EXPIRING_DAYS,
        ),
    ]


def standing_checks(lists: Lists) -> list[Check]:
    """What somebody should look at, each with the accounts concerned. One query each."""
    found = []
    for one in registry.standing_checks:
        count = lists.count(**one.filters)
        icon = {"danger": "stop", "warn": "warn"}[one.kind] if count else "check"
        found.append(
            Check(
                str(one.words % {"count": count} if count else one.well),
                count,
                one.kind if count else "",
                icon,
                lists.address(**one.filters),
            )
        )
    return found


def standing_notes() -> list[Check]:
    """What somebody should know of the platform itself, beside those."""
    found = [one() for one in registry.standing_notes]
    icons = {"danger": "stop", "warn": "warn", "": "check"}
    return [Check(one.text, 0, one.kind, icons[one.kind], one.url) for one in found if one]


def new_per_day(lists: Lists, today: date) -> Chart:
    """New accounts of the last 30 days, in the viewer's time zone. One query."""
    first = today - timedelta(days=CHART_DAYS - 1)
    counted = (
        lists.accounts.filter(created_at__gte=day_begin(first))
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(count=Count("pk"))
    )
    counts = dict(counted)
    days = [first + timedelta(days=at) for at in range(CHART_DAYS)]
    most = max([counts.get(day, 0) for day in days])
    step = _WIDTH // CHART_DAYS
    bars = tuple(
        _bar(lists, day, counts.get(day, 0), most, at * step, step) for at, day in enumerate(days)
    )
    total = sum(one.count for one in bars)
    summary = ngettext(
        "%(count)s new account in 30 days, at most %(most)s on one day",
        "%(count)s new accounts in 30 days, at most %(most)s on one day",
        total,
    ) % {"count": total, "most": most}
    return Chart(bars, total, most, summary)


def _bar(lists: Lists, day: date, count: int, most: int, x: int, step: int) -> Bar:
    height = max(3, round(count / most * _HEIGHT)) if count else 1
    url = lists.address(created_from=day, created_until=day)
    return Bar(day, count, x + 2, _TOP + _HEIGHT - height, step - 4, height, url)


def recently_changed(accounts: AccountQuerySet, count: int = 8) -> Sequence[Account]:
    """The accounts changed last. One query."""
    return list(accounts.select_related("parent").order_by("-updated_at", "-pk")[:count])
