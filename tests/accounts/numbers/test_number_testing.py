"""Testing numbers: the page, the command, and what a move says of them."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.core.models import User
from tests.factories import ResellerTree
from tests.factories.fixtures import signed_in
from tests.support.numbers import ALLOCATION, limit
from tests.support.pages import field_error, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

TEST = "/number-sections/test/"


# --- The test -----------------------------------------------------------------------------------


def test_a_number_is_explained_level_by_level(tree: ResellerTree, administrator: User) -> None:
    limit(tree.top, "allow 880")
    limit(tree.agent, "allow 880", "block 8801900")
    client = signed_in(administrator)
    answer = client.get(TEST, {"account": "Customer-001", "number": "+880 1900-123456"})
    words = text_of(answer)
    assert "Refused by Dhaka-Retail-Sub Rule block 8801900, the closest match." in words
    assert "Platform for everyone no rule matches: it passes" in words
    assert "BD-Wholesale-Agent level 1 allow 880 , 3 digits match: it passes" in words
    assert "beats allow 880 because 7 digits match, not 3: refused here" in words
    assert "Customer-001 level 3 no rule matches: it would pass" in words


def test_a_hidden_level_refuses_without_its_rule(tree: ResellerTree, desk: User) -> None:
    limit(tree.top, "allow 880")
    answer = signed_in(desk).get(TEST, {"account": "Customer-001", "number": "442079460000"})
    words = text_of(answer)
    assert "Refused by a level above yours" in words
    assert "A level above yours refuses it" in words
    assert "BD-Wholesale-Agent" not in words
    assert "only" not in words.partition("Verdict")[2]


@pytest.mark.parametrize("number", ["letters", "1234567890123456", "+"])
def test_what_is_no_number_is_said(tree: ResellerTree, desk: User, number: str) -> None:
    answer = signed_in(desk).get(TEST, {"account": "Customer-001", "number": number})
    assert "Not a number" in text_of(answer)


def test_foreign_and_unknown_accounts_are_the_same(tree: ResellerTree, desk: User) -> None:
    client = signed_in(desk)
    answers = [
        client.get(TEST, {"account": name, "number": "880"})
        for name in ("BD-Wholesale-Agent", "Customer-201", "No-Such")
    ]
    assert {one.status_code for one in answers} == {422}
    assert len({field_error(one, "account") for one in answers}) == 1


def test_a_pasted_list_is_tested(tree: ResellerTree, desk: User) -> None:
    limit(tree.agent, "allow 880")
    numbers = "+880 1711-000000\n\n+44 20 7946 0000\nletters"
    answer = signed_in(desk).post(TEST, {"account": "Customer-001", "number": numbers})
    words = text_of(answer)
    assert "1 number allowed , 2 refused" in words
    assert "442079460000 refused by Dhaka-Retail-Sub" in words
    assert "letters Use digits only" in words


def test_a_single_number_gets_an_address(tree: ResellerTree, desk: User) -> None:
    answer = signed_in(desk).post(TEST, {"account": "Customer-001", "number": "880 1"})
    assert answer.status_code == 303
    assert answer["Location"].endswith("?account=Customer-001&purpose=&number=880+1")


def test_a_script_gets_the_verdict_alone(tree: ResellerTree, desk: User) -> None:
    client = signed_in(desk)
    asked = {"account": "Customer-001", "number": "8801711000000"}
    answer = client.get(TEST, asked, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert b"Allowed" in answer.content
    empty = client.get(TEST, {**asked, "number": " "}, headers={"HX-Request": "true"})
    assert (empty.status_code, empty.content.strip()) == (200, b"")


def test_too_many_numbers_are_refused(tree: ResellerTree, desk: User) -> None:
    answer = signed_in(desk).post(TEST, {"account": "Customer-001", "number": "880\n" * 10_001})
    assert answer.status_code == 422
    assert "At most 10000 numbers" in field_error(answer, "number").replace(",", "")


def test_whoever_asks_without_end_has_to_wait(
    tree: ResellerTree, desk: User, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "number_test": "2/m/user"}
    client = signed_in(desk)
    asked = {"account": "Customer-001", "number": "880"}
    assert [client.get(TEST, asked).status_code for _ in range(3)] == [200, 200, 429]


# --- The command --------------------------------------------------------------------------------


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code: int | str | None = 0
    try:
        call_command("explain_number", *arguments)
    except SystemExit as end:
        code = end.code
    assert isinstance(code, int)
    return code, capsys.readouterr().out.splitlines()


def test_the_command_explains(tree: ResellerTree, capsys: pytest.CaptureFixture[str]) -> None:
    limit(tree.agent, "allow 880")
    limit(tree.top, "allow 880171", purpose=ALLOCATION)
    assert explain(capsys, "customer-001", "+880 1711-000000") == (
        0,
        [
            "allowed",
            "Platform: no rule matches: it passes",
            "BD-Wholesale-Agent: no rule matches: it passes",
            "Dhaka-Retail-Sub: allow 880, 3 digits match: it passes",
            "Customer-001: no rule matches: it passes",
        ],
    )
    code, lines = explain(capsys, "Customer-001", "442079460000")
    assert (code, lines[0]) == (1, "refused")
    assert "Dhaka-Retail-Sub: allows only 880: refused here" in lines
    code, lines = explain(capsys, "Customer-001", "8801811", "--purpose", "allocation")
    assert (code, lines[0]) == (1, "refused")
    assert explain(capsys, "Customer-001", "x")[0] == 1


def test_the_command_knows_no_such_account(db: Any) -> None:
    with pytest.raises(CommandError):
        call_command("explain_number", "Nobody", "880")


# --- Moving -------------------------------------------------------------------------------------


def test_a_move_tells_which_limits_come_and_go(tree: ResellerTree, administrator: User) -> None:
    limit(tree.agent, "allow 880")
    limit(tree.other_top, "allow 91", "block 9112")
    limit(tree.sub_agent, "allow 8801")
    limit(tree.deep_customer, "allow 88017")
    answer = signed_in(administrator).get(
        f"/accounts/{tree.sub_agent.account_id}/move/?parent=Master-Agent-2"
    )
    words = text_of(answer)
    assert "Master-Agent-2 limits it from now on: only 91 may be called, 1 section is" in words
    assert "Dhaka-Retail-Sub no longer limits it: only 880 may be called." in words
    assert "Sub-Sub-Agent : allow 8801 can no longer be reached." in words
    assert "Customer-301 : allow 88017 can no longer be reached." in words


def test_a_move_that_changes_no_limit_says_nothing_of_them(
    tree: ResellerTree, administrator: User
) -> None:
    answer = signed_in(administrator).get(
        f"/accounts/{tree.sub_agent.account_id}/move/?parent=Master-Agent-2"
    )
    assert "What it may call" not in words_of(answer)
