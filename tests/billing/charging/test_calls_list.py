"""Lists of calls: their time, filters, sums, pages and files (ux: S12)."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.models import AuditEntry
from billing.ledger.models import Transaction
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.trees import ResellerTree
from tests.support.calling import CALLS, browser_of, call_page
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
PARIS = "33142685300"


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(StaffFactory(username="looks", administrator=True))


@pytest.fixture
def calls(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """Of Customer-001, all at the prices of the chain: a minute an hour ago, a minute and a half
    the day before yesterday, one that was busy and one nobody answered this morning.
    """
    time_machine.move_to(NOON)
    hour = timedelta(hours=1)
    charged(
        cdr("minute", account="Customer-001", at=NOON - hour),
        cdr("longer", account="Customer-001", seconds=90, at=NOON - 48 * hour, callee="8801855"),
        cdr("busy", account="Customer-001", seconds=0, at=NOON - 3 * hour, cause="17",
            callee=PARIS),
        cdr("nobody", account="Customer-001", seconds=0, at=NOON - 4 * hour, cause="19",
            caller="+4930123456"),
    )  # fmt: skip


def listed(client: Client, asked: str = "", url: str = CALLS) -> list[str]:
    """The calls of a page, by the addresses of their pages, in their order."""
    markup = markup_of(client.get(f"{url}?{asked}"))
    pages = {call_page(one): one for one in ("minute", "longer", "busy", "nobody")}
    found = {markup.index(f'href="{page}"'): name for page, name in pages.items() if page in markup}
    return [found[at] for at in sorted(found)]


class TestTime:
    def test_the_last_24_hours_are_shown_the_newest_first(
        self, calls: None, administrator: Client
    ) -> None:
        assert listed(administrator) == ["minute", "busy", "nobody"]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("period=hour", []),
            ("period=today", ["minute", "busy", "nobody"]),
            ("period=yesterday", []),
            ("period=week", ["minute", "busy", "nobody", "longer"]),
            ("since=2027-03-13&until=2027-03-14", ["longer"]),
            ("until=2027-03-13", ["longer"]),
            ("since=2027-03-13", ["minute", "busy", "nobody", "longer"]),
            ("period=week&sort=setup", ["longer", "nobody", "busy", "minute"]),
        ],
    )
    def test_another_time(
        self, calls: None, administrator: Client, asked: str, found: list[str]
    ) -> None:
        assert listed(administrator, asked) == found

    def test_days_and_times_are_those_of_the_viewers_zone(
        self, calls: None, tree: ResellerTree
    ) -> None:
        """Noon in UTC is six in the evening in Dhaka."""
        client = signed_in(UserFactory(account=tree.agent, time_zone="Asia/Dhaka"))
        words = words_of(client.get(f"{CALLS}?period=today"))
        assert "2027-03-15 00:00 to 2027-03-15 18:00, Asia/Dhaka" in words
        assert "Set up Asia/Dhaka" in words
        assert "2027-03-15 16:59:55" in words

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("since=2027-01-01&until=2027-03-15", "A list of calls covers 31 days at most."),
            ("since=2027-03-15&until=2027-03-14", "This day lies before the first one."),
        ],
    )
    def test_no_list_is_without_bounds(
        self, calls: None, administrator: Client, asked: str, said: str
    ) -> None:
        assert said in words_of(administrator.get(f"{CALLS}?{asked}"), 422)

    def test_without_calls_a_week_is_offered(self, calls: None, tree: ResellerTree) -> None:
        markup = markup_of(browser_of(tree.sibling).get(CALLS))
        assert "No calls in the last 24 hours" in markup
        assert "period=week" in markup


class TestFilters:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("q=8801855", ["longer"]),
            ("q=%2B33+142", ["busy"]),
            ("q=4930", ["nobody"]),
            ("q=minute", ["minute"]),
            ("q=855", []),
            ("result=answered", ["minute", "longer"]),
            ("result=unanswered", ["busy", "nobody"]),
            ("result=busy", ["busy"]),
            ("result=no_answer", ["nobody"]),
            ("result=failed", []),
            ("amount_from=0.07", ["longer"]),
            ("amount_from=0.06", ["minute", "longer"]),
            ("account=customer-001&result=busy", ["busy"]),
            ("account=Customer-101", []),
            ("cause=17", ["busy"]),
            ("gateway=none", []),
            ("locked=yes", []),
            ("movement=none", []),
        ],
    )
    def test_calls_are_found_by(
        self, calls: None, administrator: Client, asked: str, found: list[str]
    ) -> None:
        assert listed(administrator, f"period=week&{asked}") == found

    def test_calls_behind_a_movement_of_the_ledger(
        self, calls: None, administrator: Client, tree: ResellerTree
    ) -> None:
        movement = Transaction.objects.get(account=tree.agent, kind="call")
        receipt = markup_of(administrator.get(f"/payments/{movement.key}/"))
        url = (
            "/accounts/Dhaka-Retail-Sub/calls/?show=all&amp;movement="
            f"{movement.key}&amp;since=2027-03-09&amp;until=2027-03-15"
        )
        assert url in receipt
        asked = url.partition("?")[2].replace("&amp;", "&")
        found = listed(administrator, asked, "/accounts/Dhaka-Retail-Sub/calls/")
        assert found == ["minute", "longer"]

    def test_a_movement_of_a_level_above_finds_nothing(
        self, calls: None, tree: ResellerTree
    ) -> None:
        movement = Transaction.objects.get(account=tree.top, kind="call")
        client = browser_of(tree.agent)
        assert listed(client, f"period=week&movement={movement.key}") == []
        own = Transaction.objects.get(account=tree.agent, kind="call")
        assert listed(client, f"period=week&movement={own.key}") == ["minute", "longer"]

    def test_what_no_index_finds_is_looked_for_in_the_newest_calls_alone(
        self, calls: None, administrator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.charging.views.calls.LOOKED_AT", 2)
        words = words_of(administrator.get(f"{CALLS}?period=week&result=no_answer"))
        assert "Only the newest 2 calls of this time are looked through" in words
        assert listed(administrator, "period=week&result=no_answer") == []
        assert listed(administrator, "period=week&result=busy") == ["busy"]
        # By account and time they are found by an index, however many there are.
        assert len(listed(administrator, "period=week&account=Customer-001")) == 4


class TestSums:
    def test_what_is_listed_is_added_up(self, calls: None, tree: ResellerTree) -> None:
        """Two answered of four; 60 + 90 s; 0.06 + 0.12 for the customer, 0.04 + 0.08 for its
        agent."""
        words = words_of(browser_of(tree.agent).get(f"{CALLS}?period=week"))
        assert "Calls 4 Answered 2 50.0 % Minutes 2 Average call 1:15" in words
        assert "Charged 0.18 You pay 0.12 Your margin +0.06" in words

    def test_and_follows_the_filters(self, calls: None, tree: ResellerTree) -> None:
        words = words_of(browser_of(tree.agent).get(f"{CALLS}?period=week&q=8801855"))
        assert "Calls 1 Answered 1 100.0 % Minutes 1 Average call 1:30" in words
        assert "Charged 0.12 You pay 0.08 Your margin +0.04" in words

    def test_of_very_many_the_newest_are_added_up_until_all_are_asked_for(
        self, calls: None, administrator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.charging.views.calls.COUNTED", 1)
        words = words_of(administrator.get(f"{CALLS}?period=week"))
        assert "figures of the newest 2 calls" in words
        assert "Charged 0.06 " in words
        every = words_of(administrator.get(f"{CALLS}?period=week&totals=1"))
        assert "Charged 0.18 " in every

    def test_a_customer_reads_what_it_pays_itself(self, calls: None, tree: ResellerTree) -> None:
        words = words_of(browser_of(tree.customer).get(f"{CALLS}?period=week"))
        assert "Charged 0.18" in words
        assert "Margin" not in words


def test_of_a_customer_its_agent_reads_both_sides_and_it_reads_its_own(
    calls: None, tree: ResellerTree
) -> None:
    url = "/accounts/Customer-001/calls/?period=week"
    assert "Charged 0.18 You pay 0.12 Your margin +0.06" in words_of(
        browser_of(tree.agent).get(url)
    )
    own = words_of(browser_of(tree.customer).get(url))
    assert "Charged 0.18" in own
    assert "You pay" not in own


def test_direct_is_the_account_and_all_is_everything_below_it(
    calls: None, tree: ResellerTree
) -> None:
    client = browser_of(tree.top)
    url = "/accounts/Dhaka-Retail-Sub/calls/"
    assert listed(client, "", url) == []
    assert listed(client, "show=all", url) == ["minute", "busy", "nobody"]
    assert listed(client, "", "/accounts/Customer-001/calls/") == ["minute", "busy", "nobody"]
    assert client.get("/accounts/Customer-201/calls/").status_code == 404


def test_pages_go_forth_and_back_by_key(calls: None, administrator: Client) -> None:
    def page(url: str) -> Any:
        return administrator.get(url).context["pager"]

    def calls_of(url: str) -> list[str]:
        return listed(administrator, url.partition("?")[2])

    charged(
        *(cdr(f"more-{at}", account="Customer-001", seconds=0, at=NOON - timedelta(minutes=at))
          for at in range(61, 111))
    )  # fmt: skip
    first = f"{CALLS}?period=week&size=25&sort=setup"
    assert calls_of(first) == ["longer", "nobody", "busy"]
    second = page(first)["older_url"]
    last = page(f"{CALLS}{second}")["older_url"]
    assert calls_of(last) == ["minute"]
    assert page(f"{CALLS}{last}")["older_url"] == ""
    middle = page(f"{CALLS}{last}")["newer_url"]
    assert calls_of(page(f"{CALLS}{middle}")["newer_url"]) == ["longer", "nobody", "busy"]


def test_the_number_of_queries_does_not_grow_with_the_calls(
    calls: None, tree: ResellerTree
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"{CALLS}?period=week").status_code == 200
        return len(caught)

    client = browser_of(tree.agent)
    queries()
    before = queries()
    at = NOON - timedelta(hours=2)
    charged(
        *(cdr(f"more-{n}", account="Customer-001", at=at, callee=f"88017{n}") for n in range(20))
    )
    assert queries() == before


def test_a_file_holds_the_calls_of_the_list(calls: None, tree: ResellerTree) -> None:
    client = browser_of(tree.agent)
    answer = client.get(f"{CALLS}export/?period=week&format=csv&result=answered")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(row["Call ID"], row["Charged, USD"], row["You pay, USD"]) for row in rows] == [
        ("minute", "0.06", "0.04"),
        ("longer", "0.12", "0.08"),
    ]
    assert rows[1]["Duration, seconds"] == "90"
    assert rows[1]["Billed seconds"] == "120"
    (entry,) = AuditEntry.objects.filter(action="calls.export")
    assert entry.after["rows"] == 2


def test_a_longer_file_is_made_by_a_job(
    calls: None, administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.portal.views.exports.IN_REQUEST", 1)
    answer = administrator.get(f"{CALLS}export/?period=week&format=csv")
    assert answer.status_code == 303
    assert "/jobs/" in answer["Location"]


class TestSearch:
    def test_a_call_is_found_by_its_whole_id(self, calls: None, tree: ResellerTree) -> None:
        client = browser_of(tree.agent)
        assert client.get("/search/?q=minute")["Location"] == call_page("minute")
        assert call_page("minute") not in markup_of(client.get("/search/?q=minut"))
        stranger = browser_of(tree.sibling)
        assert call_page("minute") not in markup_of(stranger.get("/search/?q=minute"))

    def test_calls_are_found_by_the_beginning_of_a_number(
        self, calls: None, administrator: Client, tree: ResellerTree
    ) -> None:
        assert call_page("longer") in markup_of(administrator.get("/search/?q=88018"))
        assert call_page("nobody") in markup_of(administrator.get("/search/?q=49301234"))
        customer = browser_of(tree.sibling_customer)
        assert call_page("longer") not in markup_of(customer.get("/search/?q=88018"))

    def test_not_those_of_a_long_time_ago(
        self, calls: None, tree: ResellerTree, time_machine: Any
    ) -> None:
        time_machine.move_to(NOON + timedelta(days=31))
        client = browser_of(tree.agent)
        assert call_page("longer") not in markup_of(client.get("/search/?q=88018"))
        assert client.get("/search/?q=longer")["Location"] == call_page("longer")


def test_accounts_have_a_tab_and_an_action_for_their_calls(
    administrator: Client, tree: ResellerTree
) -> None:
    markup = markup_of(administrator.get("/accounts/Customer-001/"))
    assert 'href="/accounts/Customer-001/calls/"' in markup


class TestColumns:
    def heads(self, client: Client, asked: str = "") -> list[str]:
        table = client.get(f"{CALLS}?{asked}").context["table"]
        return [one.name for one in table.columns]

    def test_who_never_chose_sees_the_usual_ones(self, calls: None, administrator: Client) -> None:
        assert self.heads(administrator) == [
            "setup", "account", "caller", "called", "result", "length", "charged", "cost",
            "margin", "via",
        ]  # fmt: skip

    def test_the_choice_is_kept_in_its_order_for_all_lists_of_calls(
        self, calls: None, administrator: Client
    ) -> None:
        chosen = {"column": ["call_id", "billed", "account"], "boxes": "column", "up": "billed"}
        answer = administrator.post("/calls/columns/", chosen)
        assert (answer.status_code, answer["Location"]) == (302, CALLS)
        assert self.heads(administrator) == ["setup", "billed", "call_id", "account"]
        words = words_of(administrator.get(f"{CALLS}?period=week"))
        assert "120 longer Customer-001" in words
        own = administrator.get("/accounts/Customer-001/calls/").context["table"]
        # Of one account it would say the same in each row.
        assert [one.name for one in own.columns] == ["setup", "billed", "call_id"]
        administrator.post("/calls/columns/", {**chosen, "standard": "1"})
        assert "called" in self.heads(administrator)

    def test_nobody_chooses_what_is_not_theirs_to_know(
        self, calls: None, tree: ResellerTree
    ) -> None:
        chosen = {"column": ["cost", "cause", "via", "source", "mine", "end"], "boxes": "column"}
        for account, found in (
            (tree.agent, ["setup", "mine", "end"]),
            (tree.customer, ["setup", "end"]),
        ):
            client = signed_in(UserFactory(account=account))
            assert client.post("/calls/columns/", chosen).status_code == 302
            assert self.heads(client) == found

    def test_what_can_be_chosen_opens_in_its_panel(
        self, calls: None, administrator: Client
    ) -> None:
        words = words_of(administrator.get(f"{CALLS}?panel=columns"))
        assert "Set up is always the first column." in words
        assert "Gateway it came in by" in words
