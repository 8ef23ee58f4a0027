"""The number of SELECTs of a page does not grow with what it shows."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.addresses import routes
from tests.support.urls_kinds import Audience
from tests.support.urls_registry import classified

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

# In all, session and user included.
MOST_OF_THE_SUB_ACCOUNT_LIST = 12
FEW, MANY = 4, 40
GROUPS = 10


def plant(count: int) -> None:
    """Below one agent `count` sub-agents with two customers each, and a login on each of them."""
    have = Account.objects.filter(parent__account_id="Agent").count()
    drafts = []
    if not have:
        drafts = [Draft("Root", "Root"), Draft("Agent", "Agent", "Root")]
    for n in range(have, count):
        drafts.append(Draft(f"Sub-{n:03}", f"Sub {n}", "Agent"))
        drafts += [Draft(f"Sub-{n:03}-{c}", "Customer", f"Sub-{n:03}") for c in range(2)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    agent = Account.objects.get(account_id="Agent")
    for n in range(have, count):
        UserFactory(account=agent, username=f"login-{n}", password=PASSWORD)


def selects(client: Client, path: str) -> int:
    """How many SELECTs one page takes, once it has been seen before."""
    client.get(path)
    return selects_now(client, path)


def selects_now(client: Client, path: str) -> int:
    """How many SELECTs one page takes."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
        if getattr(answer, "streaming", False):
            b"".join(answer.streaming_content)
    # A question about nobody there is answered as such (422).
    assert answer.status_code in (200, 204, 302, 303, 403, 422), (path, answer.status_code)
    # Now and then the cache's table is tidied, whichever page comes by.
    reads = re.compile(r"(?i)\s*(select|with)(?!.*portal_cache)", re.DOTALL)
    return sum(1 for one in captured.captured_queries if reads.match(one["sql"]))


def paths() -> list[str]:
    """Every page that shows accounts, with the agent as its object, and every mode of the lists."""
    found = []
    for route in routes():
        address = classified(route)
        if (
            address
            and address.audience is Audience.PORTAL
            and address.names in ("", "account")
            and not address.is_post_only
        ):
            for more in address.variants or ("",):
                found.append(route.path({"account_id": "Agent", "of_list": "phones"}) + more)
    return found


def people() -> dict[str, User]:
    agent = Account.objects.get(account_id="Agent")
    return {
        "administrator": StaffFactory(username="counting-administrator", administrator=True),
        "agent": UserFactory(account=agent, username="counting-agent"),
    }


@pytest.mark.walk
@pytest.mark.parametrize("group", range(GROUPS))
def test_no_page_takes_more_queries_for_more_rows(group: int, time_machine: Any) -> None:
    """Several pages for the rows of one planting, which takes longer than they do."""
    # A minute that begins meanwhile begins to count refusals anew.
    time_machine.move_to(timezone.now(), tick=False)
    plant(FEW)
    browsers = {name: signed_in(login) for name, login in people().items()}
    asked = [(who, path) for path in paths()[group::GROUPS] for who in browsers]

    def counted() -> dict[tuple[str, str], int]:
        # All of them first: what some are refused is in the log that others show.
        for who, path in asked:
            browsers[who].get(path)
        return {(who, path): selects_now(browsers[who], path) for who, path in asked}

    few = counted()
    plant(MANY)
    many = counted()
    assert {one: (few[one], many[one]) for one in asked if many[one] > few[one]} == {}


@pytest.mark.walk
def test_there_is_something_to_count() -> None:
    assert len(paths()) > 100


@pytest.mark.parametrize("show", ["direct", "all"])
@pytest.mark.parametrize("who", ["administrator", "agent"])
def test_the_sub_account_list_stays_within_its_budget(show: str, who: str) -> None:
    plant(MANY)
    count = selects(signed_in(people()[who]), f"/accounts/Agent/sub-accounts/?show={show}")
    assert count <= MOST_OF_THE_SUB_ACCOUNT_LIST


@pytest.mark.parametrize(
    "path", ["/admin/accounts/account/", "/admin/accounts/user/", "/admin/accounts/account/add/"]
)
def test_the_admin_lists_take_no_more_queries_for_more_rows(path: str) -> None:
    plant(FEW)
    browser = signed_in(
        StaffFactory(
            username="counting-operator",
            operator=True,
            permissions=list(Permission.objects.filter(content_type__app_label="accounts")),
        )
    )
    few = selects(browser, path)
    plant(MANY)
    assert selects(browser, path) <= few


def test_an_agents_request_reads_its_chain_in_one_query() -> None:
    """Beyond session and user, knowing who acts takes at most two queries."""
    plant(FEW)
    login = UserFactory(account=Account.objects.get(account_id="Sub-001-1"))
    browser = signed_in(login)
    assert selects(browser, "/tree/version/?since=0") <= 5
