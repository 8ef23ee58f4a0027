"""Releasing, withdrawing, renaming and deleting cards by page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import User
from billing.cards.models import Card, CardBatch
from billing.cards.services.releasing import card_extend
from billing.cards.services.withdrawing import cards_withdraw
from tests.factories import ResellerTree, StaffFactory, UserFactory, revoke
from tests.support.carding import at, card_of, cards, pin_of, without_group
from tests.support.covering import covered, handed_out
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

PAY = Authorization.PAY_SUB_ACCOUNT
ALL = {"which": "all", "first": "", "last": ""}


@pytest.fixture
def imran(tree: ResellerTree) -> Client:
    return just_signed_in(UserFactory(account=tree.agent, username="imran"))


@pytest.fixture
def admin(db: None) -> Client:
    return just_signed_in(StaffFactory(administrator=True))


def confirmed(browser: Client, url: str, data: dict[str, str]) -> Any:
    """Check, and do it as the check page would."""
    check = browser.post(url, data)
    if check.status_code != 200:
        return check
    sent = {name: one[0] for name, one in sent_by_form(check, "expected").items()}
    return browser.post(url, {**sent, "confirmed": "1"})


def some(batch: CardBatch, first: int, last: int) -> dict[str, str]:
    return {"which": "range", "first": batch.serial_at(first), "last": batch.serial_at(last)}


def test_the_check_page_says_what_is_handed_out(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    covered(tree.agent, "70")
    assert "All that are not released: 10 cards" in text_of(imran.get(at(batch, "release/")))
    words = text_of(imran.post(at(batch, "release/"), ALL))
    assert "10 × 5.00 USD" in words
    assert "50.00 USD are handed out" in words
    assert "SYL110001 – SYL110010" in words
    assert "Your cover Balance 70.00 USD Handed out below was 0.00 becomes 50.00 USD" in words
    assert "Free to hand out was 70.00 becomes 20.00 USD" in words
    assert not Card.objects.filter(released_at__isnull=False).exists()


def test_without_a_rate_group_the_pages_say_so_before_and_where_it_gets_one(
    imran: Client, tree: ResellerTree
) -> None:
    batch = cards(tree.agent, 2, "NONE01", rate_group=None, released=False)
    page = imran.get(at(batch))
    assert "without one no card of it is released" in text_of(page)
    assert 'aria-describedby="no-group"' in markup_of(page)
    assert f'href="{at(batch, "release/")}"' not in markup_of(page)
    assert f'href="{at(batch, "edit/")}#id_rate_group"' in markup_of(page)
    release = imran.get(at(batch, "release/"))
    assert f'href="{at(batch, "edit/")}#id_rate_group"' in markup_of(release)
    assert "Check the release" not in markup_of(release)
    refused = imran.post(at(batch, "release/"), ALL)
    assert "The batch has no rate group: accounts that its cards open" in text_of(refused)
    assert refused.status_code == 422
    assert not Card.objects.filter(released_at__isnull=False).exists()


def test_expired_cards_without_a_rate_group_are_not_released_again_and_it_is_said_before(
    tree: ResellerTree,
) -> None:
    seller = UserFactory(account=tree.agent)
    soon = timezone.now() + timedelta(days=5)
    batch = without_group(cards(tree.agent, 2, "OLD01", expires_at=soon))
    with time_machine.travel(soon + timedelta(days=1)):
        browser = just_signed_in(seller)
        for url in (at(batch, "extend/"), f"/cards/{batch.serial_at(0)}/extend/"):
            assert "Choose one for it first." in text_of(browser.get(url))
        assert "none of its cards is released again" in text_of(browser.get(at(batch)))


def test_batches_without_a_rate_group_are_found_and_those_in_use_told_to_administrators(
    admin: Client, tree: ResellerTree
) -> None:
    note = "Phone cards without a rate group can be used"
    cards(tree.agent, 2, "WITH01")
    unreleased = cards(tree.agent, 2, "NONE01", rate_group=None, released=False)
    assert note not in words_of(admin.get("/"))
    live = without_group(cards(tree.agent, 2, "LIVE01"))
    assert note in words_of(admin.get("/"))
    found = text_of(admin.get("/cards/?calls_at=none"))
    assert [one for one in ("WITH01", "NONE01", "LIVE01") if one in found] == ["NONE01", "LIVE01"]
    cards_withdraw(actor=SYSTEM, batch=live, reason="x")
    assert note not in words_of(admin.get("/"))
    assert unreleased.released == 0


def test_a_card_with_a_day_of_its_own_is_in_use_as_well(tree: ResellerTree) -> None:
    note = "Phone cards without a rate group can be used"
    staff = StaffFactory(administrator=True)
    soon = timezone.now() + timedelta(days=5)
    batch = cards(tree.agent, 2, "DAY01", expires_at=soon)
    card_extend(actor=SYSTEM, card=card_of(batch), expires_at=soon + timedelta(days=5), reason="x")
    without_group(batch)
    with time_machine.travel(soon + timedelta(days=1)):
        assert note in words_of(just_signed_in(staff).get("/"))
    with time_machine.travel(soon + timedelta(days=6)):
        assert note not in words_of(just_signed_in(staff).get("/"))


def test_a_batch_is_released_in_parts(imran: Client, tree: ResellerTree, batch: CardBatch) -> None:
    url = at(batch, "release/")
    answer = confirmed(imran, url, some(batch, 0, 3))
    assert answer.headers["Location"] == at(batch)
    page = text_of(imran.get(at(batch)))
    assert "4 cards are released." in page
    assert "Released: 4 of 10" in page
    assert "Outstanding: 20.00 USD in 4 cards" in page
    assert "Partly released" in page
    assert confirmed(imran, url, ALL).status_code == 303
    assert "Released: 10 of 10" in text_of(imran.get(at(batch)))
    assert handed_out(tree.agent) == 50
    row = re.search(r"Batch SYL110001.*?SYL110010", text_of(imran.get("/cards/")))
    assert row
    assert "Released 10 of 10 5.00 outstanding 50.00" in row[0]
    # Nothing is left: the deed is offered no more.
    assert url not in markup_of(imran.get(at(batch)))


def test_the_same_page_sent_twice_releases_once(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    check = imran.post(at(batch, "release/"), ALL)
    sent = {name: one[0] for name, one in sent_by_form(check, "expected").items()}
    for _time in range(2):
        answer = imran.post(at(batch, "release/"), {**sent, "confirmed": "1"})
        assert answer.headers["Location"] == at(batch)
    assert handed_out(tree.agent) == 50


def test_what_has_changed_since_the_check_is_shown_again(imran: Client, batch: CardBatch) -> None:
    data = {**ALL, "confirmed": "1", "expected": "9"}
    answer = imran.post(at(batch, "release/"), data)
    assert answer.status_code == 422
    assert "Nothing was released" in text_of(answer)
    assert "Release 10 cards" in text_of(answer)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"which": "range"}, "first", "Enter a serial"),
        ({"which": "range", "first": "SYL110001", "last": "NO1"}, "last", "no card"),
        ({"which": "range", "first": "SYL110003", "last": "SYL110001"}, "last", "before the first"),
    ],
)
@pytest.mark.parametrize("deed", ["release/", "withdraw/"])
def test_which_cards_is_said_clearly(
    imran: Client, batch: CardBatch, deed: str, wrong: dict[str, str], field: str, words: str
) -> None:
    answer = imran.post(at(batch, deed), {**ALL, "reason": "x", **wrong})
    assert answer.status_code == 422
    assert words in field_error(answer, field)


def test_beyond_what_is_free_it_says_how_much_is(
    imran: Client, admin: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    covered(tree.agent, "30")
    answer = imran.post(at(batch, "release/"), ALL)
    assert answer.status_code == 422
    words = "Your account has 30.00 free to hand out; 20.00 are missing."
    assert words in text_of(answer)
    # Administrators are told, and may.
    check = admin.post(at(batch, "release/"), ALL)
    assert "Not covered: Dhaka-Retail-Sub is on covered and has 30.00 free" in text_of(check)
    assert confirmed(admin, at(batch, "release/"), ALL).status_code == 303
    assert handed_out(tree.agent) == 50


def test_with_3_alone_it_is_not_authorized(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    revoke(tree.top, PAY)
    answer = imran.post(at(batch, "release/"), ALL)
    assert answer.status_code == 403
    assert "every level above it need" in text_of(answer)
    assert imran.post(at(batch, "release/"), {**ALL, "confirmed": "1"}).status_code == 403
    assert handed_out(tree.agent) == 0


def test_money_that_cards_put_below_is_not_made_the_own(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    """The attack by page: batch, release, redeem, deduct."""
    confirmed(imran, at(batch, "release/"), ALL)
    data = {
        "pin": pin_of(card_of(batch)), "use": "recharge", "account": tree.customer.account_id,
        "idempotency_key": "k",
    }  # fmt: skip
    sent = sent_by_form(imran.post("/cards/redeem/", data), "sealed")
    assert imran.post("/cards/redeem/", {n: one[0] for n, one in sent.items()}).status_code == 303
    url = f"/accounts/{tree.customer.account_id}/payments/new/"
    payment = {
        "amount": "5", "kind": "deduction", "method": "", "reference": "", "memo": "", "back": "",
        "idempotency_key": "d", "confirmed": "1",
    }  # fmt: skip
    assert imran.post(url, payment).status_code == 303
    assert (balance(tree.customer), balance(tree.agent)) == (0, 0)


def test_cards_are_withdrawn_after_a_page_that_says_it_cannot_be_undone(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    confirmed(imran, at(batch, "release/"), some(batch, 0, 3))
    imran.post(at(batch, "mark/"), {
        "deed": "sell", "first": batch.serial_at(0), "last": batch.serial_at(1), "reason": "",
    })  # fmt: skip
    url = at(batch, "withdraw/")
    assert "reason" in field_error(imran.post(url, {**ALL, "reason": ""}), "reason")
    check = text_of(imran.post(url, {**some(batch, 1, 5), "reason": "lost in the post"}))
    assert "5 cards can never be used, sold or unblocked again. This cannot be undone." in check
    assert "Of these 1 were sold" in check
    assert "15.00 USD stop counting as handed out by Dhaka-Retail-Sub (3 released)" in check
    assert "lost in the post" in check
    answer = confirmed(imran, url, {**some(batch, 1, 5), "reason": "lost in the post"})
    assert answer.status_code == 303
    page = imran.get(at(batch)).content.decode()
    assert "5 Withdrawn" in page
    assert handed_out(tree.agent) == 5
    listed = text_of(imran.get(at(batch) + "?status=withdrawn"))
    assert ("SYL110002" in listed, "SYL110001 ••" in listed) == (True, False)
    card = text_of(imran.get(f"/cards/{batch.serial_at(1)}/"))
    assert "Withdrawn" in card
    assert "Block…" not in card


def test_one_card_is_withdrawn_from_its_own_page(imran: Client, batch: CardBatch) -> None:
    page = imran.get(f"/cards/{batch.serial_at(4)}/").content.decode()
    url = f"{at(batch, 'withdraw/')}?first=SYL110005&amp;last=SYL110005"
    assert url in page
    form = imran.get(url.replace("&amp;", "&")).content.decode()
    assert form.count('value="SYL110005"') == 2


def test_an_extension_of_expired_cards_says_what_it_hands_out(
    imran: Client, tree: ResellerTree
) -> None:
    soon = timezone.now() + timedelta(days=3)
    covered(tree.agent, "20")
    batch = cards(tree.agent, 4, "DAY01", expires_at=soon)
    assert "hands out" not in words_of(imran.get(at(batch, "extend/")))
    with time_machine.travel(soon + timedelta(days=1), tick=False):
        later = {"reason": "slow", "expires_on": "2090-05-01"}
        late = just_signed_in(User.objects.get(username="imran"))
        page = text_of(late.get(at(batch, "extend/")))
        assert "another day releases 4 cards again, and hands out 20.00" in page
        assert "Free to hand out was 20.00 becomes 0.00 USD" in page
        card = text_of(late.get(f"/cards/{batch.serial_at(0)}/extend/"))
        assert "releases 1 card again, and hands out 5.00" in card
        # The page from before their day, which said nothing of it.
        changed = late.post(at(batch, "extend/"), {**later, "expected": "0"})
        assert changed.status_code == 422
        assert "The cards have changed meanwhile." in text_of(changed)
        one = late.post(f"/cards/{batch.serial_at(0)}/extend/", {**later, "expected": "0"})
        assert (one.status_code, handed_out(tree.agent)) == (422, 0)
        sent = {name: one[0] for name, one in sent_by_form(changed, "expected").items()}
        assert sent["expected"] == "4"
        assert late.post(at(batch, "extend/"), sent).status_code == 303
        assert handed_out(tree.agent) == 20


def test_name_and_memo_are_changed(imran: Client, batch: CardBatch) -> None:
    url = at(batch, "edit/")
    assert 'value="Batch SYL110001"' in imran.get(url).content.decode()
    opening = {"rate_group": "", "ctd_billing_model": "standard", "number_preset": ""}
    assert field_error(imran.post(url, {"name": "", "memo": "", **opening}), "name")
    assert imran.post(url, {"name": "Spring", "memo": "Kiosks", **opening}).status_code == 303
    page = text_of(imran.get(at(batch)))
    assert "Card batch Spring" in page
    assert "Kiosks" in page
    assert "Card batch Spring named otherwise" in text_of(imran.get("/audit/"))


def test_a_batch_is_deleted_and_the_record_of_its_pins_stays(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    b"".join(
        imran.post(at(batch, "export/"), {"format": "csv", "reason": "printer"}).streaming_content  # type: ignore[attr-defined]
    )
    assert at(batch, "delete/") in imran.get(at(batch)).content.decode()
    assert imran.post(at(batch, "delete/"), {"reason": ""}).status_code == 422
    answer = imran.post(at(batch, "delete/"), {"reason": "misprint"})
    assert answer.headers["Location"] == f"/accounts/{tree.agent.account_id}/cards/"
    assert imran.get(at(batch)).status_code == 404
    taken = text_of(imran.get("/cards/pins-taken/"))
    assert "Batch SYL110001 deleted Dhaka-Retail-Sub" in taken
    assert "printer" in taken
    log = text_of(imran.get("/audit/"))
    assert "Card batch Batch SYL110001 deleted" in log
    assert "PINs of card batch Batch SYL110001 exported" in log
    # Whom it does not concern sees nothing of it.
    sibling = just_signed_in(UserFactory(account=tree.sibling))
    assert "SYL110001" not in words_of(sibling.get("/cards/pins-taken/"))


def test_a_batch_of_which_a_card_was_sold_is_not_offered_for_deletion(
    imran: Client, batch: CardBatch
) -> None:
    ranged = {"deed": "sell", "first": "SYL110001", "last": "SYL110001", "reason": ""}
    imran.post(at(batch, "mark/"), ranged)
    assert at(batch, "delete/") not in markup_of(imran.get(at(batch)))
    for answer in (
        imran.get(at(batch, "delete/")), imran.post(at(batch, "delete/"), {"reason": "x"}),
    ):  # fmt: skip
        assert answer.status_code == 422
        assert "was sold or used" in text_of(answer)
    assert batch.cards.count() == 10


def test_batches_are_found_by_how_far_they_are_released(
    imran: Client, tree: ResellerTree, batch: CardBatch
) -> None:
    cards(tree.agent, 2, "WHOLE01")
    confirmed(imran, at(batch, "release/"), some(batch, 0, 0))
    cards(tree.agent, 2, "NONE01", released=False)
    found = {
        state: [
            one
            for one in ("SYL110001", "WHOLE01", "NONE01")
            if one in text_of(imran.get(f"/cards/?state={state}"))
        ]
        for state in ("generated", "partly", "active", "blocked", "")
    }
    assert found == {
        "generated": ["NONE01"],
        "partly": ["SYL110001"],
        "active": ["WHOLE01"],
        "blocked": [],
        "": ["SYL110001", "WHOLE01", "NONE01"],
    }


def test_who_lacks_3_sees_what_is_outstanding_and_no_deed(
    tree: ResellerTree, batch: CardBatch, client_of: Callable[[User], Client]
) -> None:
    own = cards(tree.customer, 2, "CUS01")
    customer = client_of(UserFactory(account=tree.customer))
    page = customer.get(at(own))
    assert "Outstanding: 10.00 USD in 2 cards" in text_of(page)
    assert "withdraw/" not in page.content.decode()
