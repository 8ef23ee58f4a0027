"""Addresses of the time when they held numbers: they lead on whoever may see the object, and are
nothing to everybody else.
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.approvals.models import SubAgentRequest
from accounts.core.models import AuditEntry, GrantBatch
from accounts.kit.object_keys import object_key
from billing.cards.models import CardBatch
from billing.ledger.models import Transaction
from tests.support.addresses import Route, routes
from tests.support.urls_kinds import Audience
from tests.support.urls_registry import classified, is_former
from tests.support.world import OWN_ACCOUNT, World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

QUERY = "?show=all&q=a%20b"
FORMER = [route for route in routes() if is_former(route)]


def test_every_address_that_held_a_number_has_its_former_one() -> None:
    assert sorted(route.name.removesuffix("-by-number") for route in FORMER) == [
        "accounts:authorization-restore", "approval", "audit-entry", "billing:card-batch",
        "billing:card-batch-block", "billing:card-batch-export",
        "billing:card-batch-extend", "billing:card-batch-print", "billing:card-batch-unblock",
        "billing:cards-mark", "billing:payment", "billing:payment-reverse", "mfa_edit_webauthn",
        "mfa_remove_webauthn", "template-delete", "template-edit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "route", [one for one in FORMER if classified(one).audience is Audience.PORTAL],  # type: ignore[union-attr]
    ids=lambda one: one.name,
)  # fmt: skip
@pytest.mark.parametrize("role", ["own agent", "sibling agent", "customer", "administrator"])
def test_they_lead_on_whoever_may_see_the_object(world: World, route: Route, role: str) -> None:
    address = classified(route)
    assert address
    page = next(one for one in routes() if one.name == route.name.removesuffix("-by-number"))
    unknown = route.path(world.values(route, "unknown", role)) + QUERY
    nothing = world.ask(role, "GET", unknown).without(unknown.removesuffix(QUERY))
    assert nothing.status == 404
    for name in ("customer", "agent", "sibling_customer"):
        values = world.values(route, name, role)
        answer = world.ask(role, "GET", route.path(values) + QUERY)
        here = world.ask(role, "GET", page.path(values) + QUERY)
        sees = name in world.reached(role)
        if address.is_own_only and role != "administrator":
            sees = name == OWN_ACCOUNT[role]
        if not sees:
            # In the very words of what exists nowhere.
            answer = answer.without(route.path(values))
            assert (answer.status, answer.body) == (404, nothing.body), name
        elif here.status >= 400:
            # In reach and not permitted, or refused: the page's own answer, here as there.
            assert answer.status == here.status, name
        else:
            assert (here.status, answer.status) == (200, 302), name
            assert answer.location == page.path(values) + QUERY


def test_nothing_is_done_by_a_former_address(world: World) -> None:
    assert len(FORMER) > 10
    for route in FORMER:
        values = world.values(route, "customer", "administrator")
        assert world.ask("administrator", "POST", route.path(values)).status == 405, route.name


def test_long_numbers_are_nothing(world: World) -> None:
    for number in ("9" * 14, "9" * 15, "9" * 400, "-1", "1e3", "١٢"):
        assert world.ask("administrator", "GET", f"/payments/{number}/").status == 404


def test_a_key_of_another_kind_is_nothing(world: World) -> None:
    """The same number under another kind's key: nobody finds one object by another's address."""
    number = world.payments["customer"]
    wrong = object_key(AuditEntry.key_kind, number)
    assert world.ask("administrator", "GET", f"/payments/{wrong}/").status == 404


def test_administrators_find_old_numbers_and_everybody_finds_keys(world: World) -> None:
    found: dict[str, tuple[str, int, str]] = {
        "payment": (Transaction.key_kind, world.payments["customer"], "billing:payment"),
        "request": (SubAgentRequest.key_kind, world.requests["customer"], "approval"),
        "entry": (AuditEntry.key_kind, world.entries["customer"], "audit-entry"),
        "cards": (CardBatch.key_kind, world.card_batches["customer"], "billing:card-batch"),
    }
    for kind, number, name in found.values():
        url = reverse(name, args=[number])
        typed = object_key(kind, number).upper()
        for role in ("own agent", "customer", "administrator"):
            assert search(world, role, typed) == url, (kind, role)
        assert search(world, "sibling agent", typed) == ""
        answer = world.ask("administrator", "GET", "/search/", {"q": str(number)})
        # Of one digit, search asks for more.
        assert (f'href="{url}"' in answer.body) == (number >= 10)
        for role in ("own agent", "customer", "parent agent"):
            answer = world.ask(role, "GET", "/search/", {"q": str(number)})
            assert url not in answer.body + answer.location, (kind, role)


def test_jobs_distributions_and_changed_grants_are_found(world: World) -> None:
    job, paid = world.jobs["agent"], world.distributions["agent"]
    assert search(world, "own agent", str(job)) == reverse("job", args=[job])
    assert search(world, "own agent", str(paid)) == reverse("billing:distribution", args=[paid])
    assert search(world, "sibling agent", str(job)) == ""
    assert search(world, "sibling agent", str(paid)) == ""
    batch = GrantBatch.objects.get(pk=world.batches["customer"])
    address = search(world, "own agent", batch.key)
    assert address.startswith("/accounts/Customer-001/authorizations/history/?cursor=")
    page = world.ask("own agent", "GET", address)
    assert page.body.index(batch.key) == page.body.index("data-batch=") + len('data-batch="')
    assert search(world, "sibling agent", batch.key) == ""


def search(world: World, role: str, text: str) -> str:
    """Where the search leads straight to; "" where it shows what was found."""
    answer = world.ask(role, "GET", "/search/", {"q": text})
    assert answer.status in (200, 302)
    return answer.location


def test_signed_out_they_ask_for_a_sign_in(world: World, client: Client) -> None:
    answer = client.get(f"/payments/{world.payments['customer']}/")
    assert answer.headers["Location"].startswith("/login/")
