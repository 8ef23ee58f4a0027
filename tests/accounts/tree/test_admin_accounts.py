"""Accounts in the Django admin: the hierarchy branch by branch, written by services."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM, actor_for, allows, operator_actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import NotAllowed, NotInScope
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_delete
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree, StaffFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.admin import operator_with, posted
from tests.support.answering import submit
from tests.support.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST = "/admin/accounts/account/"


def shown(client: Client, query: str = "") -> list[str]:
    """The account ids of a list, from top to bottom."""
    answer = client.get(LIST + query)
    assert answer.status_code == 200, answer.headers
    return re.findall(r'data-account="([^"]+)"', answer.content.decode())


@pytest.fixture
def client(superuser: User) -> Client:
    return signed_in(superuser)


class TestHierarchy:
    def test_the_top_level_first(self, client: Client, reseller_tree: ResellerTree) -> None:
        assert shown(client) == [
            reseller_tree.top.account_id,
            reseller_tree.other_top.account_id,
        ]

    def test_one_branch_with_the_way_to_it(
        self, client: Client, reseller_tree: ResellerTree
    ) -> None:
        tree = reseller_tree
        rows = shown(client, f"?branch={tree.agent.account_id}")
        assert rows[:2] == [tree.top.account_id, tree.agent.account_id]
        assert set(rows[2:]) == {
            tree.customer.account_id, tree.customer_2.account_id, tree.sub_agent.account_id,
        }  # fmt: skip
        page = client.get(f"{LIST}?branch={tree.agent.account_id}").content.decode()
        assert f'lvl-2" data-account="{tree.customer.account_id}"' in page
        # The open branch closes to the one above; the way up is beside the list.
        assert f'href="?branch={tree.top.account_id}"' in page

    def test_a_branch_nobody_knows(self, client: Client, reseller_tree: ResellerTree) -> None:
        assert shown(client, "?branch=nowhere") == []
        assert shown(client, "?branch=%00") == []

    def test_direct_and_all_of_an_agent(self, client: Client, reseller_tree: ResellerTree) -> None:
        tree = reseller_tree
        direct = shown(client, f"?agent={tree.agent.account_id.lower()}&show=direct")
        assert tree.sub_agent.account_id in direct
        assert tree.deep_customer.account_id not in direct
        everything = shown(client, f"?agent={tree.agent.account_id}&show=all")
        assert set(everything) == {*direct, tree.deep_customer.account_id}
        assert "There is no account" in client.get(f"{LIST}?agent=nobody").content.decode()

    def test_search_looks_everywhere(self, client: Client, reseller_tree: ResellerTree) -> None:
        tree = reseller_tree
        assert shown(client, f"?q={tree.deep_customer.account_id}") == [
            tree.deep_customer.account_id
        ]
        for words in ("%00", "x" * 60_000):
            assert client.get(f"{LIST}?q={words}").status_code == 200
        assert set(shown(client, "?category=agent")) == {
            one.account_id for one in Account.objects.agents()
        }

    def test_the_same_queries_for_500_accounts(self, client: Client) -> None:
        accounts_load(actor=SYSTEM, drafts=[Draft("Root", "Root"), Draft("Agent", "A", "Root")])
        queries = {}
        for size in (3, 500):
            have = Account.objects.count()
            drafts = [Draft(f"C-{n:03}", f"C {n}", "Agent") for n in range(have, size + 2)]
            accounts_load(actor=SYSTEM, drafts=drafts)
            for query in ("", "?branch=Agent", "?agent=Root&show=all", "?q=C-"):
                client.get(LIST + query)
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(LIST + query).status_code == 200
                queries.setdefault(query, []).append(len(captured))
        assert all(few == many for few, many in queries.values()), queries
        assert max(max(one) for one in queries.values()) <= 14, queries

    def test_the_filter_draws_no_list_of_agents(
        self, client: Client, reseller_tree: ResellerTree
    ) -> None:
        page = markup_of(client.get(f"{LIST}?branch={reseller_tree.top.account_id}"))
        assert reseller_tree.sub_agent.account_id not in page
        found = client.get(
            "/admin/autocomplete/",
            {"app_label": "accounts", "model_name": "account", "field_name": "parent",
             "term": reseller_tree.sub_agent.account_id},
        )  # fmt: skip
        assert [one["text"] for one in found.json()["results"]] == [
            reseller_tree.sub_agent.account_id
        ]


class TestSaving:
    def test_add(self, client: Client, reseller_tree: ResellerTree) -> None:
        parent = reseller_tree.customer
        answer = posted(
            client, None, account_id="BD-Retail-New", name="New", parent=parent.pk,
            company="New Ltd",
        )  # fmt: skip
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        made = Account.objects.get(account_id="BD-Retail-New")
        assert made.parent == parent
        assert made.detail.company == "New Ltd"
        parent.refresh_from_db()
        assert parent.is_agent
        assert AuditEntry.objects.filter(action="account.create", account="BD-Retail-New").exists()

    def test_edit_and_move_in_one_save(self, client: Client, reseller_tree: ResellerTree) -> None:
        tree = reseller_tree
        answer = posted(client, tree.customer, name="Renamed", parent=tree.sibling.pk)
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        tree.customer.refresh_from_db()
        assert (tree.customer.name, tree.customer.parent) == ("Renamed", tree.sibling)
        actions = AuditEntry.objects.filter(account=tree.customer.account_id)
        assert {"account.edit", "account.move"} <= set(actions.values_list("action", flat=True))

    def test_a_refused_move_undoes_the_edit_and_is_shown(
        self, client: Client, reseller_tree: ResellerTree
    ) -> None:
        tree = reseller_tree
        answer = posted(client, tree.agent, name="Renamed", parent=tree.sub_agent.pk)
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors["parent"]
        tree.agent.refresh_from_db()
        assert tree.agent.name != "Renamed"
        assert tree.agent.parent == tree.top

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"account_id": "new"}, "account_id"),
            ({"account_id": "a b"}, "account_id"),
            ({"name": "tab\x07bell"}, "name"),
            ({"parent": "999999"}, "parent"),
            ({"parent": "x"}, "parent"),
            ({"time_zone": "Mars/Base"}, "time_zone"),
        ],
    )
    def test_bad_input_is_a_field_error(
        self, client: Client, values: dict[str, str], field: str
    ) -> None:
        answer = posted(client, None, **{"account_id": "Fine-1", "name": "Fine", **values})
        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
        assert not Account.objects.exists()

    def test_an_id_taken_in_another_case(self, client: Client) -> None:
        AccountFactory(account_id="Taken-1")
        answer = posted(client, None, account_id="TAKEN-1", name="Again")
        assert "account_id" in answer.context["adminform"].form.errors

    def test_somebody_else_saved_meanwhile(self, client: Client) -> None:
        account = AccountFactory()
        answer = posted(client, account, name="Mine", seen_version=account.version + 5)
        assert answer.status_code == 200
        assert "Somebody else" in str(answer.context["adminform"].form.errors)

    def test_the_account_id_stays(self, client: Client) -> None:
        account = AccountFactory(account_id="Stays-1")
        answer = posted(client, account, account_id="Goes-1", name="New")
        assert "It never changes." in answer.content.decode()
        account.refresh_from_db()
        assert account.account_id == "Stays-1" != account.name != "New"
        assert posted(client, account, account_id="Stays-1", name="New").status_code == 302


class TestDeeds:
    def test_lock_and_unlock_a_selection(self, client: Client, reseller_tree: ResellerTree) -> None:
        tree = reseller_tree
        chosen = [tree.customer, tree.customer_2]
        for action, status in (("lock_selected", "locked"), ("unlock_selected", "active")):
            data = {"action": action, "_selected_action": [one.pk for one in chosen], "reason": "R"}
            answer = client.post(f"{LIST}?branch={tree.agent.account_id}", data)
            assert answer.status_code == 302
            for one in chosen:
                one.refresh_from_db()
                assert one.status == status
        assert AuditEntry.objects.filter(action="account.lock", reason="R").count() == 2

    def test_no_deletion_of_many(self, client: Client) -> None:
        account = AccountFactory()
        client.post(LIST, {"action": "delete_selected", "_selected_action": [account.pk]})
        assert Account.objects.filter(pk=account.pk).exists()

    def test_close_needs_a_reason_and_delete_names_what_stands_against_it(
        self, client: Client, reseller_tree: ResellerTree
    ) -> None:
        tree = reseller_tree
        close = f"{LIST}{tree.customer.pk}/close/"
        assert "Give a reason" in client.post(close, {"reason": ""}).content.decode()
        assert client.post(close, {"reason": "left"}).status_code == 302
        tree.customer.refresh_from_db()
        assert tree.customer.status == "closed"
        delete = client.post(f"{LIST}{tree.agent.pk}/delete/", {"reason": "x"})
        assert "is an agent with" in delete.content.decode()
        assert (
            client.post(f"{LIST}{tree.customer_2.pk}/delete/", {"reason": "x"}).status_code == 302
        )
        assert not Account.objects.filter(pk=tree.customer_2.pk).exists()
        assert client.get(f"{LIST}999999/delete/").status_code == 404
        assert client.get(f"{LIST}nonsense/lock/").status_code == 404


class TestWho:
    def test_an_accounts_login_never_comes_in(self, reseller_tree: ResellerTree) -> None:
        answer = signed_in(UserFactory(account=reseller_tree.agent)).get(LIST)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")

    def test_what_was_locked_is_unlocked(self, client: Client, reseller_tree: ResellerTree) -> None:
        account = reseller_tree.customer
        account_lock(actor=SYSTEM, account=account, reason="x")
        answer = submit(client, f"{LIST}{account.pk}/unlock/", {"reason": "paid"})
        assert answer.status_code == 302
        assert Account.objects.get(pk=account.pk).status == "active"

    def test_looking_is_not_changing(self, reseller_tree: ResellerTree) -> None:
        tree = reseller_tree
        client = signed_in(operator_with("view_account"))
        assert shown(client) == [tree.top.account_id, tree.other_top.account_id]
        page = client.get(f"{LIST}{tree.agent.pk}/change/")
        assert page.status_code == 200
        assert "data-deed" not in markup_of(page)
        assert client.post(f"{LIST}{tree.agent.pk}/change/", {"name": "x"}).status_code == 403
        assert client.get(f"{LIST}add/").status_code == 403
        for deed in ("lock", "unlock", "close", "delete"):
            answer = client.post(f"{LIST}{tree.customer.pk}/{deed}/", {"reason": "x"})
            assert answer.status_code == 403
        client.post(LIST, {"action": "lock_selected", "_selected_action": [tree.top.pk]})
        tree.top.refresh_from_db()
        assert tree.top.status == "active"

    def test_change_permission_changes_and_does_not_add_or_delete(
        self, reseller_tree: ResellerTree
    ) -> None:
        tree = reseller_tree
        client = signed_in(operator_with("view_account", "change_account"))
        assert posted(client, tree.customer, name="Renamed").status_code == 302
        assert submit(client, f"{LIST}{tree.customer.pk}/lock/").status_code == 302
        assert client.get(f"{LIST}add/").status_code == 403
        assert client.get(f"{LIST}{tree.customer.pk}/delete/").status_code == 403

    def test_nothing_without_permissions(self, operator: User) -> None:
        assert signed_in(operator).get(LIST).status_code == 403

    def test_the_services_ask_again(self, reseller_tree: ResellerTree) -> None:
        tree = reseller_tree
        operator = operator_with("view_account", "change_account")
        here, portal = operator_actor(operator), actor_for(operator)
        assert allows(here, Authorization.MANAGE_ACCOUNT, tree.agent)
        assert not allows(portal, Authorization.MANAGE_ACCOUNT, tree.agent)
        assert here.scope.everything
        assert portal.scope.is_empty
        with pytest.raises(NotAllowed):
            account_delete(actor=here, account=tree.customer, reason="x")
        with pytest.raises(NotInScope):
            account_lock(actor=portal, account=tree.customer)
        account_move(actor=here, account=tree.customer, parent=tree.sibling)
        operator.user_permissions.clear()
        # The actor in hand is old; the service reads the login again.
        with pytest.raises(NotInScope):
            account_lock(actor=here, account=tree.customer)

    def test_an_operator_has_no_scope_in_the_portal(self, reseller_tree: ResellerTree) -> None:
        client = signed_in(operator_with("view_account", "change_account", "add_account"))
        for path in ("/accounts/", f"/accounts/{reseller_tree.agent.account_id}/", "/tree/"):
            assert client.get(path).status_code in (302, 403, 404)

    def test_an_accounts_login_gains_nothing_as_an_operator(
        self, reseller_tree: ResellerTree
    ) -> None:
        login = UserFactory(account=reseller_tree.agent)
        login.user_permissions.set(Permission.objects.filter(codename="change_account"))
        actor = operator_actor(login)
        assert not actor.scope.everything
        assert not allows(actor, Authorization.MANAGE_ACCOUNT, reseller_tree.customer)


def test_the_admins_shortcut_turns_no_key_into_an_account(client_of: Any) -> None:
    account = AccountFactory()
    kind = ContentType.objects.get_for_model(Account)
    operator = StaffFactory(operator=True)
    answer = client_of(operator).get(f"/admin/r/{kind.pk}/{account.pk}/")
    assert answer.status_code == 404
