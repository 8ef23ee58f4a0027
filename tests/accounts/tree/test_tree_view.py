"""The navigation tree: who sees which agents, with which counts and states, page by page."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, User
from accounts.core.querysets import chains
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.ending import account_delete
from accounts.tree.tables.sidebar import tree
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.pages import markup_of
from tests.support.tree_items import everything, item_of, outline, read_tree

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

Clients = Callable[[User], Client]


def many_agents(parent: Account | None, count: int, prefix: str = "Many") -> list[str]:
    """Sub-agents of `parent`; mixed case, so that order without regard to case shows."""
    made = []
    for n in range(count):
        name = f"{prefix.lower() if n % 2 else prefix.upper()}-{n:03}"
        AccountFactory(parent=AccountFactory(account_id=name, parent=parent))
        made.append(name)
    return made


class TestWhoSeesWhat:
    def test_an_administrator_sees_the_roots_that_are_agents(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        AccountFactory(account_id="Standalone-1")
        assert outline(read_tree(admin_client.get("/tree/"))) == [
            "BD-Wholesale-Agent",
            "Master-Agent-2",
        ]

    def test_an_agents_root_is_its_own_account_and_nothing_stands_beside_or_above(
        self, agent_client: Client
    ) -> None:
        page = agent_client.get("/tree/")
        assert outline(read_tree(page)) == ["Dhaka-Retail-Sub", ["Sub-Sub-Agent"]]
        assert b"BD-Wholesale" not in page.content
        assert b"Sylhet" not in page.content

    def test_a_customer_sees_its_own_account_and_how_agents_arise(
        self, reseller_tree: ResellerTree, client_of: Clients
    ) -> None:
        page = client_of(UserFactory(account=reseller_tree.customer)).get("/tree/")
        assert outline(read_tree(page)) == ["Customer-001"]
        assert "an account appears here with its first sub-account" in page.content.decode()

    def test_without_agents_the_page_says_how_they_arise(self, admin_client: Client) -> None:
        page = admin_client.get("/tree/").content.decode()
        assert "No agents yet: an account appears here with its first sub-account." in page

    def test_operators_have_no_tree(self, operator: User, client_of: Clients) -> None:
        assert client_of(operator).get("/tree/").status_code == 403

    def test_strangers_are_sent_to_the_sign_in(self, client: Client) -> None:
        for address in ("/tree/", "/tree/branch/", "/tree/version/", "/tree/refresh/"):
            assert client.get(address).status_code == 302

    def test_an_account_appears_and_leaves_as_it_becomes_an_agent_and_stops_being_one(
        self, agent_client: Client, reseller_tree: ResellerTree
    ) -> None:
        first = AccountFactory(parent=reseller_tree.customer)
        assert "Customer-001" in outline(read_tree(agent_client.get("/tree/")))[1]
        account_delete(actor=SYSTEM, account=first, reason="test")
        assert "Customer-001" not in outline(read_tree(agent_client.get("/tree/")))[1]


class TestItems:
    def test_counts_are_direct_and_all(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        items = read_tree(admin_client.get("/tree/?open=Dhaka-Retail-Sub"))
        labels = {item.account_id: item.label for item in everything(items)}
        assert "2 direct, 7 in all" in labels["BD-Wholesale-Agent"]
        assert "3 direct, 4 in all" in labels["Dhaka-Retail-Sub"]
        assert "1 direct, 1 in all" in labels["Sub-Sub-Agent"]

    def test_level_position_and_size_of_the_set_are_stated(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        items = read_tree(admin_client.get("/tree/?open=Dhaka-Retail-Sub"))
        sylhet = item_of(items, "Sylhet-Retail-Sub").attributes
        assert [sylhet[f"aria-{a}"] for a in ("level", "posinset", "setsize")] == ["2", "2", "2"]

    def test_levels_count_from_the_viewers_own_root(self, agent_client: Client) -> None:
        items = read_tree(agent_client.get("/tree/"))
        assert items[0].attributes["aria-level"] == "1"
        assert items[0].children[0].attributes["aria-level"] == "2"

    def test_only_what_has_agents_below_can_be_opened(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        items = read_tree(admin_client.get("/tree/"))
        assert item_of(items, "BD-Wholesale-Agent").attributes["aria-expanded"] == "false"
        assert "aria-expanded" not in item_of(items, "Master-Agent-2").attributes

    def test_exactly_one_item_takes_the_tab_stop(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        for address in ("/tree/", "/tree/?open=Sub-Sub-Agent"):
            stops = [
                i.attributes["tabindex"] for i in everything(read_tree(admin_client.get(address)))
            ]
            assert stops.count("0") == 1

    def test_states_are_said_in_words(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        tree = reseller_tree
        account_lock(actor=SYSTEM, account=tree.agent, reason="test")
        yesterday = timezone.now() - timedelta(days=1)
        account_edit(actor=SYSTEM, account=tree.sibling, valid_until=yesterday)
        items = read_tree(admin_client.get("/tree/?open=Dhaka-Retail-Sub"))
        assert item_of(items, "BD-Wholesale-Agent").label.endswith("in all")
        assert item_of(items, "Dhaka-Retail-Sub").label.endswith(", Locked")
        assert item_of(items, "Sub-Sub-Agent").label.endswith(", Blocked by a level above")
        assert item_of(items, "Sylhet-Retail-Sub").label.endswith(", Expired")

    def test_a_block_above_the_viewer_shows_without_naming_the_level(
        self, agent_client: Client, reseller_tree: ResellerTree
    ) -> None:
        account_lock(actor=SYSTEM, account=reseller_tree.top, reason="test")
        page = agent_client.get("/tree/")
        own = read_tree(page)[0]
        assert own.label.endswith(", Blocked by a level above")
        assert own.children[0].label.endswith(", Blocked by a level above")
        assert "BD-Wholesale" not in markup_of(page)

    def test_branches_loaded_later_know_of_the_block(
        self, agent_client: Client, reseller_tree: ResellerTree
    ) -> None:
        account_lock(actor=SYSTEM, account=reseller_tree.top, reason="test")
        (item,) = read_tree(agent_client.get("/tree/branch/Dhaka-Retail-Sub/"))
        assert item.label.endswith(", Blocked by a level above")
        assert item.attributes["aria-level"] == "2"

    def test_names_are_text_and_never_markup(self, admin_client: Client) -> None:
        agent = AccountFactory(account_id="Bold", name="<b>\"&'</b>")
        AccountFactory(parent=agent)
        page = admin_client.get("/tree/").content.decode()
        assert "<b>&quot;" not in page
        assert "&lt;b&gt;&quot;&amp;&#x27;&lt;/b&gt;" in page


class TestWayToTheCurrentAccount:
    def test_it_is_open_and_the_account_is_marked(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        items = read_tree(admin_client.get("/tree/?open=Sub-Sub-Agent"))
        assert outline(items) == [
            "BD-Wholesale-Agent",
            ["Dhaka-Retail-Sub", ["Sub-Sub-Agent"], "Sylhet-Retail-Sub"],
            "Master-Agent-2",
        ]
        marked = [i.account_id for i in everything(items) if i.attributes.get("aria-current")]
        assert marked == ["Sub-Sub-Agent"]
        assert item_of(items, "Sub-Sub-Agent").attributes["aria-selected"] == "true"

    def test_for_a_customer_the_nearest_agent_is_selected(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        items = read_tree(admin_client.get("/tree/?open=Customer-301"))
        selected = [i for i in everything(items) if i.attributes["aria-selected"] == "true"]
        assert [i.account_id for i in selected] == ["Sub-Sub-Agent"]
        assert not any(i.attributes.get("aria-current") for i in everything(items))

    def test_it_shows_even_behind_the_first_page_of_its_siblings(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        names = many_agents(reseller_tree.agent, 60)
        items = read_tree(admin_client.get(f"/tree/?open={names[-1]}"))
        dhaka = outline(item_of(items, "Dhaka-Retail-Sub").children)
        assert dhaka == [*names[:50], names[-1], "…"]


class TestPaging:
    def test_fifty_children_and_how_many_more(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        names = many_agents(reseller_tree.agent, 60)
        items = read_tree(admin_client.get("/tree/branch/Dhaka-Retail-Sub/"))
        assert [i.account_id for i in items] == [*names[:50], ""]
        assert items[-1].text.strip() == "… 11 more – show"
        assert {i.attributes["aria-setsize"] for i in items[:-1]} == {"61"}

    def test_the_rest_follows_exactly_once_and_counts_on(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        names = many_agents(reseller_tree.agent, 120)
        address, seen = "/tree/branch/Dhaka-Retail-Sub/", []
        while address:
            items = read_tree(admin_client.get(address))
            seen += [i for i in items if i.account_id]
            address = items[-1].attributes.get("data-more", "")
        assert [i.account_id for i in seen] == [*names, "Sub-Sub-Agent"]
        assert [i.attributes["aria-posinset"] for i in seen] == [str(n) for n in range(1, 122)]

    def test_the_forest_is_paged_as_well(self, admin_client: Client) -> None:
        names = many_agents(None, 55)
        items = read_tree(admin_client.get("/tree/"))
        assert [i.account_id for i in items] == [*names[:50], ""]
        rest = read_tree(admin_client.get(items[-1].attributes["data-more"]))
        assert [i.account_id for i in rest] == names[50:]

    def test_without_script_the_rest_is_a_page(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        names = many_agents(reseller_tree.agent, 60)
        page = admin_client.get(f"/tree/?open=Dhaka-Retail-Sub&after={names[49]}")
        children = item_of(read_tree(page), "Dhaka-Retail-Sub").children
        assert outline(children) == [*names[50:], "Sub-Sub-Agent"]
        assert children[0].attributes["aria-posinset"] == "51"
        assert b"From the beginning" in page.content

    @pytest.mark.parametrize("after", ["%00", "x" * 5000, "' OR 1=1", "%F0%9F%98%80", "-"])
    def test_a_malformed_place_begins_again(
        self, admin_client: Client, reseller_tree: ResellerTree, after: str
    ) -> None:
        items = read_tree(admin_client.get(f"/tree/branch/Dhaka-Retail-Sub/?after={after}"))
        assert outline(items) == ["Sub-Sub-Agent"]

    def test_an_agent_finds_no_other_roots(self, agent_client: Client) -> None:
        assert agent_client.get("/tree/branch/").content == b""


class TestCustomers:
    def test_they_are_hidden_until_asked_for_and_stay_for_the_session(
        self, agent_client: Client
    ) -> None:
        assert outline(read_tree(agent_client.get("/tree/")))[1] == ["Sub-Sub-Agent"]
        answer = agent_client.post("/tree/customers/", {"show": "1"}, headers={"Referer": "/tree/"})
        assert (answer.status_code, answer["Location"]) == (302, "/tree/")
        shown = ["Customer-001", "Customer-002", "Sub-Sub-Agent"]
        for _again in range(2):
            assert outline(read_tree(agent_client.get("/tree/")))[1] == shown
        agent_client.post("/tree/customers/", {"show": "0"})
        assert outline(read_tree(agent_client.get("/tree/")))[1] == ["Sub-Sub-Agent"]

    def test_administrators_then_see_standalone_accounts(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        AccountFactory(account_id="Standalone-1")
        admin_client.post("/tree/customers/", {"show": "1"})
        items = read_tree(admin_client.get("/tree/"))
        assert outline(items) == ["BD-Wholesale-Agent", "Master-Agent-2", "Standalone-1"]
        assert "aria-expanded" in item_of(items, "Master-Agent-2").attributes

    def test_it_leads_back_to_our_own_pages_only(self, agent_client: Client) -> None:
        answer = agent_client.post(
            "/tree/customers/", {"show": "1"}, headers={"Referer": "https://elsewhere.example/"}
        )
        assert answer["Location"] == "/tree/"

    def test_reading_changes_nothing(self, agent_client: Client) -> None:
        assert agent_client.get("/tree/customers/?show=1").status_code == 405


class TestScope:
    @pytest.mark.parametrize("address", ["/tree/branch/{}/", "/tree/menu/{}/", "/tree/?open={}"])
    def test_foreign_and_unknown_are_the_same(self, agent_client: Client, address: str) -> None:
        foreign = agent_client.get(address.format("Sylhet-Retail-Sub"))
        above = agent_client.get(address.format("BD-Wholesale-Agent"))
        unknown = agent_client.get(address.format("No-Such-Account"))
        assert [r.status_code for r in (foreign, above, unknown)] == [404, 404, 404]

    @pytest.mark.parametrize("account_id", ["%00", "x" * 500, "%0A", "..%2F..", "%C3%A9"])
    def test_what_is_no_account_id_is_unknown(self, agent_client: Client, account_id: str) -> None:
        assert agent_client.get(f"/tree/?open={account_id}").status_code == 404
        assert agent_client.get(f"/tree/branch/{account_id}/").status_code == 404

    def test_other_case_leads_to_the_address_as_it_is_written(self, agent_client: Client) -> None:
        answer = agent_client.get("/tree/branch/sub-sub-agent/?after=x")
        assert answer["Location"] == "/tree/branch/Sub-Sub-Agent/?after=x"


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as caught:
        work()
    return len(caught)


def test_the_tree_costs_one_statement_whatever_it_holds(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    actor = actor_for(administrator)
    pk = reseller_tree.sub_agent.pk
    way = chains([pk])[pk]
    assert statements(lambda: tree(actor, way=way)) == 1
    many_agents(reseller_tree.agent, 60)
    many_agents(None, 60, prefix="Root")
    assert statements(lambda: tree(actor, way=way)) == 1


def test_a_page_with_many_agents_needs_no_more_statements_than_one_with_few(
    admin_client: Client, reseller_tree: ResellerTree
) -> None:
    addresses = ["/tree/?open=Dhaka-Retail-Sub", "/tree/branch/Dhaka-Retail-Sub/", "/search/?q=zz"]
    for address in addresses:
        admin_client.get(address)
    few = [statements(partial(admin_client.get, address)) for address in addresses]
    many_agents(reseller_tree.agent, 40)
    many_agents(None, 40, prefix="Root")
    assert [statements(partial(admin_client.get, address)) for address in addresses] == few
