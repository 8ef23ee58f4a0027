"""Attacks on what others have, by the pages; and what administrators see and do about it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.availability import ACTION
from accounts.core.models import AuditEntry, AvailabilityDay
from accounts.phones.services.many import phones_create
from tests.factories import GatewayFactory, ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.answering import submit
from tests.support.pages import field_error, just_signed_in, markup_of, sent_by_form, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon"), pytest.mark.wide]

NAMED = re.compile(r"([0-9./]+) is not available\.")
PAGE = "/accounts/Dhaka-Retail-Sub/availability/"


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Client:
    grant(reseller_tree.agent)
    return just_signed_in(UserFactory(account=reseller_tree.agent, username="dhaka"))


@pytest.fixture
def admin(reseller_tree: ResellerTree) -> Client:
    return signed_in(StaffFactory(administrator=True, username="operator-1"))


@pytest.fixture
def thousand(reseller_tree: ResellerTree) -> None:
    """Thirty of the numbers 4470000 to 4479999 are of Master-Agent-2's customer."""
    numbers = "\n".join(str(4470000 + 317 * one) for one in range(30))
    phones_create(actor=SYSTEM, account=reseller_tree.other_customer, numbers=numbers)


def preview(agent: Client, numbers: str, query: str = "?check=1") -> str:
    path = f"/accounts/Customer-001/phones/new/{query}"
    return text_of(submit(agent, path, {"numbers": numbers}))


def test_previews_of_new_phones_find_twenty_numbers_a_day(
    agent: Client, admin: Client, thousand: None
) -> None:
    found: set[str] = set()
    for begin in range(4470000, 4480000, 1000):
        page = preview(agent, "\n".join(str(begin + at) for at in range(1000)))
        found |= set(NAMED.findall(page))
        assert "will be added" in page
    assert len(found) == 20
    assert text_of(admin.get("/")).count("20 named, 9 as a number only") == 1
    entries = AuditEntry.objects.filter(action=ACTION, is_refused=True)
    assert sum(len(one.after["named"]) for one in entries) == 20
    assert {one.after["asked_count"] for one in entries} == {1000}
    assert sum(one.after["unnamed"] for one in entries) == 9


def test_a_preview_that_does_not_name_all_does_not_show_the_others_either(
    agent: Client, thousand: None
) -> None:
    preview(agent, "\n".join(str(4470000 + 317 * at) for at in range(20)))
    free = [str(4479000 + at) for at in range(20)]
    page = preview(agent, "\n".join([*free, "4479193"]))
    assert "1 more is not available." in page
    assert "20 phones will be added" in page
    assert "4479193" not in page
    assert "4479001" not in page
    rows = "number,account_id\n" + "".join(f"{one},Customer-001\n" for one in ["4479193", *free])
    seen = submit(agent, "/phones/import/", {"text": rows})
    assert "1 more is not available." in text_of(seen)
    table = re.sub(r"<input[^>]*>", "", markup_of(seen))
    assert "4479193" not in table
    assert "4479001" not in table


def test_ranges_are_halved_twenty_times_a_day(agent: Client, thousand: None) -> None:
    """What is named is the range: each step towards a number in it is another entry."""
    answers = 0
    low, high = 4470000, 4470799
    for _step in range(60):
        middle = (low + high) // 2
        page = preview(agent, f"{low} – {middle}")
        answers += f"{low} – {middle} is not available." in page
        low, high = (low, middle) if middle > low + 2 else (low + 317, high + 317)
    assert 0 < answers <= 20


def test_networks_find_twenty_addresses_a_day(
    reseller_tree: ResellerTree, agent: Client, admin: Client
) -> None:
    theirs = [f"198.51.{at}.{at + 1}" for at in range(26)]
    for at, address in enumerate(theirs):
        GatewayFactory(account=reseller_tree.other_top, name=f"their-{at}", addresses=[address])
    GatewayFactory(account=reseller_tree.agent, name="own")
    sent = sent_by_form(agent.get("/gateways/own/information/"), "version")
    sent = {**sent, "protocol": "sip", "registration": "static", "is_locked": ""}

    def post(*networks: str) -> Any:
        return agent.post("/gateways/own/information/", {**sent, "addresses": "\n".join(networks)})

    assert "at least /24" in field_error(post("198.51.0.0/16"), "addresses")
    found: set[str] = set()
    for at in range(26):
        answer = post(f"198.51.{at}.0/24")
        found |= set(NAMED.findall(field_error(answer, "addresses")))
        assert theirs[at] not in markup_of(answer, 422 if at < 20 else 200)
    assert found == {f"198.51.{at}.0/24" for at in range(20)}
    # What is free looks the same, until it is done: a change of the own gateway, on record.
    assert post("192.0.2.0/24").status_code == post("198.51.24.0/24").status_code == 200
    deed = {"confirmed": "1", "reason": "x", "addresses": "198.51.24.0/24\n198.51.25.0/24"}
    answer = agent.post("/gateways/own/information/", {**sent, **deed})
    # Not how many: two that fail for certain would tell of a third whether it is one of them.
    words = "More of what was asked for is not available."
    assert field_error(answer, "addresses").startswith(words)
    assert text_of(admin.get("/")).count("20 named") == 1


