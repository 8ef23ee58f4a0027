"""Nothing an agent or a customer is sent counts the platform: no page, address, header, cursor or
file holds a primary key, plainly or in another writing of it.
"""

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.http import int_to_base36

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from billing.ledger.models import Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from tests.factories import grant
from tests.support.addresses import Route, routes, walked_by_turns
from tests.support.pages import words_of
from tests.support.sequences import counting, found_in, numbers, planted
from tests.support.undoing import undone
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import classified
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

ROLES = ("own agent", "customer")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,}={0,2}")


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """A world whose every row has a number that is known again, with all that people do in it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with planted():
            made = World(is_authorized=True)
            agent = made.account("agent")
            for amount in range(1, 4):
                payment = Payment("recharge", Decimal(amount), reference=f"R-{amount}")
                paid = payment_make(
                    actor=SYSTEM, account=agent, payment=payment, idempotency_key=f"n-{amount}"
                )
            transaction_reverse(
                actor=SYSTEM, transaction=paid, reason="Typo", idempotency_key="n-back"
            )
            grant(made.account("customer"), Authorization.MANAGE_PHONE)
            yield made
        transaction.set_rollback(True)


def pages() -> list[Any]:
    """Every page of the portal in each of its variants."""
    found = []
    for route in routes():
        address = classified(route)
        if address is None or address.audience in (Audience.PUBLIC, Audience.STAFF):
            continue
        for variant in address.variants or ("",):
            name = f"{route.name}{variant}"
            found.append(pytest.param(route, address, variant, id=name))
    return walked_by_turns(found)


def said(response: Any) -> str:
    """Everything the answer holds: its page or file, its headers, its links without their
    escapes.
    """
    streamed = getattr(response, "streaming", False)
    raw = b"".join(response.streaming_content) if streamed else response.content
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            raw = b"\n".join(file.read(name) for name in file.namelist())
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    cookies = "\n".join(one.OutputString() for one in response.cookies.values())
    text = raw.decode("utf-8", errors="replace")
    return unquote(f"{head}\n{cookies}\n{text}")


def hidden_in(text: str) -> str:
    """What tokens in a text hold, as far as they are Base64."""
    found = []
    for token in set(_TOKEN.findall(text)):
        try:
            raw = base64.urlsafe_b64decode(token.rstrip("=") + "=" * (-len(token.rstrip("=")) % 4))
        except (binascii.Error, ValueError):
            continue
        found.append(raw.decode("latin-1"))
    return "\n".join(found)


def assert_counts_nothing(text: str, where: Any) -> None:
    assert found_in(text) == [], where
    assert found_in(hidden_in(text)) == [], where
    words = set(re.findall(r"[0-9a-z]+", text.lower()))
    for number in numbers():
        for other in (f"{number:x}", int_to_base36(number)):
            assert other not in words, (where, number, other)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("route", "address", "variant"), pages())
def test_no_page_holds_a_number_of_the_platform(
    world: World, route: Route, address: Address, variant: str, method: str
) -> None:
    for role, name in (("own agent", "agent"), ("own agent", "customer"), ("customer", "customer")):
        values = world.values(route, name, role)
        if route.name.endswith("-by-number"):
            # Who asks by the number has it.
            continue
        data: dict[str, Any] = dict(parse_qsl(variant.lstrip("?")))
        if method == "POST":
            data |= dict.fromkeys(address.fields, values.get("account_id", ""))
        browser = browser_of(world, role)
        with undone():
            answer = getattr(browser, method.lower())(route.path(values), data)
            assert_counts_nothing(said(answer), (route.name, role, name, answer.status_code))


def browser_of(world: World, role: str) -> Client:
    browser = Client(raise_request_exception=False)
    browser.cookies.load({key: one.value for key, one in world.browsers[role].cookies.items()})
    return browser


def test_the_walk_would_notice_a_number(world: World) -> None:
    """The administrator's entry says its number, for the seals; a page of the Django admin too."""
    address = reverse("audit-entry", args=[world.entries["customer"]])
    with undone():
        answer = browser_of(world, "administrator").get(address)
        with pytest.raises(AssertionError):
            assert_counts_nothing(said(answer), "audit")
    for text in ("1913512345", "1,913,512,345", "cursor=WzAsIDE5MTM1MTIzNDUsIDE5MTM1MTIzNDVd"):
        with pytest.raises(AssertionError):
            assert_counts_nothing(text, "made up")


def test_what_is_planted_is_there(world: World) -> None:
    assert len(counting()) > 20
    assert min(numbers()) > 1_913_500_000
    assert {world.payments["agent"], world.entries["agent"]} <= numbers()


def test_what_people_do_is_answered_without_numbers(world: World) -> None:
    """Pages that come after a form: what is selected, checked, sent on in hidden fields."""
    browser = browser_of(world, "own agent")
    with undone():
        reviews = said(browser.get("/authorizations/reviews/?show=all"))
        grants = re.findall(r'name="grant" value="([^"]+)"', reviews)
        assert grants
        data = {"grant": grants, "decision": "revoke"}
        checked = browser.post("/authorizations/reviews/", data)
        assert checked.status_code == 200
        assert_counts_nothing(said(checked), "reviews")
        editor = "/accounts/Customer-001/authorizations/"
        page = said(browser.get(editor))
        template = re.search(r'href="\?template=([^"]+)"', page)
        assert template
        begun = browser.get(editor, {"template": template[1]})
        assert 'name="template"' in said(begun)
        assert_counts_nothing(said(begun), "editor")
        sent = {"manage_phone": "on", "expected": "", "template": template[1]}
        assert_counts_nothing(said(browser.post(editor, sent)), "review")


def test_the_next_payment_says_nothing_of_those_between(world: World) -> None:
    """An agent reads the address of one receipt, an hour later of another one."""
    with undone():
        pay = Payment("recharge", Decimal(1))
        made = [
            payment_make(
                actor=SYSTEM, account=world.account(name), payment=pay, idempotency_key=f"t-{at}"
            )
            for at, name in enumerate(["customer", "sibling", "sibling", "customer"])
        ]
        keys = [int(one.key.replace("-", ""), 36) for one in (made[0], made[3])]
        mine = [one.pk for one in (made[0], made[3])]
        assert abs(keys[1] - keys[0]) > 10**6 * (mine[1] - mine[0])
        page = browser_of(world, "own agent").get("/payments/?size=25&show=all")
        for one in (made[0], made[3]):
            assert f"/payments/{one.key}/" in said(page)


def test_the_log_cannot_be_asked_for_digits_of_numbers(world: World) -> None:
    """Search that looks into numbers of one's own payments would tell them digit by digit."""
    browser = browser_of(world, "own agent")
    with undone():
        made = payment_make(
            actor=actor_for(world.logins["agent"]),
            account=world.account("customer"),
            payment=Payment("recharge", Decimal(1)),
            idempotency_key="digits",
        )
        assert "No entry matches" not in words_of(browser.get("/audit/", {"q": made.key}))
        office = browser_of(world, "administrator")
        for digits in (str(made.pk), str(made.pk)[:5], str(made.pk)[3:8]):
            assert "No entry matches" in said(browser.get("/audit/", {"q": digits}))
            assert "No entry matches" not in words_of(office.get("/audit/", {"q": digits}))


def test_the_whole_log_says_keys(world: World) -> None:
    page = said(browser_of(world, "own agent").get("/audit/?show=all&size=250"))
    assert_counts_nothing(page, "log")
    assert Transaction.objects.get(pk=world.payments["customer"]).key in page
