"""The pages of gateways: lists, the page of one, changing it after a check, its history."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry, User
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from accounts.gateways.services.gateways import gateway_information_set
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
)
from tests.support.answering import submit
from tests.support.pages import field_error, just_signed_in, sent_by_form, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


@pytest.fixture
def portal(reseller_tree: ResellerTree) -> Client:
    """Of an agent who holds everything."""
    grant(reseller_tree.agent)
    return just_signed_in(UserFactory(account=reseller_tree.agent, username="imran"))


# Boxes that are no input elements.
CHOSEN = {"protocol": "sip", "registration": "static", "addresses": "203.0.113.5"}


def information(portal: Client, **typed: str) -> dict[str, Any]:
    """What the form of the gateway's page sends with these fields typed."""
    sent = sent_by_form(portal.get("/gateways/gw-1/"), "port")
    return {**sent, **CHOSEN, **typed}


class TestLists:
    def test_direct_and_all_with_filters_and_order(
        self, reseller_tree: ResellerTree, gateway: Gateway, portal: Client
    ) -> None:
        GatewayFactory(account=reseller_tree.agent, name="gw-own", addresses=["198.51.100.7"])
        GatewayFactory(account=reseller_tree.sibling, name="gw-foreign")
        page = "/accounts/Dhaka-Retail-Sub/gateways/"
        direct, everything = text_of(portal.get(page)), text_of(portal.get(page + "?show=all"))
        assert "gw-own" in direct
        assert "gw-1" not in direct
        assert "gw-own" in everything
        assert "gw-1" in everything
        assert "gw-foreign" not in everything
        assert "gw-1" in text_of(portal.get("/gateways/?q=203.0.113"))
        assert "gw-own" not in text_of(portal.get("/gateways/?q=203.0.113"))
        assert "gw-1" not in words_of(portal.get("/gateways/?state=locked"))
        assert "gw-1" in text_of(portal.get("/gateways/?account=customer-001"))
        body = portal.get("/gateways/?sort=-capacity").content.decode()
        assert body.index("gw-1</a>") < body.index("gw-own</a>")

    def test_pages_follow_each_other_by_key(
        self, reseller_tree: ResellerTree, portal: Client
    ) -> None:
        for n in range(30):
            GatewayFactory(account=reseller_tree.agent, name=f"gw-{n:02}")
        first = portal.get("/gateways/?size=25")
        assert "gw-24" in text_of(first)
        assert "gw-25" not in text_of(first)
        following = first.context["pager"]["older_url"]
        assert "gw-29" in text_of(portal.get(f"/gateways/{following}"))
        assert portal.get("/gateways/?cursor=nonsense").status_code == 200

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_files_hold_the_rows_of_the_scope_and_are_on_record(
        self, reseller_tree: ResellerTree, gateway: Gateway, portal: Client, kind: str
    ) -> None:
        GatewayFactory(account=reseller_tree.sibling, name="gw-foreign")
        answer = portal.get(f"/gateways/export/?format={kind}")
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        # The other is packed.
        assert (b"gw-1" in content) == (kind == "csv")
        assert b"gw-foreign" not in content
        entry = AuditEntry.objects.get(action="gateways.export")
        assert entry.after["rows"] == 1

    def test_take_the_same_queries_however_many_rows(
        self, reseller_tree: ResellerTree, portal: Client
    ) -> None:
        def queries() -> int:
            portal.get("/gateways/?size=100")
            with CaptureQueriesContext(connection) as captured:
                assert portal.get("/gateways/?size=100").status_code == 200
            return len(captured.captured_queries)

        for n in range(3):
            GatewayFactory(account=reseller_tree.customer, addresses=[f"198.51.100.{n}"])
        few = queries()
        for n in range(20):
            account = AccountFactory(parent=reseller_tree.agent)
            GatewayFactory(account=account, addresses=[f"203.0.113.{n}"], capacity=3)
        assert queries() <= few
        assert few <= 18

    def test_the_list_of_sub_accounts_counts_them_and_leads_there(
        self, gateway: Gateway, portal: Client
    ) -> None:
        page = "/accounts/Dhaka-Retail-Sub/sub-accounts/"
        portal.post("/accounts/columns/", {"column": ["balance", "phones", "gateways", "cards"]})
        portal.get(page)
        with CaptureQueriesContext(connection) as captured:
            body = portal.get(page).content.decode()
        assert 'href="/accounts/Customer-001/gateways/"' in body
        assert "Gateways of Customer-001: 1" in body
        reads = [one for one in captured.captured_queries if one["sql"].startswith("SELECT")]
        assert len(reads) <= 12


