"""Numbers tested as they are judged: after what a gateway makes of what is dialled."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.core.models import User
from tests.factories import GatewayFactory, ResellerTree
from tests.factories.fixtures import signed_in
from tests.support.numbers import ALLOCATION, limit
from tests.support.pages import text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

TEST = "/number-sections/test/"


@pytest.fixture
def rewriting(tree: ResellerTree) -> ResellerTree:
    """Customer-001 may call 880 alone; one of its gateways puts that in place of a leading 0."""
    limit(tree.agent, "allow 880")
    GatewayFactory(account=tree.customer, name="gw-local", callee_rewrites=["0>880"])
    GatewayFactory(account=tree.customer, name="gw-plain")
    return tree


def told(login: User, **asked: str) -> str:
    return words_of(signed_in(login).get(TEST, {"account": "Customer-001", **asked}))


def test_the_verdict_is_about_what_the_gateway_makes_of_a_number(
    rewriting: ResellerTree, desk: User
) -> None:
    words = told(desk, number="01711-000000")
    assert "Allowed 01711000000 becomes 8801711000000 at gateway gw-local" in words
    assert "allow 880 , 3 digits match: it passes" in words
    assert "Dialled another way" in words
    assert "A phone, or a gateway that rewrites nothing refused" in words


def test_another_way_can_be_chosen(rewriting: ResellerTree, desk: User) -> None:
    words = told(desk, number="01711-000000", via="-")
    assert "Refused by Dhaka-Retail-Sub" in words
    assert "becomes" not in words
    assert "gw-local : 8801711000000 allowed" in words


def test_what_no_gateway_rewrites_is_as_it_was(rewriting: ResellerTree, desk: User) -> None:
    words = told(desk, number="8801711000000")
    assert "becomes" not in words
    assert "Dialled another way" not in words


def test_gateways_that_differ_are_told_one_by_one(rewriting: ResellerTree, desk: User) -> None:
    GatewayFactory(account=rewriting.customer, name="gw-uk", callee_rewrites=["0>44", "00>"])
    words = told(desk, number="01711-000000", via="GW-UK")
    assert "Refused by Dhaka-Retail-Sub" in words
    assert "01711000000 becomes 441711000000 at gateway gw-uk" in words
    assert "gw-local : 8801711000000 allowed" in words


def test_a_gateway_takes_what_begins_with_its_dial_prefixes_only(
    rewriting: ResellerTree, desk: User
) -> None:
    GatewayFactory(
        account=rewriting.customer, name="gw-nine", callee_rewrites=["9>"], prefixes=["9"]
    )
    assert "gw-nine no such dial prefix" in told(desk, number="01711000000")
    assert "becomes 8801711000000 at gateway gw-nine" in told(desk, number="98801711000000")


def test_keys_may_be_dialled_where_a_gateway_takes_them_off(
    rewriting: ResellerTree, desk: User
) -> None:
    GatewayFactory(account=rewriting.customer, name="gw-star", callee_rewrites=["*99>"])
    words = told(desk, number="*99 8801711000000")
    assert "Allowed *998801711000000 becomes 8801711000000 at gateway gw-star" in words
    assert "A phone, or a gateway that rewrites nothing not a number" in words


def test_gateways_of_others_and_assigned_numbers_are_not_rewritten(
    rewriting: ResellerTree, desk: User
) -> None:
    limit(rewriting.agent, "allow 880", purpose=ALLOCATION)
    assert "becomes" not in told(desk, number="01711", purpose="allocation")
    other = signed_in(desk).get(TEST, {"account": "Dhaka-Retail-Sub", "number": "01711"})
    assert "becomes" not in words_of(other)


def test_a_level_above_stays_one_without_a_rule(tree: ResellerTree, desk: User) -> None:
    limit(tree.top, "block 880")
    GatewayFactory(account=tree.customer, name="gw-local", callee_rewrites=["0>880"])
    words = told(desk, number="01711")
    assert "Refused by a level above yours" in words
    assert "BD-Wholesale-Agent" not in words


def test_a_list_is_tested_as_dialled_through_one_way(rewriting: ResellerTree, desk: User) -> None:
    sent = {"account": "Customer-001", "number": "01711\n8801-880\n+8801711000060 / +8801711000061"}
    words = text_of(signed_in(desk).post(TEST, sent))
    assert "As dialled through gateway gw-local" in words
    assert "01711 → 8801711 allowed" in words
    assert "8801711000060 allowed 8801711000061 allowed" in words
    words = text_of(signed_in(desk).post(TEST, {**sent, "via": "-"}))
    assert "01711 refused by Dhaka-Retail-Sub" in words


def test_ranges_are_tested_number_by_number(tree: ResellerTree, desk: User) -> None:
    limit(tree.agent, "allow 8801711000061")
    words = told(desk, number="8801711000060–8801711000062")
    assert "1 number allowed , 2 refused" in words
    asked = signed_in(desk).get(TEST, {"account": "Customer-001", "number": "8801711000060-62"})
    assert "Do you mean 8801711000060–8801711000062?" in text_of(asked)
    assert "number=8801711000060%E2%80%938801711000062" in asked.content.decode()


def test_rules_that_are_not_saved_are_tested_so_too(rewriting: ResellerTree, desk: User) -> None:
    sent = {
        "boxes": ["replace", "remove"], "add": "block 8801711", "effect": "allow",
        "purpose": "destination", "expected": "", "numbers": "01711000000", "test": "1",
    }  # fmt: skip
    page = "/accounts/Customer-001/number-sections/"
    client = signed_in(desk)
    sent["expected"] = client.get(page).context["expected"]
    words = text_of(client.post(page, sent))
    assert "Refused by Customer-001" in words
    assert "01711000000 becomes 8801711000000 at gateway gw-local" in words
    assert "becomes" not in words_of(client.post(page, {**sent, "via": "-"}))


# --- The command ----------------------------------------------------------------------------------


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, list[str]]:
    code: Any = 0
    try:
        call_command("explain_number", "Customer-001", *arguments)
    except SystemExit as end:
        code = end.code
    return code, capsys.readouterr().out.splitlines()


def test_the_command_tells_every_way(
    rewriting: ResellerTree, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = explain(capsys, "01711-000000")
    assert (code, lines[:2]) == (
        1,
        ["allowed", "Through gw-local: 01711000000 becomes 8801711000000"],
    )
    assert lines[-1] == "Through a phone: refused"
    assert explain(capsys, "01711-000000", "--gateway", "GW-local")[0] == 0
    assert explain(capsys, "01711-000000", "--gateway=-")[1][0] == "refused"
    with pytest.raises(CommandError):
        explain(capsys, "01711-000000", "--gateway", "gw-plain")
