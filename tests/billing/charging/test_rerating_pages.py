"""The pages of re-rating: a preview, the deed, and what of it was posted."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.jobs.models import Job
from billing.charging.services import rerating as comparing
from billing.charging.services import rerating_work
from billing.charging.services import reratings as deeds
from billing.rates.services.corrections import correction_add
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory, grant
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.rates import rate_group
from tests.factories.trees import ResellerTree
from tests.support.jobs import work_off
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
LIST, NEW = "/calls/rerating/", "/calls/rerating/new/"
SENT = {
    "since": "2027-03-14T00:00", "until": "2027-03-15T12:00", "accounts": "", "reach": "below",
    "prefixes": "", "group": "", "reason": "deck of March",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _calls(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """Two calls of a minute, whose price at the agent's group was 5 cents, not 4."""
    time_machine.move_to(NOON)
    charged(
        *(cdr(f"c-{at}", account="Customer-001", at=NOON - timedelta(hours=at)) for at in (1, 2))
    )
    correct(groups, "0.05")


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(StaffFactory(username="re-rater", administrator=True))


def correct(groups: Groups, price: str, *, group: str = "agent") -> None:
    correction_add(
        actor=SYSTEM, group=getattr(groups, group), prefix="880",
        begins_at=NOON - timedelta(days=2), ends_at=NOON, price=Decimal(price),
        reason="wrong deck",
    )  # fmt: skip


def made(browser: Client, **changes: str) -> str:
    """The address of a preview."""
    answer = browser.post(NEW, {**SENT, **changes})
    assert answer.status_code == 303, words_of(answer, status=answer.status_code)
    return answer["Location"]


def seen(browser: Client, page: str) -> dict[str, str]:
    form = browser.get(page).context["post_form"]
    return {"seen": form["seen"].value()}


def test_it_is_empty_at_first_and_lists_what_there_is(administrator: Client) -> None:
    assert "No calls were rated anew yet" in words_of(administrator.get(LIST))
    made(administrator)
    words = words_of(administrator.get(LIST))
    assert "2027-03-14 00:00 until 2027-03-15 12:00" in words
    assert "all accounts" in words
    assert "Preview" in words


def test_a_preview_shows_what_changes_and_confirmed_it_is_posted(
    administrator: Client, tree: ResellerTree
) -> None:
    page = made(administrator, accounts="customer-001, Customer-002", prefixes="88, 8801")
    words = words_of(administrator.get(page))
    for said in ("Preview", "Dhaka-Retail-Sub", "0.08", "0.10", "+0.02", "Re-rate 2 calls",
                 "Customer-001, Customer-002 and below", "prefixes 88, 8801"):  # fmt: skip
        assert said in words
    answer = administrator.post(page, seen(administrator, page))
    assert (answer.status_code, answer["Location"]) == (303, page)
    assert "Being posted" in words_of(administrator.get(page))
    work_off()
    words = words_of(administrator.get(page))
    assert "2 calls are charged anew, as the preview has shown it." in words
    assert "Re-rate 2 calls" not in words
    assert Wallet.objects.get(account=tree.agent).balance == Decimal("-0.1")
    job = Job.objects.get(kind=deeds.POST)
    words = words_of(administrator.get(reverse("job", args=[job.pk])))
    assert "Re-rate the calls from 2027-03-14 00:00 until 2027-03-15 12:00" in words
    assert "See what it changes" in words


def test_what_was_looked_at_again_meanwhile_is_not_posted(
    administrator: Client, tree: ResellerTree, groups: Groups
) -> None:
    page = made(administrator)
    before = seen(administrator, page)
    correct(groups, "0.02", group="top")
    assert administrator.post(f"{page}again/")["Location"] == page
    answer = administrator.post(page, before)
    assert answer.status_code == 409
    assert "This was looked at again in the meantime." in answer.content.decode()
    assert not Job.objects.filter(kind=deeds.POST).exists()


def test_a_price_that_changed_since_is_said_with_the_way_on(
    administrator: Client, tree: ResellerTree, groups: Groups
) -> None:
    page = made(administrator)
    correct(groups, "0.02", group="top")
    assert administrator.post(page, seen(administrator, page)).status_code == 303
    work_off()
    words = words_of(administrator.get(page))
    assert "Not posted" in words
    assert "Since the preview a price, an account or a charge has changed." in words
    assert "Look again" in words
    assert Wallet.objects.get(account=tree.agent).balance == Decimal("-0.08")


def test_a_long_preview_is_watched_and_fetches_what_is_new(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "MOST", 0)
    page = made(administrator)
    assert f'hx-get="{page}state/?seen=checking"' in markup_of(administrator.get(page))
    poll = {"HTTP_HX_REQUEST": "true"}
    watching = administrator.get(f"{page}state/?seen=checking", **poll)
    assert "Not begun yet" in watching.content.decode()
    work_off()
    news = administrator.get(f"{page}state/?seen=checking", **poll).content.decode()
    assert f'hx-get="{page}"' in news
    assert administrator.get(f"{page}state/")["Location"] == page


