"""What a deck would do to its group: found out by a worker, kept as rows, changed nothing yet
(docs/domain.md 7).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.locks import said_busy
from accounts.core.many import insert_many
from accounts.jobs.services.work import Work
from accounts.kit.batches import batched
from accounts.kit.errors import Refused
from accounts.kit.sheets_in import BadSheet
from billing.money import to_micros
from billing.rates.deck_entries import Entry, Remark, Survey
from billing.rates.deck_plans import Becomes, Outcome, Terms, plan_prefix
from billing.rates.deck_reading import MOST_REMARKS, Deck
from billing.rates.deck_sorting import SortedEntries, Spill
from billing.rates.models import DeckRow, RateImport
from billing.rates.queries import plain_rates
from billing.rates.rating import Rate
from billing.rates.services.decks import answers_of, deck_file, in_locked_deck
from billing.wallets.models import RateGroup

State = RateImport.State
Told = Callable[[int, int], None]
BATCH = 1_000
_TICK = 500
_COLUMNS = (
    "line", "kind", "prefix", "destination", "price", "connection_fee", "first_block",
    "increment", "effective_from", "effective_until", "is_locked", "days", "period_begin",
    "period_end", "rate_id", "price_before", "change", "problem",
)  # fmt: skip
_MOMENTS = (_COLUMNS.index("effective_from"), _COLUMNS.index("effective_until"))


@dataclass
class Found:
    """What a deck would do, and how it was read. `moment` is the one that stands for "when it is
    entered", `digest` what all of it comes to. With `asks` or a `problem` it was not compared.
    """

    moment: datetime
    version: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    digest: str = ""
    remarks: list[tuple[int, str]] = field(default_factory=list)
    left_out: int = 0
    unreadable: int = 0
    columns: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    survey: Survey = field(default_factory=Survey)
    worksheet: str = ""
    problem: str = ""

    @property
    def is_compared(self) -> bool:
        return not self.problem and not self.survey.asks


def check(work: Work) -> None:
    """The work of a job of the kind CHECK. Begun again it finds out the same."""
    deck = RateImport.objects.select_related("group").filter(pk=work.input["deck"]).first()
    if deck is None:
        raise Refused(_("This deck is gone."), code="gone")
    with closing(Spill()) as rows:
        found = look_at(deck, rows, work.progress)
        with said_busy(), work.commit():
            _actor, deck = in_locked_deck(work.actor, deck)
            if deck.state == State.CHECKING:
                keep_found(deck, found, rows)
            work.finish(dict(deck.counts))


def look_at(deck: RateImport, rows: Spill, told: Told) -> Found:
    """Read a deck and compare it with its group; what becomes of each rate goes to `rows`."""
    found = Found(timezone.now(), deck.group.version)
    try:
        compare(deck, found, rows, told)
    except BadSheet as error:
        found.problem = str(error.message)
    return found


def keep_found(deck: RateImport, found: Found, rows: Spill) -> None:
    """Write down what a deck would do, in the transaction that has it locked."""
    DeckRow.objects.filter(deck=deck).delete()
    if found.is_compared:
        columns = ["deck_id", *_COLUMNS]
        insert_many(DeckRow, columns, ((deck.pk, *_unpacked(one)) for one in rows.in_order()))
    deck.state = State.CHECKED if found.is_compared else State.REFUSED
    deck.counts = {
        **found.counts,
        "rows": found.survey.rows,
        "left_out": found.left_out,
        "unreadable": found.unreadable,
    }
    deck.layout = {
        "answers": deck.layout["answers"],
        "moment": found.moment.isoformat(),
        "digest": found.digest,
        "columns": found.columns,
        "unread": found.unread,
        "remarks": found.remarks,
        "order": found.survey.order,
        "decimal": found.survey.decimal,
        "asks": found.survey.asks,
        "worksheet": found.worksheet,
        "problem": found.problem,
    }
    deck.group_version = found.version
    deck.save(update_fields=["state", "counts", "layout", "group_version"])


def compare(deck: RateImport, found: Found, rows: Spill | None, told: Told) -> None:
    """Fill in what a deck would do at the moment of `found`. Raises BadSheet, Refused."""
    with deck_file(deck) as file, closing(SortedEntries()) as entries:
        read = Deck(file, deck.group.zone, answers_of(deck))
        found.columns, found.worksheet = read.columns, read.sheet.name
        found.unread = read.headings.left_out
        found.survey = read.survey()
        if found.survey.asks:
            return
        total = found.survey.rows
        # A row is half done when it is read, and done when it is compared.
        told(0, total)
        entries.take(_rates_alone(read.entries(), found, lambda done: told(done // 2, total)))
        told(total // 2, total)
        terms = Terms(
            found.moment, deck.effective_at or found.moment, deck.is_full, deck.group.zone
        )
        outcomes = _outcomes(deck.group, entries, terms)
        _written(outcomes, found, rows, lambda done: told((total + min(done, total)) // 2, total))


def _rates_alone(
    said: Iterable[Entry | Remark], found: Found, told: Callable[[int], None]
) -> Iterator[Entry]:
    """What is said of prefixes; the lines that say something else are noted."""
    for count, one in enumerate(said, 1):
        if count % _TICK == 0:
            told(min(count, found.survey.rows))
        if isinstance(one, Entry):
            found.unreadable += bool(one.problem and not one.prefix)
            yield one
        else:
            found.left_out += 1
            if len(found.remarks) < MOST_REMARKS:
                found.remarks.append((one.line, one.text))


def _outcomes(group: RateGroup, entries: SortedEntries, terms: Terms) -> Iterator[Outcome]:
    """What becomes of every prefix of the deck, and of a full one's group, in their order."""
    since = min(terms.now, entries.earliest or terms.now, terms.begins_at)
    standing = groupby(plain_rates(group, since), key=lambda rate: rate.prefix)
    for prefix, said, rates in _merged(entries.by_prefix(), standing):
        if said or terms.is_full:
            yield from plan_prefix(prefix, said, rates, terms)


