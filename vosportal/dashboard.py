"""The figures of the dashboards, counted by the filters of the lists they lead to, so that both
agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, DateField, F, QuerySet, Sum, Value
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import (
    accounts_below,
    accounts_chosen,
    directly_in,
    own_account,
    own_key,
    reached_by,
    roots_in,
    scope_and_rest,
)
from accounts.core.scope import Scope
from accounts.kit.markup import format_html, format_html_join, joined
from accounts.kit.moments import day_begin, day_words
from accounts.kit.prepared import Prepared
from accounts.portal.lists.cells import link, quiet
from accounts.portal.registry import registry
from accounts.portal.steps import CountedNote, StandingCheck
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


@dataclass(frozen=True)
class Figures:
    """How many accounts the list shows with each set of filters, by its name; how many came on each
    of the days of the chart, in the viewer's time zone.
    """

    counts: Mapping[str, int]
    per_day: Mapping[date, int]

    def new(self, today: date) -> int:
        """Those of the last days."""
        first = new_since(today)
        return sum(count for day, count in self.per_day.items() if day >= first)


class _Shape(NamedTuple):
    """What the text of a question for several counts follows from: the filters of each."""

    everything: bool
    asked: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]
    # How many days `expires_within` is asked about.
    ends: tuple[int, ...]
    zone: tzinfo
    # What else is counted, and how many of the values are for each.
    noted: tuple[tuple[str, int], ...] = ()


def figures_of(
    lists: Lists,
    asked: Mapping[str, Mapping[str, Any]],
    today: date,
    noted: Sequence[CountedNote] = (),
) -> Figures:
    """How many accounts the list shows with each of these filters, and with none ("all"); besides
    of everybody's those that are stopped, of somebody's the direct ones; how many rows each of
    these notes has. One query.
    """
    now = timezone.now()
    ends = sorted({one["expires_within"] for one in asked.values() if "expires_within" in one})
    filters = tuple((name, tuple(one.items())) for name, one in asked.items())
    zone = timezone.get_current_timezone()
    given = {one.name: tuple(one.values()) for one in noted}
    of_notes = tuple((name, len(values)) for name, values in given.items())
    shape = _Shape(lists.scope.everything, filters, tuple(ends), zone, of_notes)
    moments = [now, day_begin(_first_of_chart(today)), *[now + timedelta(days) for days in ends]]
    moments += chain.from_iterable(given.values())
    counts = dict.fromkeys(("all", "stopped", "direct", *asked, *given), 0)
    per_day: dict[date, int] = {}
    for name, day, count in _FIGURES.rows(shape, *own_key(lists.scope), *moments):
        if day is None:
            counts[name] = count or 0
        else:
            per_day[day] = count
    return Figures(counts, per_day)


def _figures(shape: _Shape, *values: Any) -> QuerySet[Any, Any]:
    scope, (now, since, *rest) = scope_and_rest(shape.everything, values)
    ends, given = rest[: len(shape.ends)], iter(rest[len(shape.ends) :])
    accounts = accounts_below(scope)
    narrowing = AccountFilter(
        {}, queryset=accounts, now=now, ends=dict(zip(shape.ends, ends, strict=True))
    )
    # Boundaries tell how many lie below an account, or in a tree, without reading each.
    inside = F("rght") - F("lft")
    counted: dict[str, QuerySet[Any]]
    if scope.account_pk is None:
        whole = _arm("all", roots_in(scope), count=Sum((inside + 1) / 2))
        # Few are stopped: those that operate are the others.
        counted = {"stopped": accounts.stopped(now)}
    else:
        whole = _arm("all", own_account(scope), count=Sum((inside - 1) / 2))
        counted = {"direct": directly_in(scope)}
    for name, filters in shape.asked:
        rows = accounts
        for filter_name, value in filters:
            rows = narrowing.filters[filter_name].filter(rows, value)
        counted[name] = rows
    notes = {one.name: one for one in registry.counted_notes}
    counted |= {name: notes[name].rows(*islice(given, many)) for name, many in shape.noted}
    day = TruncDate("created_at", tzinfo=shape.zone)
    return whole.union(
        *(_arm(name, rows) for name, rows in counted.items()),
        _arm("day", accounts.filter(created_at__gte=since), day),
        all=True,
    )


def _arm(name: str, rows: QuerySet[Any], day: Any = None, count: Any = None) -> Any:
    """A name, the day, how many: of one kind, or (a day) of each day."""
    at = Cast(Value(None), DateField()) if day is None else day
    return rows.order_by().values_list(Value(name), at).annotate(found=count or Count("*"))


# Many of these counts have an index of those rows alone: without their words a plan cannot be kept,
# and to make it anew takes longer than to count.
_FIGURES = Prepared(_figures, is_spelled_out=True)


def new_since(today: date) -> date:
    """The first day that counts as new."""
    return today - timedelta(days=NEW_DAYS - 1)


@dataclass(frozen=True)
class Shown:
    """The figures of a dashboard: `tiles`, what somebody should look at, new accounts per day."""

    tiles: list[Tile]
    checks: list[Check]
    chart: Chart
    # Of the platform itself.
    notes: Sequence[Check] = ()


def shown_to_administrators(lists: Lists, today: date) -> Shown:
    """Of the platform; each check with the accounts concerned. One query."""
    asked: dict[str, Mapping[str, Any]] = {
        "closed": {"status": "closed"},
        "agents": {"category": "agent"},
        "locked": {"status": "locked"},
    }
    checks = {f"check {at}": one for at, one in enumerate(registry.standing_checks)}
    of_checks = {name: one.filters for name, one in checks.items()}
    figures = figures_of(lists, {**asked, **of_checks}, today, registry.counted_notes)
    counts, accounts = figures.counts, figures.counts["all"]

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
        _new(lists, figures, today),
    ]
    checked = [_checked(lists, one, counts[name]) for name, one in checks.items()]
    return Shown(tiles, checked, _chart(lists, figures, today), _noted(counts))


def _new(lists: Lists, figures: Figures, today: date) -> Tile:
    url = lists.address(created_from=new_since(today))
    return Tile(_("New this week"), figures.new(today), url, _("in the last 7 days"))


def _checked(lists: Lists, one: StandingCheck, count: int) -> Check:
    icon = {"danger": "stop", "warn": "warn"}[one.kind] if count else "check"
    words = str(one.words % {"count": count} if count else one.well)
    return Check(words, count, one.kind if count else "", icon, lists.address(**one.filters))


def shown_to_agents(lists: Lists, today: date) -> Shown:
    """Of what lies below an agent. One query."""
    asked: dict[str, Mapping[str, Any]] = {
        "locked": {"status": "locked"},
        "expired": {"status": "expired"},
        "expiring": {"expires_within": EXPIRING_DAYS},
    }
    figures = figures_of(lists, asked, today)
    counts = figures.counts

    def tile(name: str, label: Any, note: str) -> Tile:
        return Tile(label, counts[name], lists.address(**asked[name]), note)

    direct = f"{lists.url}?show=direct"
    tiles = [
        Tile(_("Direct"), counts["direct"], direct, _("first-level sub-accounts")),
        Tile(_("All"), counts["all"], lists.address(), _("every level below you")),
        _new(lists, figures, today),
        tile("locked", _("Locked"), _("by hand, until unlocked")),
        tile("expired", _("Expired"), _("past their last day")),
        tile("expiring", _("Expiring"), _("within %(days)s days") % {"days": EXPIRING_DAYS}),
    ]
    return Shown(tiles, [], _chart(lists, figures, today))


def _noted(counts: Mapping[str, int]) -> list[Check]:
    """What somebody should know of the platform itself, beside those."""
    said = [(getattr(one, "order", 0), one()) for one in registry.standing_notes]
    said += [(one.order, one.note(counts[one.name])) for one in registry.counted_notes]
    icons = {"danger": "stop", "warn": "warn", "": "check"}
    return [
        Check(one.text, 0, one.kind, icons[one.kind], one.url)
        for _order, one in sorted(said, key=itemgetter(0))
        if one
    ]


def _first_of_chart(today: date) -> date:
    return today - timedelta(days=CHART_DAYS - 1)


def _chart(lists: Lists, figures: Figures, today: date) -> Chart:
    """New accounts of the last 30 days."""
    counts, first = figures.per_day, _first_of_chart(today)
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
    # Nothing leads to a day on which nobody came.
    url = lists.address(created_from=day, created_until=day) if count else ""
    return Bar(day, count, x + 2, _TOP + _HEIGHT - height, step - 4, height, url)


def recently_changed(lists: Lists, count: int = 8) -> Sequence[Account]:
    """The accounts changed last. One query."""
    shape = (lists.scope.everything, count)
    return reached_by(lists.scope, _CHANGED.objects(shape, *own_key(lists.scope)))


def _changed(shape: tuple[bool, int], *own: int) -> AccountQuerySet:
    everything, count = shape
    scope, _rest = scope_and_rest(everything, own)
    order = "-updated_at", "-pk"
    # Chosen first: agents are read for those that are shown, not for all that are sorted.
    chosen = accounts_chosen(accounts_below(scope).order_by(*order)[:count])
    return chosen.select_related("parent").order_by(*order)


_CHANGED = Prepared(_changed)