def test_posted_in_part_names_what_exists_by_account_and_how_to_go_on(
    administrator: Client, monkeypatch: pytest.MonkeyPatch, groups: Groups
) -> None:
    monkeypatch.setattr(comparing, "MOST", 1)
    monkeypatch.setattr(deeds, "MOST", 2)
    page = made(administrator)
    assert administrator.post(page, seen(administrator, page)).status_code == 303
    # A price of the second call changes while the first is posted.
    monkeypatch.setattr(rerating_work, "_check_unchanged", lambda *_args: None)
    correction_add(
        actor=SYSTEM, group=groups.top, prefix="880", begins_at=NOON - timedelta(hours=3),
        ends_at=NOON - timedelta(minutes=90), price=Decimal("0.02"), reason="late",
    )  # fmt: skip
    work_off()
    words = words_of(administrator.get(page))
    assert "1 of 2 calls is charged anew." in words
    assert "1 call is charged anew, as the preview has shown it." in words
    for said in ("Posted in part", "Posted of it", "+0.01", "Post the rest", "Look again"):
        assert said in words
    again = administrator.post(f"{page}again/")["Location"]
    assert again != page
    assert "Posted in part" in words_of(administrator.get(LIST))


def test_nothing_to_change_is_said_and_cannot_be_posted(administrator: Client) -> None:
    page = made(administrator, until="2027-03-15T10:30", since="2027-03-15T09:00")
    administrator.post(page, seen(administrator, page))
    work_off()
    again = made(administrator, until="2027-03-15T10:30", since="2027-03-15T09:00")
    words = words_of(administrator.get(again))
    assert "No call would cost anything else" in words
    assert "Re-rate 1 call" not in words
    answer = administrator.post(again, seen(administrator, again))
    assert answer.status_code == 422


def test_the_form_names_what_is_wrong_in_it(administrator: Client) -> None:
    wrong = {
        "accounts": "Nobody-9", "prefixes": "88x", "since": "yesterday", "reason": "",
    }  # fmt: skip
    answer = administrator.post(NEW, {**SENT, **wrong})
    assert answer.status_code == 422
    text = answer.content.decode()
    for said in ("There is no account Nobody-9.", "88x is no prefix", "Enter a moment as",
                 "Give a reason."):  # fmt: skip
        assert said in text
    many = {"accounts": ",".join(f"A{n}" for n in range(21)), "prefixes": " ".join("8" * 101)}
    text = administrator.post(NEW, {**SENT, **many}).content.decode()
    assert "At most 20 accounts." in text
    assert "At most 100 prefixes." in text
    empty = administrator.post(NEW, {**SENT, "until": "2027-03-14T01:00"})
    assert "No call of that time was charged." in empty.content.decode()


def test_the_file_holds_every_call_of_every_account(administrator: Client) -> None:
    page = made(administrator)
    answer = administrator.get(f"{page}calls/", {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    told = [(r["Call ID"], r["Account"], r["Charged"], r["Anew"], r["Difference"]) for r in rows]
    assert told == [
        ("c-1", "Dhaka-Retail-Sub", "0.04", "0.05", "0.01"),
        ("c-2", "Dhaka-Retail-Sub", "0.04", "0.05", "0.01"),
    ]


def test_a_correction_offers_administrators_the_calls_that_were_charged(
    administrator: Client, groups: Groups, tree: ResellerTree
) -> None:
    page = reverse("billing:rate-corrections", args=[groups.agent.pk])
    markup = markup_of(administrator.get(page))
    start = markup.index(f"{NEW}?")
    address = markup[start : markup.index('"', start)].replace("&amp;", "&")
    form = administrator.get(address).context["form"]
    assert [form[name].value() for name in ("since", "until", "prefixes", "group")] == [
        "2027-03-13T12:00", "2027-03-15T12:00", "880", groups.agent.key,
    ]  # fmt: skip
    grant(tree.top, "manage_account")
    owner = signed_in(UserFactory(account=tree.top))
    words = words_of(owner.get(page))
    assert "wrong deck" in words
    assert "Re-rate" not in words


def test_agents_have_no_way_there(tree: ResellerTree, administrator: Client) -> None:
    page = made(administrator)
    grant(tree.agent, "manage_account", "pay_sub_account")
    agent = signed_in(UserFactory(account=tree.agent))
    for address in (LIST, NEW, page, f"{page}state/", f"{page}calls/?format=csv"):
        assert agent.get(address).status_code == 403
    for address in (NEW, page, f"{page}again/"):
        assert agent.post(address, SENT).status_code == 403
    assert f'href="{LIST}"' not in markup_of(agent.get("/"))
    assert f'href="{LIST}"' in markup_of(administrator.get("/"))


def test_queries_do_not_grow_with_accounts(
    administrator: Client, tree: ResellerTree, groups: Groups, django_assert_max_num_queries: Any
) -> None:
    correct(groups, "0.02", group="top")
    correct(groups, "0.07", group="customer")
    page = made(administrator, group=groups.top.key)
    assert "charged at Platform" in words_of(administrator.get(page))
    rate_group(None, "Another")
    with django_assert_max_num_queries(24):
        words = words_of(administrator.get(page))
    assert "BD-Wholesale-Agent" in words
    for _more in range(3):
        made(administrator, accounts="Customer-001")
    with django_assert_max_num_queries(14):
        assert "Customer-001 and below" in words_of(administrator.get(LIST))