class TestChangingInformation:
    def test_shows_before_and_after_asks_why_and_then_changes(
        self, gateway: Gateway, portal: Client
    ) -> None:
        sent = information(portal, addresses="203.0.113.6", port="5070")
        check = portal.post("/gateways/gw-1/information/", sent)
        assert check.status_code == 200
        assert "203.0.113.5 becomes 203.0.113.6" in text_of(check)
        assert "5060 becomes 5070" in text_of(check)
        gateway.refresh_from_db()
        assert gateway.port == 5060
        confirmed = {**sent_by_form(check, "reason"), "confirmed": "1"}
        again = submit(portal, "/gateways/gw-1/information/", {**confirmed, "reason": " "})
        assert again.status_code == 422
        done = submit(portal, "/gateways/gw-1/information/", {**confirmed, "reason": "moved"})
        assert (done.status_code, done.headers["Location"]) == (303, "/gateways/gw-1/")
        gateway.refresh_from_db()
        assert gateway.port == 5070
        assert [one.text for one in gateway.addresses.all()] == ["203.0.113.6"]
        assert AuditEntry.objects.latest("pk").reason == "moved"

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("addresses", "0.0.0.0/0"),
            ("port", "0"),
            ("port", "70000"),
            ("port", "five"),
            ("codecs", "G.999"),
            ("prefixes", "x"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(
        self, gateway: Gateway, portal: Client, field: str, typed: str
    ) -> None:
        sent = information(portal, **{field: typed})
        answer = portal.post("/gateways/gw-1/information/", sent)
        assert answer.status_code == 422
        assert field_error(answer, field)

    def test_warns_of_private_addresses(self, gateway: Gateway, portal: Client) -> None:
        sent = information(portal, addresses="10.1.2.3")
        check = portal.post("/gateways/gw-1/information/", sent)
        assert "10.1.2.3 is a private address" in text_of(check)

    def test_says_so_where_nothing_changes(self, gateway: Gateway, portal: Client) -> None:
        answer = submit(portal, "/gateways/gw-1/information/", information(portal), follow=True)
        assert "Nothing changes" in text_of(answer)

    def test_shows_both_values_to_the_second_of_two(self, gateway: Gateway, portal: Client) -> None:
        check = submit(portal, "/gateways/gw-1/information/", information(portal, port="5070"))
        gateway_information_set(
            actor=SYSTEM, gateway=gateway, information={"port": 5090}, reason="test"
        )
        confirmed = {**sent_by_form(check, "reason"), "confirmed": "1", "reason": "x"}
        clash = portal.post("/gateways/gw-1/information/", confirmed)
        assert clash.status_code == 409
        assert "5090 becomes 5070" in text_of(clash)
        sent = {**sent_by_form(clash, "port"), **CHOSEN}
        check = portal.post("/gateways/gw-1/information/", sent)
        confirmed = {**sent_by_form(check, "reason"), "confirmed": "1", "reason": "x"}
        assert portal.post("/gateways/gw-1/information/", confirmed).status_code == 303
        gateway.refresh_from_db()
        assert gateway.port == 5070

    def test_asks_a_person_who_signed_in_long_ago(
        self, reseller_tree: ResellerTree, gateway: Gateway, client_of_long_ago: Any
    ) -> None:
        login = UserFactory(account=grant(reseller_tree.agent), username="long-ago")
        portal = client_of_long_ago(login)
        check = submit(portal, "/gateways/gw-1/information/", information(portal, port="5070"))
        assert check.status_code == 200
        confirmed = {**sent_by_form(check, "reason"), "confirmed": "1", "reason": "x"}
        answer = portal.post("/gateways/gw-1/information/", confirmed)
        assert answer.status_code == 302
        assert "reauthenticate" in answer.headers["Location"]
        assert portal.get("/gateways/gw-1/delete/").status_code == 302


class TestCapacity:
    def test_is_set_in_the_list_and_leads_back_to_it(
        self, gateway: Gateway, portal: Client
    ) -> None:
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=10)
        sent = sent_by_form(portal.get("/gateways/?q=gw"), "capacity")
        answer = portal.post("/gateways/gw-1/capacity/", {**sent, "capacity": "40"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/gateways/?q=gw")
        gateway.refresh_from_db()
        assert gateway.capacity == 40

    def test_keeps_the_windows_when_the_list_sends_the_figure_alone(
        self, gateway: Gateway, portal: Client
    ) -> None:
        sent = sent_by_form(portal.get("/gateways/gw-1/"), "w0_calls")
        windows = {"w0_days": "workdays", "w0_begins": "07:00", "w0_ends": "22:00"}
        portal.post("/gateways/gw-1/capacity/", {**sent, **windows, "w0_calls": "40"})
        sent = sent_by_form(portal.get("/gateways/"), "capacity")
        portal.post("/gateways/gw-1/capacity/", {**sent, "capacity": "11"})
        gateway.refresh_from_db()
        assert (gateway.capacity, gateway.windows) == (11, ["workdays 07:00-22:00 40"])

    @pytest.mark.parametrize("typed", ["-1", "", "many", "4.5", "9" * 30])
    def test_is_a_whole_number(self, gateway: Gateway, portal: Client, typed: str) -> None:
        answer = submit(portal, "/gateways/gw-1/capacity/", {"capacity": typed})
        assert answer.status_code == 422
        assert field_error(answer, "capacity")

    def test_says_what_is_wrong_with_windows(self, gateway: Gateway, portal: Client) -> None:
        first = {"w0_days": "daily", "w0_begins": "07:00", "w0_ends": "22:00", "w0_calls": "4"}
        second = {"w1_days": "monday", "w1_begins": "21:00", "w1_ends": "23:00", "w1_calls": "5"}
        sent = {"capacity": "10", **first, **second}
        answer = submit(portal, "/gateways/gw-1/capacity/", sent)
        assert answer.status_code == 422
        assert "overlap" in text_of(answer)
        answer = submit(portal, "/gateways/gw-1/capacity/", {**sent, "w1_begins": "half past"})
        assert "is no time" in text_of(answer)

    @pytest.mark.parametrize("typed", ["x" * 2000, "a\x00b", "9" * 2000])
    @pytest.mark.parametrize("box", ["w0_begins", "w0_ends", "w0_calls", "w0_days"])
    def test_says_of_a_window_that_cannot_be_read_what_is_wrong_with_its_box(
        self, gateway: Gateway, portal: Client, box: str, typed: str
    ) -> None:
        window = {"w0_days": "daily", "w0_begins": "07:00", "w0_ends": "22:00", "w0_calls": "4"}
        answer = submit(portal, "/gateways/gw-1/capacity/", {**window, box: typed})
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) <= {box, "w0_begins"}

    def test_says_the_ceiling_and_refuses_more(
        self, reseller_tree: ResellerTree, gateway: Gateway, portal: Client
    ) -> None:
        ceiling_set(actor=SYSTEM, account=reseller_tree.top, calls=60)
        assert "A level above yours sets a ceiling." in text_of(portal.get("/gateways/gw-1/"))
        ceiling = "/accounts/Customer-001/gateways/ceiling/"
        assert submit(portal, ceiling, {"calls": "50"}).status_code == 303
        assert "At most 50, the ceiling of Customer-001." in text_of(portal.get("/gateways/gw-1/"))
        answer = submit(portal, "/gateways/gw-1/capacity/", {"capacity": "51"})
        assert answer.status_code == 422
        assert field_error(answer, "capacity") == (
            "At most 50 calls at a time: the ceiling of Customer-001."
        )
        own = portal.get("/accounts/Dhaka-Retail-Sub/gateways/ceiling/")
        assert own.status_code == 422

    def test_leads_nowhere_else(self, gateway: Gateway, portal: Client) -> None:
        sent = {"capacity": "12", "next": "https://evil.example/"}
        answer = submit(portal, "/gateways/gw-1/capacity/", sent)
        assert answer.headers["Location"] == "/gateways/gw-1/"


class TestNew:
    NEW = {
        "name": "gw-2", "account": "Customer-001", "protocol": "sip", "port": "5060",
        "addresses": "203.0.113.9", "registration": "static", "capacity": "5",
    }  # fmt: skip

    def test_is_made_whole_by_who_holds_all_three(
        self, reseller_tree: ResellerTree, portal: Client
    ) -> None:
        answer = submit(portal, "/gateways/new/", self.NEW)
        assert answer.headers["Location"] == "/gateways/gw-2/"
        made = Gateway.objects.get(name="gw-2")
        assert (made.account, made.is_locked, made.capacity) == (reseller_tree.customer, False, 5)

    def test_of_a_foreign_account_is_answered_like_an_unknown_one(
        self, reseller_tree: ResellerTree, portal: Client
    ) -> None:
        answers = [
            submit(portal, "/gateways/new/", {**self.NEW, "account": account})
            for account in ("Customer-101", "Customer-999")
        ]
        assert {one.status_code for one in answers} == {422}
        assert len({field_error(one, "account") for one in answers}) == 1

    def test_asks_about_a_private_address_first(self, portal: Client) -> None:
        sent = {**self.NEW, "addresses": "10.0.0.9", "password": "open-sesame"}
        check = submit(portal, "/gateways/new/", sent)
        assert "10.0.0.9 is a private address" in text_of(check)
        assert b"open-sesame" not in check.content
        confirmed = {**sent_by_form(check, "addresses"), "confirmed": "1"}
        assert portal.post("/gateways/new/", confirmed).status_code == 303
        assert Gateway.objects.get(name="gw-2").secret

    def test_of_a_clearing_account_is_the_administrators(self, reseller_tree: ResellerTree) -> None:
        AccountFactory(account_id="Carrier", type=Account.Type.CLEARING)
        portal = just_signed_in(StaffFactory(administrator=True))
        body = portal.get("/gateways/new/?account=Carrier").content.decode()
        assert '<option value="routing" selected' in body
        sent = {**self.NEW, "account": "Carrier", "direction": "routing"}
        assert submit(portal, "/gateways/new/", sent).status_code == 303
        answer = submit(portal, "/gateways/new/", {**sent, "name": "gw-3", "direction": "mapping"})
        assert "clearing account" in field_error(answer, "account")


class TestOne:
    def test_is_found_in_any_case_and_shown_under_its_name(
        self, gateway: Gateway, portal: Client
    ) -> None:
        answer = portal.get("/gateways/GW-1/history/?x=1")
        assert answer.headers["Location"] == "/gateways/gw-1/history/?x=1"

    def test_of_others_does_not_exist_in_any_case(
        self, reseller_tree: ResellerTree, portal: Client
    ) -> None:
        GatewayFactory(account=reseller_tree.sibling, name="gw-foreign")
        pages = [portal.get(f"/gateways/{one}/") for one in ("GW-FOREIGN", "gw-foreign", "gw-no")]
        assert {one.status_code for one in pages} == {404}

    def test_takes_its_former_values_into_a_new_change(
        self, gateway: Gateway, portal: Client
    ) -> None:
        gateway_information_set(
            actor=SYSTEM,
            gateway=gateway,
            information={"addresses": ["203.0.113.6"], "port": 5070, "password": "open-sesame"},
            reason="moved",
        )
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=99)
        history = portal.get("/gateways/gw-1/history/")
        urls = [one["copy_url"] for one in history.context["entries"] if one["copy_url"]]
        capacity, moved = urls[0], urls[1]
        assert "203.0.113.5 becomes 203.0.113.6" in text_of(history)
        body = portal.get(moved).content.decode()
        assert "203.0.113.5</textarea>" in body
        assert 'value="5060"' in body
        assert 'value="10"' in portal.get(capacity).content.decode()
        foreign = AuditEntry.objects.exclude(action__startswith="gateway").latest("pk").key
        for wrong in ("1", "999999", "x", "9" * 30, foreign):
            assert portal.get(f"/gateways/gw-1/information/?copy={wrong}").status_code == 404

    def test_says_nothing_of_a_former_one_of_the_same_name(
        self, reseller_tree: ResellerTree, gateway: Gateway, portal: Client
    ) -> None:
        asked = submit(portal, "/gateways/gw-1/delete/", {"reason": "gone for good"})
        assert asked.headers["Location"] == "/accounts/Customer-001/gateways/"
        GatewayFactory(account=reseller_tree.customer, name="gw-1")
        assert "gone for good" not in words_of(portal.get("/gateways/gw-1/history/"))
        assert AuditEntry.objects.get(action="gateway.delete").before["capacity"] == 10


