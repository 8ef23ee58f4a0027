"""Phones by numbers as people and files write them: made of what can be read one way, asked about
and named where not.
"""

import html
import re

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Refused
from accounts.phones.models import Phone
from accounts.phones.rules.sheet import read_rows
from accounts.phones.services.phones import phone_create, phone_edit
from tests.factories import ResellerTree, phone
from tests.support.answering import submit
from tests.support.pages import sent_by_form, text_of

pytestmark = pytest.mark.django_db

NEW = "/accounts/Customer-001/phones/new/"
_BUTTON = re.compile(r'name="instead" value="([^"]*)">Use ([^<]*)<')


def made() -> list[str]:
    return sorted(Phone.objects.values_list("number", flat=True))


def test_a_range_that_is_cut_short_is_asked_about_and_answered_with_a_button(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    typed = {"numbers": "+8801711000060\u201162\r\n8801711000070"}
    asked = submit(agent, NEW, typed)
    assert asked.status_code == 422
    assert "Do you mean 8801711000060–8801711000062?" in text_of(asked)
    assert made() == []
    buttons = {label: html.unescape(x) for x, label in _BUTTON.findall(asked.content.decode())}
    assert set(buttons) == {"8801711000060–8801711000062", "880171100006062"}
    press = buttons["8801711000060–8801711000062"]
    preview = submit(agent, NEW, {**typed, "instead": press})
    assert "4 phones will be added" in text_of(preview)
    sent = sent_by_form(preview, "numbers")
    assert sent["numbers"] == ["8801711000060–8801711000062\n8801711000070"]
    assert made() == []
    assert agent.post(NEW, sent).status_code == 200
    assert made() == ["8801711000060", "8801711000061", "8801711000062", "8801711000070"]


def test_an_answer_alone_makes_no_phone(reseller_tree: ResellerTree, agent: Client) -> None:
    """Who presses it has not seen what comes of it."""
    asked = submit(agent, NEW, {"numbers": "8801711000060-62"})
    press = html.unescape(_BUTTON.findall(asked.content.decode())[1][0])
    answer = submit(agent, NEW, {"numbers": "8801711000060-62", "instead": press})
    assert "1 phone will be added" in text_of(answer)
    assert made() == []


def test_what_a_list_names_is_made(reseller_tree: ResellerTree, agent: Client) -> None:
    listed = "tel:+880-1711-000060; ８８０１７１１０００６１\r\n8801711000062 / 8801711000063"
    assert "4 phones will be added" in text_of(submit(agent, NEW, {"numbers": listed}))


def test_dids_are_numbers_and_ranges(reseller_tree: ResellerTree) -> None:
    one = phone_create(
        actor=SYSTEM,
        account=reseller_tree.customer,
        number="8801711000060",
        dids=["8801711000070–8801711000072", "88017 11000073, 8801711000074"],
    ).phone
    dids = [f"880171100007{last}" for last in range(5)]
    assert Phone.objects.get(pk=one.pk).dids == dids
    with pytest.raises(Refused, match="Do you mean 8801711000080–8801711000085") as caught:
        phone_edit(actor=SYSTEM, phone=one, dids=["8801711000080-85"])
    assert caught.value.field == "dids"


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("8801711000060-69", "Do you mean 8801711000060–8801711000069?"),
        ("8801711000060/69", "Do you mean 8801711000060–8801711000069?"),
        ("8801711000060-8801711000069", "This is a range"),
        ("8801711000060; 8801711000061", "These are several numbers"),
        ("+359 (0)2 123456", "3592123456"),
        ("8.80171E+12", "cut this number short"),
        ("8,80171E+12", "no part of a number"),
        ("8801711000060 ext 5", "extension"),
        ("1-800-FLOWERS", "“FLOWERS”"),
    ],
)
def test_a_row_of_a_file_is_refused_by_name(number: str, says: str) -> None:
    (row,) = read_rows([["Number"], [number]])
    assert says in row.problem


@pytest.mark.parametrize(
    "number", ["'+8801711000060", "'8801711000060", "8801711000060.0", "\ufeff8801711000060"]
)
def test_what_spreadsheets_add_is_no_part_of_a_number(number: str) -> None:
    (row,) = read_rows([["Number"], [number]])
    assert (row.number, row.problem) == ("8801711000060", "")


@pytest.mark.parametrize(
    ("cell", "dids"),
    [
        ("8801711000061, 8801711000062", ["8801711000061", "8801711000062"]),
        ("8801711000061 8801711000062", ["8801711000061", "8801711000062"]),
        ("+44 20 7946 0000", ["442079460000"]),
        ("101; 102", ["101", "102"]),
        ("101–103", ["101", "102", "103"]),
        ("", []),
    ],
)
def test_a_cell_of_further_numbers(cell: str, dids: list[str]) -> None:
    (row,) = read_rows([["Number", "DIDs"], ["8801711000060", cell]])
    assert (row.dids, row.problem) == (dids, "")


def test_groups_of_digits_in_such_a_cell_are_asked_about() -> None:
    (row,) = read_rows([["Number", "DIDs"], ["8801711000060", "101 102"]])
    assert "“101 102” may be one number or several" in row.problem


def test_codecs_of_a_file_by_any_name() -> None:
    (row,) = read_rows([["Number", "Codecs"], ["8801", "alaw, PCMU; g729a"]])
    assert row.values["codecs"] == ["G.711a", "G.711u", "G.729"]


# --- Searches -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["+880 1711\u2011000060", "\u202a008801711000060\u202c", "tel:+8801711000060", "１７１１",
     "(1711)", "+880 (0)1711 000060"],
)  # fmt: skip
def test_a_phone_is_found_however_its_number_is_written(
    reseller_tree: ResellerTree, agent: Client, text: str
) -> None:
    phone(reseller_tree.customer, "8801711000060")
    listed = agent.get("/phones/", {"q": text}).content.decode()
    assert 'data-phone="8801711000060"' in listed
    assert "8801711000060" in str(agent.get("/search/", {"q": text}, follow=True).content)
