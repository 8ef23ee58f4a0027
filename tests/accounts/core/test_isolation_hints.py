"""Searches, filters, pickers, counts and live numbers tell nobody what is outside their scope."""

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import transaction

from accounts.authorizations.words.access_check import DEEDS
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.tree.services.accounts import account_create, account_edit
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from tests.factories import grant
from tests.support.addresses import Route, routes, walked
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import classified
from tests.support.world import OWN_ACCOUNT, UNKNOWN_ACCOUNT, World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

# An export of the log shows its own entry: the request's number and the second it was made in.
_OF_THE_REQUEST = re.compile(r"\b[0-9a-f]{32}\b|\d\d:\d\d:\d\d")

PAGES = [
    (route, address)
    for route in routes()
    if (address := classified(route))
    and address.audience in (Audience.PORTAL, Audience.ADMINISTRATORS)
]
PEOPLE = ("customer", "own agent")


def with_parameters(kind: str) -> list[Any]:
    """Every page × every parameter of this kind ("queries" or "fields")."""
    return walked(
        [
            pytest.param(route, address, name, id=f"{route.name}-{name}")
            for route, address in PAGES
            for name in getattr(address, kind)
        ]
    )


def twins(world: World, role: str) -> list[tuple[str, str]]:
    """What somebody might type to find an account foreign to them, and the same for nobody's.

    Twins stand beside each other in any order, so that a list may begin behind either of them.
    """
    account_id = world.account_id(foreign_to(role))
    nobodys = account_id[:-1] + "2"
    return [
        (account_id.lower(), nobodys.lower()),
        (account_id[:-1], "Customer-7"),
        (f"Name of {account_id}", f"Name of {nobodys}"),
    ]


def foreign_to(role: str) -> str:
    """The name of an account that exists for others."""
    return "other_customer" if role != "own agent" else "sibling_customer"


@pytest.mark.parametrize(("route", "address", "parameter"), with_parameters("queries"))
@pytest.mark.parametrize("role", PEOPLE)
def test_a_query_finds_foreign_accounts_no_more_than_unknown_ones(
    world: World, route: Route, address: Address, parameter: str, role: str
) -> None:
    path = route.path(world.values(route, OWN_ACCOUNT[role], role))
    some = twins(world, role)
    assert len(some) == 3
    for foreign, unknown in some:
        one = world.ask(role, "GET", path, {parameter: foreign}).without(foreign)
        other = world.ask(role, "GET", path, {parameter: unknown}).without(unknown)
        assert one.status < 500
        assert (one.status, one.body, one.location) == (other.status, other.body, other.location)


@pytest.mark.parametrize(("route", "address", "parameter"), with_parameters("fields"))
@pytest.mark.parametrize("role", PEOPLE)
def test_a_posted_foreign_account_is_answered_like_an_unknown_one(
    world: World, route: Route, address: Address, parameter: str, role: str
) -> None:
    path = route.path(world.values(route, OWN_ACCOUNT[role], role))
    foreign = world.account_id(foreign_to(role))
    one = world.ask(role, "POST", path, {parameter: foreign}).without(foreign)
    other = world.ask(role, "POST", path, {parameter: UNKNOWN_ACCOUNT}).without(UNKNOWN_ACCOUNT)
    assert one.status < 500
    assert (one.status, one.body, one.location) == (other.status, other.body, other.location)


@pytest.mark.parametrize("role", PEOPLE)
def test_nothing_anybody_sees_changes_when_the_rest_of_the_world_does(
    world: World, role: str
) -> None:
    """Counts, pages, exports, versions: equal before and after accounts elsewhere come and go."""
    with transaction.atomic():
        before = everything(world, role)
        change_the_rest(world, role)
        after = everything(world, role)
        transaction.set_rollback(True)
    assert set(before) == set(after)
    for path, answer in before.items():
        assert answer == after[path], path


