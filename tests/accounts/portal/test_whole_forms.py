"""Every form of every page, sent without one of its fields: nothing happens, and it is said."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from accounts.portal.forms.whole import MARK
from tests.support.addresses import Route, walked_by_turns
from tests.support.answering import ShownForm, forms_shown
from tests.support.isolation import ROUTES
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import classified
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

AUDIENCES = (Audience.PORTAL, Audience.ADMINISTRATORS, Audience.SIGNED_IN)
ROLES = ("own agent", "parent agent", "administrator")
# Where there are several kinds of the object, the one that the page has most to ask of.
OBJECT = "sub_agent"
# Pages that ask only when their address says what for.
ASKING = {
    "approval": ("?deed=approve", "?deed=reject", "?deed=withdraw"),
    "accounts:move": ("", "?parent=Customer-002"),
    "accounts:move-sub-accounts": ("", "?parent=Customer-002"),
}
# Steps of a page and signs of what was seen: without them it asks again. A card's PIN is sealed
# once it was checked; a passkey answers for itself.
STEPS = {
    "csrfmiddlewaretoken", "next", "seen", "confirmed", "expected", "template", "template_version",
    "pin", "sealed", "credential",
}  # fmt: skip
# Asks for an answer, and changes nothing.
QUESTIONS = {"/number-sections/test/"}
MISSING = "did not arrive"
# Around every page; tested once, below.
FRAME = {"/tree/customers/", "/security/appearance/", "/logout/"}


def pages() -> list[Any]:
    found = []
    for route in ROUTES:
        address = classified(route)
        if address and address.audience in AUDIENCES and not address.is_post_only:
            found.append(pytest.param(route, address, id=route.name))
    return found


class _Page:
    """An answer as the reader of forms takes it."""

    def __init__(self, body: str) -> None:
        self.content = body.encode()


def forms_of(world: World, route: Route, address: Address, role: str) -> Iterator[Any]:
    """The address each form of the page goes to, and the form."""
    names = (OBJECT, "agent", "customer") if address.names else ("agent",)
    for query in ASKING.get(route.name, ("",)):
        for name in names:
            path = route.path(world.values(route, name, role)) + query
            answer = world.ask(role, "GET", path)
            if answer.status == 200 and "text/html" in answer.headers.get("Content-Type", ""):
                for form in forms_shown(_Page(answer.body)):
                    target = urljoin(path, form.action)
                    if urlsplit(target).path not in FRAME | QUESTIONS and own_fields(form):
                        yield target, form
                break


def own_fields(form: ShownForm) -> list[str]:
    """The fields that have to arrive, and the mark, where a box could stay away because of it."""
    found = [one for one, kind in form.kinds.items() if kind not in ("checkbox", "file")]
    return [one for one in found if one not in STEPS and one != MARK]


def test_there_are_fields_boxes_and_what_is_shut_to_walk(world: World) -> None:
    """A page may have none of them, so the walks below prove nothing without this one."""
    (route,) = (one for one in ROUTES if one.name == "accounts:edit")
    address = classified(route)
    assert address
    forms = [form for _to, form in forms_of(world, route, address, "own agent")]
    kinds = {kind for form in forms for kind in form.kinds.values()}
    assert kinds >= {"text", "select", "checkbox"}
    assert any(own_fields(form) for form in forms)
    assert any(form.sent.get(MARK) for form in forms)
    assert any(form.shut for form in forms)


@pytest.mark.parametrize(("route", "address"), walked_by_turns(pages()))
def test_a_field_that_does_not_arrive_is_an_error(
    world: World, route: Route, address: Address
) -> None:
    seen = set()
    for role in ROLES:
        for target, form in forms_of(world, route, address, role):
            mine = (urlsplit(target).path, *form.kinds)
            if mine in seen:
                continue
            seen.add(mine)
            whole = {name: list(values) for name, values in form.sent.items()}
            assert MISSING not in world.ask(role, "POST", target, whole).body, target
            for name in own_fields(form):
                rest = {one: values for one, values in whole.items() if one != name}
                answer = world.ask(role, "POST", target, rest)
                assert answer.status in (400, 403, 422), (target, name, answer.status)
                is_said = answer.status == 422 and form.kinds[name] != "radio"
                assert MISSING in answer.body or not is_said, (target, name)


@pytest.mark.parametrize(("route", "address"), walked_by_turns(pages()))
def test_empty_boxes_need_their_mark(world: World, route: Route, address: Address) -> None:
    for target, form in forms_of(world, route, address, "administrator"):
        boxes = [
            one for one, kind in form.kinds.items()
            if kind == "checkbox" and one in form.sent.get(MARK, [])
        ]  # fmt: skip
        for name in boxes:
            marks = [one for one in form.sent[MARK] if one != name]
            rest = {one: values for one, values in form.sent.items() if one != name}
            answer = world.ask("administrator", "POST", target, {**rest, MARK: marks})
            assert answer.status == 422, (target, name)
            assert MISSING in answer.body, (target, name)


@pytest.mark.parametrize(("route", "address"), walked_by_turns(pages()))
def test_what_cannot_be_changed_is_refused(world: World, route: Route, address: Address) -> None:
    for role in ROLES:
        for target, form in forms_of(world, route, address, role):
            for name, kind in form.shut.items():
                other = "on" if kind == "checkbox" else "Customer-001"
                answer = world.ask(role, "POST", target, {**form.sent, name: [other]})
                assert answer.status == 422, (target, name)
