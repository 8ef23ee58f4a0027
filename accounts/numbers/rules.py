"""What number rules may say (docs/domain.md 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.text import tidied
from accounts.numbers.verdict import Purpose, Rule, Section

# Per level and purpose; more than these nobody keeps in view.
MOST_RULES = 2000
LONGEST_NOTE = 100


@dataclass(frozen=True)
class RuleDraft:
    """A rule as it should be."""

    section: Section
    is_allow: bool = True
    note: str = ""

    @property
    def rule(self) -> Rule:
        return Rule(self.section, self.is_allow)


Drafts = Mapping[Purpose, Sequence[RuleDraft]]


def check_drafts(drafts: Drafts) -> None:
    """Raise Refused for what cannot be stored, or says nothing sensible."""
    for purpose, wanted in drafts.items():
        if len(wanted) > MOST_RULES:
            raise Refused(
                _("At most %(max)s rules; these are %(count)s.")
                % {"max": MOST_RULES, "count": len(wanted)},
                code="too_many",
                field="rules",
            )
        for draft in wanted:
            _check_note(note_of(draft))
        if purpose is Purpose.ALLOCATION:
            _check_allocation(wanted)


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": LONGEST_NOTE},
            code="too_long",
            field="rules",
        )
    if not note.isprintable():
        raise Refused(
            _("Use letters, digits and signs only; something invisible is in this text."),
            code="control_characters",
            field="rules",
        )


def _check_allocation(wanted: Sequence[RuleDraft]) -> None:
    """What may be assigned is a list without overlaps: an overlap is a slip of the pen."""
    blocked = next((one for one in wanted if not one.is_allow), None)
    if blocked:
        raise Refused(
            _(
                "Allocation lists what may be assigned; whatever is not listed may not. "
                "Leave out “block %(section)s”."
            )
            % {"section": blocked.section},
            code="only_allow",
            field="rules",
        )
    sections = list(dict.fromkeys(one.section for one in wanted))
    clash = first_overlap(sections)
    if clash:
        raise Refused(
            _("%(one)s and %(other)s overlap. Enter each number once.")
            % {"one": clash[0], "other": clash[1]},
            code="overlap",
            field="rules",
        )


def first_overlap(sections: Sequence[Section]) -> tuple[Section, Section] | None:
    """Two of the sections that have numbers in common."""
    prefixes = {one.begin for one in sections if one.is_prefix}
    by_length: dict[int, list[Section]] = {}
    for section in sections:
        shorter = [section.begin[:length] for length in range(1, len(section.begin))]
        above = next((begin for begin in shorter if begin in prefixes), None)
        if section.is_prefix and above:
            return Section(above), section
        if not section.is_prefix:
            by_length.setdefault(len(section.begin), []).append(section)
    for length, meeting in by_length.items():
        meeting += [Section(begin) for begin in prefixes if len(begin) <= length]
        meeting.sort(key=lambda one: one.bounds())
        for section, other in zip(meeting, meeting[1:], strict=False):
            if section.overlaps(other):
                return section, other
    return None


def note_of(draft: RuleDraft) -> str:
    """The note on one line."""
    return tidied(draft.note)
