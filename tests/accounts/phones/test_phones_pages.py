"""The pages of phones: lists, filters, the form of new ones, bulk deeds, search and counts."""

import csv
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.phones.models import Phone
from accounts.tree.services.moving import move_preview
from tests.factories import AccountFactory, ResellerTree, UserFactory, phone
from tests.factories.fixtures import signed_in
from tests.support.answering import submit
from tests.support.numbers import ALLOCATION, limit
from tests.support.pages import field_error, markup_of, sent_by_form, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

_ROW = re.compile(r'<tr data-phone="(\d+)">')


def rows(browser: Client, path: str) -> list[str]:
    answer = browser.get(path)
    assert answer.status_code == 200
    return _ROW.findall(answer.content.decode())


def several(tree: ResellerTree) -> None:
    phone(tree.agent, "8801", max_calls=4)
    phone(tree.customer, "8802", dids=["77555"], memo="Front desk")
    phone(tree.deep_customer, "8803", lock="out")
    phone(tree.sibling_customer, "8809")


def test_direct_and_all_and_the_whole_hierarchy(reseller_tree: ResellerTree, agent: Client) -> None:
    several(reseller_tree)
    assert rows(agent, "/accounts/Dhaka-Retail-Sub/phones/") == ["8801"]
    assert rows(agent, "/accounts/Dhaka-Retail-Sub/phones/?show=all") == ["8801", "8802", "8803"]
    assert rows(agent, "/phones/") == ["8801", "8802", "8803"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=802", ["8802"]),
        ("q=755", ["8802"]),
        ("q=%2B880-3", ["8803"]),
        ("q=letters", []),
        ("q=8809", []),
        ("lock=locked", ["8803"]),
        ("lock=none", ["8801", "8802"]),
        ("account=customer-001", ["8802"]),
        ("account=Customer-101", []),
        ("memo=desk", ["8802"]),
        ("sort=-number", ["8803", "8802", "8801"]),
        ("sort=-calls", ["8801", "8803", "8802"]),
        ("sort=account", ["8802", "8803", "8801"]),
    ],
)
def test_filters_and_orders(
    reseller_tree: ResellerTree, agent: Client, query: str, found: list[str]
) -> None:
    several(reseller_tree)
    assert rows(agent, f"/phones/?{query}") == found


def test_pages_follow_one_another(reseller_tree: ResellerTree, agent: Client) -> None:
    for number in range(60):
        phone(reseller_tree.customer, f"88{number:03}")
    seen = rows(agent, "/phones/?size=25")
    answer = agent.get("/phones/?size=25").content.decode()
    after = re.findall(r'rel="next" href="([^"]+)"', answer)[0].replace("&amp;", "&")
    seen += rows(agent, f"/phones/{after}")
    assert seen == [f"88{number:03}" for number in range(50)]
    assert "60" in text_of(agent.get("/phones/"))


def test_a_customer_reads_its_phones_and_meets_no_button_it_may_not_press(
    reseller_tree: ResellerTree,
) -> None:
    several(reseller_tree)
    browser = signed_in(UserFactory(account=reseller_tree.customer))
    assert rows(browser, "/phones/") == ["8802"]
    assert "8802" in text_of(browser.get("/phones/8802/"))
    assert 'aria-disabled="true"' not in markup_of(browser.get("/phones/8802/"))
    assert "Actions for" not in text_of(browser.get("/phones/"))
    assert browser.get("/phones/8802/edit/").status_code == 403
    assert browser.get("/accounts/Customer-001/phones/new/").status_code == 403


def test_several_are_shown_before_they_are_made(reseller_tree: ResellerTree, agent: Client) -> None:
    path = "/accounts/Customer-001/phones/new/"
    shown = submit(agent, path, {"numbers": "8801 – 8803", "memo": "Desk"})
    assert shown.status_code == 200
    assert "3 phones will be added" in text_of(shown)
    assert not Phone.objects.exists()
    # What was shown is not what is sent now.
    sent = {**sent_by_form(shown, "seen"), "numbers": "8801 – 8804"}
    assert "4 phones will be added" in text_of(agent.post(path, sent))
    sent = {**sent_by_form(shown, "seen"), "numbers": "8801 – 8803", "memo": "Desk"}
    made = agent.post(path, sent)
    assert "3 new phones of Customer-001" in text_of(made)
    assert set(Phone.objects.values_list("memo", flat=True)) == {"Desk"}
    assert Phone.objects.count() == 3


