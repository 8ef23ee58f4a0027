"""What is told of things that are unique across the platform and taken elsewhere (docs/domain.md
2).

Whoever asks for such a thing is told "not available", and nothing of who has it. Services raise
NotAvailable with what was typed, inside their transaction. The outermost service counts once that
transaction is undone, and only then says which of it may be named (`availability_deeds`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, Kind
from accounts.core.locks import said_busy
from accounts.core.models import AvailabilityDay, AvailabilityRelease, NamedEntry
from accounts.core.querysets import chains
from accounts.core.record import record
from accounts.kit.errors import Refused

ACTION = "refused.not_available"
# How many entries of others an account, and everything below it, is named in a day of UTC.
MOST_NAMED = 20
# Once they are named, so many previews, of lists that are no shorter, are answered with the number
# of further ones. All others look as if everything were available, and what is not is told when it
# is done: numbers of lists that are halved again and again would name as well, and cost nothing.
MOST_COUNTED = 3
SHORTEST_COUNTED = 20
# How much of what was asked for an entry of the audit log holds.
_LISTED = 50
_LONGEST = 80


class Thing(StrEnum):
    """What is unique across the platform."""

    ACCOUNT = "account_id"
    LOGIN = "username"
    EMAIL = "email"
    NUMBER = "number"
    GATEWAY = "gateway"
    REGISTRATION = "user_name"
    ADDRESS = "addresses"
    SERIALS = "first_serial"


class Holder(StrEnum):
    """Who has it: what is counted and what is not."""

    # Somebody outside the asker's scope: on record, and counted.
    FOREIGN = "foreign"
    # The same, for a number that every level above gave to be assigned: on record.
    GIVEN = "given"
    # Nobody: a word that addresses use, in the words of what is taken.
    RESERVED = "reserved"
    # Somebody the asker reaches: no secret.
    KNOWN = "known"


@dataclass(frozen=True)
class Taken:
    """One entry that is not to be had, as it was typed. `beside` is what else decides whether it
    is: the same entry beside another value is another question.
    """

    typed: str
    thing: Thing
    holder: Holder = Holder.FOREIGN
    beside: str = ""

    @cached_property
    def digest(self) -> str:
        asked = f"{self.thing} {self.typed.lower()} {self.beside}"
        return hashlib.sha256(asked.encode()).hexdigest()

    @property
    def words(self) -> str:
        return _("%(typed)s is not available.") % {"typed": self.typed[:_LONGEST]}


@dataclass(frozen=True)
class Answer:
    """Which of the taken entries are named, and how many more there are. `is_silent`: of those
    that are not named nothing is told, not even whether there are any. `is_whole`: they were asked
    for together, all or none, and are told as one.
    """

    named: Sequence[Taken] = ()
    more: int = 0
    is_silent: bool = False
    is_whole: bool = False

    @cached_property
    def digests(self) -> frozenset[str]:
        return frozenset(one.digest for one in self.named)

    def names(self, one: Taken) -> bool:
        return one.digest in self.digests

    def hides(self, one: Taken | None) -> bool:
        """Whether an entry has to look as if it were available."""
        return one is not None and self.is_silent and not self.names(one)

    @property
    def words(self) -> str:
        return " ".join([*(one.words for one in self.named), *filter(None, [self.more_words])])

    @property
    def more_words(self) -> str:
        """ "" where everything is named."""
        if self.is_silent:
            said = _("Whether any more are not available is told when it is done.")
            return f"{said} {why_unnamed()}"
        if not self.more:
            return ""
        if self.is_whole:
            return f"{_('More of what was asked for is not available.')} {why_unnamed()}"
        said = ngettext(
            "%(count)s more is not available.", "%(count)s more are not available.", self.more
        ) % {"count": f"{self.more:,}"}
        return f"{said} {why_unnamed()}"


def why_unnamed() -> str:
    """Why entries are told as a number only, and the way out."""
    return _(
        "Too many that are not available were asked for today to name further ones; an "
        "administrator can release your account for a day."
    )


class NotAvailable(Refused):
    """Entries that are taken or reserved, whoever has them. Before it is answered it names none.
    `asked` is all that was asked for with them, by default nothing else.
    """

    def __init__(
        self, taken: Iterable[Taken], *, field: str | None, asked: Iterable[str] = ()
    ) -> None:
        self.taken = tuple(taken)
        self.asked = tuple(asked)
        said = Answer(more=len(self.taken)).more_words
        super().__init__(said, code="not_available", field=field)

    def answered(self, told: Answer) -> None:
        self.message = told.words
        self.args = (told.words,)


def answer(
    actor: Actor,
    taken: Sequence[Taken],
    asked: Sequence[str] = (),
    *,
    is_preview: bool = False,
    is_whole: bool = False,
) -> Answer:
    """Count and record that `actor` asked for `asked` (by default just what is taken), and tell
    which of `taken` may be named: all of it to whom nothing is counted. Call it outside the
    transaction that may be undone. `is_preview`: nothing is done. `is_whole`: all or nothing is.
    Raises Busy.

    An entry that was named to the account before, on the same day, is named again and counted once.
    """
    if not _is_counted(actor):
        return Answer(tuple(taken))
    if all(one.holder is Holder.KNOWN for one in taken):
        return Answer(tuple(taken), is_silent=is_preview and _is_silent(actor, len(asked)))
    # Durable: a count that a surrounding transaction could undo would be none.
    with said_busy(), transaction.atomic(durable=True):
        return _counted(actor, taken, asked, is_preview, is_whole)


def unnamed(actor: Actor, taken: Sequence[Taken]) -> list[Taken]:
    """Those that would not be named, where no more may be."""
    if not taken or not _is_counted(actor):
        return []
    levels, bound = _levels(actor)
    rows = _known_rows(levels, today())
    if all(rows[pk].named < MOST_NAMED for pk in bound if pk in rows):
        return []
    before = _told_before(rows.get(levels[0]), [one.digest for one in taken])
    return [
        one
        for one in taken
        if one.holder is Holder.RESERVED
        or (one.holder is Holder.FOREIGN and one.digest not in before)
    ]


def _is_silent(actor: Actor, count: int) -> bool:
    """Whether a preview of so many entries tells nothing more of what others have."""
    _all_levels, bound = _levels(actor)
    return _tells_nothing(_known_rows(bound, today()).values(), count)


def _tells_nothing(bound: Iterable[AvailabilityDay], count: int) -> bool:
    rows = list(bound)
    is_over = any(one.named >= MOST_NAMED for one in rows)
    is_counted = any(one.counted >= MOST_COUNTED for one in rows)
    return is_over and (is_counted or count < SHORTEST_COUNTED)


def _is_counted(actor: Actor) -> bool:
    """Administrators, also when they look as somebody else, operators and commands are told all."""
    return actor.kind is Kind.ACCOUNT and actor.viewer is None and actor.account_pk is not None


def _counted(
    actor: Actor, taken: Sequence[Taken], asked: Sequence[str], is_preview: bool, is_whole: bool
) -> Answer:
    day = today()
    levels, bound = _levels(actor)
    is_recorded = any(one.holder in (Holder.FOREIGN, Holder.GIVEN) for one in taken)
    rows = _rows(levels, day) if is_recorded else _known_rows(levels, day)
    own = rows.get(levels[0])
    wanted = list({one.digest: one for one in taken}.values())
    question = _question(taken, asked)
    before = _told_before(own, [question, *(one.digest for one in wanted)])
    left = min((MOST_NAMED - rows[pk].named for pk in bound if pk in rows), default=len(wanted))
    named: list[Taken] = []
    new: list[str] = []
    for entry in wanted:
        if entry.holder is Holder.FOREIGN and entry.digest not in before and left > 0:
            new.append(entry.digest)
            left -= 1
            named.append(entry)
        elif entry.holder is Holder.RESERVED:
            named += [entry] if left > 0 else []
        elif entry.holder is not Holder.FOREIGN or entry.digest in before:
            named.append(entry)
    told = Answer(tuple(named), len(wanted) - len(named), is_whole=is_whole)
    counted = 0
    if is_preview and question not in before:
        if _tells_nothing([rows[pk] for pk in bound if pk in rows], len(asked)):
            told = replace(told, more=0, is_silent=True)
        elif told.more:
            new.append(question)
            counted = 1
    if own and is_recorded and (told.named or told.more):
        NamedEntry.objects.bulk_create([NamedEntry(day=own, digest=one) for one in new], 500)
        AvailabilityDay.objects.filter(pk__in=[one.pk for one in rows.values()]).update(
            named=F("named") + len(new) - counted,
            unnamed=F("unnamed") + told.more,
            counted=F("counted") + counted,
        )
        _record(actor, taken, asked, told)
    return told


def _question(taken: Sequence[Taken], asked: Sequence[str]) -> str:
    """The digest of all that was asked for in one preview, and of what of it is taken."""
    parts = [*asked, "", *sorted(one.digest for one in taken)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def today() -> date:
    """The day everything is counted by, of UTC: levels in several zones share one count."""
    return timezone.now().astimezone(UTC).date()


def _levels(actor: Actor) -> tuple[list[int], list[int]]:
    """(the levels at which the asking account counts, those of them whose count binds it), by key.

    They run from the account up to the first that is released: a release lifts the bound of that
    level and of those above it, which are not burdened either.
    """
    own = actor.account_pk
    assert own is not None
    way = [one.pk for one in chains([own])[own]][::-1]
    released = released_until(way)
    first = next((at for at, pk in enumerate(way) if pk in released), None)
    return (way, way) if first is None else (way[: first + 1], way[:first])


def released_until(account_pks: Iterable[int]) -> dict[int, Any]:
    """Until when those accounts are released that are, by key. One query."""
    rows = AvailabilityRelease.objects.filter(pk__in=list(account_pks), until__gt=timezone.now())
    return dict(rows.values_list("pk", "until"))


def _rows(levels: Sequence[int], day: date) -> dict[int, AvailabilityDay]:
    """The rows of these levels, made where there are none, locked in one order everywhere."""
    AvailabilityDay.objects.bulk_create(
        [AvailabilityDay(account_id=pk, day=day) for pk in sorted(levels)], ignore_conflicts=True
    )
    found = AvailabilityDay.objects.select_for_update().filter(account__in=levels, day=day)
    return {one.account_id: one for one in found.order_by("account")}


def _known_rows(levels: Sequence[int], day: date) -> dict[int, AvailabilityDay]:
    found = AvailabilityDay.objects.filter(account__in=levels, day=day)
    return {one.account_id: one for one in found}


def _told_before(row: AvailabilityDay | None, digests: Sequence[str]) -> frozenset[str]:
    if row is None:
        return frozenset()
    found = NamedEntry.objects.filter(day=row, digest__in=digests)
    return frozenset(found.values_list("digest", flat=True))


def _record(actor: Actor, taken: Sequence[Taken], asked: Sequence[str], told: Answer) -> None:
    """What was asked and what was named; nothing of the rest, for the account reads its log."""
    typed = list(asked) or [one.typed for one in taken]
    record(
        actor=actor,
        action=ACTION,
        account=actor.own,
        subject=typed[0][:_LONGEST] if len(typed) == 1 else "",
        after={
            "thing": taken[0].thing.value,
            "asked": [one[:_LONGEST] for one in typed[:_LISTED]],
            "asked_count": len(typed),
            "named": [one.typed[:_LONGEST] for one in told.named],
            "unnamed": min(told.more, 1) if told.is_whole else told.more,
        },
        is_refused=True,
    )
