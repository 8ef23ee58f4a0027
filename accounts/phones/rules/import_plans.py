"""What an import of phones would do, and did, row by row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.availability import Answer, Taken
from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.phones.models import Phone
from accounts.phones.rules.sheet_columns import Layout
from accounts.phones.rules.values import IssuedPhone


@dataclass(frozen=True)
class PlannedRow:
    """What becomes of a row: a new phone of `account`, a change of `phone` (`before` → `after`), or
    nothing; `problem` says what is wrong with it. A row one of whose numbers somebody out of reach
    has (`taken`) is left out.
    """

    line: int
    number: str
    account: Account | None = None
    phone: Phone | None = None
    values: Mapping[str, Any] | None = None
    dids: Sequence[str] | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    problem: str = ""
    taken: Taken | None = None

    @property
    def is_new(self) -> bool:
        return not self.problem and self.phone is None

    @property
    def is_change(self) -> bool:
        return not self.problem and self.phone is not None and bool(self.after)


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do, row by row; `told` says which of the rows that are left out may be
    named.
    """

    rows: Sequence[PlannedRow]
    told: Answer = Answer()

    @cached_property
    def new(self) -> list[PlannedRow]:
        return [one for one in self.rows if one.is_new and not self._is_left_out(one)]

    @cached_property
    def changes(self) -> list[PlannedRow]:
        return [one for one in self.rows if one.is_change and not self._is_left_out(one)]

    @cached_property
    def wrong(self) -> list[PlannedRow]:
        return [one for one in self.rows if one.problem]

    @cached_property
    def taken(self) -> list[PlannedRow]:
        """The rows that are left out."""
        return [one for one in self.rows if self._is_left_out(one)]

    def _is_left_out(self, row: PlannedRow) -> bool:
        return row.taken is not None and not self.told.hides(row.taken)

    @cached_property
    def left_out(self) -> list[tuple[PlannedRow, str]]:
        """Those of them that may be named, and in which words."""
        return [
            (one, one.taken.words) for one in self.taken if one.taken and self.told.names(one.taken)
        ]

    @property
    def same(self) -> int:
        rest = len(self.rows) - len(self.new) - len(self.changes)
        return rest - len(self.wrong) - len(self.taken)

    @cached_property
    def digest(self) -> str:
        """Of everything that would be written: the same digest writes the same, as far as it is
        available.
        """
        told = [
            [
                one.number,
                one.account.pk if one.account else None,
                one.phone.pk if one.phone else None,
                dict(one.values or {}) if one.is_new else dict(one.after or {}),
                {} if one.is_new else dict(one.before or {}),
                list(one.dids or ()),
                one.problem,
            ]
            for one in self.rows
        ]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def error_file(
    rows: Sequence[Sequence[str]], layout: Layout, plan: ImportPlan
) -> tuple[list[str], list[list[Any]]]:
    """(headings, lines) of the rows that have a problem, and of those left out that may be named:
    the sheet's own columns, and what to do. Corrected, it can be handed in as it is.
    """
    width = max(map(len, rows), default=0)
    problems = [(one, one.problem) for one in plan.wrong] + plan.left_out
    lines: list[list[Any]] = [
        [*[*rows[one.line - 1], *[""] * width][:width], one.line, words]
        for one, words in sorted(problems, key=lambda pair: pair[0].line)
    ]
    if plan.told.more_words:
        lines.append([*[""] * width, "", plan.told.more_words])
    return [*layout.header(width), _("Row"), _("Problem")], lines


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    issued: Sequence[IssuedPhone]
    changed: int
    same: int
    left_out: int = 0


class ImportRefused(Refused):
    """Something stands against some of the rows; the plan says what."""

    def __init__(self, plan: ImportPlan) -> None:
        super().__init__(
            _("%(count)s rows have a problem; nothing was imported.") % {"count": len(plan.wrong)},
            code="wrong_rows",
            field="file",
        )
        self.plan = plan
