"""Every change of an account's authorizations, restoring one, and the policy for new agents."""

import re

import pytest
from django.test import Client

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.policies import own_policy
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, GrantBatch, SubAgentPolicy, User
from accounts.kit.object_keys import object_number
from accounts.tree.services.ending import account_close
from tests.factories import (
    AccountFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
    revoke,
)
from tests.factories.fixtures import signed_in
from tests.support.answering import submit
from tests.support.pages import field_error, markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

A = Authorization
MANAGE, PHONES, CARDS = A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.MANAGE_PHONE_CARD
HELD = MANAGE, PHONES, CARDS


def page_of(account: Account, more: str = "history/") -> str:
    return f"/accounts/{account.account_id}/authorizations/{more}"


def taken(tree: ResellerTree, agent: User) -> GrantBatch:
    """The agent took 2 from its sub-agent, and with it from the customer below."""
    grant(tree.deep_customer, PHONES)
    batch = grants_set(
        actor=actor_for(agent), account=tree.sub_agent, codes=frozenset(), reason="centrally"
    )
    assert batch
    return batch


class TestHistory:
    def test_the_latest_comes_first_with_what_it_did(
        self, tree: ResellerTree, agent: User, browser: Client
    ) -> None:
        batch = taken(tree, agent)
        page = browser.get(page_of(tree.sub_agent))
        keys = re.findall(r'data-batch="([^"]+)"', page.content.decode())
        shown = [object_number(GrantBatch.key_kind, key) or 0 for key in keys]
        assert shown[0] == batch.pk
        assert shown == sorted(shown, reverse=True)
        words = text_of(page)
        assert "taken away: 2 Add/delete/modify phone and 1 on 1 account below" in words
        assert "dhaka-login · “centrally”" in words

    def test_a_cut_from_a_level_above_names_nobody(self, tree: ResellerTree) -> None:
        boss = UserFactory(account=tree.top, username="boss-login")
        grants_set(actor=SYSTEM, account=tree.top, codes=held(tree.top) | {PHONES}, reason="x")
        grants_set(
            actor=SYSTEM, account=tree.top, codes=held(tree.top) - {PHONES}, reason="a secret"
        )
        grants_set(
            actor=actor_for(boss), account=tree.agent, codes=frozenset({MANAGE}), reason="hush"
        )
        page = signed_in(UserFactory(account=tree.agent)).get(page_of(tree.agent))
        words = text_of(page)
        assert "Taken away together with a level above" in words
        assert "a level above yours" in words
        for hidden in ("boss-login", "BD-Wholesale", "a secret", "hush"):
            assert hidden not in markup_of(page)

    def test_a_cut_from_a_known_level_names_it(
        self, tree: ResellerTree, agent: User, browser: Client
    ) -> None:
        taken(tree, agent)
        words = text_of(browser.get(page_of(tree.deep_customer)))
        assert "Taken away together with Sub-Sub-Agent" in words

    def test_it_comes_in_pages(self, tree: ResellerTree, browser: Client) -> None:
        for n in range(30):
            (grant if n % 2 == 0 else revoke)(tree.customer, PHONES)
        page = browser.get(page_of(tree.customer))
        assert len(re.findall(r"data-batch=", page.content.decode())) == 25
        older = re.search(r'rel="next" href="([^"]*)"', page.content.decode())
        assert older
        rest = browser.get(page_of(tree.customer) + older[1])
        assert len(re.findall(r"data-batch=", rest.content.decode())) == 5

    def test_nothing_yet_is_said(self, tree: ResellerTree, browser: Client) -> None:
        assert "Nothing was granted yet" in text_of(browser.get(page_of(tree.customer)))

    def test_who_may_not_change_gets_no_restore_button(
        self, tree: ResellerTree, agent: User, browser: Client
    ) -> None:
        batch = taken(tree, agent)
        address = page_of(tree.sub_agent, f"batches/{batch.key}/restore/")
        assert address in browser.get(page_of(tree.sub_agent)).content.decode()
        own = signed_in(UserFactory(account=tree.sub_agent))
        assert address not in markup_of(own.get(page_of(tree.sub_agent)))


