"""Check access, about a call: what "try a call" says of it, for who is known by an account, a phone
or a gateway in the asker's scope (docs/domain.md 7).
"""

from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.phones.services.phones import phone_lock
from billing.holds.models import RunningCall
from tests.factories import GatewayFactory, UserFactory
from tests.support.calling import browser_of
from tests.support.numbers import limit
from tests.support.pages import field_error, markup_of, words_of
from tests.support.paying import pay
from tests.vosportal.switch.conftest import NUMBER, Switched

pytestmark = pytest.mark.django_db
PHONE = "8801819000001"


def asked(client: Client, who: str, number: str = NUMBER) -> Any:
    return client.get("/check-access/", {"who": who, "deed": "call", "number": number})


def test_yes_says_what_it_costs_and_holds_nothing(switched: Switched) -> None:
    page = asked(browser_of(switched.tree.agent), "customer-001")
    said = words_of(page)
    assert "Yes. Customer-001 pays 0.0600 USD a minute." in said
    assert "A rate at every level: Customer-001 0.0600; Dhaka-Retail-Sub 0.0400" in said
    assert "BD-Wholesale-Agent" not in said
    assert not RunningCall.objects.exists()
    link = "/calls/try/?account=Customer-001&amp;number=8801711000000"
    assert f'<a href="{link}">Try a call</a>' in markup_of(page)


def test_no_names_the_level_that_refuses(switched: Switched) -> None:
    limit(switched.tree.agent, "block 8801711")
    refused = "No. The number sections of Dhaka-Retail-Sub refuse this number."
    assert refused in words_of(asked(browser_of(switched.tree.agent), "Customer-001"))
    above = words_of(asked(browser_of(switched.tree.customer), "Customer-001"))
    assert "No. Refused at a level above yours." in above
    assert "Dhaka-Retail-Sub" not in above


def test_a_phone_is_asked_about_with_its_lock(switched: Switched, admin: Client) -> None:
    phone_lock(actor=SYSTEM, phone=switched.phone, lock="out")
    assert "No. Outgoing calls are locked here." in words_of(asked(admin, PHONE))
    assert "Yes." in words_of(asked(admin, "Customer-001"))


def test_a_gateway_rewrites_first(switched: Switched, admin: Client) -> None:
    GatewayFactory(
        account=switched.tree.customer, name="in-one", addresses=["203.0.113.5"],
        capacity=5, callee_rewrites=["00>"],
    )  # fmt: skip
    assert "Yes." in words_of(asked(admin, "in-one", f"00{NUMBER}"))


def test_a_call_needs_money_at_every_level(switched: Switched, admin: Client) -> None:
    pay(switched.tree.top, "9.99", "deduction")
    said = words_of(asked(admin, PHONE))
    assert "No. BD-Wholesale-Agent has 0.01 available, and 60 seconds hold 0.03." in said


@pytest.mark.parametrize("who", ["Nobody", "Customer-101", "8801819000009", "192.0.2.1"])
def test_what_is_foreign_is_as_unknown_as_what_is_not_there(switched: Switched, who: str) -> None:
    page = asked(browser_of(switched.tree.agent), who)
    assert page.status_code == 422
    assert field_error(page, "who") == (
        "This must be an account, phone, gateway or address in your scope."
    )


def test_a_login_calls_nobody(switched: Switched, admin: Client) -> None:
    UserFactory(account=switched.tree.customer, username="kamal")
    assert asked(admin, "kamal").status_code == 422


def test_a_call_needs_a_number_and_no_account_it_is_done_to(
    switched: Switched, admin: Client
) -> None:
    page = asked(admin, PHONE, "")
    assert page.status_code == 422
    assert field_error(page, "number") == "Enter a number."
    assert field_error(page, "target") == ""


def test_it_counts_as_a_test_of_a_number(
    switched: Switched, admin: Client, settings: Any, empty_cache: None
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"number_test": "2/m/user"}
    assert [asked(admin, PHONE).status_code for _time in range(3)] == [200, 200, 429]
