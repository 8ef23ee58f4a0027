"""Whoever stands above a viewer is one "level above yours"; above the top level stand
administrators alone.
"""

import pytest
from django.test import Client

from accounts.authorizations.services.grants import grants_set
from accounts.core.above import someone_above
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL, Authorization
from accounts.gateways.services.capacity import ceiling_set
from accounts.kit.errors import Refused
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.moving import account_move
from tests.architecture.law import APPS
from tests.architecture.sources import ROOT
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.numbers import limit
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def top(reseller_tree: ResellerTree) -> Client:
    """A browser of the agent at the top level."""
    return signed_in(UserFactory(account=reseller_tree.top, username="top-desk"))


@pytest.fixture
def below(reseller_tree: ResellerTree) -> Client:
    """A browser of the agent below it."""
    return signed_in(UserFactory(account=reseller_tree.agent, username="dhaka-desk"))


def asked(browser: Client, who: str, deed: str, target: str) -> str:
    query = {"who": who, "deed": deed, "target": target}
    return text_of(browser.get("/check-access/", query))


def test_the_words() -> None:
    assert someone_above(is_top_level=True) == "an administrator"
    assert someone_above(is_top_level=False) == "a level above yours"


def test_there_is_no_other_place_for_them() -> None:
    """Every sentence takes them from `accounts.core.above`: else a top-level agent reads of a level
    that there is not.
    """
    files = [one for app in APPS for one in (ROOT / app).rglob("*.py")]
    files += (ROOT / "templates").rglob("*.html")
    found = [
        str(one.relative_to(ROOT))
        for one in files
        if "level above yours" in one.read_text().lower().replace("“", "").replace("”", "")
    ]
    assert found == ["accounts/core/above.py"]


class TestCheckAccess:
    def test_what_is_missing(self, top: Client, below: Client) -> None:
        words = asked(top, "top-desk", "manage_phone", "Customer-001")
        assert "your account does not hold. An administrator can grant it." in words
        assert "Ask an administrator." in words
        words = asked(below, "dhaka-desk", "manage_phone", "Customer-001")
        assert "your account does not hold. A level above yours can grant it." in words
        assert "Ask a level above yours, or an administrator." in words

    def test_what_does_not_act_on_the_own_account(
        self, reseller_tree: ResellerTree, top: Client, below: Client
    ) -> None:
        words = asked(top, "top-desk", "pay_sub_account", "BD-Wholesale-Agent")
        assert "not on your own account: an administrator looks after that." in words
        words = asked(below, "dhaka-desk", "pay_sub_account", "Dhaka-Retail-Sub")
        assert "not on your own account: a level above yours looks after that." in words

    def test_what_is_held(self, reseller_tree: ResellerTree, top: Client, below: Client) -> None:
        grant(reseller_tree.agent, Authorization.MANAGE_PHONE)
        words = asked(top, "top-desk", "manage_phone", "Customer-001")
        assert "Your account holds authorization 2. " in words
        words = asked(below, "dhaka-desk", "manage_phone", "Customer-001")
        assert "Your account holds authorization 2, and so does every level above it." in words


def test_the_own_authorizations(top: Client, below: Client) -> None:
    words = text_of(top.get("/accounts/BD-Wholesale-Agent/authorizations/"))
    assert "An administrator grants these to your account." in words
    words = text_of(below.get("/accounts/Dhaka-Retail-Sub/authorizations/"))
    assert "A level above yours grants these to your account." in words


def test_numbers_that_the_platform_refuses(
    reseller_tree: ResellerTree, top: Client, below: Client
) -> None:
    limit(None, "block 882")
    for browser, account, name in (
        (top, "BD-Wholesale-Agent", "an administrator"),
        (below, "Dhaka-Retail-Sub", "a level above yours"),
    ):
        query = {"account": account, "number": "8821234567"}
        words = text_of(browser.get("/number-sections/test/", query))
        assert f"Refused by {name}" in words
        sections = text_of(browser.get(f"/accounts/{account}/number-sections/"))
        assert name.capitalize() in sections


def test_a_ceiling_of_the_own_account(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent)
    for account, name in (
        (reseller_tree.top, "an administrator"),
        (reseller_tree.agent, "a level above yours"),
    ):
        actor = actor_for(UserFactory(account=account))
        with pytest.raises(Refused, match=f"of your own account is set by {name}"):
            ceiling_set(actor=actor, account=account, calls=5)


def test_a_locked_account_is_told_whom_to_ask(
    reseller_tree: ResellerTree, top: Client, below: Client
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    assert "Ask an administrator." in text_of(top.get("/"))
    words = text_of(below.get("/"))
    assert "A level above yours is locked or expired." in words
    assert "Ask a level above yours." in words


def test_what_former_agents_did_is_no_level_above_the_top(
    reseller_tree: ResellerTree, top: Client
) -> None:
    """An account that was moved to the top level was granted by, and moved from, somebody."""
    tree = reseller_tree
    grant(tree.agent)
    granter = UserFactory(account=tree.top, username="granter")
    grants_set(actor=actor_for(granter), account=tree.sub_agent, codes=ALL, reason="theirs to know")
    moved = account_move(actor=SYSTEM, account=tree.sub_agent, parent=None)
    browser = signed_in(UserFactory(account=moved, username="moved-desk"))
    where = f"/accounts/{moved.account_id}"
    pages = [f"{where}/", f"{where}/authorizations/", f"{where}/authorizations/history/"]
    pages += [f"{where}/audit/", "/audit/", "/", "/payments/"]
    words = [text_of(browser.get(page)) for page in pages]
    assert not [one for one in words if "level above yours" in one.lower()]
    assert "former agent" in words[1]
    assert not [one for one in words if "Dhaka-Retail-Sub" in one or "theirs to know" in one]
