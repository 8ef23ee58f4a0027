"""The list of sub-agent requests narrowed, counted and as a file, without what the viewer may not
know.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.approvals.services.deciding import request_reject
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.tree.services.moving import account_move
from tests.factories import ResellerTree, UserFactory
from tests.support.asking import ask, ask_move
from tests.support.sheets import raw_of, read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST, FILE = "/approvals/", "/approvals/export/?format=csv"


@pytest.fixture
def asked(tree: ResellerTree, agent: User, approver: User) -> list[str]:
    """One that waits, a move that waits, and one that was rejected: by key."""
    waits, moves = ask(agent, tree.customer, reason="second counter"), ask_move(agent, tree)
    rejected = ask(agent, tree.customer_2, "Counter-3")
    request_reject(actor=actor_for(approver), request=rejected, reason="too many")
    return [one.key for one in (waits, moves, rejected)]


def listed(browser: Client, query: str) -> list[str]:
    answer = browser.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [line.key for line in answer.context["table"].lines]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0, 1]),
        ("?show=decided", [2]),
        ("?show=rejected", [2]),
        ("?show=approved", []),
        ("?show=all", [2, 1, 0]),
        ("?kind=move", [1]),
        ("?q=counter-2", [0]),
        ("?q=customer-001", [0, 1]),
        ("?q=dhaka-desk&show=all", [2, 1, 0]),
        ("?q=nobody", []),
    ],
)
def test_it_is_narrowed(admin: Client, asked: list[str], query: str, places: list[int]) -> None:
    assert listed(admin, query) == [asked[one] for one in places]


def test_an_unknown_state_is_refused(admin: Client) -> None:
    assert admin.get(f"{LIST}?show=nonsense").status_code == 422


@pytest.mark.usefixtures("asked")
def test_the_tab_of_what_waits_says_how_much(admin: Client) -> None:
    for query in ("", "?show=decided"):
        tabs = admin.get(f"{LIST}{query}").context["views"]
        assert [(str(one["label"]), one["count"]) for one in tabs] == [
            ("Waiting", "2"), ("Decided", ""), ("Rejected", ""), ("Everything", ""),
        ]  # fmt: skip


def test_of_others_nothing_is_listed_counted_or_written(
    tree: ResellerTree, agent: User, asked: list[str], client_of: Callable[[User], Client]
) -> None:
    other = client_of(UserFactory(account=tree.sibling))
    assert listed(other, "?show=all") == []
    assert [one["count"] for one in other.get(LIST).context["views"]] == ["", "", "", ""]
    assert read_csv(other.get(f"{FILE}&show=all")) == []
    mine = client_of(agent)
    assert listed(mine, "") == asked[:2]
    assert len(read_csv(mine.get(f"{FILE}&show=all"))) == 3


def test_an_account_that_was_moved_away_is_found_by_no_name(
    tree: ResellerTree, agent: User, client_of: Callable[[User], Client]
) -> None:
    ask_move(agent, tree)
    mine = client_of(agent)
    assert len(listed(mine, "?q=Customer-002&show=all")) == 1
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    assert len(listed(mine, "?show=all")) == 1
    assert listed(mine, "?q=Customer-002&show=all") == []
    assert b"Customer-002" not in raw_of(mine.get(f"{FILE}&show=all"))


@pytest.mark.usefixtures("asked")
def test_the_file_says_what_was_asked_and_decided(admin: Client) -> None:
    rejected, _move, waits = read_csv(admin.get(f"{FILE}&show=all"))
    assert (waits["Would become an agent"], waits["State"]) == ("Customer-001", "Waiting")
    assert (waits["Request"], waits["Why"]) == ("Add Counter-2 below it", "second counter")
    assert (waits["Asked by"], waits["Account of who asked"]) == ("dhaka-desk", "Dhaka-Retail-Sub")
    assert (rejected["State"], rejected["Decided by"]) == ("Rejected", "admin-login")
    assert rejected["Reason"] == "too many"
