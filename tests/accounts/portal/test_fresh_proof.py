"""Who signed in long ago gains nothing that takes a fresh proof: every address that is posted to
either asks for one and does nothing, or gains nothing of the kind.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from accounts.core.models import Account, AuditEntry, LoginCode, User
from billing.ledger.models import Transaction
from tests.factories import PASSWORD, UserFactory, grant
from tests.factories.fixtures import signed_in, signed_in_long_ago
from tests.support.addresses import walked
from tests.support.answering import LEFT_OUT, answered, submit
from tests.support.gains import (
    ADMINISTRATOR,
    AGENT,
    CASES,
    MANY,
    NEW_ACCOUNT,
    NOTHING,
    NUMBER,
    OWN_TOP_UP,
    READ_ONLY,
    SUPERUSER,
    Case,
    Scene,
    in_admin,
    login_page,
    of,
)
from tests.support.pages import markup_of
from tests.support.undoing import kept_for_a_module, undone

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

AGAIN = "/security/reauthenticate/"


def posted_to(resolver: Any = None, namespace: str = "") -> Iterator[str]:
    """The names of all addresses that answer a post."""
    for one in (resolver or get_resolver()).url_patterns:
        if not isinstance(one, URLPattern):
            yield from posted_to(one, namespace + (f"{one.namespace}:" if one.namespace else ""))
        elif hasattr(getattr(one.callback, "view_class", None) or _Function, "post"):
            yield namespace + (one.name or "")


class _Function:
    """A view that is no class answers everything."""

    post = None


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    with kept_for_a_module(django_db_blocker):
        yield Scene()


def test_every_address_that_is_posted_to_is_decided_on() -> None:
    known = {one.name for one in CASES} | set(MANY) | NOTHING
    undecided = {one for one in posted_to() if one not in known and not one.startswith(READ_ONLY)}
    assert undecided == set(), "does it gain something of `accounts.kit.proof`? Say so here"


def test_what_is_decided_on_exists_and_once() -> None:
    existing = set(posted_to())
    gaining = {one.name for one in CASES} | set(MANY)
    assert (gaining | NOTHING) - existing == set()
    assert gaining & NOTHING == set()


def rows() -> tuple[int, ...]:
    return (
        AuditEntry.objects.filter(is_refused=False).count(),
        Transaction.objects.count(),
        User.objects.count(),
        LoginCode.objects.count(),
        Account.objects.count(),
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_who_signed_in_long_ago_is_asked_and_gains_nothing(scene: Scene, case: Case) -> None:
    at = case.at(scene)
    with undone():
        data = case.sent(scene)
        browser = signed_in_long_ago(scene.people[case.who])
        before = rows()
        opened, answer = browser.get(at), browser.post(at, data)
        assert (opened.status_code == 302) == case.page
        assert answer.status_code == 302, answer.content.decode()[:3000]
        assert answer["Location"].startswith(AGAIN)
        assert rows() == before
    with undone():
        done = signed_in(scene.people[case.who]).post(at, data)
        assert AGAIN not in done.headers.get("Location", "")
        assert rows() != before, done.content.decode()


@pytest.mark.parametrize("case", walked(CASES), ids=str)
def test_what_was_typed_is_done_once_the_proof_is_there(scene: Scene, case: Case) -> None:
    """Without typing it again; and a proof for another page does nothing of it."""
    at = case.at(scene)
    with undone():
        data = case.sent(scene)
        browser = signed_in_long_ago(scene.people[case.who])
        before = rows()
        asked = browser.post(at, data)["Location"]
        browser.post(f"{AGAIN}?next=/security/", {"password": PASSWORD})
        assert rows() == before
    with undone():
        data = case.sent(scene)
        browser = signed_in_long_ago(scene.people[case.who])
        asked = browser.post(at, data)["Location"]
        assert browser.post(asked, {"password": "not this one"}).status_code == 422
        assert rows() == before
        done = browser.post(asked, {"password": PASSWORD})
        assert rows() != before, done.content.decode()


class TestWhatFollowsFromTheInput:
    """The same address, where nothing of the kind is gained."""

    @pytest.fixture
    def browser(self, scene: Scene) -> Client:
        return signed_in_long_ago(scene.people[AGENT])

    def test_a_payment_below_asks_nothing(self, scene: Scene, browser: Client) -> None:
        with undone():
            at = of(scene, "customer", "payments/new")
            check = submit(browser, at, {**OWN_TOP_UP, "kind": "recharge"})
            answer = browser.post(at, answered(check, {"confirmed": "1"}))
            assert answer.status_code == 303
            assert answer["Location"].startswith("/payments/")

    def test_an_account_without_a_login_asks_nothing(self, scene: Scene, browser: Client) -> None:
        with undone():
            answer = submit(browser, "/accounts/new/", NEW_ACCOUNT)
            assert answer["Location"] == "/accounts/New-001/"

    def test_a_login_that_keeps_its_address_asks_nothing(
        self, scene: Scene, browser: Client
    ) -> None:
        with undone():
            answer = submit(browser, login_page(scene, "edit"), {"full_name": "Kamal"})
            assert answer["Location"] == of(scene, "customer", "logins")

    def test_a_preview_of_phones_asks_nothing(self, scene: Scene, browser: Client) -> None:
        with undone():
            at = of(scene, "customer", "phones/new")
            page = signed_in(scene.people[AGENT]).get(at)
            values = answered(page, {"numbers": f"{NUMBER}\n8801999000002"})
            answer = browser.post(at, values)
            assert answer.status_code == 200
            part = browser.post(f"{at}?check=1", values)
            assert part.status_code == 200


def test_a_part_of_a_page_leads_the_whole_page_to_the_proof(scene: Scene) -> None:
    at = of(scene, "agent", "logins/new")
    browser = signed_in_long_ago(scene.people[ADMINISTRATOR])
    with undone():
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{at}"}
        answer = browser.get(at, headers=headers)
        assert answer.headers["HX-Redirect"].startswith(AGAIN)


def test_what_waited_is_not_done_by_opening_the_page_again(scene: Scene) -> None:
    """A post whose proof was never given is forgotten as soon as something else asks."""
    at = of(scene, "agent", "logins/new")
    with undone():
        browser = signed_in_long_ago(scene.people[ADMINISTRATOR])
        before = rows()
        browser.post(at, CASES[0].sent(scene))
        asked = browser.get(at)["Location"]
        done = browser.post(asked, {"password": PASSWORD})
        assert done["Location"] == at
        assert rows() == before


def test_an_address_with_a_query_goes_on_with_what_was_typed(scene: Scene) -> None:
    with undone():
        browser = signed_in_long_ago(scene.people[AGENT])
        at = f"/accounts/new/?agent={scene.account_id('sub_agent')}"
        asked = submit(browser, at, {**NEW_ACCOUNT, "login_username": "first-one"})["Location"]
        browser.post(asked, {"password": PASSWORD})
        assert Account.objects.get(account_id="New-001").parent == scene.tree.sub_agent


def test_an_import_asks_before_it_shows_passwords(scene: Scene) -> None:
    with undone():
        browser = signed_in_long_ago(scene.people[AGENT])
        assert browser.get("/phones/import/")["Location"].startswith(AGAIN)
        page = signed_in(scene.people[AGENT]).get("/phones/import/")
        typed = {"account": scene.account_id("customer"), "text": f"number\n{NUMBER}\n"}
        preview = browser.post("/phones/import/", answered(page, typed))
        assert preview.status_code == 200
        sent = answered(preview, typed)
        assert "seen" in sent
        answer = browser.post("/phones/import/", sent)
        assert answer["Location"].startswith(AGAIN)


def test_the_admin_asks_where_accounts_below_lose_something(scene: Scene) -> None:
    with undone():
        grant(scene.tree.customer, "manage_phone")
        at = in_admin("account", scene.tree.agent.pk, "change")
        browser = signed_in_long_ago(scene.people[SUPERUSER])
        answer = submit(browser, at, {"manage_phone": LEFT_OUT, "grant_reason": "x"})
        assert answer["Location"].startswith(AGAIN)
        assert scene.tree.customer.grants.exists()


class TestTheAttacks:
    """Somebody sits down at a browser that an agent left open this morning."""

    def test_takes_no_login_over(self, scene: Scene) -> None:
        with undone():
            victim = UserFactory(account=grant(scene.tree.sub_agent))
            browser = signed_in_long_ago(scene.people[AGENT])
            at = of(scene, "sub_agent", f"logins/{victim.username}/reset")
            answer = browser.post(at, {"way_in": "code", "reason": ""})
            assert answer["Location"].startswith(AGAIN)
            assert "data-one-time-code" not in markup_of(browser.get(at, follow=True))
            assert User.objects.get(pk=victim.pk).check_password(PASSWORD)

    def test_sees_no_sip_password(self, scene: Scene) -> None:
        with undone():
            browser = signed_in_long_ago(scene.people[AGENT])
            at = f"/phones/{scene.phones['customer']}/reset/"
            assert browser.post(at)["Location"].startswith(AGAIN)
            assert not AuditEntry.objects.filter(action="phone.reset").exists()