def test_the_alert_leads_to_the_release_and_the_import_names_the_rest(
    reseller_tree: ResellerTree, agent: Client, admin: Client, thousand: None
) -> None:
    numbers = "\n".join(str(4470000 + 317 * at) for at in range(30))
    assert "10 more are not available." in preview(agent, numbers)
    home = text_of(admin.get("/"))
    assert "Dhaka-Retail-Sub" in home[home.index("Asking for what others have") :]
    assert PAGE in admin.get("/").content.decode()
    assert PAGE in admin.get("/accounts/Dhaka-Retail-Sub/").content.decode()
    page = text_of(admin.get(PAGE))
    assert "BD-Wholesale-Agent Named 20 of 20" in page
    assert "Dhaka-Retail-Sub Named 20 of 20" in page
    assert field_error(admin.post(PAGE, {"reason": " "}), "reason") == "Give a reason."
    answer = admin.post(PAGE, {"reason": "porting list"}, follow=True)
    assert "Dhaka-Retail-Sub is released for 24 hours." in text_of(answer)
    rows = "number,account_id\n4479999,Customer-001\n" + "".join(
        f"{one},Customer-001\n" for one in numbers.split("\n")
    )
    seen = submit(agent, "/phones/import/", {"text": rows})
    assert seen.status_code == 200
    assert len(set(NAMED.findall(text_of(seen)))) == 30
    done = agent.post("/phones/import/", sent_by_form(seen, "seen"))
    assert "1 phones were added" in text_of(done)
    assert "30 were not available and were left out." in text_of(done)
    kept = AvailabilityDay.objects.get(account=reseller_tree.top)
    assert kept.named == 20


def test_the_file_of_what_is_left_out_holds_what_may_be_named(
    reseller_tree: ResellerTree, agent: Client, thousand: None
) -> None:
    rows = "number,account_id\n" + "".join(
        f"{4470000 + 317 * at},Customer-001\n" for at in range(30)
    )
    seen = submit(agent, "/phones/import/", {"text": rows})
    sent = {**sent_by_form(seen, "text"), "format": "csv"}
    file = agent.post("/phones/import/errors/", sent)
    lines = b"".join(file.streaming_content).decode() if file.streaming else file.content.decode()
    assert len(NAMED.findall(lines)) == 20
    assert "10 more are not available." in lines


def test_the_page_is_for_administrators(agent: Client, reseller_tree: ResellerTree) -> None:
    assert agent.get(PAGE).status_code == 403
    assert "availability" not in markup_of(agent.get("/accounts/Dhaka-Retail-Sub/"))
    assert agent.post(PAGE, {"reason": "me"}).status_code == 403


def test_the_agents_log_says_no_more_than_it_was_told(
    agent: Client, thousand: None, reseller_tree: ResellerTree
) -> None:
    preview(agent, "\n".join(str(4470000 + 317 * at) for at in range(30)))
    entry = AuditEntry.objects.get(action=ACTION)
    assert (len(entry.after["named"]), entry.after["unnamed"]) == (20, 10)
    log = text_of(agent.get("/audit/?group=refused"))
    assert "Asked for what is not available" in log
    assert "Customer-201" not in log


def test_the_alert_takes_the_same_queries_however_many_there_are(
    reseller_tree: ResellerTree, admin: Client
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin.get("/")
        return len(queries)

    def ask(account: Any, at: int) -> None:
        name = f"login-{at}"
        browser = just_signed_in(UserFactory(account=grant(account), username=name))
        path = f"/accounts/{account.account_id}/phones/new/?check=1"
        page = text_of(submit(browser, path, {"numbers": numbers}))
        assert len(NAMED.findall(page)) == 7

    numbers = "\n".join(str(4470000 + 317 * one) for one in range(7))
    phones_create(actor=SYSTEM, account=reseller_tree.other_customer, numbers=numbers)
    ask(reseller_tree.agent, 1)
    count()
    first = count()
    ask(reseller_tree.sibling, 2)
    assert count() == first
