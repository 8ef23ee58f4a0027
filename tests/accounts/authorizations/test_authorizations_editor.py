"""The eight boxes of an account: what the page shows to whom, and what it begins with."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.templates import template_create, template_edit
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account, AuthorizationTemplate, GrantUse, User
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import AccountFactory, ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.authorizing import page_of
from tests.support.cautions import shown_cautions
from tests.support.pages import text_of
from tests.support.sabotage import plant_grant

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

A = Authorization
MANAGE, PHONES, CARDS, GATEWAYS = (
    A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.MANAGE_PHONE_CARD, A.MANAGE_GATEWAY,
)  # fmt: skip
HELD = MANAGE, PHONES, A.PAY_SUB_ACCOUNT


def box(response: Any, code: Authorization) -> str:
    """The tag of one box."""
    found = re.search(rf'<input[^>]*name="{code}"[^>]*>', response.content.decode())
    assert found, code
    return found[0]


def ticked(response: Any) -> set[Authorization]:
    return {code for code in Authorization if " checked" in box(response, code)}


def disabled(response: Any) -> set[Authorization]:
    return {code for code in Authorization if 'aria-disabled="true"' in box(response, code)}


def row(response: Any, code: Authorization) -> str:
    """The words of one row."""
    body = response.content.decode().split(f'data-auth="{code}"', 1)[1]
    body = body.split('data-auth="', 1)[0].split("</fieldset>", 1)[0]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


class TestShowing:
    def test_all_eight_are_shown_in_their_groups(self, tree: ResellerTree, agent: User) -> None:
        page = signed_in(agent).get(page_of(tree.customer))
        assert all(box(page, code) for code in Authorization)
        legends = re.findall(r"<legend>(.*?)</legend>", page.content.decode())
        assert legends == ["Accounts", "Phones", "Cards", "Gateways", "Payments"]

    def test_each_says_its_risk_and_when_to_grant_it(self, tree: ResellerTree, agent: User) -> None:
        page = signed_in(agent).get(page_of(tree.customer))
        for code in Authorization:
            words = row(page, code)
            assert ("High risk" if code.risk == "high" else "Medium risk") in words
            assert str(code.when_to_grant) in words

    def test_what_cannot_be_granted_is_disabled_and_says_why(
        self, tree: ResellerTree, agent: User
    ) -> None:
        page = signed_in(agent).get(page_of(tree.customer))
        assert disabled(page) == ALL - {MANAGE, PHONES, A.PAY_SUB_ACCOUNT}
        assert "Customer-001 cannot have it: you do not hold it." in row(page, GATEWAYS)
        described = re.search(r'aria-describedby="([^"]*)"', box(page, GATEWAYS))
        assert described
        assert all(f'id="{one}"' in page.content.decode() for one in described[1].split())

    def test_the_agent_that_lacks_it_is_named(self, tree: ResellerTree, agent: User) -> None:
        page = signed_in(agent).get(page_of(tree.deep_customer))
        words = "Customer-301 cannot have it: its agent Sub-Sub-Agent does not hold it."
        assert words in row(page, PHONES)

    def test_who_granted_it_when_and_why(self, tree: ResellerTree, agent: User) -> None:
        grants_set(
            actor=actor_for(agent),
            account=tree.customer,
            codes=frozenset({PHONES}),
            reason="runs a call shop",
        )
        page = signed_in(agent).get(page_of(tree.customer))
        day = f"{timezone.localtime():%Y-%m-%d}"
        assert f"Granted by dhaka-login on {day}, “runs a call shop”" in row(page, PHONES)

    def test_an_unused_one_is_due_for_review(self, tree: ResellerTree, agent: User) -> None:
        with time_machine.travel(timezone.now() - timedelta(days=91)):
            grant(tree.customer, PHONES)
        page = signed_in(agent).get(page_of(tree.customer))
        assert "never used in 90 days" in row(page, PHONES)
        assert "review due" in row(page, PHONES)
        GrantUse.objects.create(account=tree.customer, code=PHONES, last_used_at=timezone.now())
        page = signed_in(agent).get(page_of(tree.customer))
        assert "used just now" in row(page, PHONES)
        assert "review due" not in row(page, PHONES)

    def test_a_fresh_one_is_not_used_yet(self, tree: ResellerTree, agent: User) -> None:
        grant(tree.customer, PHONES)
        words = row(signed_in(agent).get(page_of(tree.customer)), PHONES)
        assert "not used yet" in words
        assert "review due" not in words

    def test_an_ordinary_account_is_noted(self, tree: ResellerTree, agent: User) -> None:
        browser = signed_in(agent)
        note = "takes effect when it has a login or becomes an agent"
        assert note in text_of(browser.get(page_of(tree.customer)))
        assert note not in text_of(browser.get(page_of(tree.sub_agent)))

    def test_what_it_can_do_after_saving_is_said(self, tree: ResellerTree, agent: User) -> None:
        grant(tree.customer, PHONES)
        body = signed_in(agent).get(page_of(tree.customer)).content.decode()
        assert re.search(r'data-deed="manage_phone" class="is-on"', body)
        assert re.search(r'data-deed="manage_account">', body)

    def test_eight_without_one_is_pointed_out(self, tree: ResellerTree, agent: User) -> None:
        grant(tree.customer, A.PAY_SUB_ACCOUNT)
        browser = signed_in(agent)
        assert shown_cautions(browser.get(page_of(tree.customer))) == ["pays"]
        grant(tree.customer, MANAGE)
        assert shown_cautions(browser.get(page_of(tree.customer))) == []

    def test_the_tab_stands_on_the_account_page(self, tree: ResellerTree, agent: User) -> None:
        page = signed_in(agent).get(f"/accounts/{tree.customer.account_id}/")
        assert f'href="{page_of(tree.customer)}"' in page.content.decode()


class TestReading:
    def test_the_own_account_is_read_only_and_says_who_grants(
        self, tree: ResellerTree, agent: User
    ) -> None:
        page = signed_in(agent).get(page_of(tree.agent))
        assert page.status_code == 200
        assert ticked(page) == {MANAGE, PHONES, A.PAY_SUB_ACCOUNT}
        assert disabled(page) == ALL
        assert "A level above yours grants these to your account." in text_of(page)
        assert "Review changes" not in text_of(page)

    def test_a_top_level_account_learns_that_administrators_grant(self, tree: ResellerTree) -> None:
        top = UserFactory(account=tree.top)
        assert "An administrator grants these" in text_of(signed_in(top).get(page_of(tree.top)))

    def test_without_one_the_sub_account_is_read_only(self, tree: ResellerTree) -> None:
        sibling = UserFactory(account=tree.sibling)
        page = signed_in(sibling).get(page_of(tree.sibling_customer))
        assert page.status_code == 200
        assert disabled(page) == ALL
        assert "This needs authorization 1" in text_of(page)

    def test_granters_above_have_no_name_and_no_words(self, tree: ResellerTree) -> None:
        boss = UserFactory(account=tree.top, username="boss-of-dhaka")
        grant(tree.agent, *ALL)
        grants_set(
            actor=actor_for(boss),
            account=tree.agent,
            codes=ALL - {CARDS},
            reason="a secret of the house",
        )
        grants_set(actor=actor_for(boss), account=tree.agent, codes=ALL, reason="a secret too")
        page = signed_in(UserFactory(account=tree.agent)).get(page_of(tree.agent))
        assert "Granted by a level above yours" in row(page, CARDS)
        for secret in ("boss-of-dhaka", "secret", "BD-Wholesale"):
            assert secret not in page.content.decode()

    def test_platform_staff_is_an_administrator(self, tree: ResellerTree, agent: User) -> None:
        staff = StaffFactory(username="hidden-staff", administrator=True)
        grant(tree.agent, CARDS)
        grants_set(
            actor=actor_for(staff),
            account=tree.customer,
            codes=frozenset({CARDS}),
            reason="told by the ministry",
        )
        page = signed_in(agent).get(page_of(tree.customer))
        assert "Granted by Administrator" in row(page, CARDS)
        assert "hidden-staff" not in page.content.decode()
        assert "ministry" not in page.content.decode()
        seen = row(signed_in(staff).get(page_of(tree.customer)), CARDS)
        assert "hidden-staff" in seen
        assert "told by the ministry" in seen

    def test_who_was_deleted_is_a_former_login(self, tree: ResellerTree, agent: User) -> None:
        gone = UserFactory(account=tree.agent, username="left-the-firm")
        grants_set(actor=actor_for(gone), account=tree.customer, codes=frozenset({PHONES}))
        gone.delete()
        page = signed_in(agent).get(page_of(tree.customer))
        assert "Granted by a former login" in row(page, PHONES)

    def test_a_closed_account_is_read_only(self, tree: ResellerTree) -> None:
        closed = AccountFactory(parent=tree.agent, status="closed")
        page = signed_in(StaffFactory(administrator=True)).get(page_of(closed))
        assert disabled(page) == ALL
        assert "A closed account is never changed." in text_of(page)

    def test_hostile_names_are_text(self, tree: ResellerTree, agent: User) -> None:
        nasty = "<script>alert(1)</script>"
        account_edit(actor=SYSTEM, account=tree.customer, name=nasty)
        made = template_create(
            actor=actor_for(agent), name=nasty, codes=frozenset({PHONES}), note='"><b>x'
        )
        browser = signed_in(agent)
        for path in (page_of(tree.customer, f"?template={made.key}"), "/authorizations/templates/"):
            body = browser.get(path).content.decode()
            assert nasty not in body
            assert "&lt;script&gt;" in body


class TestNotCounting:
    def test_a_locked_level_is_said_once(self, tree: ResellerTree) -> None:
        grant(tree.sub_agent, PHONES)
        account_lock(actor=SYSTEM, account=tree.agent, reason="unpaid")
        top = UserFactory(account=tree.top)
        words = text_of(signed_in(top).get(page_of(tree.sub_agent)))
        assert "None of these counts at present. Dhaka-Retail-Sub above it is locked." in words

    def test_a_locked_level_above_ones_own_stays_unnamed(self, tree: ResellerTree) -> None:
        grant(tree.sub_agent, PHONES)
        account_lock(actor=SYSTEM, account=tree.top, reason="unpaid")
        page = signed_in(UserFactory(account=tree.agent)).get(page_of(tree.sub_agent))
        assert "A level above yours is locked or expired." in text_of(page)
        assert "BD-Wholesale" not in page.content.decode()

    def test_a_row_without_its_agents_does_not_count(self, tree: ResellerTree) -> None:
        plant_grant(tree.customer, GATEWAYS)
        page = signed_in(StaffFactory(administrator=True)).get(page_of(tree.customer))
        words = row(page, GATEWAYS)
        assert "Does not count now: Dhaka-Retail-Sub does not hold it." in words
        # It can be taken away, though it could not be granted.
        assert GATEWAYS not in disabled(page)
        own = signed_in(UserFactory(account=tree.customer)).get(page_of(tree.customer))
        assert "Does not count now: a level above yours does not hold it." in row(own, GATEWAYS)
        assert "Dhaka-Retail-Sub" not in own.content.decode()


class TestStarting:
    def test_a_template_ticks_what_can_be_granted(self, tree: ResellerTree, agent: User) -> None:
        wholesale = AuthorizationTemplate.objects.get(name="Wholesale")
        page = signed_in(agent).get(page_of(tree.customer, f"?template={wholesale.key}"))
        assert ticked(page) == {MANAGE, A.PAY_SUB_ACCOUNT}
        words = text_of(page)
        assert "The boxes follow Wholesale." in words
        for code in (GATEWAYS, A.MODIFY_GATEWAY_INFORMATION, A.MODIFY_GATEWAY_CAPACITY):
            assert f"{code.number} {code.label} : Customer-001 cannot have it" in words
        assert held(tree.customer) == frozenset()

    def test_another_account_is_copied(self, tree: ResellerTree, agent: User) -> None:
        grant(tree.customer_2, PHONES)
        page = signed_in(agent).get(page_of(tree.customer, "?copy=customer-002"))
        assert ticked(page) == {PHONES}
        assert "The boxes follow Customer-002." in text_of(page)

    @pytest.mark.parametrize("asked", ["Customer-101", "BD-Wholesale-Agent", "Nobody", "a\x00b"])
    def test_a_foreign_account_cannot_be_copied(
        self, tree: ResellerTree, agent: User, asked: str
    ) -> None:
        grant(tree.sibling_customer, PHONES)
        page = signed_in(agent).get(page_of(tree.customer), {"copy": asked})
        assert page.status_code == 422
        assert "There is no such account." in text_of(page)
        assert ticked(page) == set()

    def test_another_agents_template_does_not_exist(self, tree: ResellerTree, agent: User) -> None:
        grant(tree.sibling, MANAGE)
        other = template_create(
            actor=actor_for(UserFactory(account=tree.sibling)),
            name="Sylhet special",
            codes=frozenset({PHONES}),
        )
        page = signed_in(agent).get(page_of(tree.customer, f"?template={other.key}"))
        assert "There is no such template." in text_of(page)
        assert "Sylhet" not in page.content.decode()


class TestDrift:
    def set_up(self, tree: ResellerTree, codes: frozenset[Authorization]) -> None:
        retail = AuthorizationTemplate.objects.get(name="Retail")
        grants_set(actor=SYSTEM, account=tree.customer, codes=codes, template=retail, reason="x")

    def test_it_matches(self, tree: ResellerTree, agent: User) -> None:
        self.set_up(tree, frozenset({MANAGE, PHONES, A.PAY_SUB_ACCOUNT}))
        assert "matches Retail" in text_of(signed_in(agent).get(page_of(tree.customer)))

    def test_it_was_modified_since(self, tree: ResellerTree, agent: User) -> None:
        self.set_up(tree, frozenset({MANAGE, PHONES, A.PAY_SUB_ACCOUNT}))
        grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset({PHONES}), reason="x")
        words = text_of(signed_in(agent).get(page_of(tree.customer)))
        assert "modified since Retail" in words
        assert "Fewer than the template: 1 Add/delete/modify account" in words

    def test_a_changed_template_changes_no_account_and_is_said(
        self, tree: ResellerTree, agent: User
    ) -> None:
        self.set_up(tree, frozenset({MANAGE, PHONES, A.PAY_SUB_ACCOUNT}))
        retail = AuthorizationTemplate.objects.get(name="Retail")
        template_edit(
            actor=actor_for(StaffFactory(administrator=True)),
            template=retail,
            name="Retail",
            codes=ALL,
            kind="template",
            note="",
            expected_version=retail.version,
        )
        assert held(tree.customer) == {MANAGE, PHONES, A.PAY_SUB_ACCOUNT}
        words = text_of(signed_in(agent).get(page_of(tree.customer)))
        assert "The template was changed since; this account keeps what it was granted." in words

    def test_the_template_of_a_level_above_stays_unnamed(self, tree: ResellerTree) -> None:
        boss = actor_for(UserFactory(account=tree.top))
        special = template_create(actor=boss, name="Boss special", codes=frozenset({PHONES}))
        grants_set(actor=boss, account=tree.agent, codes=held(tree.agent), template=special)
        page = signed_in(UserFactory(account=tree.agent)).get(page_of(tree.agent))
        assert "Boss special" not in page.content.decode()
        assert "modified since a template you cannot see" in text_of(page)


def test_the_page_stays_within_fifteen_queries(tree: ResellerTree, agent: User) -> None:
    browser, path = signed_in(agent), page_of(tree.sub_agent)

    def queries() -> int:
        browser.get(path)
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(path).status_code == 200
        return len(caught)

    few = queries()
    drafts = [Draft(f"Many-{n:03}", "Many", "Sub-Sub-Agent") for n in range(300)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    grant(tree.sub_agent, MANAGE, PHONES, A.PAY_SUB_ACCOUNT)
    for one in Account.objects.filter(account_id__startswith="Many-00"):
        grant(one, PHONES)
    many = queries()
    assert many <= few
    assert many <= 15