class TestSearch:
    def test_finds_names_and_addresses_within_the_scope(
        self, reseller_tree: ResellerTree, gateway: Gateway, portal: Client
    ) -> None:
        GatewayFactory(account=reseller_tree.sibling, name="gw-foreign", addresses=["203.0.113.77"])
        found = text_of(portal.get("/search/?q=203.0.113"))
        assert "gw-1" in found
        assert "Dhaka-Retail-Sub › Customer-001" in found
        assert "gw-foreign" not in found
        exact = portal.get("/search/?q=GW-1")
        assert exact.headers["Location"] == "/gateways/gw-1/"
        assert portal.get("/search/?q=gw-foreign").status_code == 200


def test_a_customer_without_any_authorization_reads_its_own(
    reseller_tree: ResellerTree, gateway: Gateway, agent_login: Any
) -> None:
    login: User = agent_login(reseller_tree.customer)
    portal = just_signed_in(login)
    assert "203.0.113.5" in text_of(portal.get("/gateways/gw-1/"))
    assert b'name="capacity"' not in portal.get("/gateways/").content
    assert submit(portal, "/gateways/gw-1/capacity/", {"capacity": "1"}).status_code == 403


def test_the_audit_log_has_a_group_of_them(gateway: Gateway, portal: Client) -> None:
    gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=11)
    answer = text_of(portal.get("/audit/?group=gateways"))
    assert "Capacity of gateway gw-1 set" in answer