class TestRestoring:
    def test_it_asks_first_and_gives_back(
        self, tree: ResellerTree, agent: User, browser: Client
    ) -> None:
        batch = taken(tree, agent)
        path = page_of(tree.sub_agent, f"batches/{batch.key}/restore/")
        words = text_of(browser.get(path))
        assert "2 Add/delete/modify phone" in words
        assert "2 in all, from 2 accounts" in words
        assert held(tree.sub_agent) == frozenset()
        done = submit(browser, path, {"reason": "a mistake"}, follow=True)
        assert "2 authorizations were given back" in text_of(done)
        assert held(tree.sub_agent) == held(tree.deep_customer) == {PHONES}

    def test_it_needs_a_reason(self, tree: ResellerTree, agent: User, browser: Client) -> None:
        batch = taken(tree, agent)
        page = submit(browser, page_of(tree.sub_agent, f"batches/{batch.key}/restore/"))
        assert field_error(page, "reason") == "Give a reason."
        assert held(tree.sub_agent) == frozenset()

    def test_what_is_not_permitted_any_more_stays_away(
        self, tree: ResellerTree, agent: User, browser: Client
    ) -> None:
        batch = taken(tree, agent)
        revoke(tree.agent, PHONES)
        path = page_of(tree.sub_agent, f"batches/{batch.key}/restore/")
        done = submit(browser, path, {"reason": "a mistake"}, follow=True)
        assert "Nothing was given back" in text_of(done)
        assert held(tree.sub_agent) == frozenset()

    def test_once_is_enough(self, tree: ResellerTree, agent: User, browser: Client) -> None:
        batch = taken(tree, agent)
        path = page_of(tree.sub_agent, f"batches/{batch.key}/restore/")
        submit(browser, path, {"reason": "a mistake"})
        again = submit(browser, path, {"reason": "a mistake"})
        assert again.status_code == 422
        assert "restored already" in text_of(again)

    def test_a_batch_that_only_granted_gives_nothing_back(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        grant(tree.customer, PHONES)
        batch = GrantBatch.objects.get(account=tree.customer)
        page = browser.get(page_of(tree.customer, f"batches/{batch.key}/restore/"))
        assert page.status_code == 422
        assert "took nothing away" in text_of(page)

    def test_the_batch_of_another_account_is_not_found(
        self, tree: ResellerTree, agent: User, browser: Client
    ) -> None:
        batch = taken(tree, agent)
        path = page_of(tree.customer, f"batches/{batch.key}/restore/")
        assert submit(browser, path, {"reason": "x"}).status_code == 404
        assert held(tree.sub_agent) == frozenset()

    def test_a_closed_account_gets_nothing_back(self, tree: ResellerTree, agent: User) -> None:
        one = AccountFactory(parent=tree.agent)
        grant(one, PHONES)
        account_close(actor=SYSTEM, account=one, reason="left")
        batch = GrantBatch.objects.get(account=one, kind="close")
        admin = signed_in(StaffFactory(administrator=True))
        path = page_of(one, f"batches/{batch.key}/restore/")
        assert submit(admin, path, {"reason": "x"}).status_code == 422
        assert path not in markup_of(admin.get(page_of(one)))


class TestPolicy:
    def test_administrators_set_it_with_a_reason(self, tree: ResellerTree) -> None:
        admin = signed_in(StaffFactory(administrator=True))
        path = page_of(tree.agent, "policy/")
        refused = submit(admin, path, {"sub_agents": "forbidden"})
        assert refused.status_code == 422
        assert own_policy(tree.agent) is None
        assert (
            submit(admin, path, {"sub_agents": "forbidden", "reason": "debts"}).status_code == 303
        )
        assert own_policy(tree.agent) is SubAgentPolicy.FORBIDDEN
        entry = AuditEntry.objects.get(action="policy.set")
        assert (entry.account, entry.reason) == ("Dhaka-Retail-Sub", "debts")

    def test_it_is_given_back_to_inheritance(self, tree: ResellerTree) -> None:
        staff = StaffFactory(administrator=True)
        policy_set(actor=actor_for(staff), account=tree.agent, sub_agents=SubAgentPolicy.ALLOWED)
        submit(signed_in(staff), page_of(tree.agent, "policy/"), {"sub_agents": "", "reason": "x"})
        assert own_policy(tree.agent) is None

    def test_what_is_inherited_and_what_counts_is_shown(self, tree: ResellerTree) -> None:
        staff = StaffFactory(administrator=True)
        policy_set(actor=actor_for(staff), account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        policy_set(actor=actor_for(staff), account=tree.agent, sub_agents=SubAgentPolicy.ALLOWED)
        words = text_of(signed_in(staff).get(page_of(tree.agent, "policy/")))
        assert "What counts now Forbidden" in words
        assert "Inherit: Forbidden" in words
        assert "BD-Wholesale-Agent Forbidden" in words

    def test_agents_neither_see_nor_set_it(self, tree: ResellerTree, browser: Client) -> None:
        for answer in (
            browser.get(page_of(tree.customer, "policy/")),
            submit(browser, page_of(tree.customer, "policy/"), {"sub_agents": "", "reason": "x"}),
        ):
            assert answer.status_code == 403

    def test_agents_read_what_holds_for_them_in_words(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        staff = actor_for(StaffFactory(administrator=True))
        policy_set(actor=staff, account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        page = browser.get(page_of(tree.agent, ""))
        assert "No account here may become an agent." in text_of(page)
        assert "policy/" not in page.content.decode()
        assert "Inherited" not in text_of(page)
