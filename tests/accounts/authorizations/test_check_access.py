"""Who, which deed, on which account: one sentence with the deciding level, and what would help."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.authorizations.services.policies import policy_set
from accounts.authorizations.words.access_check import check
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import SubAgentPolicy, User
from accounts.logins.services.logins import login_lock
from accounts.tree.services.accounts import account_lock
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, revoke
from tests.factories.fixtures import signed_in
from tests.support import sabotage
from tests.support.pages import markup_of

pytestmark = pytest.mark.django_db

PHONES, MANAGE = Authorization.MANAGE_PHONE, Authorization.MANAGE_ACCOUNT


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> User:
    grant(reseller_tree.agent, MANAGE, PHONES)
    return UserFactory(account=reseller_tree.agent, username="dhaka-desk")


def ask(browser: Client, who: str, deed: str, target: str, status: int = 200) -> str:
    answer = browser.get("/check-access/", {"who": who, "deed": deed, "target": target})
    assert answer.status_code == status
    return answer.content.decode()


def test_yes_says_why(agent: User, administrator: User) -> None:
    page = ask(signed_in(administrator), "dhaka-desk", "manage_phone", "Customer-001")
    assert "<b>Yes.</b>" in page
    assert "Dhaka-Retail-Sub holds authorization 2, and so does every level above it." in page


def test_no_names_the_deciding_level_and_links_what_helps(agent: User, administrator: User) -> None:
    page = ask(signed_in(administrator), "dhaka-desk", "manage_gateway", "Customer-001")
    assert "<b>No.</b>" in page
    assert "BD-Wholesale-Agent does not hold authorization 4" in page
    assert 'href="/accounts/BD-Wholesale-Agent/authorizations/"' in page


def test_an_account_stands_for_any_of_its_logins(agent: User, administrator: User) -> None:
    page = ask(signed_in(administrator), "customer-001", "manage_phone", "Customer-001")
    assert "which Customer-001 does not hold" in page


def test_a_lock_above_decides(
    agent: User, administrator: User, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    page = ask(signed_in(administrator), "dhaka-desk", "manage_phone", "Customer-001")
    assert "BD-Wholesale-Agent is locked or expired, and with it everything below it." in page


def test_a_locked_login_does_nothing(agent: User, administrator: User) -> None:
    login_lock(actor=SYSTEM, user=agent, reason="x")
    page = ask(signed_in(administrator), "dhaka-desk", "manage_phone", "Customer-001")
    assert "This login is locked" in page
    assert 'href="/accounts/Dhaka-Retail-Sub/logins/"' in page


def test_outside_the_hierarchy_nothing_is_reached(agent: User, administrator: User) -> None:
    page = ask(signed_in(administrator), "dhaka-desk", "manage_phone", "Customer-101")
    assert "does not lie below Dhaka-Retail-Sub" in page
    assert "That is as it should be." in page
    # Nothing is offered that would open it.
    assert "/move/" not in page
    assert "/accounts/Customer-101/" not in page


def test_a_right_isolation_stays_one_whatever_else_is_wrong(
    agent: User,
    administrator: User,
    operator: User,
    reseller_tree: ResellerTree,
    settings: Any,
) -> None:
    settings.REQUIRE_SECOND_FACTOR = frozenset({"high"})
    foreign = reseller_tree.sibling_customer
    for deed in ("manage_phone", "add", "pay_sub_account"):
        answer = check(actor_for(administrator), agent, actor_for(agent), deed, foreign)
        assert "does not lie below Dhaka-Retail-Sub" in answer.sentence
        assert (answer.is_allowed, answer.ways_out) == (False, ())
    settings.REQUIRE_SECOND_FACTOR = frozenset()
    browser = signed_in(administrator)
    login_lock(actor=SYSTEM, user=agent, reason="x")
    locked = ask(browser, "dhaka-desk", "manage_phone", "Customer-101")
    assert "That is as it should be." in locked
    # To unlock it would change nothing about this account.
    assert "/accounts/Dhaka-Retail-Sub/logins/" not in locked
    page = ask(browser, operator.username, "manage_phone", "Customer-101")
    assert "In the portal it reaches no account. That is as it should be." in page
    assert "superuser" not in page


def test_adding_is_a_deed_of_its_own(agent: User, administrator: User) -> None:
    browser = signed_in(administrator)
    assert "<b>Yes.</b>" in ask(browser, "dhaka-desk", "add", "Dhaka-Retail-Sub")
    own = ask(browser, "dhaka-desk", "manage_account", "Dhaka-Retail-Sub")
    assert "not on Dhaka-Retail-Sub itself" in own
    # Nobody stands above the reader, who could be asked.
    assert "a level above yours, or an administrator" not in own


def test_the_policy_for_new_agents_is_part_of_it(
    agent: User, administrator: User, reseller_tree: ResellerTree
) -> None:
    browser = signed_in(administrator)
    assert "has to approve that first" in ask(browser, "dhaka-desk", "add", "Customer-001")
    policy_set(actor=SYSTEM, account=reseller_tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
    page = ask(browser, "dhaka-desk", "add", "Customer-001")
    assert "New agents are not permitted here" in page
    assert 'href="/accounts/Customer-001/authorizations/policy/"' in page


def test_the_second_factor_is_part_of_it(
    agent: User, administrator: User, reseller_tree: ResellerTree, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = frozenset({"high"})
    answer = check(
        actor_for(administrator), agent, actor_for(agent), "manage_phone", reseller_tree.customer
    )
    assert not answer.is_allowed
    assert "no second factor yet" in answer.sentence


# As an agent


def test_what_an_account_cannot_do_to_itself_needs_nobody_further_up(agent: User) -> None:
    page = ask(signed_in(agent), "Customer-001", "pay_sub_account", "Customer-001")
    assert "not on Customer-001 itself" in page
    assert "Ask a level above" not in page


def test_an_agent_asks_about_its_own_hierarchy(agent: User) -> None:
    page = ask(signed_in(agent), "Customer-001", "manage_phone", "Customer-001")
    assert "which Customer-001 does not hold" in page
    assert 'href="/accounts/Customer-001/authorizations/"' in page


def test_levels_above_are_never_named(agent: User, reseller_tree: ResellerTree) -> None:
    browser = signed_in(agent)
    sabotage.plant_grant(reseller_tree.agent, "manage_gateway")
    missing = ask(browser, "dhaka-desk", "manage_gateway", "Customer-001")
    assert "a level above yours does not hold" in missing
    revoke(reseller_tree.top)
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    stopped = ask(browser, "dhaka-desk", "manage_phone", "Customer-001")
    assert "blocked by a level above yours" in stopped
    for page in (missing, stopped):
        assert "BD-Wholesale-Agent" not in page


@pytest.mark.parametrize("above", ["top", "sub_agent"])
def test_levels_above_are_neither_counted_nor_is_it_told_what_they_hold(
    reseller_tree: ResellerTree, above: str
) -> None:
    """One level above or three: the same checks, first those of the own account."""
    grant(reseller_tree.agent)
    grant(reseller_tree.sub_agent)
    own = AccountFactory(account_id="Own-001", parent=getattr(reseller_tree, above))
    browser = signed_in(UserFactory(account=own, username="own-desk"))
    steps = [
        "The login may sign in.",
        "The account lies within the login's own hierarchy.",
        "Authorization 2 acts on this account.",
    ]
    missing = browser.get("/check-access/?who=own-desk&deed=manage_phone&target=Own-001")
    words = [one.words for one in missing.context["answer"].steps]
    assert words[:-1] == steps
    assert "which your account does not hold" in words[-1]
    grant(own, Authorization.MANAGE_PHONE)
    granted = browser.get("/check-access/?who=own-desk&deed=manage_phone&target=Own-001")
    assert [one.words for one in granted.context["answer"].steps] == [
        *steps,
        "Your account is active and holds it.",
        "Nothing at a level above yours stands against it.",
    ]


@pytest.mark.parametrize("who", ["foreign-desk", "Sylhet-Retail-Sub", "nobody-at-all"])
def test_foreign_and_unknown_are_the_same(
    agent: User, reseller_tree: ResellerTree, who: str
) -> None:
    UserFactory(account=reseller_tree.sibling, username="foreign-desk")
    page = ask(signed_in(agent), who, "manage_phone", "Customer-001", status=422)
    assert "This must be a login or an account in your scope." in page


@pytest.mark.parametrize("target", ["Customer-101", "BD-Wholesale-Agent", "Nobody-001"])
def test_a_foreign_target_is_unknown(agent: User, target: str) -> None:
    page = ask(signed_in(agent), "dhaka-desk", "manage_phone", target, status=422)
    assert "This must be an account in your scope." in page


def test_an_unknown_deed_is_an_error(agent: User) -> None:
    ask(signed_in(agent), "dhaka-desk", "fly", "Customer-001", status=422)


def test_the_question_costs_few_queries(agent: User, django_assert_max_num_queries: Any) -> None:
    browser = signed_in(agent)
    with django_assert_max_num_queries(25):
        ask(browser, "Customer-301", "manage_phone", "Customer-301")


def test_a_refused_page_explains_itself_as_the_access_check_does(
    agent: User, reseller_tree: ResellerTree
) -> None:
    revoke(reseller_tree.agent, MANAGE)
    browser = signed_in(agent)
    refused = browser.get("/accounts/Customer-001/edit/")
    assert refused.status_code == 403
    page = unescape(refused.content.decode())
    checks = refused.context["error"].steps
    answer = unescape(ask(browser, "dhaka-desk", "manage_account", "Customer-001"))
    assert len(checks) >= 2
    for step in checks:
        assert step.words in page
        assert step.words in answer
    assert not checks[-1].is_passed
    assert "/check-access/?who=dhaka-desk&deed=manage_account&target=Customer-001" in page


def test_a_refused_page_names_no_level_above(agent: User, reseller_tree: ResellerTree) -> None:
    revoke(reseller_tree.top, MANAGE)
    refused = signed_in(agent).get("/accounts/Customer-001/edit/")
    assert refused.status_code == 403
    assert "BD-Wholesale-Agent" not in markup_of(refused, 403)