@pytest.mark.parametrize("role", PEOPLE)
def test_nothing_anybody_sees_tells_what_the_levels_above_hold(world: World, role: str) -> None:
    """Pages, files, refusals and every verdict of the access check are the same whether the agent
    above could grant what the own account lacks or not.
    """
    above = world.account(OWN_ACCOUNT[role]).parent
    assert above
    with transaction.atomic():
        before = verdicts(world, role)
        grant(above, *Authorization)
        account_edit(actor=SYSTEM, account=above, detail={"memo": "Trusted with everything"})
        after = verdicts(world, role)
        transaction.set_rollback(True)
    assert len(before) > len(DEEDS)
    for path, answer in before.items():
        assert answer == after[path], path


def verdicts(world: World, role: str) -> dict[str, tuple[int, str]]:
    """What the access check says of every deed on the own account and below it, a refusal, and the
    pages about authorizations.
    """
    own = world.account(OWN_ACCOUNT[role]).account_id
    found = {}
    for route, address in PAGES:
        if "authorization" in route.text and not address.changes and address.names == "account":
            path = route.path(world.values(route, OWN_ACCOUNT[role], role))
            answer = world.ask(role, "GET", path, {"format": "csv"})
            found[path] = (answer.status, _OF_THE_REQUEST.sub("", answer.body))
    for name in sorted(world.reached(role))[:3]:
        target = world.account_id(name)
        for deed in DEEDS:
            query = {"who": own, "deed": deed, "target": target, "number": "8801711000000"}
            answer = world.ask(role, "GET", "/check-access/", query)
            found[f"{deed} {target}"] = (answer.status, answer.body)
        answer = world.ask(role, "GET", f"/accounts/{target}/edit/")
        found[f"refusal {target}"] = (answer.status, _OF_THE_REQUEST.sub("", answer.body))
    return found


def test_the_administrator_does_notice(world: World) -> None:
    """The comparison above would fail if somebody saw more than their own."""
    lists = [one for one in PAGES if one[0].name in ("tree", "accounts:list")]
    assert len(lists) == 2
    with transaction.atomic():
        before = everything(world, "administrator", lists)
        change_the_rest(world, "customer")
        after = everything(world, "administrator", lists)
        transaction.set_rollback(True)
    assert before != after


def everything(
    world: World, role: str, pages: list[tuple[Route, Address]] = PAGES
) -> dict[str, tuple[int, str]]:
    """Every page this role can open, for its own account and for another it reaches. What looking
    leaves behind, an export's entry in the log, is undone: it is the viewer's own.
    """
    with transaction.atomic():
        found = _everything(world, role, pages)
        transaction.set_rollback(True)
    return found


def _everything(
    world: World, role: str, pages: list[tuple[Route, Address]]
) -> dict[str, tuple[int, str]]:
    found = {}
    names = sorted(world.reached(role), key=lambda name: name != OWN_ACCOUNT.get(role))[:2]
    for route, address in pages:
        if address.is_post_only or (address.changes and role != "administrator"):
            continue
        for name in names if address.names else ["unknown"]:
            path = route.path(world.values(route, name, role))
            search = [{one: "Customer"} for one in address.queries if one == "q"]
            modes = [dict(parse_qsl(one.lstrip("?"))) for one in address.variants]
            for query in [{}, *search, *modes]:
                answer = world.ask(role, "GET", path, query)
                # Packed, the log's own traces cannot be taken out; its CSV holds the same rows.
                if "audit-export" in route.name and answer.body.startswith("PK"):
                    continue
                found[f"{path} {query}"] = (answer.status, _OF_THE_REQUEST.sub("", answer.body))
    return found


def change_the_rest(world: World, role: str) -> None:
    """Accounts outside the role's scope appear, vanish, move, are renamed and closed."""
    outside = [
        name
        for name in ("top", "agent", "sibling", "sibling_customer", "other_top", "other_customer")
        if name not in world.reached(role)
    ]
    assert outside
    for number, name in enumerate(outside):
        row = Account.objects.get(pk=world.account(name).pk)
        for twin in range(2):
            account_create(
                actor=SYSTEM, account_id=f"Customer-8{number}{twin}", name="More", parent=row
            )
        account_edit(actor=SYSTEM, account=row, name=f"Customer renamed {number}")
    moved = Account.objects.get(account_id="Customer-801")
    account_move(actor=SYSTEM, account=moved, parent=None)
    account_close(actor=SYSTEM, account=moved, reason="x")
    account_create(actor=SYSTEM, account_id="Customer-900", name="A new root")
