"""Numbers and rules about them, compared with docs/domain.md 5 written down naively."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from accounts.numbers.verdict import Chain, Level, Rule, Section, lets_pass
from tests.support.examples import examples
from tests.support.naive_numbers import (
    chains_of_rules,
    digits,
    holds,
    naive,
    numbers,
    rules,
    sections,
    specificity,
)


@examples(300)
@given(sections(), numbers)
def test_a_section_holds_what_the_definition_says(section: Section, number: str) -> None:
    assert section.holds(number) == holds(section, number)


def test_a_section_holds_no_shorter_number() -> None:
    assert not Section("100", "199").holds("15")


@examples(400)
@given(st.lists(rules, max_size=12), st.lists(numbers, min_size=1, max_size=20))
def test_a_level_judges_as_the_definition_does(level: list[Rule], asked: list[str]) -> None:
    compiled = Level(level)
    assert asked
    for number in asked:
        assert compiled.passes(number) == naive(level, number)


@examples(400)
@given(st.lists(rules, max_size=12), numbers)
def test_the_rules_that_match_are_enough_to_judge_by(level: list[Rule], number: str) -> None:
    matching = [one for one in level if holds(one.section, number)]
    has_allow = any(one.is_allow for one in level)
    assert lets_pass(matching, has_allow=has_allow) == naive(level, number)


@examples(400)
@given(st.lists(rules, max_size=12), numbers)
def test_the_deciding_rule_matches_and_nothing_matches_closer(
    level: list[Rule], number: str
) -> None:
    deciding = Level(level).deciding(number)
    matching = [one for one in level if holds(one.section, number)]
    if not matching:
        assert deciding is None
    else:
        assert deciding in matching
        assert specificity(deciding.section) == max(specificity(x.section) for x in matching)


@pytest.mark.wide
@examples(400)
@given(chains_of_rules, st.lists(numbers, min_size=1, max_size=20))
def test_a_chain_lets_pass_what_every_level_lets_pass(
    levels: list[list[Rule]], asked: list[str]
) -> None:
    chain = Chain([Level(one) for one in levels])
    assert asked
    for number in asked:
        refusing = [at for at, one in enumerate(levels) if not naive(one, number)]
        assert chain.passes(number) == (not refusing)
        assert chain.stopping(number) == (refusing[0] if refusing else None)


@pytest.mark.wide
@examples(200)
@given(chains_of_rules, st.lists(rules, max_size=8), st.lists(numbers, min_size=1, max_size=20))
def test_a_level_below_never_widens(
    levels: list[list[Rule]], below: list[Rule], asked: list[str]
) -> None:
    above = Chain([Level(one) for one in levels])
    longer = Chain([*above.levels, Level(below)])
    assert asked
    for number in asked:
        assert above.passes(number) or not longer.passes(number)


@pytest.mark.wide
@examples(300)
@given(st.lists(st.lists(rules, max_size=5), max_size=3), sections(), st.data())
def test_a_section_of_which_nothing_passes(
    levels: list[list[Rule]], section: Section, data: st.DataObject
) -> None:
    chain = Chain([Level(one) for one in levels])
    if section.end:
        inside = st.integers(int(section.begin), int(section.end)).map(
            lambda n: str(n).zfill(len(section.begin))
        )
    else:
        inside = digits(1, max(1, 15 - len(section.begin))).map(
            lambda rest: (section.begin + rest)[:15]
        ) | st.just(section.begin)
    if chain.refuses_all(section):
        assert not any(chain.passes(data.draw(inside)) for _ in range(5))
    else:
        assume(len(section.begin) <= 3)
        every = [
            f"{n:0{length}}"
            for length in section.lengths()
            if length <= 4
            for n in range(10**length)
        ]
        closest = [one for one in every if holds(section, one)]
        # Longer numbers may be the ones that pass.
        assert any(chain.passes(one) for one in closest) or max(section.lengths()) > 4


@examples(300)
@given(sections(), sections())
def test_overlapping_is_having_a_number_in_common(one: Section, other: Section) -> None:
    lengths = set(one.lengths()) & set(other.lengths())
    shortest = [length for length in sorted(lengths) if length <= 6][:1]
    if not lengths:
        assert not one.overlaps(other)
    else:
        assume(shortest)
        common = (
            any(
                holds(one, f"{n:0{shortest[0]}}") and holds(other, f"{n:0{shortest[0]}}")
                for n in range(10 ** shortest[0])
            )
            if shortest[0] <= 3
            else one.overlaps(other)
        )
        assert one.overlaps(other) == common


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("8801711000000", "8801711000000"),
        ("+44 20 7946 0000", "442079460000"),
        ("008816212345678", "8816212345678"),
        ("1-900-555-0100", "19005550100"),
        ("1\u2011900 (555)\u00a0[0100]", "19005550100"),
        ("911", "911"),
        ("112", "112"),
        ("7", "7"),
        ("0171 123", "0171123"),
        ("000", "0"),
        ("0 0 880", "880"),
        ("123456789012345", "123456789012345"),
        ("00123456789012345", "123456789012345"),
    ],
)
def test_normalising(text: str, found: str) -> None:
    assert normalised(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter a number."),
        (" - ", "Enter a number."),
        ("+", "Enter a number."),
        ("00", "Enter a number."),
        ("1-800-FLOWERS", "Use digits only: “FLOWERS”"),
        ("++880", "Use digits only"),
        ("880#", "Use digits only"),
        ("²", "Use digits only"),
        ("880\x00", "Use digits only"),
        ("1234567890123456", "at most 15 digits; this one has 16"),
        ("+4420794600001234567890", "at most 15 digits"),
    ],
)
def test_what_is_no_number_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(NotANumber) as refused:
        normalised(text)
    assert words in str(refused.value)
    assert refused.value.code == "not_a_number"


@pytest.mark.parametrize(
    ("section", "specific"),
    [
        (Section("880"), 3),
        (Section("8801700000000", "8801799999999"), 5),
        (Section("1000", "9999"), 0),
        (Section("8801711000000", "8801711000000"), 13),
    ],
)
def test_specificity(section: Section, specific: int) -> None:
    assert section.specificity == specific


def test_at_equal_specificity_block_beats_allow() -> None:
    level = Level([Rule(Section("880"), True), Rule(Section("880"), False)])
    assert not level.passes("8801711000000")


def test_a_section_beats_a_shorter_prefix_and_yields_to_a_longer_one() -> None:
    section = Rule(Section("8801700", "8801799"), False)
    level = Level([Rule(Section("880"), True), section, Rule(Section("880171"), True)])
    assert level.passes("8801711")
    assert not level.passes("8801722")
    # The section holds numbers of its own length only.
    assert level.passes("88017220")


def test_without_allow_rules_everything_else_passes() -> None:
    level = Level([Rule(Section("881"), False)])
    assert level.passes("442079460000")
    assert not Level([Rule(Section("880"), True)]).passes("442079460000")


def test_a_chain_that_lets_nothing_pass() -> None:
    above = Level([Rule(Section("880"), True)])
    below = Level([Rule(Section("44"), True)])
    assert Chain([above, below]).refuses_everything
    assert not Chain([above]).refuses_everything
    assert not Chain([]).refuses_everything


def test_blocks_side_by_side_let_nothing_pass_between_them() -> None:
    ones = "0123456789"
    assert Chain([Level(Rule(Section(one), False) for one in ones)]).refuses_everything
    assert not Chain([Level(Rule(Section(one), False) for one in ones[1:])]).refuses_everything


def test_blocks_of_two_levels_side_by_side_let_nothing_pass_either() -> None:
    levels = [Level(Rule(Section(one), False) for one in some) for some in ("01234", "56789")]
    assert Chain(levels).refuses_everything
    assert Chain(levels).refuses_all(Section("40", "59"))


def test_blocks_meet_behind_a_nine() -> None:
    level = Level(Rule(Section(one), False) for one in ("19", "2"))
    assert Chain([level]).refuses_all(Section("190", "299"))
    assert not Chain([level]).refuses_all(Section("190", "300"))
