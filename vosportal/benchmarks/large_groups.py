"""Decks and groups at size: how long a deck takes from its file to its rates, and whether the pages
of a large group cost what those of a small one do.
"""

import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from time import perf_counter

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.logins.services.staff import staff_create
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.services.groups import group_create
from billing.rates.services.loading import rates_load
from billing.rates.services.rates import rate_lock
from billing.wallets.models import RateGroup
from vosportal.benchmarks.browsing import as_in_production, opening, signed_in
from vosportal.benchmarks.measure import Line, medians
from vosportal.demo.plan import PASSWORD

# Seconds that 100,000 rows may take from the file to the rates.
_AIM, _ROWS_OF_AIM = 60.0, 100_000
_SMALL = 200
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def run(*, rates: int, rounds: int, say: Callable[[str], None]) -> list[Line]:
    """Measure in the connected (scratch) database: a deck of half as many rows, then pages of a
    group of so many `rates` beside those of a small one.
    """
    say(f"Entering a deck of {rates // 2:,} rows …")
    found = _deck(rates // 2)
    say(f"Opening pages of a group of {rates:,} rates …")
    return found + _pages(rates, rounds)


def _deck(rows: int) -> list[Line]:
    group_create(actor=SYSTEM, name="Deck of a carrier")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "deck.csv"
        file.write_text("\n".join(_lines(rows)))
        tracemalloc.start()
        call_command("import_rates", "Deck of a carrier", str(file), "--dry-run", stdout=StringIO())
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        began = perf_counter()
        call_command("import_rates", "Deck of a carrier", str(file), stdout=StringIO())
        taken = perf_counter() - began
    aim = _AIM * rows / _ROWS_OF_AIM
    return [
        Line(f"a deck of {rows:,} rows, from its file to its rates", taken, "the aim", aim, "s"),
        Line("memory of the check at most", most / 2**20, "the file", _size(rows), "MiB"),
    ]


def _lines(rows: int) -> Iterator[str]:
    yield "Prefix,Destination,Rate,Interval"
    for prefix in _prefixes(rows):
        yield f"{prefix},Destination {prefix},0.0123,1/1"


def _size(rows: int) -> float:
    return sum(len(line) + 1 for line in _lines(rows)) / 2**20


def _pages(rates: int, rounds: int) -> list[Line]:
    small, large = _group("Small", _SMALL), _group("Large", rates)
    # As PostgreSQL does by itself, within a minute of such a load.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    login = staff_create(
        actor=SYSTEM,
        username="benchmark-rates",
        administrator=True,
        password=PASSWORD,
        by_mail=False,
    ).user
    found = []
    with as_in_production():
        client = signed_in(login)
        for what, query in (
            ("a group, by country", ""),
            ("a group, one country open", "?open=81"),
            ("a group, by prefix", "?by=prefix"),
            ("a group, dearest first", "?sort=-price"),
            ("a group, a prefix sought", "?q=88"),
            ("a group, a number sought", "?number=880171234567&at="),
        ):
            works = [opening(client, f"{_url(one)}{query}") for one in (large, small)]
            many, few = medians(works, rounds)
            found.append(Line(f"{what}, {rates:,} rates", many, f"{_SMALL} rates", few))
        works = [_changed_and_opened(client, one) for one in (large, small)]
        many, few = medians(works, rounds)
        what = "a price changed, and a group by country after it"
        found.append(Line(f"{what}, {rates:,} rates", many, f"{_SMALL} rates", few))
    return found


def _changed_and_opened(client: Client, group: RateGroup) -> Callable[[], None]:
    """What is kept of a group is of no use after a change: all of its rates are read once."""
    opened = opening(client, _url(group))
    one = Rate.objects.filter(group=group).earliest("pk")

    def work() -> None:
        nonlocal one
        one = rate_lock(actor=SYSTEM, rate=one, is_locked=not one.is_locked)
        opened()

    return work


def _group(name: str, rates: int) -> RateGroup:
    group = group_create(actor=SYSTEM, name=name)
    drafts = [
        RateDraft(prefix, Decimal(at % 5000 + 1).scaleb(-5), f"Destination {prefix}", since=_SINCE)
        for at, prefix in enumerate(_prefixes(rates))
    ]
    rates_load(actor=SYSTEM, group=group, drafts=drafts)
    return group


def _url(group: RateGroup) -> str:
    return reverse("billing:rate-group", args=[group.pk])


def _prefixes(count: int) -> Iterator[str]:
    """So many different ones, of seven digits, of a few countries each."""
    step = 10**6 // count
    for at in range(count):
        yield f"8{at * step:06d}"
