"""Three authorizations, three deeds: who holds one of them can't do what the others cover, by any
field, header, address or service (docs/domain.md 3).
"""

from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import User
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from accounts.gateways.services.gateways import (
    gateway_create,
    gateway_delete,
    gateway_information_set,
    information_state,
)
from accounts.kit.errors import NotAllowed
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant
from tests.support.answering import submit
from tests.support.pages import just_signed_in, markup_of, text_of
from tests.support.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

CREATE, INFORMATION, CAPACITY = (
    Authorization.MANAGE_GATEWAY,
    Authorization.MODIFY_GATEWAY_INFORMATION,
    Authorization.MODIFY_GATEWAY_CAPACITY,
)
# Everything that any of the forms has.
EVERYTHING = {
    "name": "gw-2", "account": "Customer-001", "direction": "mapping", "protocol": "h323",
    "port": "1720", "addresses": "203.0.113.99", "registration": "static", "user_name": "u",
    "password": "open-sesame", "codecs": "Opus", "prefixes": "99", "caller_rewrites": "0>1",
    "callee_rewrites": "1>0", "note": "changed", "is_locked": "", "capacity": "77",
    "kept": "", "version": "", "capacity_version": "", "windows_shown": "1",
    "w0_days": "daily", "w0_begins": "00:00", "w0_ends": "01:00",
    "w0_calls": "7", "confirmed": "1", "reason": "test", "calls": "77",
}  # fmt: skip
FORGED = {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE", "HTTP_X_AUTHORIZATION": "4,5,6"}
PAGES = {
    CREATE: ["/gateways/new/?account=Customer-001", "/gateways/gw-1/delete/"],
    INFORMATION: ["/gateways/gw-1/information/"],
    CAPACITY: ["/gateways/gw-1/capacity/", "/accounts/Customer-001/gateways/ceiling/"],
}


@pytest.fixture
def login(reseller_tree: ResellerTree) -> User:
    return UserFactory(account=reseller_tree.agent, username="imran")


def information(gateway: Gateway) -> dict[str, Any]:
    stored = Gateway.objects.get(pk=gateway.pk)
    state = information_state(stored, [one.text for one in stored.addresses.all()])
    return {**state, "secret": stored.secret}


def capacity(gateway: Gateway) -> tuple[int, list[str]]:
    stored = Gateway.objects.get(pk=gateway.pk)
    return stored.capacity, stored.windows


def send_everything(browser: Client) -> None:
    """Every field to every address, with headers that mean nothing and a query that copies."""
    for pages in PAGES.values():
        for page in pages:
            for method in (browser.post, browser.put, browser.patch, browser.delete):
                method(page, {**EVERYTHING, "confirmed": "1"}, headers=None, **FORGED)
                method(page, {**EVERYTHING, "password": ""}, headers=None, **FORGED)


@pytest.mark.parametrize("held", [CREATE, INFORMATION, CAPACITY], ids=str)
def test_whatever_is_sent_changes_only_what_is_held(
    reseller_tree: ResellerTree, gateway: Gateway, login: User, held: Authorization
) -> None:
    grant(reseller_tree.agent, held)
    before = information(gateway), capacity(gateway)
    browser = just_signed_in(login)
    if held is CREATE:
        # Deleting is its own, and tried elsewhere.
        del EVERYTHING["reason"]
    try:
        send_everything(browser)
    finally:
        EVERYTHING["reason"] = "test"
    assert (information(gateway) != before[0]) == (held is INFORMATION)
    assert (capacity(gateway) != before[1]) == (held is CAPACITY)
    # What is not its own to decide came with it: refused as a whole, not made without.
    assert not Gateway.objects.filter(name="gw-2").exists()
    submit(browser, "/gateways/new/?account=Customer-001", {"name": "gw-2"})
    made = [
        (one.is_locked, one.port, one.note, one.capacity, one.windows, one.addresses.count())
        for one in Gateway.objects.filter(name="gw-2")
    ]
    # Nothing of what 5 and 6 cover was taken from the form.
    assert made == ([(True, 5060, "", 0, [], 0)] if held is CREATE else [])


@pytest.mark.parametrize("held", [CREATE, INFORMATION, CAPACITY], ids=str)
def test_the_pages_of_the_others_are_refused_by_their_number(
    reseller_tree: ResellerTree, gateway: Gateway, login: User, held: Authorization
) -> None:
    grant(reseller_tree.agent, held)
    browser = just_signed_in(login)
    pages = [(code, page) for code, some in PAGES.items() for page in some]
    assert len(pages) == 5
    for code, page in pages:
        answer = browser.get(page)
        assert answer.status_code == (200 if code is held else 403), page
        is_refused = f"uthorization {code.number}" in text_of(answer)
        assert is_refused == (code is not held), page


@pytest.mark.parametrize("held", [CREATE, INFORMATION, CAPACITY], ids=str)
def test_the_services_ask_again(
    reseller_tree: ResellerTree, gateway: Gateway, login: User, held: Authorization
) -> None:
    grant(reseller_tree.agent, held)
    actor = actor_for(login)
    deeds: dict[Authorization, list[Any]] = {
        CREATE: [
            lambda: gateway_create(actor=actor, account=reseller_tree.agent, name="gw-2"),
            lambda: gateway_delete(actor=actor, gateway=gateway, reason="test"),
        ],
        INFORMATION: [
            lambda: gateway_information_set(
                actor=actor, gateway=gateway, information={"note": "n"}, reason="test"
            ),
            lambda: gateway_create(
                actor=actor, account=reseller_tree.agent, name="gw-3", information={}
            ),
        ],
        CAPACITY: [
            lambda: gateway_capacity_set(actor=actor, gateway=gateway, capacity=11),
            lambda: ceiling_set(actor=actor, account=reseller_tree.customer, calls=50),
            lambda: gateway_create(
                actor=actor, account=reseller_tree.agent, name="gw-4", capacity=1
            ),
        ],
    }
    deeds_held, *_others = deeds.pop(held)
    others = [deed for some in deeds.values() for deed in some]
    assert len(others) >= 4
    for deed in others:
        with refused("not_authorized", NotAllowed):
            deed()
    deeds_held()


def test_the_page_shows_one_form_and_why_the_other_is_for_reading(
    reseller_tree: ResellerTree, gateway: Gateway, login: User
) -> None:
    grant(reseller_tree.agent, CAPACITY)
    answer = just_signed_in(login).get("/gateways/gw-1/")
    body = answer.content.decode()
    assert 'action="/gateways/gw-1/capacity/"' in body
    assert 'action="/gateways/gw-1/information/"' not in body
    assert "203.0.113.5" in body
    assert "This needs authorization 5, “Modify gateway information”" in text_of(answer)
    assert "needs authorization 4" in text_of(answer)


def test_the_form_of_a_new_gateway_has_the_sections_that_are_held(
    reseller_tree: ResellerTree, login: User
) -> None:
    browser = just_signed_in(login)
    grant(reseller_tree.agent, CREATE)
    body = browser.get("/gateways/new/").content.decode()
    assert 'name="addresses"' not in body
    assert 'name="capacity"' not in body
    assert 'name="direction"' not in body
    grant(reseller_tree.agent, CAPACITY)
    body = browser.get("/gateways/new/").content.decode()
    assert 'name="addresses"' not in body
    assert 'name="capacity"' in body
    grant(reseller_tree.agent, INFORMATION)
    body = browser.get("/gateways/new/").content.decode()
    assert 'name="addresses"' in body


def test_the_admin_shows_and_changes_nothing(gateway: Gateway, superuser: User) -> None:
    browser = just_signed_in(superuser)
    page = f"/admin/accounts/gateway/{gateway.pk}/change/"
    before = information(gateway), capacity(gateway)
    answer = browser.get(page)
    assert answer.status_code == 200
    assert 'name="capacity"' not in markup_of(answer)
    assert browser.post(page, EVERYTHING).status_code == 403
    assert browser.get("/admin/accounts/gateway/add/").status_code == 403
    delete = f"/admin/accounts/gateway/{gateway.pk}/delete/"
    assert browser.post(delete, {"post": "yes"}).status_code == 403
    browser.post(
        "/admin/accounts/gateway/",
        {"action": "delete_selected", "_selected_action": str(gateway.pk), "post": "yes"},
    )
    assert (information(gateway), capacity(gateway)) == before


def test_an_administrator_who_looks_as_somebody_else_changes_nothing(
    reseller_tree: ResellerTree, gateway: Gateway, login: User
) -> None:
    grant(reseller_tree.agent)
    browser = just_signed_in(StaffFactory(administrator=True))
    browser.post("/accounts/Dhaka-Retail-Sub/view-as/", {"login_name": "imran", "reason": "test"})
    before = information(gateway), capacity(gateway)
    answer = browser.get("/gateways/gw-1/")
    assert answer.status_code == 200
    send_everything(browser)
    assert (information(gateway), capacity(gateway)) == before
