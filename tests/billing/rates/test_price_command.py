"""`manage.py price`."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from tests.factories import ResellerTree
from tests.factories.rates import Deck, rate
from tests.support.buying import buys_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deck")]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    call_command("price", *arguments)
    return capsys.readouterr().out.splitlines()


def refused(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        call_command("price", *arguments)
    return error.value.returncode, str(error.value)


def test_every_level_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "customer-001", "+880 1819-442207", "337") == [
        "Customer-001\tDhaka Retail Std\t88018\t360\t0.144000",
        "Dhaka-Retail-Sub\tBDW Retail A\t8801\t342\t0.108300",
        "BD-Wholesale-Agent\tWholesale BD Gold\t88018\t337\t0.087058",
    ]


def test_the_root_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "BD-Wholesale-Agent", "8801819442207", "0") == [
        "BD-Wholesale-Agent\tWholesale BD Gold\t88018\t0\t0.000000"
    ]


@pytest.mark.parametrize(
    ("at", "amount"),
    [
        ("2026-11-01T11:59:59Z", "0.024000"),
        ("2026-11-01T12:00:00+00:00", "0.060000"),
        ("2026-11-01 18:00+06:00", "0.060000"),
        ("2019-12-31", None),
    ],
)
def test_a_moment_has_its_own_rates(
    deck: Deck, capsys: pytest.CaptureFixture[str], at: str, amount: str | None
) -> None:
    rate(deck.standard, "8801819", "0.06", since=datetime(2026, 11, 1, 12, 0, tzinfo=UTC))
    asked = ("Customer-001", "8801819442207", "60", "--at", at)
    if amount is None:
        assert refused(*asked)[0] == 1
        return
    assert said(capsys, *asked)[0].endswith(amount)


def test_where_it_may_not_be_called_there_is_a_sentence(tree: ResellerTree, deck: Deck) -> None:
    asked = ("Customer-001", "8801819442207", "60")
    unrated = refused("Customer-001", "447911123456", "60")
    assert unrated == (1, "Customer-001 has no rate for this number: it may not be called.")
    rate(deck.retail, "8801819", "0.06", is_locked=True)
    locked = "This destination is locked for Dhaka-Retail-Sub: it may not be called."
    assert refused(*asked) == (1, locked)
    buys_at(tree.agent, None)
    assert refused(*asked) == (1, "Dhaka-Retail-Sub has no rate group: no calls.")
    code, sentence = refused("Customer-001", "none", "60")
    assert (code, sentence[:43]) == (1, "It may not be called: Use digits only: “non")


@pytest.mark.parametrize(
    "arguments",
    [
        ("Nobody", "880", "60"),
        ("Customer-001", "880", "60", "--at", "soon"),
    ],
)
def test_a_question_that_is_wrong_has_another_code(arguments: tuple[str, ...]) -> None:
    assert refused(*arguments)[0] == 2


@pytest.mark.parametrize("seconds", ["-1", "1.5", "86401", "minute"])
def test_seconds_are_a_whole_number_of_a_day(seconds: str) -> None:
    with pytest.raises(CommandError, match="argument seconds"):
        call_command("price", "Customer-001", "880", seconds)
