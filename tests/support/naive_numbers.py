"""Numbers and rules about them, drawn at random, and a verdict as docs/domain.md 5 defines it."""

from hypothesis import strategies as st

from accounts.numbers.verdict import Rule, Section

# Few digits, so that rules and numbers meet often.
digit = st.sampled_from("0189")


def digits(shortest: int = 1, longest: int = 15) -> st.SearchStrategy[str]:
    return st.text(digit, min_size=shortest, max_size=longest)


@st.composite
def sections(draw: st.DrawFn) -> Section:
    """Prefixes, and sections that cross the borders of prefixes."""
    if draw(st.booleans()):
        return Section(draw(digits()))
    length = draw(st.integers(1, 6))
    begin, end = sorted(draw(digits(length, length)) for _ in range(2))
    return Section(begin, end)


rules = st.builds(Rule, sections(), st.booleans())
numbers = st.one_of(digits(1, 6), digits())
chains_of_rules = st.lists(st.lists(rules, max_size=8), max_size=4)


def holds(section: Section, number: str) -> bool:
    if not section.end:
        return number[: len(section.begin)] == section.begin
    same_length = len(number) == len(section.begin)
    return same_length and int(section.begin) <= int(number) <= int(section.end)


def specificity(section: Section) -> int:
    if not section.end:
        return len(section.begin)
    length = 0
    while length < len(section.begin) and section.begin[length] == section.end[length]:
        length += 1
    return length


def naive(level: list[Rule], number: str) -> bool:
    """The verdict of one level, a rule at a time."""
    matching = [one for one in level if holds(one.section, number)]
    if not matching:
        return not any(one.is_allow for one in level)
    most = max(specificity(one.section) for one in matching)
    return all(one.is_allow for one in matching if specificity(one.section) == most)
