"""The figures of the dashboards, counted by the filters of the lists they lead to, so that both
agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import accounts_below, count_of_trees, own_key, reached_by, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.counting import counted_rows
from accounts.kit.markup import format_html, format_html_join, joined
from accounts.kit.moments import day_begin, day_words
from accounts.kit.prepared import Prepared
from accounts.portal.lists.cells import link, quiet
from accounts.portal.registry import registry
from accounts.portal.steps import StandingCheck
from accounts.tree.dashboard import EXPIRING_DAYS
from accounts.tree.filters import AccountFilter

NO_BAR = SafeString(' class="none"')
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
    def first_day(self) -> date:
        return self.bars[0].day

    @property
    def drawing(self) -> SafeString:
        """The bars, the highest with its figure."""
        return joined(self._drawn(one) for one in self.bars)

    def _drawn(self, bar: Bar) -> SafeString:
        place = bar.x, bar.y, bar.width, bar.height
        css = "" if bar.count else NO_BAR
        drawn = format_html('<rect{} x="{}" y="{}" width="{}" height="{}" rx="2"/>', css, *place)
        if not bar.count or bar.count != self.most:
            return drawn
        text = '<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>'
        return drawn + format_html(text, bar.x + 10, bar.y - 4, bar.count)

    @property
    def rows(self) -> SafeString:
        """The same as rows of a table, the latest day first."""
        return format_html_join(
            "",
            '<tr><th scope="row">{}</th><td class="num">{}</td></tr>',
            [
                (day_words(one.day), link(one.url, one.count) if one.count else quiet(0))
                for one in reversed(self.bars)
            ],
        )


@dataclass(frozen=True)
class Lists:
    """The list that figures are taken from: its address, and whose accounts it holds: everybody's,
    or those below the account of the scope.
    """

    scope: Scope
    url: str

    def address(self, **filters: Any) -> str:
        return f"{self.url}?{urlencode({'show': 'all', **filters})}"


class _Figures(NamedTuple):
    """What the text of a question for several counts follows from: the filters of each."""

    everything: bool
    asked: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]
    # How many days `expires_within` is asked about.
    ends: tuple[int, ...]


def counts_of(
    lists: Lists, asked: Mapping[str, Mapping[str, Any]], today: date
) -> Mapping[str, int]:
    """How many accounts the list shows with each of these filters; besides the new ones of a week
    ("new"), and of everybody's those that are stopped, of somebody's all and the direct ones.
    One query.
    """
    now = timezone.now()
    ends = sorted({one["expires_within"] for one in asked.values() if "expires_within" in one})
    filters = tuple((name, tuple(one.items())) for name, one in asked.items())
    shape = _Figures(lists.scope.everything, filters, tuple(ends))
    moments = [now, day_begin(new_since(today)), *[now + timedelta(days) for days in ends]]
    found = _FIGURES.rows(shape, *own_key(lists.scope), *moments)
    return {**dict.fromkeys(("new", "stopped", "direct", "all", *asked), 0), **dict(found)}


def _figures(shape: _Figures, *values: Any) -> QuerySet[Any, Any]:
    scope, (now, since, *ends) = scope_and_rest(shape.everything, values)
    accounts = accounts_below(scope)
    narrowing = AccountFilter(
        {}, queryset=accounts, now=now, ends=dict(zip(shape.ends, ends, strict=True))
    )
    counted = {"new": accounts.filter(created_at__gte=since)}
    if scope.account_pk is None:
        # Few are stopped: those that operate are the others.
        counted["stopped"] = accounts.stopped(now)
    else:
        counted |= {"direct": accounts.directly_below(scope.account_pk), "all": accounts}
    for name, filters in shape.asked:
        rows = accounts
        for filter_name, value in filters:
            rows = narrowing.filters[filter_name].filter(rows, value)
        counted[name] = rows
    return counted_rows(**counted)


_FIGURES = Prepared(_figures)


def new_since(today: date) -> date:
    """The first day that counts as new."""
    return today - timedelta(days=NEW_DAYS - 1)


def platform_figures(lists: Lists, today: date) -> tuple[list[Tile], list[Check]]:
    """The tiles of administrators, and what somebody should look at, each with the accounts
    concerned. Two queries.
    """
    asked: dict[str, Mapping[str, Any]] = {
        "closed": {"status": "closed"},
        "agents": {"category": "agent"},
        "locked": {"status": "locked"},
    }
    checks = {f"check {at}": one for at, one in enumerate(registry.standing_checks)}
    of_checks = {name: one.filters for name, one in checks.items()}
    counts = counts_of(lists, {**asked, **of_checks}, today)
    _roots, accounts = count_of_trees(lists.scope)
    asked["new"] = {"created_from": new_since(today)}

    def tile(name: str, label: Any, note: str) -> Tile:
        return Tile(label, counts[name], lists.address(**asked[name]), note)

    closed = counts["closed"]
    tiles = [
        Tile(
            _("Accounts"),
            accounts,
            lists.address(),
            ngettext("%(count)s of them closed", "%(count)s of them closed", closed)
            % {"count": closed},
        ),
        tile("agents", _("Agents"), _("accounts with sub-accounts")),
        Tile(
            _("Operating"),
            accounts - counts["stopped"],
            lists.address(status="active"),
            _("active, and every level above as well"),
        ),
        tile("locked", _("Locked"), _("by hand, until unlocked")),
        tile("new", _("New this week"), _("in the last 7 days")),
    ]
    return tiles, [_checked(lists, one, counts[name]) for name, one in checks.items()]


def _checked(lists: Lists, one: StandingCheck, count: int) -> Check:
    icon = {"danger": "stop", "warn": "warn"}[one.kind] if count else "check"
    words = str(one.words % {"count": count} if count else one.well)
    return Check(words, count, one.kind if count else "", icon, lists.address(**one.filters))


def agent_tiles(lists: Lists, today: date) -> list[Tile]:
    """The tiles of an agent. One query."""
    asked: dict[str, Mapping[str, Any]] = {
        "locked": {"status": "locked"},
        "expired": {"status": "expired"},
        "expiring": {"expires_within": EXPIRING_DAYS},
    }
    counts = counts_of(lists, asked, today)
    asked["new"] = {"created_from": new_since(today)}

    def tile(name: str, label: Any, note: str) -> Tile:
        return Tile(label, counts[name], lists.address(**asked[name]), note)

    direct = f"{lists.url}?show=direct"
    return [
        Tile(_("Direct"), counts["direct"], direct, _("first-level sub-accounts")),
        Tile(_("All"), counts["all"], lists.address(), _("every level below you")),
        tile("new", _("New this week"), _("in the last 7 days")),
        tile("locked", _("Locked"), _("by hand, until unlocked")),
        tile("expired", _("Expired"), _("past their last day")),
        tile("expiring", _("Expiring"), _("within %(days)s days") % {"days": EXPIRING_DAYS}),
    ]


def standing_notes() -> list[Check]:
    """What somebody should know of the platform itself, beside those."""
    found = [one() for one in registry.standing_notes]
    icons = {"danger": "stop", "warn": "warn", "": "check"}
    return [Check(one.text, 0, one.kind, icons[one.kind], one.url) for one in found if one]


class _PerDay(NamedTuple):
    """What the text of the question for new accounts follows from."""

    everything: bool
    zone: tzinfo


def _per_day(shape: _PerDay, *values: Any) -> QuerySet[Any, Any]:
    scope, (since,) = scope_and_rest(shape.everything, values)
    return (
        accounts_below(scope)
        .filter(created_at__gte=since)
        .order_by()
        .annotate(day=TruncDate("created_at", tzinfo=shape.zone))
        .values_list("day")
        .annotate(count=Count("*"))
    )


_PER_DAY = Prepared(_per_day)


def new_per_day(lists: Lists, today: date) -> Chart:
    """New accounts of the last 30 days, in the viewer's time zone. One query."""
    first = today - timedelta(days=CHART_DAYS - 1)
    shape = _PerDay(lists.scope.everything, timezone.get_current_timezone())
    counts = dict(_PER_DAY.rows(shape, *own_key(lists.scope), day_begin(first)))
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


def recently_changed(lists: Lists, count: int = 8) -> Sequence[Account]:
    """The accounts changed last. One query."""
    shape = (lists.scope.everything, count)
    return reached_by(lists.scope, _CHANGED.objects(shape, *own_key(lists.scope)))


def _changed(shape: tuple[bool, int], *own: int) -> AccountQuerySet:
    everything, count = shape
    scope, _rest = scope_and_rest(everything, own)
    rows = accounts_below(scope).select_related("parent")
    return rows.order_by("-updated_at", "-pk")[:count]


_CHANGED = Prepared(_changed)