def test_refused_lines_say_why_and_a_foreign_number_says_nothing_of_its_owner(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    several(reseller_tree)
    limit(reseller_tree.top, "allow 88", purpose=ALLOCATION)
    answer = submit(
        agent, "/accounts/Customer-001/phones/new/", {"numbers": "8809\n4420\nabc\n8805\n8802"}
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Not available line 1 8809 is not available." in page
    assert "Customer-101" not in markup_of(answer, 422)
    assert "line 2 4420 This number lies outside what a level above yours lets assign." in page
    assert "line 3 abc Use digits only" in page
    assert "it is a phone of Customer-001" in page
    assert "1 number is fine" in page
    assert Phone.objects.count() == 4


def test_the_preview_alone_is_a_part_of_a_page(reseller_tree: ResellerTree, agent: Client) -> None:
    answer = submit(agent, "/accounts/Customer-001/phones/new/?check=1", {"numbers": "8801 – 8802"})
    assert b"<html" not in answer.content
    assert b'name="seen"' in answer.content
    assert not Phone.objects.exists()


def test_dids_are_for_a_single_phone(reseller_tree: ResellerTree, agent: Client) -> None:
    path = "/accounts/Customer-001/phones/new/"
    shown = submit(agent, path, {"numbers": "8801\n8802", "dids": "77"})
    sent = {**sent_by_form(shown, "seen"), "numbers": "8801\n8802", "dids": "77"}
    assert "single phone only" in field_error(agent.post(path, sent), "dids")
    assert submit(agent, path, {"numbers": "8801", "dids": "77"}).status_code == 303
    assert Phone.objects.get().dids == ["77"]


def test_the_account_can_be_named_in_the_form(reseller_tree: ResellerTree, agent: Client) -> None:
    foreign = submit(agent, "/phones/new/", {"account": "Customer-101", "numbers": "8801"})
    unknown = submit(agent, "/phones/new/", {"account": "Nobody", "numbers": "8801"})
    assert field_error(foreign, "account") == field_error(unknown, "account") != ""
    submit(agent, "/phones/new/", {"account": "customer-001", "numbers": "8801"})
    assert Phone.objects.get().account.account_id == "Customer-001"


def test_two_people_who_edit_the_same_phone(reseller_tree: ResellerTree, agent: Client) -> None:
    phone(reseller_tree.customer, "8801", memo="old")
    first = sent_by_form(agent.get("/phones/8801/edit/"), "version")
    submit(agent, "/phones/8801/edit/", {**first, "memo": "theirs"})
    clash = submit(agent, "/phones/8801/edit/", {**first, "memo": "mine"})
    assert clash.status_code == 409
    assert "theirs" in text_of(clash)
    again = agent.post("/phones/8801/edit/", {**sent_by_form(clash, "version"), "memo": "mine"})
    assert again.status_code == 303
    assert Phone.objects.get().memo == "mine"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_calls", "0"),
        ("max_calls", "-1"),
        ("max_calls", "many"),
        ("codecs", "G.729, G.999"),
        ("dids", "12ab"),
        ("display_number", "+1 (letters)"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    reseller_tree: ResellerTree, agent: Client, field: str, value: str
) -> None:
    phone(reseller_tree.customer, "8801")
    sent = sent_by_form(agent.get("/phones/8801/edit/"), "version")
    answer = agent.post("/phones/8801/edit/", {**sent, field: value})
    assert answer.status_code == 422
    assert field_error(answer, field)


def test_codecs_keep_their_order_in_any_case(reseller_tree: ResellerTree, agent: Client) -> None:
    phone(reseller_tree.customer, "8801")
    sent = sent_by_form(agent.get("/phones/8801/edit/"), "version")
    agent.post("/phones/8801/edit/", {**sent, "codecs": "opus, g.711A g.729"})
    assert Phone.objects.get().codecs == ["Opus", "G.711a", "G.729"]


def test_lock_and_delete(reseller_tree: ResellerTree, agent: Client) -> None:
    phone(reseller_tree.customer, "8801")
    submit(agent, "/phones/8801/lock/", {"lock": "out", "reason": "unpaid"})
    assert Phone.objects.get().lock == "out"
    assert submit(agent, "/phones/8801/delete/", {}).status_code == 422
    submit(agent, "/phones/8801/delete/", {"reason": "gone"})
    assert not Phone.objects.exists()


class TestBulk:
    def preview(self, agent: Client, deed: str, **more: Any) -> Any:
        return agent.post("/phones/bulk/", {"deed": deed, "account_list": "", "query": "", **more})

    def test_what_is_locked_already_is_skipped(
        self, reseller_tree: ResellerTree, agent: Client
    ) -> None:
        phone(reseller_tree.customer, "8801", lock="all")
        phone(reseller_tree.customer, "8802")
        shown = self.preview(agent, "lock", phone=["8801", "8802", "8899"])
        assert "It is locked already." in text_of(shown)
        agent.post("/phones/bulk/", sent_by_form(shown, "seen"))
        assert set(Phone.objects.values_list("lock", flat=True)) == {"all"}

    def test_everything_that_matches(self, reseller_tree: ResellerTree, agent: Client) -> None:
        several(reseller_tree)
        shown = self.preview(agent, "lock", all="1")
        agent.post("/phones/bulk/", sent_by_form(shown, "seen"))
        assert Phone.objects.filter(lock="all").count() == 3

    def test_a_move_within_the_scope(self, reseller_tree: ResellerTree, agent: Client) -> None:
        phone(reseller_tree.customer, "8801")
        foreign = self.preview(agent, "move", phone=["8801"], account="Customer-101")
        assert foreign.status_code == 422
        shown = self.preview(agent, "move", phone=["8801"], account="Customer-002")
        agent.post("/phones/bulk/", sent_by_form(shown, "seen"))
        assert Phone.objects.get().account.account_id == "Customer-002"

    def test_a_preview_that_is_out_of_date_is_shown_again(
        self, reseller_tree: ResellerTree, agent: Client
    ) -> None:
        one = phone(reseller_tree.customer, "8801")
        phone(reseller_tree.customer, "8802")
        shown = self.preview(agent, "lock", phone=["8801", "8802"])
        submit(agent, f"/phones/{one}/lock/", {"lock": "all"})
        assert agent.post("/phones/bulk/", sent_by_form(shown, "seen")).status_code == 409
        assert Phone.objects.filter(lock="all").count() == 1


class TestSearch:
    def test_by_a_part_of_a_number_or_did(self, reseller_tree: ResellerTree, agent: Client) -> None:
        several(reseller_tree)
        assert "8802" in text_of(agent.get("/search/?q=7555"))
        page = text_of(agent.get("/search/?q=880"))
        assert "8803" in page
        assert "8809" not in page

    def test_a_whole_number_leads_to_its_phone(
        self, reseller_tree: ResellerTree, agent: Client
    ) -> None:
        phone(reseller_tree.customer, "8801711000", dids=["8801711001"])
        phone(reseller_tree.sibling_customer, "8801711002")
        assert agent.get("/search/?q=%2B880-1711-001").headers["Location"] == "/phones/8801711000/"
        foreign, unknown = agent.get("/search/?q=8801711002"), agent.get("/search/?q=8801711003")
        assert (foreign.status_code, unknown.status_code) == (200, 200)


def test_the_list_of_sub_accounts_counts_phones_and_leads_to_them(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    several(reseller_tree)
    agent.post("/accounts/columns/", {"column": ["phones"]})
    page = agent.get("/accounts/Dhaka-Retail-Sub/sub-accounts/").content.decode()
    assert 'href="/accounts/Customer-001/phones/" aria-label="Phones of Customer-001: 1">1<' in page
    files = agent.get("/accounts/Dhaka-Retail-Sub/sub-accounts/export/?format=csv")
    text = b"".join(files.streaming_content).decode()  # type: ignore[attr-defined]
    heading, first, *_rest = csv.reader(text.splitlines())
    assert first[heading.index("Phones")] == "1"


@pytest.mark.parametrize("path", ["/phones/", "/accounts/Dhaka-Retail-Sub/phones/?show=all"])
def test_a_list_takes_no_more_queries_for_more_phones(
    reseller_tree: ResellerTree, agent: Client, path: str
) -> None:
    def count() -> int:
        agent.get(path)
        with CaptureQueriesContext(connection) as captured:
            agent.get(path)
        return len(captured)

    several(reseller_tree)
    few = count()
    for at in range(30):
        account = AccountFactory(parent=reseller_tree.agent)
        phone(account, f"8820{at:02}", dids=[f"7720{at:02}"])
    assert count() <= few
    assert few <= 16


def test_checking_a_list_takes_as_many_queries_however_long_it_is(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    def count(numbers: str) -> int:
        path = "/accounts/Customer-001/phones/new/?check=1"
        submit(agent, path, {"numbers": numbers})
        with CaptureQueriesContext(connection) as captured:
            submit(agent, path, {"numbers": numbers})
        return len(captured)

    assert count("100 – 999") <= count("100 – 101")


def test_a_move_of_accounts_shows_numbers_outside_the_new_agent(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    phone(reseller_tree.deep_customer, "4420", dids=["8802"])
    limit(reseller_tree.other_top, "allow 880", purpose=ALLOCATION)
    browser = signed_in(administrator)
    page = text_of(browser.get("/accounts/Dhaka-Retail-Sub/move/?parent=Master-Agent-2"))
    assert "4420 Customer-301" in page
    assert "8802 Customer-301" not in page
    plan = move_preview(
        actor=SYSTEM, accounts=[reseller_tree.agent], parent=reseller_tree.other_top
    )
    assert plan.effects[0].context["outside"].shown == (("4420", "Customer-301"),)


def test_operators_look_at_phones_and_change_none(
    reseller_tree: ResellerTree, operator: User, client_of: Callable[[User], Client]
) -> None:
    one = phone(reseller_tree.customer, "8801", dids=["8802"])
    names = ("view_phone", "view_account")
    operator.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser = client_of(operator)
    page = browser.get(f"/admin/accounts/phone/{one.pk}/change/")
    assert b"8802" in page.content
    assert one.ha1.encode() not in page.content
    assert browser.get("/admin/accounts/phone/?q=8802").status_code == 200
    assert browser.post(f"/admin/accounts/phone/{one.pk}/delete/").status_code == 403
