"""Try a call: what the switch would be told, step by step, as the viewer may know it; nothing is
held (docs/domain.md 7).
"""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.gateways.services.capacity import ceiling_set
from accounts.phones.services.phones import phone_lock
from accounts.tree.services.accounts import account_lock
from billing.holds.models import RunningCall
from tests.factories import GatewayFactory
from tests.factories.calls import cdr, charged
from tests.support.buying import buys_at
from tests.support.calling import browser_of, call_page
from tests.support.numbers import limit
from tests.support.pages import field_error, markup_of, words_of
from tests.support.paying import pay
from tests.support.switching import running_call
from tests.vosportal.switch.conftest import NUMBER, Switched

pytestmark = pytest.mark.django_db
TRY = "/calls/try/"
PHONE = "8801819000001"


def tried(client: Client, **question: str) -> Any:
    return client.get(TRY, {"number": NUMBER, **question})


def steps(response: Any) -> list[tuple[str, str]]:
    """The state and the words of each step."""
    body = markup_of(response).partition('<ol class="call-steps">')[2].partition("</ol>")[0]
    found = re.findall(r'<li class="(\w+)">(.*?)</li>', body, flags=re.DOTALL)
    return [
        (state, " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())) for state, text in found
    ]


def failing(response: Any) -> tuple[str, str]:
    """The step that refuses; what is before it passed, and what is after it was not asked."""
    found = steps(response)
    states = [state for state, _words in found]
    at = states.index("stop")
    assert states == ["pass"] * at + ["stop"] + ["none"] * (len(states) - at - 1)
    return found[at]


def _trunk(switched: Switched, *, capacity: int) -> None:
    """A gateway that the customer's calls come in by."""
    GatewayFactory(
        account=switched.tree.customer, name="trunk", addresses=["203.0.113.5"], capacity=capacity
    )


class TestAllowed:
    def test_every_step_says_what_it_found(self, switched: Switched) -> None:
        page = tried(browser_of(switched.tree.agent), via=PHONE)
        assert [words for _state, words in steps(page)] == [
            "Who calls passed: phone 8801819000001 of Customer-001",
            "Every level active passed: active, not expired: Customer-001, Dhaka-Retail-Sub, and a"
            " level above yours",
            "Lock of the phone or gateway passed: not locked",
            "The number that counts passed: 8801711000000",
            "Number sections, every level passed: every level lets it pass Level by level : Number"
            " sections, every level",
            "A rate at every level passed: Customer-001 0.0600; Dhaka-Retail-Sub 0.0400 (USD a"
            " minute) Level by level : A rate at every level",
            "Calls at a time passed: 0 of 500 are up",
            "Money at every level passed: would be held for 60 seconds: Customer-001 0.06;"
            " Dhaka-Retail-Sub 0.04",
            "A route passed: a carrier takes it",
        ]
        # Ten at six cents a minute are 166 minutes.
        assert "Allowed, for up to 2:46:00" in words_of(page)
        assert "rt-one" not in markup_of(page)

    def test_nothing_is_held(self, switched: Switched) -> None:
        tried(browser_of(switched.tree.customer), via=PHONE)
        assert not RunningCall.objects.exists()
        assert sum(switched.held()) == 0

    def test_administrators_see_every_level_and_the_routes(
        self, switched: Switched, admin: Client
    ) -> None:
        page = tried(admin, account="Customer-001")
        assert "BD-Wholesale-Agent 0.0300" in words_of(page)
        assert "rt-one Carrier-One 198.51.100.7:5060 UDP" in words_of(page)
        assert "no phone or gateway is named" in words_of(page)

    def test_a_gateway_rewrites(self, switched: Switched) -> None:
        GatewayFactory(
            account=switched.tree.customer, name="gw-in", addresses=["203.0.113.5"],
            callee_rewrites=["0>880"], capacity=3,
        )  # fmt: skip
        agent = browser_of(switched.tree.agent)
        for via in ("gw-in", "203.0.113.5"):
            page = tried(agent, via=via, number="01711000000")
            assert "was 01711000000 becomes 8801711000000" in words_of(page)
            assert "gateway gw-in of Customer-001" in words_of(page)
            assert "0 of 3 are up" in words_of(page)

    def test_a_ceiling_above_is_told_by_no_figure(self, switched: Switched) -> None:
        _trunk(switched, capacity=10)
        ceiling_set(actor=SYSTEM, account=switched.tree.agent, calls=7)
        for reader, most in ((switched.tree.customer, 10), (switched.tree.agent, 7)):
            assert f"0 of {most} are up" in words_of(tried(browser_of(reader), via="trunk"))


class TestRefused:
    def test_by_the_lock_of_the_phone(self, switched: Switched) -> None:
        phone_lock(actor=SYSTEM, phone=switched.phone, lock="out", reason="Why")
        page = tried(browser_of(switched.tree.customer), via=PHONE)
        assert failing(page) == (
            "stop", "Lock of the phone or gateway refused: Outgoing calls are locked here.",
        )  # fmt: skip
        assert "The caller hears: 403 Locked" in words_of(page)

    def test_by_its_own_balance(self, switched: Switched) -> None:
        pay(switched.tree.customer, "9.97", "deduction")
        page = tried(browser_of(switched.tree.customer), via=PHONE)
        assert failing(page)[1].endswith(
            "refused: Customer-001 has 0.03 available, and 60 seconds hold 0.06."
        )
        assert "The caller hears: 402 Balance too low" in words_of(page)

    def test_a_level_above_is_one_whatever_it_is(self, switched: Switched, admin: Client) -> None:
        pay(switched.tree.top, "9.99", "deduction")
        page = tried(browser_of(switched.tree.customer), via=PHONE)
        assert failing(page)[1].endswith("refused: Refused at a level above yours.")
        assert "0.01" not in words_of(page)
        assert "The caller hears: 403 Refused at a level above yours" in words_of(page)
        assert "BD-Wholesale-Agent has 0.01 available" in words_of(tried(admin, via=PHONE))
        assert "money: no_money at BD-Wholesale-Agent" in words_of(tried(admin, via=PHONE))

    def test_its_own_level_is_told_before_those_above(self, switched: Switched) -> None:
        for account in (switched.tree.customer, switched.tree.top):
            buys_at(account, None)
        page = tried(browser_of(switched.tree.customer), via=PHONE)
        assert failing(page)[1] == (
            "A rate at every level refused: Customer-001 has no rate group: no calls."
            " Level by level : A rate at every level"
        )

    def test_an_agent_is_told_of_the_accounts_below_it(self, switched: Switched) -> None:
        limit(switched.tree.customer, "block 8801711")
        page = tried(browser_of(switched.tree.top), via=PHONE)
        assert "The number sections of Customer-001 refuse this number." in failing(page)[1]

    def test_a_ceiling_above_is_one_of_the_levels_above(
        self, switched: Switched, admin: Client
    ) -> None:
        _trunk(switched, capacity=10)
        ceiling_set(actor=SYSTEM, account=switched.tree.agent, calls=1)
        running_call(switched.tree.customer, gateway="trunk")
        customer = tried(browser_of(switched.tree.customer), via="trunk")
        assert steps(customer)[1:] == [
            ("stop", "Levels above refused: Refused at a level above yours.")
        ]
        assert "The caller hears: 403 Refused at a level above yours" in words_of(customer)
        words = "1 of 1 calls at a time are up: the ceiling of Dhaka-Retail-Sub."
        for reader in (browser_of(switched.tree.agent), browser_of(switched.tree.top), admin):
            assert failing(tried(reader, via="trunk"))[1].endswith(words)
        assert "calls: too_many at Dhaka-Retail-Sub" in words_of(tried(admin, via="trunk"))

    def test_its_own_ceiling_is_told_before_one_above(self, switched: Switched) -> None:
        _trunk(switched, capacity=10)
        for account in (switched.tree.customer, switched.tree.top):
            ceiling_set(actor=SYSTEM, account=account, calls=1)
        running_call(switched.tree.customer, gateway="trunk")
        page = tried(browser_of(switched.tree.customer), via="trunk")
        assert failing(page)[1].endswith("refused: 1 of 1 calls at a time are up.")
        assert "The caller hears: 486 Too many calls at a time" in words_of(page)

    def test_what_is_locked_above(self, switched: Switched) -> None:
        account_lock(actor=SYSTEM, account=switched.tree.top, reason="Why")
        page = tried(browser_of(switched.tree.agent), via=PHONE)
        assert failing(page)[1] == "Levels above refused: Refused at a level above yours."

    def test_at_which_step_a_level_above_refuses_is_not_told(self, switched: Switched) -> None:
        agent = browser_of(switched.tree.agent)
        pay(switched.tree.top, "9.99", "deduction")
        without_money = steps(tried(agent, via=PHONE))
        account_lock(actor=SYSTEM, account=switched.tree.top, reason="Why")
        assert steps(tried(agent, via=PHONE)) == without_money
        assert len(without_money) == 2

    @pytest.mark.parametrize("number", ["", "(0)171", "9" * 64, "<b>x</b>", "anonymous"])
    def test_what_is_no_number(self, switched: Switched, number: str) -> None:
        page = browser_of(switched.tree.customer).get(TRY, {"via": PHONE, "number": number})
        words = words_of(page)
        assert ("Refused" in words) == bool(number)
        assert "<b>x" not in markup_of(page)


class TestScope:
    @pytest.mark.parametrize(
        "via", [PHONE, "gw-theirs", "203.0.113.5", "8801999999999", "nobody", "203.0.113.77"]
    )
    def test_foreign_and_unknown_are_the_same(self, switched: Switched, via: str) -> None:
        GatewayFactory(account=switched.tree.customer, name="gw-theirs", addresses=["203.0.113.5"])
        page = tried(browser_of(switched.tree.sibling), via=via)
        assert page.status_code == 422
        assert field_error(page, "via") == (
            "There is no such phone, gateway or address there, in your scope."
        )

    @pytest.mark.parametrize("account", ["Customer-001", "Nobody-1"])
    def test_so_are_accounts(self, switched: Switched, account: str) -> None:
        page = tried(browser_of(switched.tree.sibling), account=account)
        assert page.status_code == 422
        assert field_error(page, "account") == (
            "The account must be an existing one in your scope."
        )

    def test_a_phone_of_another_account_is_not_there(self, switched: Switched) -> None:
        page = tried(browser_of(switched.tree.agent), account="Customer-002", via=PHONE)
        assert page.status_code == 422
        assert field_error(page, "via")

    def test_somebody_has_to_call(self, switched: Switched) -> None:
        page = tried(browser_of(switched.tree.agent))
        assert field_error(page, "account") == "Name an account, or what the call comes in by."


class TestWays:
    def test_it_is_limited_as_the_test_of_numbers_is(
        self, switched: Switched, settings: Any
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"number_test": "1/m/user"}
        client = browser_of(switched.tree.customer)
        assert tried(client, via=PHONE).status_code == 200
        assert tried(client, via=PHONE).status_code == 429

    def test_pages_about_a_number_lead_to_it(self, switched: Switched) -> None:
        client = browser_of(switched.tree.customer)
        for page in (
            f"/number-sections/test/?account=Customer-001&number={NUMBER}",
            f"/price/?account=Customer-001&number={NUMBER}",
        ):
            assert f"/calls/try/?account=Customer-001&amp;number={NUMBER}" in markup_of(
                client.get(page)
            )
        assert "/calls/try/?account=Customer-001" in markup_of(client.get("/check-access/"))

    def test_so_does_a_call_that_was_not_answered(self, switched: Switched) -> None:
        charged(cdr("no", seconds=0, phone=PHONE, at=timezone.now()))
        page = browser_of(switched.tree.customer).get(call_page("no"))
        assert f"via={PHONE}" in markup_of(page)
