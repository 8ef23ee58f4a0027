"""Rules as people paste them; presets, sets, and what the library knows about prefixes."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from accounts.numbers.digits import NotANumber
from accounts.numbers.places import number_place, place_of
from accounts.numbers.presets import country_set, prefix_sets, presets
from accounts.numbers.reading import normalised
from accounts.numbers.rule_lists import lines_of, rule_of
from accounts.numbers.verdict import Level, Section


@pytest.mark.parametrize(
    ("line", "words", "note"),
    [
        ("880", "allow 880", ""),
        ("+880", "allow 880", ""),
        ("00880", "allow 880", ""),
        ("block 881 # satellite", "block 881", "satellite"),
        ("BLOCK: 1-900-555-0100", "block 19005550100", ""),
        ("allow 880, local resale", "allow 880", "local resale"),
        ("8801700000000-8801799999999", "allow 8801700000000–8801799999999", ""),
        ("8801700000000 – 8801799999999", "allow 8801700000000–8801799999999", ""),
        ("block numbers 20 to 29; short codes", "block 20–29", "short codes"),
        ("numbers 100..199", "allow 100–199", ""),
        ("8801700000000,8801799999999,first", "allow 8801700000000–8801799999999", "first"),
        ("8801700000000\t8801799999999", "allow 8801700000000–8801799999999", ""),
        ("1-900", "allow 1900", ""),
        ("112", "allow 112", ""),
    ],
)
def test_lines_that_are_rules(line: str, words: str, note: str) -> None:
    rule, found = rule_of(line, is_allow=True)
    effect = "allow" if rule.is_allow else "block"
    assert (f"{effect} {rule.section}", found) == (words, note)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("block letters", "Use digits only"),
        ("880 local resale", "Use digits only"),
        ("8801799999999-8801700000000", "ends before it begins"),
        ("880170 to 88017999", "880170 has 6 and 88017999 has 8"),
        ("1234567890123456", "at most 15 digits"),
        ("block # nothing", "Enter a number."),
    ],
)
def test_lines_that_are_none_say_why(line: str, problem: str) -> None:
    with pytest.raises(NotANumber) as refused:
        rule_of(line, is_allow=True)
    assert problem in str(refused.value)


def test_a_list_keeps_the_places_of_its_lines() -> None:
    found = lines_of("880\n\n# a heading\nx y\nallow 44\n", is_allow=False)
    assert [(one.at, bool(one.problem)) for one in found] == [(1, False), (4, True), (5, False)]
    assert [one.rule.is_allow for one in found if one.rule] == [False, True]


NUMBERS = {
    "bangladesh": "8801711000000",
    "india": "+91 11 2345 6789",
    "london": "+44 20 7946 0000",
    "satellite": "008816212345678",
    "premium": "1-900-555-0100",
    "new york": "+1 212 555 0100",
    "shared cost abroad": "+979 1 2345 6789",
    "911": "911",
    "112": "112",
    "short code": "16263",
}


@pytest.mark.parametrize(
    ("preset", "passing"),
    [
        ("local-reseller", {"bangladesh"}),
        ("regional-agent", {"bangladesh", "india", "911"}),
        (
            "global-wholesaler",
            set(NUMBERS) - {"satellite", "shared cost abroad"},
        ),
        (
            "calling-card",
            {"london", "new york", "premium", "112", "short code"},
        ),
    ],
)
def test_what_a_preset_lets_pass(preset: str, passing: set[str]) -> None:
    """Short numbers are numbers like any other: 911 begins with 91, 112 and 16263 with 1."""
    level = Level(presets()[preset].rules)
    assert {name for name, text in NUMBERS.items() if level.passes(normalised(text))} == passing


def test_the_regional_agent_reaches_no_premium_numbers() -> None:
    level = Level(presets()["regional-agent"].rules)
    assert not level.passes("911861123456789")
    assert level.passes("919812345678")


def test_the_premium_set_holds_premium_numbers_and_no_others() -> None:
    level = Level(prefix_sets()["premium"].rules(is_allow=False))
    ordinary = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    examples = [
        example
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in ordinary
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    assert len(examples) > 400
    for example in examples:
        assert level.passes(f"{example.country_code}{example.national_number}"), example
    for region in ("US", "GB", "DE", "FR", "CH", "AT", "NL", "AU", "SE", "PL", "JP"):
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.PREMIUM_RATE)
        assert example is not None
        assert not level.passes(f"{example.country_code}{example.national_number}"), region


@pytest.mark.parametrize("name", ["satellite", "premium"])
def test_a_set_names_its_source_and_repeats_nothing(name: str) -> None:
    one = prefix_sets()[name]
    assert len(one.source) > 30
    assert len(set(one.prefixes)) == len(one.prefixes)
    assert len(one.prefixes) > 2
    for prefix in one.prefixes:
        assert normalised(prefix) == prefix
        assert not any(x != prefix and prefix.startswith(x) for x in one.prefixes)


def test_countries_come_from_the_library() -> None:
    bangladesh = country_set("880")
    assert bangladesh is not None
    assert (bangladesh.label, bangladesh.prefixes) == ("Bangladesh", ("880",))
    assert country_set("881") is None
    assert country_set("999") is None


@pytest.mark.parametrize(
    ("section", "place"),
    [
        (Section("880"), "Bangladesh"),
        (Section("8801711"), "Bangladesh, Grameenphone"),
        (Section("8801711000000", "8801711009999"), "Bangladesh, Grameenphone"),
        (Section("1"), "United States and others"),
        (Section("881"), ""),
        (Section("0"), ""),
        (Section("999"), ""),
        (Section("1000", "9999"), ""),
    ],
)
def test_country_and_operator_of_a_prefix(section: Section, place: str) -> None:
    assert place_of(section) == place


def test_a_short_code_lies_in_no_country() -> None:
    assert number_place("911") == ""
    assert number_place("8801711000000") == "Bangladesh, Grameenphone"
