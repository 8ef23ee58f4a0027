"""One cell of the matrix of address × person × object: asking, and what may not be told."""

from collections.abc import Mapping
from typing import Any

from accounts.core.authorizations import Authorization
from tests.support.addresses import Route, routes
from tests.support.world import Answer, World

ROUTES = routes()
METHODS = ("GET", "POST")
# The own account and its agent, a level above both, a neighbour's customer and a stranger: every
# relation somebody can have to an account.
OBJECTS = ("customer", "agent", "top", "sibling_customer", "other_customer")
# An answer somebody who may come can get; nothing here is 404, 403 or a failure.
FINE = {
    "GET": {200, 204, 301, 302, 303, 400, 405, 422},
    "POST": {200, 204, 302, 303, 400, 405, 409, 413, 422},
}


def ask(
    world: World,
    role: str,
    method: str,
    route: Route,
    values: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
) -> Answer:
    """The answer without the address asked for, which a page may repeat."""
    path = route.path(values)
    return world.ask(role, method, path, data).without(path)


def ask_unknown(
    world: World, role: str, method: str, route: Route, data: Mapping[str, Any]
) -> Answer:
    """The answer about what exists for nobody; asked once for all foreign objects."""
    asked = (role, method, route.text, *data.items())
    if asked not in world.unknown:
        values = world.values(route, "unknown", role)
        world.unknown[asked] = ask(world, role, method, route, values, data)
    return world.unknown[asked]


def assert_nothing_foreign(world: World, role: str, answer: Answer, *asked: str) -> None:
    """No account, name or login out of this role's reach, but for what it asked for itself."""
    if role == "administrator":
        return
    shown = answer.body + answer.location + "".join(answer.headers.values())
    for text in world.secrets(role, *asked):
        assert text not in shown, f"{role} sees {text}"


def assert_refused(answer: Answer, asked: str, where: Any) -> None:
    """Who is refused reads which of the eight it takes, where anything is refused by a page."""
    assert answer.status in (403, 405), where
    told = f"uthorization {Authorization(asked).number}" in answer.body
    assert told == (answer.status == 403), where


def assert_same(one: Answer, other: Answer) -> None:
    """Nobody can tell these two answers apart."""
    assert (one.status, one.location) == (other.status, other.location)
    assert one.body == other.body
    # The length follows the address that the page repeats.
    skipped = {"X-Request-ID", "Set-Cookie", "Content-Length"}
    assert {key: value for key, value in one.headers.items() if key not in skipped} == {
        key: value for key, value in other.headers.items() if key not in skipped
    }
