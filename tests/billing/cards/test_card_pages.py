"""Phone cards by page: made, handed over, found and used; and no PIN where none may be."""

import logging
import re
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, User
from accounts.jobs.models import Job
from billing.cards.models import Card, CardBatch, PinsTaken
from billing.ledger.models import Transaction
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant
from tests.support.answering import submit
from tests.support.carding import at, card_of, cards, pin_of, release_all
from tests.support.jobs import work_off
from tests.support.pages import (
    field_error,
    just_signed_in,
    markup_of,
    sent_by_form,
    text_of,
    words_of,
)
from tests.support.paying import balance

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache"), pytest.mark.wide]

ACCOUNTS = Authorization.MANAGE_ACCOUNT
NEW = {
    "name": "SYL-2026-11", "count": "5", "face_value": "5", "first_serial": "SYL110001",
    "pin_length": "12", "valid_days": "90", "expires_on": "", "memo": "", "idempotency_key": "k1",
}  # fmt: skip


@pytest.fixture
def login(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="imran")


@pytest.fixture
def imran(login: User) -> Client:
    """Holds 3, and signed in a moment ago."""
    return just_signed_in(login)


@pytest.fixture
def batch(tree: ResellerTree) -> CardBatch:
    return cards(tree.agent, 12)


def test_a_batch_is_checked_made_by_a_job_and_listed(imran: Client, tree: ResellerTree) -> None:
    url = f"/accounts/{tree.agent.account_id}/cards/new/"
    assert imran.get(url).status_code == 200
    check = submit(imran, url, NEW)
    words = text_of(check)
    assert "1 in 200,000,000,000 guesses hits" in words
    assert "SYL110001 – SYL110005" in words
    assert len(re.findall(r"•••• \d{4}", words)) == 5
    sent = {
        **{name: one[0] for name, one in sent_by_form(check, "count").items()},
        "confirmed": "1",
    }
    first = imran.post(url, sent)
    assert first.status_code == 303
    # Sent twice, it is one job.
    assert imran.post(url, sent).headers["Location"] == first.headers["Location"]
    work_off()
    batch = CardBatch.objects.get()
    assert f"/card-batches/{batch.key}/" in imran.get(first.headers["Location"]).content.decode()
    assert "SYL-2026-11" in text_of(imran.get("/cards/"))
    assert "5 cards of 5.00 USD" in text_of(imran.get(at(batch)))
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"pin_length": "6", "count": "100,000", "first_serial": "A000001"}, "pin_length",
         "one guess in 10 would hit"),
        ({"count": "0"}, "count", "1 to 100,000"),
        ({"count": "--5"}, "count", "whole number"),
        ({"valid_days": "5-"}, "valid_days", "whole number"),
        ({"count": "many"}, "count", "whole number"),
        ({"face_value": "0"}, "face_value", "above zero"),
        ({"face_value": "1,500"}, "face_value", "Do you mean 1500.00 or 1.50?"),
        ({"first_serial": "ABC"}, "first_serial", "number at its end"),
        ({"expires_on": "2020-01-01"}, "expires_on", "still to come"),
        ({"valid_days": "-3"}, "valid_days", "1 to 3650"),
        ({"name": ""}, "name", "required"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words_at_its_field(
    imran: Client, tree: ResellerTree, wrong: dict[str, str], field: str, words: str
) -> None:
    answer = submit(imran, f"/accounts/{tree.agent.account_id}/cards/new/", {**NEW, **wrong})
    assert answer.status_code == 422
    assert words in field_error(answer, field)


def test_who_lacks_3_reads_batches_without_the_ends_of_pins(
    tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    batch = cards(tree.customer, 1, "CUS01")
    customer = client_of(UserFactory(account=tree.customer))
    page = customer.get(at(batch))
    assert page.status_code == 200
    assert pin_of(card_of(batch))[-4:] not in page.content.decode()
    assert "uthorization 3" in text_of(page)
    for deed in (
        "release/",
        "withdraw/",
        "edit/",
        "delete/",
        "block/",
        "extend/",
        "export/",
        "print/",
        "mark/",
    ):
        assert customer.get(at(batch, deed)).status_code == 403
        assert submit(customer, at(batch, deed), {"reason": "x"}).status_code == 403
    assert customer.get("/cards/redeem/").status_code == 403
    assert customer.get("/cards/CUS01/reveal/").status_code == 403
    assert "/cards/" not in markup_of(customer.get("/"))


def test_the_batch_is_blocked_and_unblocked(imran: Client, tree: ResellerTree) -> None:
    batch = cards(tree.agent, 2)
    for deed, state in (("block/", "blocked"), ("unblock/", "active")):
        assert imran.get(at(batch, deed)).status_code == 200
        assert submit(imran, at(batch, deed), {"reason": "because"}).status_code == 303
        batch.refresh_from_db()
        assert batch.state == state
    assert submit(imran, at(batch, "block/"), {"reason": ""}).status_code == 422
    assert submit(imran,
        at(batch, "extend/"), {"reason": "slow", "expires_on": "2090-05-01"}
    ).status_code == 303  # fmt: skip
    assert "2090-05-01" in text_of(imran.get(at(batch)))


def test_ticked_cards_and_ranges_are_marked(imran: Client, batch: CardBatch) -> None:
    ticked = {"card": ["SYL110001", "SYL110003", "FOREIGN1"], "deed": "sell"}
    page = imran.post(at(batch, "mark/"), ticked)
    assert "SYL110003" in text_of(page)
    assert imran.post(at(batch, "mark/"), sent_by_form(page, "confirmed")).status_code == 303
    assert Card.objects.filter(status="sold").count() == 2
    ranged = {"deed": "block", "first": "SYL110001", "last": "SYL110004"}
    assert "reason" in field_error(submit(imran, at(batch, "mark/"), ranged), "reason")
    assert submit(imran, at(batch, "mark/"), {**ranged, "reason": "x"}).status_code == 303
    assert Card.objects.filter(status="locked").count() == 4
    assert "4 Locked" in imran.get(at(batch)).content.decode()
    listed = text_of(imran.get(at(batch) + "?status=locked&q=SYL11000"))
    assert ("SYL110004" in listed, "SYL110005" in listed) == (True, False)


def test_a_pin_is_shown_by_post_alone_with_a_reason(imran: Client, batch: CardBatch) -> None:
    card = card_of(batch)
    pin = pin_of(card)
    shown = f"{pin[:4]} {pin[4:8]} {pin[8:]}"
    url = f"/cards/{card.serial}/reveal/"
    assert shown not in markup_of(imran.get(url))
    assert submit(imran, url, {"reason": ""}).status_code == 422
    answer = submit(imran, url, {"reason": "cannot read it"})
    assert shown in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(action="card.reveal")
    assert (entry.reason, entry.subject) == ("cannot read it", card.serial)


def test_who_signed_in_long_ago_proves_it_again_first(
    login: User, batch: CardBatch, client_of_long_ago: Callable[[User], Client]
) -> None:
    browser = client_of_long_ago(login)
    for url in (f"/cards/{batch.serial_at(0)}/reveal/", at(batch, "export/"), at(batch, "print/")):
        answer = submit(browser, url, {"reason": "x", "format": "csv"})
        assert answer.status_code == 302
        assert "reauthenticate" in answer.headers["Location"]
    assert not PinsTaken.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_breaks_off_hands_out_no_pin_and_records_none(
    imran: Client, batch: CardBatch, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(cards: Any, opening: Any) -> Any:
        yield from ()
        raise OSError("gone")

    monkeypatch.setattr("billing.cards.views.pins.file_rows", rows)
    imran.raise_request_exception = False
    answer = submit(imran, at(batch, "export/"), {"format": kind, "reason": "to the printer"})
    assert answer.status_code == 500
    assert not PinsTaken.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_holds_every_pin_and_the_next_one_says_who_was_first(
    imran: Client, batch: CardBatch, kind: str
) -> None:
    assert "taken before" not in words_of(imran.get(at(batch, "export/")))
    assert submit(imran, at(batch, "export/"), {"format": kind}).status_code == 422
    answer = submit(imran, at(batch, "export/"), {"format": kind, "reason": "to the printer"})
    assert answer.headers["Cache-Control"] == "no-store"
    raw = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    if kind == "csv":
        lines = raw.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("Serial,PIN,")
        assert len(lines) == 13
        assert all(pin_of(card_of(batch, n)) in lines[n + 1] for n in range(12))
    else:
        assert raw[:2] == b"PK"
    again = text_of(imran.get(at(batch, "export/")))
    assert "taken before" in again
    assert "imran" in again
    assert "to the printer" in again
    assert imran.get(at(batch, "export/") + "?reason=x&format=csv").headers["Content-Type"][:9] == (
        "text/html"
    )


def test_a_level_above_is_not_named_where_pins_were_taken(
    tree: ResellerTree, imran: Client, batch: CardBatch
) -> None:
    boss = UserFactory(account=tree.top, username="the-boss")
    submit(just_signed_in(boss), at(batch, "export/"), {"format": "csv", "reason": "audit"})
    page = text_of(imran.get(at(batch)))
    assert "a level above yours" in page
    assert "the-boss" not in page


def test_sheets_hold_ten_cards_each(imran: Client, batch: CardBatch) -> None:
    values = {"first": "SYL110002", "count": "11", "reason": "shop"}
    answer = submit(imran, at(batch, "print/"), values)
    body = answer.content.decode()
    assert body.count('<ul class="card-sheet"') == 2
    assert body.count("<small>PIN</small>") == 11
    assert '"mono">SYL110001<' not in body
    assert answer.headers["Cache-Control"] == "no-store"
    assert AuditEntry.objects.get(action="card_batch.print").after["cards"] == 11
    for wrong in ({"count": "0"}, {"count": "501"}, {"first": "OTHER1"}, {"reason": ""}):
        assert submit(imran, at(batch, "print/"), {**values, **wrong}).status_code == 422


def used(browser: Client, pin: str, **more: str) -> Any:
    """Check, and use the card as the check page would."""
    data = {"pin": pin, "use": "recharge", "account": "", "idempotency_key": "k", **more}
    check = submit(browser, "/cards/redeem/", data)
    if check.status_code != 200:
        return check
    assert pin not in check.content.decode()
    sent = {name: one[0] for name, one in sent_by_form(check, "sealed").items()}
    return browser.post("/cards/redeem/", sent)


def test_a_card_is_used_at_the_counter(imran: Client, tree: ResellerTree, batch: CardBatch) -> None:
    answer = used(imran, pin_of(card_of(batch)), account=tree.customer.account_id)
    assert answer.status_code == 303
    receipt = text_of(imran.get(answer.headers["Location"]))
    assert "Phone card" in receipt
    assert "SYL110001" in receipt
    assert balance(tree.customer) == Decimal(5)
    again = used(imran, pin_of(card_of(batch)), account=tree.customer.account_id)
    assert "used already" in field_error(again, "pin")
    history = text_of(imran.get(f"/accounts/{tree.customer.account_id}/payments/"))
    assert "Phone card" in history


def test_a_card_opens_an_account_with_1_as_well(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    pin = pin_of(card_of(batch))
    assert used(imran, pin, use="open").status_code == 403
    grant(tree.agent, ACCOUNTS)
    assert used(imran, pin, use="open", account="My-Card").status_code == 303
    assert "My-Card" in text_of(imran.get(f"/cards/{batch.serial_at(0)}/"))


def test_the_check_page_of_one_login_serves_no_other(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    data = {"pin": pin_of(card_of(batch)), "use": "recharge", "account": tree.customer.account_id}
    sent = sent_by_form(submit(imran, "/cards/redeem/", data), "sealed")
    other = just_signed_in(UserFactory(account=tree.agent))
    answer = submit(other, "/cards/redeem/", {name: one[0] for name, one in sent.items()})
    assert "Enter the PIN" in field_error(answer, "pin")


def test_a_card_is_found_by_serial_or_complete_pin(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    card, foreign = card_of(batch), card_of(cards(tree.sibling, 1, "FOR01"))
    pin = pin_of(card)
    for text in ("syl110001", pin, f"{pin[:4]} {pin[4:]}"):
        answer = submit(imran, "/cards/look-up/", {"text": text})
        assert answer.headers["Location"] == f"/cards/{card.serial}/"
    answers = set()
    for text in (pin[:-1], pin_of(foreign), "FOR01", "NOTHING1", "000000000000"):
        answer = submit(imran, "/cards/look-up/", {"text": text})
        assert text not in answer.content.decode()
        answers.add((answer.status_code, field_error(answer, "text")))
    assert len(answers) == 1
    for _time in range(10):
        answer = submit(imran, "/cards/look-up/", {"text": "000000000000"})
    assert answer.status_code == 429
    assert "Wait 10 minutes" in field_error(answer, "text")


def test_the_global_search_finds_serials_within_reach(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    cards(tree.sibling, 1, "FOR01")
    assert "SYL110003" in text_of(imran.get("/search/?q=syl11000"))
    assert "Nothing found" in text_of(imran.get("/search/?q=FOR01"))


def test_cards_are_counted_in_the_list_of_accounts(
    tree: ResellerTree, batch: CardBatch, client_of: Callable[[User], Client]
) -> None:
    admin = client_of(StaffFactory(administrator=True))
    admin.post("/accounts/columns/", {"column": ["cards"]})
    body = admin.get(f"/accounts/{tree.top.account_id}/sub-accounts/").content.decode()
    assert f'<a href="/accounts/{tree.agent.account_id}/cards/">12</a>' in body


def test_lists_take_no_more_queries_for_more_rows(imran: Client, tree: ResellerTree) -> None:
    def queries(path: str) -> int:
        imran.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert imran.get(path).status_code == 200
        return len(captured)

    batch = cards(tree.agent, 2, "FEW001")
    paths = ("/cards/", at(batch))
    few = [queries(path) for path in paths]
    big = cards(tree.agent, 40, "MANY001")
    for number in range(8):
        cards(tree.customer, 1, f"L{number}-1")
    assert [queries("/cards/"), queries(at(big))] == few


def test_no_pin_is_anywhere_but_where_it_was_asked_for(
    imran: Client, tree: ResellerTree, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything that is done with a batch, then a dump of the whole database and of the log."""
    caplog.set_level(logging.DEBUG)
    url = f"/accounts/{tree.agent.account_id}/cards/new/"
    check = submit(imran, url, NEW)
    sent = {name: one[0] for name, one in sent_by_form(check, "count").items()}
    imran.post(url, {**sent, "confirmed": "1"})
    work_off()
    batch = CardBatch.objects.get()
    every = [pin_of(card_of(batch, n)) for n in range(5)]
    release_all(batch)
    submit(imran, "/cards/look-up/", {"text": every[0]})
    submit(imran, f"/cards/{batch.serial_at(1)}/reveal/", {"reason": "x"})
    b"".join(
        submit(imran, at(batch, "export/"), {"format": "csv", "reason": "x"}).streaming_content  # type: ignore[attr-defined]
    )
    submit(imran, at(batch, "print/"), {"first": batch.serial_at(0), "count": "5", "reason": "x"})
    used(imran, every[0], account=tree.customer.account_id)
    refused = used(imran, every[0], account=tree.customer.account_id)
    unknown = used(imran, every[1], account="No-Such-Account")
    for answer in (refused, unknown, imran.get(at(batch)), imran.get("/cards/")):
        assert not [pin for pin in every if pin in answer.content.decode()]
    assert Transaction.objects.filter(kind="card").count() == 1
    dump = StringIO()
    call_command("dumpdata", stdout=dump)
    logged = caplog.text + "".join(str(one.__dict__) for one in caplog.records)
    for pin in every:
        for text in (pin, f"{pin[:4]} {pin[4:8]} {pin[8:]}"):
            assert text not in dump.getvalue()
            assert text not in logged
