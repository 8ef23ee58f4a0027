"""The list of mutants does not rot: each still fits the source it was written for. Whether the
tests find them is asked by `python -m tests.mutants` alone.
"""

import ast
import textwrap
from collections import Counter

import pytest

from tests.mutants.mutant import ROOT, Mutant, Stale
from tests.mutants.table import TABLE

pytestmark = pytest.mark.wide


@pytest.mark.parametrize("mutant", TABLE, ids=str)
def test_each_still_fits_its_source(mutant: Mutant) -> None:
    before, after = (ast.parse(textwrap.dedent(one)) for one in mutant.parts())
    assert ast.dump(before) != ast.dump(after)


def test_each_is_planted_once() -> None:
    counted = Counter((one.module, one.function, one.old, one.new) for one in TABLE)
    assert [one for one, count in counted.items() if count > 1] == []


def test_the_tests_that_should_find_them_are_there() -> None:
    files = {ROOT / test.partition("::")[0] for one in TABLE for test in one.tests}
    assert [one for one in sorted(files) if not one.exists()] == []


def test_each_has_tests() -> None:
    assert [str(one) for one in TABLE if not one.tests] == []


def scratch(old: str, new: str, function: str = "Mutant.parts") -> Mutant:
    return Mutant("tests.mutants.mutant", function, old, new, ())


@pytest.mark.parametrize("old", ["not there", "self"])
def test_one_that_does_not_fit_exactly_once_is_stale(old: str) -> None:
    with pytest.raises(Stale):
        scratch(old, "").parts()


def test_one_of_a_function_that_is_gone_is_stale() -> None:
    with pytest.raises(Stale):
        scratch("return", "raise", "gone").parts()


def doubled(number: int) -> int:
    return 2 * number


LIMIT = 5


class Wrapped:
    @property
    def value(self) -> int:
        return 7


HERE = __name__


def test_a_function_does_what_the_fault_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubled, "__code__", doubled.__code__)
    Mutant(HERE, "doubled", "2 *", "3 *", ()).apply()
    assert doubled(5) == 15


def test_so_does_a_property(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wrapped, "value", property(lambda self: 7))
    Mutant(HERE, "Wrapped.value", "return 7", "return 8", ()).apply()
    assert Wrapped().value == 8


def test_a_name_of_a_module_gets_another_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{HERE}.LIMIT", 5)
    Mutant(HERE, "LIMIT", "5", "6", ()).apply()
    assert LIMIT == 6
