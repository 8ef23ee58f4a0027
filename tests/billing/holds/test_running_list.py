"""Running calls as people see them: what each costs and holds at the levels they may know, and for
how long its own account can let it go on (docs/domain.md 7).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import Refused
from accounts.kit.moments import as_of
from accounts.portal.views.exports import export_of
from accounts.tree.services.ending import account_close, account_delete
from billing.handing_out.services.terms import terms_set
from billing.holds.hooks import close_blockers
from billing.holds.models import RunningCall
from billing.holds.services.running import calls_released
from billing.holds.views import RunningStateView
from tests.factories import UserFactory
from tests.support.calling import browser_of
from tests.support.pages import markup_of, part_of, text_of, words_of
from tests.support.paying import pay
from tests.support.sheets import read_csv
from tests.support.switching import answered, asked, ended, restarted, tick
from tests.vosportal.switch.conftest import Switched

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RUNNING, STATE = "/calls/running/", "/calls/running/state/"


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def up(switched: Switched, clock: Any) -> Switched:
    """A call that is up for a minute and a half; it was extended once: 0.12, 0.08 and 0.06 are held
    from the customer up.
    """
    asked(caller="8801819000001")
    answered()
    clock.shift(45)
    tick()
    clock.shift(45)
    return switched


def rows(client: Client, question: str = "", url: str = RUNNING) -> list[str]:
    """What stands in each row, the newest first."""
    markup = markup_of(client.get(f"{url}{question}"))
    body = markup.partition('id="list"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [text_of(_Part(one)) for one in body.split("<tr>")[1:]]


class _Part:
    def __init__(self, body: str) -> None:
        self.content = body.encode()


class TestWhoSeesWhat:
    def test_a_customer_sees_its_own_price_and_hold(self, up: Switched) -> None:
        assert rows(browser_of(up.tree.customer)) == [
            "1:30 8801819000001 8801711000000 so far 0.120000 held 0.120000 can talk for 2:44:30"
        ]

    def test_an_agent_sees_the_accounts_and_its_own_and_nothing_above(self, up: Switched) -> None:
        page = browser_of(up.tree.agent).get(RUNNING)
        assert rows(browser_of(up.tree.agent)) == [
            "1:30 Customer-001 8801819000001 8801711000000 so far 0.120000 you pay 0.080000"
            " held 0.120000 can talk for 2:44:30"
        ]
        markup = markup_of(page)
        assert "by the accounts that call; by yours 0.08" in words_of(page)
        # What the level above holds, and by whom the call goes out.
        assert "0.06 " not in words_of(page)
        assert "rt-one" not in markup

    def test_an_agent_further_up_is_told_below_whom_the_account_stands(self, up: Switched) -> None:
        (row,) = rows(browser_of(up.tree.top))
        assert "Customer-001 Dhaka-Retail-Sub" in row
        assert "so far 0.120000 you pay 0.060000" in row

    def test_administrators_see_where_it_goes_out(self, switched: Switched, admin: Client) -> None:
        asked()
        RunningCall.objects.update(routing_gateway="rt-one")
        (row,) = rows(admin)
        assert "rt-one" in row
        page = admin.get(RUNNING)
        assert "rt-one 1 of 1,000 (0 %)" in words_of(page)

    def test_what_lies_outside_the_scope_is_not_there(self, up: Switched) -> None:
        for account in (up.tree.customer_2, up.tree.sibling, up.tree.other_top):
            page = browser_of(account).get(RUNNING)
            assert "No call is up" in words_of(page)
            assert "Customer-001" not in markup_of(page)

    def test_what_a_level_above_can_pay_is_nobodys_to_know(self, up: Switched) -> None:
        """The agent's money ends with what is held: the customer's own would last for hours."""
        pay(up.tree.agent, "9.92", "deduction")
        (row,) = rows(browser_of(up.tree.customer))
        assert row.endswith("can talk for 2:44:30")


class TestHowLong:
    def test_its_balance_ends(self, up: Switched) -> None:
        pay(up.tree.customer, "9.82", "deduction")
        (row,) = rows(browser_of(up.tree.customer))
        # One minute more than the two that are held, of which a half is left.
        assert row.endswith("can talk for 1:30 its balance ends")

    def test_the_platform_ends_it(self, up: Switched, settings: Any) -> None:
        RunningCall.objects.update(most_seconds=180)
        (row,) = rows(browser_of(up.tree.customer))
        assert row.endswith("can talk for 1:30 platform limit")

    def test_one_that_rings_says_so(self, switched: Switched, clock: Any) -> None:
        asked()
        clock.shift(12)
        (row,) = rows(browser_of(switched.tree.customer))
        assert row.startswith("0:12 ringing")
        assert "so far 0.00 held 0.060000" in row

    def test_of_unlimited_credit_nothing_is_held(self, switched: Switched) -> None:
        terms_set(
            actor=SYSTEM, account=switched.tree.customer, payment_mode="postpaid",
            is_unlimited=True, reason="Why",
        )  # fmt: skip
        asked()
        (row,) = rows(browser_of(switched.tree.customer))
        assert "nothing held can talk for 4:00:00" in row


class TestNarrowed:
    @pytest.fixture
    def several(self, up: Switched, clock: Any) -> Switched:
        """One up for 1:30, one that was cut, one that is over and one that is lost."""
        asked("lost", callee="8801700000001")
        answered("lost")
        clock.shift(1)
        restarted()
        RunningCall.objects.filter(call_id="c-1").update(ended_at=None, is_lost=False)
        asked("over", callee="8801700000002")
        answered("over")
        ended("over")
        asked("rings", callee="8801700000003")
        return up

    @pytest.mark.parametrize(
        ("question", "numbers"),
        [
            ("", ["8801700000003", "8801711000000"]),
            ("?sort=up", ["8801711000000", "8801700000003"]),
            ("?state=over", ["8801700000002"]),
            ("?state=lost", ["8801700000001"]),
            ("?state=soon", []),
            ("?state=long", []),
            ("?q=Customer-001", ["8801700000003", "8801711000000"]),
            ("?q=%2B88017110", ["8801711000000"]),
            ("?q=33", []),
            ("?phone=8801819000001&q=880170", ["8801700000003"]),
            ("?gateway=gw-none", []),
            ("?account=Customer-002", []),
        ],
    )
    def test_by_what_is_asked(self, several: Switched, question: str, numbers: list[str]) -> None:
        found = rows(browser_of(several.tree.agent), question)
        assert [next(one for one in row.split() if one.startswith("88017")) for row in found] == (
            numbers
        )

    def test_who_is_cut_soon(self, several: Switched) -> None:
        agent = browser_of(several.tree.agent)
        pay(several.tree.customer, "9.5", "deduction")
        # 0.5 less 0.06 for each of the three other holds leaves 0.20: three minutes.
        assert len(rows(agent, "?state=soon")) == 2
        pay(several.tree.customer, "1", "recharge")
        assert rows(agent, "?state=soon") == []

    def test_who_talks_for_long(self, several: Switched) -> None:
        RunningCall.objects.filter(call_id="c-1").update(
            answered_at=datetime(2026, 6, 1, 11, 31, tzinfo=UTC)
        )
        (row,) = rows(browser_of(several.tree.agent), "?state=long")
        assert "8801711000000" in row

    def test_only_administrators_ask_by_carrier(self, several: Switched, admin: Client) -> None:
        RunningCall.objects.filter(call_id="c-1").update(routing_gateway="rt-one")
        assert len(rows(admin, "?carrier=rt-one")) == 1
        assert len(rows(browser_of(several.tree.agent), "?carrier=rt-one")) == 2

    def test_of_one_account_and_of_all_below_it(self, several: Switched) -> None:
        agent = browser_of(several.tree.agent)
        of_agent = "/accounts/Dhaka-Retail-Sub/calls/running/"
        assert rows(agent, "?show=all", of_agent)
        assert "No call is up" in words_of(agent.get(of_agent))
        assert len(rows(agent, "", "/accounts/Customer-001/calls/running/")) == 2


class TestFollowing:
    def test_an_open_page_is_told_nothing_where_nothing_changed(self, switched: Switched) -> None:
        client = browser_of(switched.tree.customer)
        markup = markup_of(client.get(RUNNING))
        url = markup.partition('id="running" hx-get="')[2].partition('"')[0].replace("&amp;", "&")
        assert url.startswith(STATE)
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 204
        asked()
        part = part_of(client.get(url, headers={"HX-Request": "true"}), 'id="running"')
        assert "8801711000000" in part
        assert 'id="running-figures" hx-swap-oob="true"' in part

    def test_without_script_it_leads_to_the_page(self, switched: Switched) -> None:
        answer = browser_of(switched.tree.customer).get(STATE)
        assert (answer.status_code, answer["Location"]) == (302, RUNNING)

    def test_asking_is_no_activity(self, switched: Switched) -> None:
        assert RunningStateView.counts_as_activity is False

    def test_queries_do_not_grow_with_calls(self, up: Switched) -> None:
        client = browser_of(up.tree.agent)
        client.get(RUNNING)

        def queries() -> int:
            with CaptureQueriesContext(connection) as caught:
                assert rows(client)
            return len(caught)

        before = queries()
        for at in range(10):
            asked(f"more-{at}")
            answered(f"more-{at}")
        assert len(rows(client)) == 11
        assert queries() == before


class TestFiles:
    def file_of(self, client: Client, url: str = f"{RUNNING}export/") -> list[dict[str, str]]:
        return read_csv(client.get(url, {"format": "csv"}))

    def test_an_agent_takes_what_it_sees(self, up: Switched) -> None:
        (row,) = self.file_of(browser_of(up.tree.agent))
        assert row == {
            "Since (UTC)": "2026-06-01T12:00:00+00:00",
            "Answer (UTC)": "2026-06-01T12:00:00+00:00",
            "Spoken, seconds": "90", "State": "answered", "Account": "Customer-001", "Agent": "",
            "From": "8801819000001", "To": "8801711000000", "Destination": "", "So far": "0.12",
            "You pay": "0.08", "Held": "0.12", "Can talk for, seconds": "9870", "Call ID": "c-1",
        }  # fmt: skip

    def test_a_customer_takes_its_own(self, up: Switched) -> None:
        (row,) = self.file_of(browser_of(up.tree.customer))
        assert row["So far"] == "0.12"
        assert not {"You pay", "Account", "Via", "Switch"} & set(row)

    def test_administrators_take_carrier_and_switch_and_it_is_recorded(
        self, up: Switched, admin: Client
    ) -> None:
        RunningCall.objects.update(routing_gateway="rt-one")
        (row,) = self.file_of(admin, "/accounts/Customer-001/calls/running/export/")
        assert (row["Via"], row["Switch"]) == ("rt-one", "sw-1")
        assert AuditEntry.objects.filter(action="running_calls.export").count() == 1

    def test_the_page_offers_the_file_of_what_it_shows(self, up: Switched, admin: Client) -> None:
        markup = markup_of(admin.get(f"{RUNNING}?state=soon"))
        assert "/calls/running/export/?state=soon&amp;format=csv" in markup


class TestElsewhere:
    def test_dashboards_say_how_many_run(self, up: Switched, admin: Client) -> None:
        for client in (admin, browser_of(up.tree.agent), browser_of(up.tree.customer)):
            page = words_of(client.get("/"))
            assert "Calls up 1" in page
        assert "Calls up 0" in words_of(browser_of(up.tree.customer_2).get("/"))

    def test_an_agents_with_money_held_asks_no_more_than_others(
        self, up: Switched, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        agent = browser_of(up.tree.agent)
        agent.get("/")
        with django_assert_max_num_queries(15):
            page = words_of(agent.get("/"))
        assert "1 call running" in page
        assert "Calls up 1" in page

    def test_the_wallet_says_what_is_held(self, up: Switched) -> None:
        page = words_of(browser_of(up.tree.customer).get("/accounts/Customer-001/"))
        assert "Available 9.88" in page
        assert "less 0.12 held: 1 call running" in page
        assert "held" not in words_of(browser_of(up.tree.customer_2).get("/accounts/Customer-002/"))

    def test_a_phone_says_how_many_calls_are_up(self, up: Switched) -> None:
        page = browser_of(up.tree.customer).get("/phones/8801819000001/")
        assert "Concurrent calls 500 · 1 up now" in words_of(page)

    def test_a_carriers_gateway_says_it_to_administrators(
        self, up: Switched, admin: Client
    ) -> None:
        RunningCall.objects.update(routing_gateway="rt-one")
        assert "Calls up now: 1" in words_of(admin.get("/gateways/rt-one/"))


class TestEnds:
    def test_no_account_ends_while_calls_hold_its_money(self, up: Switched) -> None:
        for end in (account_close, account_delete):
            with pytest.raises(Refused):
                end(actor=SYSTEM, account=up.tree.customer, reason="Why")
        assert _blockers(up.tree.customer) == ["1 call that runs or holds money"]

    def test_those_above_are_held_by_it_as_well(self, up: Switched) -> None:
        assert _blockers(up.tree.top) == ["1 call that runs or holds money"]
        calls_released([RunningCall.objects.get().pk])
        assert _blockers(up.tree.top) == []


def _blockers(account: Account) -> list[str]:
    return [str(one.label) for one in close_blockers(account)]


def test_what_is_long_in_a_file_was_long_when_it_was_asked_for(up: Switched) -> None:
    actor = actor_for(UserFactory(account=up.tree.agent))
    counts = []
    for minutes in (29, 31):
        with as_of(NOON + timedelta(minutes=minutes)):
            counts.append(export_of(actor, f"{RUNNING}export/?state=long").count)
    assert counts == [0, 1]
