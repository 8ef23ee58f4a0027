"""How open pages follow other people's changes, and the tree's menu and search."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.portal.registry import Link, registry
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_delete
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree
from tests.support.tree_items import item_of, outline, read_tree

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


def version(client: Client) -> int:
    return json.loads(client.get("/tree/version/").content)["version"]


def has_changed(client: Client, since: int) -> bool:
    return client.get(f"/tree/version/?since={since}").status_code != 204


class TestVersion:
    def test_the_page_carries_the_number_that_the_poll_compares(self, agent_client: Client) -> None:
        page = agent_client.get("/tree/").content.decode()
        assert f'data-version="{version(agent_client)}"' in page

    def test_nothing_to_say_while_nothing_changes(self, agent_client: Client) -> None:
        answer = agent_client.get(f"/tree/version/?since={version(agent_client)}")
        assert (answer.status_code, answer.content) == (204, b"")

    def test_every_change_below_is_noticed(
        self, agent_client: Client, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        tree = reseller_tree
        first = AccountFactory()
        changes = [
            lambda: AccountFactory(account_id="First-Below", parent=tree.customer),
            lambda: account_lock(actor=SYSTEM, account=tree.sub_agent, reason="test"),
            lambda: account_move(actor=SYSTEM, account=tree.sub_agent, parent=tree.customer_2),
            lambda: account_move(actor=SYSTEM, account=first, parent=tree.agent),
            lambda: account_delete(actor=SYSTEM, account=first, reason="test"),
        ]
        for change in changes:
            before, before_admin = version(agent_client), version(admin_client)
            change()
            assert has_changed(agent_client, before)
            assert has_changed(admin_client, before_admin)

    def test_what_happens_beside_and_above_is_none_of_the_agents_business(
        self, agent_client: Client, reseller_tree: ResellerTree
    ) -> None:
        before = version(agent_client)
        AccountFactory(parent=reseller_tree.sibling)
        AccountFactory(parent=reseller_tree.top)
        AccountFactory()
        assert not has_changed(agent_client, before)

    @pytest.mark.parametrize("since", ["", "-1", "abc", "9" * 500, "%00"])
    def test_any_other_number_gets_the_current_one(self, agent_client: Client, since: str) -> None:
        answer = agent_client.get(f"/tree/version/?since={since}")
        assert answer.status_code == 200

    def test_a_poll_is_no_activity(self, agent_client: Client) -> None:
        agent_client.get("/tree/")
        for address in ("/tree/version/?since=0", "/tree/refresh/?open=Dhaka-Retail-Sub"):
            with CaptureQueriesContext(connection) as caught:
                answer = agent_client.get(address)
            assert answer.status_code == 200
            assert {one["sql"].split()[0].strip("(") for one in caught} <= {"SELECT", "WITH"}
            assert "Set-Cookie" not in answer.headers


class TestRefresh:
    def test_it_holds_the_open_branches_and_the_new_version(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        answer = admin_client.get("/tree/refresh/?open=BD-Wholesale-Agent&open=Dhaka-Retail-Sub:1")
        assert outline(read_tree(answer)) == [
            "BD-Wholesale-Agent",
            ["Dhaka-Retail-Sub", ["Sub-Sub-Agent"], "Sylhet-Retail-Sub"],
            "Master-Agent-2",
        ]
        assert f'data-version="{version(admin_client)}"' in answer.content.decode()

    def test_a_branch_shows_as_much_as_it_did(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        for n in range(110):
            AccountFactory(
                parent=AccountFactory(account_id=f"M-{n:03}", parent=reseller_tree.agent)
            )
        few, many = (
            item_of(
                read_tree(
                    admin_client.get(
                        f"/tree/refresh/?open=BD-Wholesale-Agent&open=Dhaka-Retail-Sub:{shown}"
                    )
                ),
                "Dhaka-Retail-Sub",
            ).children
            for shown in (50, 100)
        )
        assert [len(few), few[-1].text.strip()] == [51, "… 61 more – show"]
        assert [len(many), many[-1].text.strip()] == [101, "… 11 more – show"]

    def test_the_current_account_stays_marked(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        items = read_tree(admin_client.get("/tree/refresh/?current=Sub-Sub-Agent"))
        assert item_of(items, "Sub-Sub-Agent").attributes["aria-current"] == "page"

    def test_a_branch_whose_agent_is_not_shown_is_left_out(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        answer = admin_client.get("/tree/refresh/?open=Dhaka-Retail-Sub")
        assert outline(read_tree(answer)) == ["BD-Wholesale-Agent", "Master-Agent-2"]

    def test_foreign_and_unknown_branches_are_left_out_alike(self, agent_client: Client) -> None:
        bodies = {
            agent_client.get(f"/tree/refresh/?open={name}&current={name}").content
            for name in ("BD-Wholesale-Agent", "Sylhet-Retail-Sub", "Master-Agent-2", "Nobody")
        }
        assert len(bodies) == 1
        (body,) = bodies
        assert b"Dhaka-Retail-Sub" in body
        assert b"Sylhet" not in body

    @pytest.mark.parametrize(
        "query",
        [
            "open=Dhaka-Retail-Sub:99999999",
            "open=%00:1",
            "open=" + "x" * 8000,
            "roots=-5",
            "roots=%C2%B2",
            "current=%00",
            "&".join(f"open=A{n}" for n in range(500)),
        ],
    )
    def test_nonsense_is_harmless(self, agent_client: Client, query: str) -> None:
        answer = agent_client.get(f"/tree/refresh/?{query}")
        assert answer.status_code == 200
        assert read_tree(answer)[0].account_id == "Dhaka-Retail-Sub"


def not_available(menu: str) -> list[str]:
    """The items that cannot be done, by their words."""
    return re.findall(r'aria-disabled="true"[^>]*><svg.*?</svg>([^<]+)<', menu)


# What an agent without authorizations may not do, and nobody to a closed account.
NEEDING_MORE = [
    "Add sub-account", "Edit", "Move…", "Lock", "Add phones…", "Payment…", "New card batch…",
]  # fmt: skip


class TestMenu:
    def menu(self, client: Client, account_id: str) -> str:
        return client.get(f"/tree/menu/{account_id}/").content.decode()

    def test_an_administrator_may_do_everything(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        menu = self.menu(admin_client, "Dhaka-Retail-Sub")
        assert "aria-disabled" not in menu
        for words in (
            "Open sub-accounts",
            "Open account",
            "Add sub-account",
            "Logins",
            "Edit",
            "Move…",
            "Lock",
            "Copy ID",
        ):
            assert words in menu

    def test_a_locked_account_is_unlocked(
        self, admin_client: Client, reseller_tree: ResellerTree
    ) -> None:
        account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="test")
        assert "Unlock" in self.menu(admin_client, "Dhaka-Retail-Sub")

    def test_what_is_not_permitted_stays_with_its_reason(self, agent_client: Client) -> None:
        menu = self.menu(agent_client, "Sub-Sub-Agent")
        assert not_available(menu) == NEEDING_MORE
        assert "This needs authorization 1" in menu
        assert "/accounts/Sub-Sub-Agent/edit/" not in menu

    def test_what_the_account_does_not_permit_says_why(self, admin_client: Client) -> None:
        AccountFactory(account_id="Card-1", type="phone_card")
        AccountFactory(account_id="Over-1", status="closed")
        assert "only general accounts may have sub-accounts" in self.menu(admin_client, "Card-1")
        assert not_available(self.menu(admin_client, "Over-1")) == NEEDING_MORE

    def test_other_apps_add_their_own(
        self, admin_client: Client, reseller_tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        links = [
            Link("payment", "Payment", "payment", lambda actor, account: f"/pay/{account}/"),
            Link("nothing", "Nothing here", "payment", lambda actor, account: None),
        ]
        monkeypatch.setattr(registry, "row_actions", links)
        menu = self.menu(admin_client, "Dhaka-Retail-Sub")
        assert 'href="/pay/Dhaka-Retail-Sub/"' in menu
        assert "Nothing here" not in menu


class TestSearchInTheTree:
    def test_agents_in_scope_with_their_way(self, agent_client: Client) -> None:
        hits = agent_client.get("/tree/search/?q=sub").content.decode()
        assert "Sub-Sub-Agent" in hits
        assert "Sylhet" not in hits
        assert "BD-Wholesale" not in hits

    def test_customers_only_while_they_are_shown(self, agent_client: Client) -> None:
        assert "Customer-001" not in agent_client.get("/tree/search/?q=customer").content.decode()
        agent_client.post("/tree/customers/", {"show": "1"})
        assert "Customer-001" in agent_client.get("/tree/search/?q=customer").content.decode()

    def test_at_most_twenty_hits(self, admin_client: Client) -> None:
        for n in range(25):
            AccountFactory(parent=AccountFactory(account_id=f"Same-{n:02}"))
        assert admin_client.get("/tree/search/?q=same").content.count(b'role="option"') == 20

    @pytest.mark.parametrize("q", ["", "a", "zz-nothing", "x" * 10_000, "%00%01"])
    def test_nothing_found_is_said(self, agent_client: Client, q: str) -> None:
        answer = agent_client.get(f"/tree/search/?q={q}")
        assert "Nothing in the tree matches." in answer.content.decode()
