"""What each number of a pasted list costs."""

import csv
import io
from typing import Any

import pytest

from accounts.core.models import AuditEntry, User
from tests.factories import ResellerTree
from tests.factories.fixtures import signed_in
from tests.factories.rates import Deck, rate
from tests.support.buying import buys_at
from tests.support.pages import field_error, markup_of, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache", "deck")]

PRICE = "/price/"
NUMBERS = "+880 1819-442207\n\n880 1719 442207\n447911123456\nletters"


def asked(numbers: str = NUMBERS, **more: str) -> dict[str, str]:
    return {"account": "Customer-001", "seconds": "5:37", "at": "", "numbers": numbers, **more}


def rows_of(answer: Any) -> list[list[str]]:
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body)))


def test_a_list_is_asked_for_on_the_same_page(in_dhaka: User) -> None:
    page = markup_of(signed_in(in_dhaka).get(PRICE, {"list": "1", "account": "Customer-001"}))
    assert 'name="numbers"' in page
    assert 'value="Customer-001"' in page


def test_every_number_of_a_list_is_priced(in_dhaka: User) -> None:
    found = words_of(signed_in(in_dhaka).post(PRICE, asked()))
    assert "What Customer-001 pays for 5:37 each 3 numbers, 2 may not be called" in found
    assert "88018 19442207 88018 Bangladesh mobile Robi 0.0240 0.144000 yes" in found
    assert "8801 719442207 8801 Bangladesh mobile 0.0250 0.150000" in found
    assert "447911123456 Customer-001 has no rate for this number" in found
    assert "letters Use digits only: “letters” is no part of a number." in found
    # What a level above has no rate for is priced, and not called.
    assert "0.150000 Refused at a level above yours." in found
    assert "All that may be called: 0.144 USD." in found


def test_a_level_above_refuses_in_one_sentence(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    rate(deck.gold, "8801819", "0.01", is_locked=True)
    found = words_of(signed_in(in_dhaka).post(PRICE, asked()))
    assert "0.144000 Refused at a level above yours." in found
    assert "BD-Wholesale-Agent" not in found
    buys_at(tree.agent, None)
    found = words_of(signed_in(in_dhaka).post(PRICE, asked()))
    assert "0.144000 Dhaka-Retail-Sub has no rate group: no calls." in found


def test_a_range_is_each_of_its_numbers(in_dhaka: User) -> None:
    found = words_of(signed_in(in_dhaka).post(PRICE, asked("8801819442200-8801819442209")))
    assert "10 numbers" in found


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ("", "Enter at least one number."),
        ("\n\n", "Enter at least one number."),
        ("8801819442000-8801819443000", "At most 1,000 numbers at a time; split the list."),
    ],
)
def test_an_empty_list_and_one_too_long_are_refused(
    in_dhaka: User, numbers: str, sentence: str
) -> None:
    page = signed_in(in_dhaka).post(PRICE, asked(numbers))
    assert page.status_code == 422
    assert field_error(page, "numbers") == sentence


def test_a_list_is_taken_as_a_file_and_goes_on_record(in_dhaka: User) -> None:
    answer = signed_in(in_dhaka).post(PRICE, asked(format="csv"))
    assert answer.status_code == 200
    assert rows_of(answer) == [
        [
            "Number",
            "Prefix",
            "Destination",
            "Price per minute, USD",
            "Customer-001 pays, USD",
            "May it be called?",
        ],
        ["8801819442207", "88018", "Bangladesh mobile Robi", "0.024", "0.144", "yes"],
        ["8801719442207", "8801", "Bangladesh mobile", "0.025", "0.15",
            "Refused at a level above yours."],
        ["447911123456", "", "", "", "",
            "Customer-001 has no rate for this number: it may not be called."],
        ["letters", "", "", "", "", "Use digits only: “letters” is no part of a number."],
    ]  # fmt: skip
    (entry,) = AuditEntry.objects.filter(action="prices.export")
    assert entry.account == "Customer-001"
    assert entry.after["rows"] == 4


def test_there_are_two_kinds_of_files(in_dhaka: User) -> None:
    client = signed_in(in_dhaka)
    sheet = client.post(PRICE, asked(format="xlsx"))
    assert sheet["Content-Type"].endswith("spreadsheetml.sheet")
    assert b"".join(sheet.streaming_content).startswith(b"PK")
    assert client.post(PRICE, asked(format="pdf")).status_code == 404
    assert AuditEntry.objects.filter(action="prices.export").count() == 1


def test_who_asks_without_end_has_to_wait(in_dhaka: User, settings: Any) -> None:
    limits = {"number_test": "1/m/user", "number_list_test": "1/m/user"}
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, **limits}
    client = signed_in(in_dhaka)
    assert [client.post(PRICE, asked()).status_code for _ in range(2)] == [200, 429]
    one = {"account": "Customer-001", "number": "8801819442207"}
    assert [client.get(PRICE, one).status_code for _ in range(2)] == [200, 429]


def test_a_customer_asks_for_a_list_of_its_own(at_the_customer: User) -> None:
    found = text_of(signed_in(at_the_customer).post(PRICE, asked()))
    assert "0.144000" in found
    assert "Dhaka-Retail-Sub" not in found
