"""What a change makes of the rules of one level: what comes, what goes, and what the pasted list
said twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accounts.numbers.models import NumberRule
from accounts.numbers.rule_lists import Line
from accounts.numbers.rules import RuleDraft
from accounts.numbers.verdict import Purpose, Rule


@dataclass(frozen=True)
class Edit:
    """The rules as they would be, and the difference."""

    purpose: Purpose
    drafts: dict[Purpose, list[RuleDraft]]
    added: tuple[RuleDraft, ...] = ()
    noted: tuple[RuleDraft, ...] = ()
    removed: tuple[NumberRule, ...] = ()
    # Lines that were read, those that stand in the list twice, and those that are rules already.
    read: int = 0
    twice: tuple[Line, ...] = field(default=())
    known: tuple[Line, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.noted or self.removed)

    def rules(self, purpose: Purpose) -> list[Rule]:
        return [one.rule for one in self.drafts.get(purpose, ())]


def key_of(rule: NumberRule) -> str:
    """What names a rule in forms: it means the same after others changed the rules."""
    return f"{rule.purpose}:{rule.effect}:{rule.begin}:{rule.end}"


def edit_of(
    known: Sequence[NumberRule],
    *,
    purpose: Purpose,
    lines: Iterable[Line],
    removed: set[str],
    is_replacing: bool,
) -> Edit:
    """The rules after `removed` were taken away and those of `lines` added to `purpose`."""
    lines = list(lines)
    wanted: dict[Rule, RuleDraft] = {}
    twice = []
    for line in lines:
        assert line.rule is not None
        if line.rule in wanted:
            twice.append(line)
        else:
            wanted[line.rule] = RuleDraft(line.rule.section, line.rule.is_allow, line.note)
    drafts: dict[Purpose, list[RuleDraft]] = {one: [] for one in Purpose}
    gone, noted, already = [], [], []
    for one in known:
        draft = RuleDraft(one.section, one.rule.is_allow, one.note)
        is_ours = one.purpose == purpose
        again = wanted.pop(one.rule, None) if is_ours else None
        if again is not None:
            if again.note and again.note != one.note:
                draft = again
                noted.append(again)
            else:
                already.append(one.rule)
        elif key_of(one) in removed or (is_replacing and is_ours):
            gone.append(one)
            continue
        drafts[Purpose(one.purpose)].append(draft)
    drafts[purpose] += wanted.values()
    return Edit(
        purpose,
        drafts,
        tuple(wanted.values()),
        tuple(noted),
        tuple(gone),
        len(lines),
        tuple(twice),
        tuple(line for line in lines if line.rule in already and line not in twice),
    )
