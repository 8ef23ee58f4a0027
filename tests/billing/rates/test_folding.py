"""Under which country a prefix stands, and how prefixes nest below it."""

from decimal import Decimal

import pytest

from billing.rates.folding import Fold, code_of, folded, nested, place_words


@pytest.mark.parametrize(
    ("lead", "code", "place"),
    [
        ("880", "880", "Bangladesh"),
        ("171", "1", "United States and others"),
        ("44", "44", "United Kingdom and others"),
        ("870", "870", "International services"),
        # No country's numbers begin so: the fewest digits that say it.
        ("801", "801", "Of no country"),
        ("894", "89", "Of no country"),
        ("001", "0", "Of no country"),
        # 880, 886 and others do.
        ("88", "88", "Several countries"),
        ("9", "9", "Several countries"),
    ],
)
def test_a_prefix_stands_under_its_calling_code(lead: str, code: str, place: str) -> None:
    assert code_of(lead) == code
    assert place_words(code) == place


def test_every_prefix_stands_under_a_head_of_its_own_digits() -> None:
    leads = [f"{at:0{digits}d}" for digits in (1, 2, 3) for at in range(10**digits)]
    assert [one for one in leads if not one.startswith(code_of(one))] == []
    # A page holds all of them.
    assert len({*map(code_of, leads)}) < 320


def test_the_parts_of_a_country_are_one_head() -> None:
    low, high = Decimal("0.01"), Decimal("0.4")
    parts = [
        Fold("447", 3, low, low, 0, 1),
        Fold("220", 1, low, low, 0, 0),
        Fold("44", 1, high, high, 1, 0),
    ]
    assert folded(parts) == (Fold("220", 1, low, low, 0, 0), Fold("44", 4, low, high, 1, 1))


def test_a_prefix_stands_below_the_longest_that_begins_it() -> None:
    prefixes = ["880", "8801", "88014", "88014", "880149", "8801491", "8802"]
    assert list(nested(prefixes, "880")) == [
        (1, ""), (1, "880"), (2, "8801"), (2, "8801"), (3, "88014"), (3, "880149"), (1, "880"),
    ]  # fmt: skip
