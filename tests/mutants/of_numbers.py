"""Which numbers pass (docs/domain.md 5)."""

from tests.mutants.mutant import faults

NUMBERS = faults(
    "accounts.numbers.verdict",
    (
        "tests/accounts/numbers/test_numbers.py",
        "tests/accounts/numbers/test_number_questions.py",
        "tests/accounts/numbers/test_number_rules.py",
    ),
    ("Section.specificity", "return len(self.begin)", "return len(self.begin) - 1"),
    ("Section.specificity", "if a != b), len(self.begin))", "if a != b), 0)"),
    ("Section.holds", "len(number) == len(self.begin) and", ""),
    ("Section.holds", "self.begin <= number <= self.end", "self.begin <= number < self.end"),
    ("Section.has_length", "len(self.begin) <= length", "len(self.begin) < length"),
    (
        "Section.overlaps",
        "self._first(length) <= other._last(length)",
        "self._first(length) < other._last(length)",
    ),
    ("Section._last", 'ljust(length, "9")', 'ljust(length, "0")'),
    ("Section.bounds", '.rstrip("9")', ""),
    ("Rule.rank", "(not self.is_allow)", "self.is_allow"),
    ("Rule.rank", "2 * self.section.specificity", "self.section.specificity"),
    ("Level.lets", "not self.has_allow if deciding is None", "True if deciding is None"),
    ("Level.kind_of", "or length < self._longest_prefix", ""),
    ("Level._steps", "if not kind or one.section.has_length(kind)", ""),
    ("_swept", "begun[0][2] <= point", "begun[0][2] < point"),
    (
        "Chain.passes",
        "not bisect_right(points, number) & 1",
        "bool(bisect_right(points, number) & 1)",
    ),
    ("Chain.stopping", "if not one.passes(number)", "if one.passes(number)"),
    ("Chain._refuses_all", "points[at] >= end", "points[at] > end"),
    ("_joined", "begin <= points[-1]", "begin < points[-1]"),
    ("_joined", "max(points[-1], end)", "end"),
)
