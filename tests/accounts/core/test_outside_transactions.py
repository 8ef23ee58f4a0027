"""Other tests run inside a transaction that is undone. Pages of the running portal do not."""

import pytest

from tests.support.addresses import routes
from tests.support.urls_kinds import Audience
from tests.support.urls_registry import classified
from tests.support.world import OWN_ACCOUNT, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.walk, pytest.mark.slow]


def test_every_page_opens_without_a_transaction_around_it() -> None:
    world = World(is_authorized=True)
    pages = [
        (route, address)
        for route in routes()
        if (address := classified(route))
        and not address.is_post_only
        and address.audience is Audience.PORTAL
    ]
    assert len(pages) > 100
    for role in ("administrator", "own agent"):
        names = ["customer", OWN_ACCOUNT.get(role, "agent")]
        for route, address in pages:
            for name in names if address.names else ["unknown"]:
                path = route.path(world.values(route, name, role))
                for query in address.variants or ("",):
                    answer = world.browsers[role].get(path + query)
                    if answer.streaming:
                        b"".join(answer.streaming_content)
                    assert answer.status_code < 500, path + query