def _merged(
    entries: Iterator[tuple[str, list[Entry]]], rates: Iterator[tuple[str, Iterator[Rate]]]
) -> Iterator[tuple[str, Sequence[Entry], Sequence[Rate]]]:
    """Two lists in the order of their prefixes as one."""
    said, known = next(entries, None), _next(rates)
    while said or known:
        prefix = min(one[0] for one in (said, known) if one)
        own = said[1] if said and said[0] == prefix else []
        theirs = known[1] if known and known[0] == prefix else []
        yield prefix, own, theirs
        said = next(entries, None) if said and said[0] == prefix else said
        known = _next(rates) if known and known[0] == prefix else known


def _next(rates: Iterator[tuple[str, Iterator[Rate]]]) -> tuple[str, list[Rate]] | None:
    found = next(rates, None)
    return (found[0], list(found[1])) if found else None


def _written(
    outcomes: Iterable[Outcome],
    found: Found,
    rows: Spill | None,
    told: Callable[[int], None],
) -> None:
    """Count what becomes of the rates, and what all of it comes to."""
    counts = dict.fromkeys([one.value for one in Becomes], 0)
    digest, now = hashlib.sha256(), json.dumps(found.moment.isoformat())
    for some in batched(outcomes, BATCH):
        packed = []
        for one in some:
            counts[one.becomes] += 1
            text = json.dumps(_row(one, found.moment))
            packed.append(("", text))
            # The moment of entering is another one then.
            digest.update(text.replace(now, '"now"').encode())
        if rows is not None:
            rows.keep(packed)
        told(sum(counts.values()))
    found.counts, found.digest = counts, digest.hexdigest()


def _row(one: Outcome, now: datetime) -> list[Any]:
    """The columns of a DeckRow, as JSON can say them."""
    rate = one.begun or one.rate
    before = one.rate
    if rate is None:
        return [
            one.line, one.becomes.value, one.prefix, "", 0, 0, 60, 60, now.isoformat(), None,
            False, 0, 0, 0, None, None, 0, one.problem[:300],
        ]  # fmt: skip
    until, period, price = one.ends_at or rate.until, rate.period, rate.price
    return [
        one.line, one.becomes.value, one.prefix, rate.destination, to_micros(price.per_minute),
        to_micros(price.connection_fee), price.first_block, price.increment, rate.since.isoformat(),
        until and until.isoformat(), rate.is_locked,
        *((period.days, period.begin, period.end) if period else (0, 0, 0)),
        before and before.key, before and to_micros(before.price.per_minute), one.change, "",
    ]  # fmt: skip


def _unpacked(text: str) -> list[Any]:
    row: list[Any] = json.loads(text)
    for at in _MOMENTS:
        row[at] = row[at] and datetime.fromisoformat(row[at])
    return row
