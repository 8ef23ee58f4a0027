"""An administrator looks at the portal as an agent's login does, and changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry, User
from accounts.kit.errors import NotAllowed, Refused
from accounts.logins.models import ViewAs
from accounts.logins.services.logins import login_lock
from accounts.logins.services.view_as import view_as_start
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.addresses import routes
from tests.support.pages import markup_of
from tests.support.refusals import snapshot
from tests.support.urls_kinds import Audience
from tests.support.urls_registry import classified
from tests.support.world import UNKNOWN_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> User:
    """A login of Dhaka-Retail-Sub, which may do everything."""
    grant(reseller_tree.agent)
    return UserFactory(account=reseller_tree.agent, username="dhaka-desk")


@pytest.fixture
def looking(agent: User, administrator: User) -> Client:
    """The administrator's browser, looking as the agent's login."""
    browser = signed_in(administrator)
    answer = browser.post(
        "/accounts/Dhaka-Retail-Sub/view-as/", {"login_name": agent.username, "reason": "a call"}
    )
    assert answer.status_code == 303
    return browser


def test_the_page_offers_the_logins_of_the_account(agent: User, administrator: User) -> None:
    page = signed_in(administrator).get("/accounts/Dhaka-Retail-Sub/view-as/").content.decode()
    assert "dhaka-desk" in page
    assert "Look as this login" in page


def test_it_shows_what_the_login_sees_and_says_so(
    looking: Client, reseller_tree: ResellerTree
) -> None:
    page = looking.get("/accounts/").headers["Location"]
    assert page == "/accounts/Dhaka-Retail-Sub/sub-accounts/"
    body = looking.get(page).content.decode()
    assert "Customer-001" in body
    assert "You look as <b>dhaka-desk</b> of <b>Dhaka-Retail-Sub</b>" in body
    assert "BD-Wholesale-Agent" not in body
    assert looking.get("/accounts/Master-Agent-2/").status_code == 404
    assert looking.get("/accounts/BD-Wholesale-Agent/").status_code == 404


@pytest.mark.walk
def test_every_changing_request_is_refused(looking: Client) -> None:
    """Whatever the address: nothing but ending the view, or signing out, is done."""
    before = snapshot()
    found = routes()
    assert len(found) > 300
    for route in found:
        address = classified(route)
        assert address, route
        if route.name in ("view-as-end", "account_logout"):
            continue
        if address.audience is Audience.PUBLIC and not route.name.startswith("account"):
            continue
        values = dict.fromkeys(route.parameters, "Customer-001")
        for number in ("pk", "object_id", "content_type_id", "rate", "correction"):
            if number in values:
                values[number] = 1
        answer = looking.post(route.path(values), {})
        assert answer.status_code in (403, 404), (route.name, answer.status_code)
    assert snapshot() == before


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/Dhaka-Retail-Sub/sub-accounts/export/?show=all&format=csv",
        "/accounts/export/?format=csv",
        "/security/",
        "/security/password/",
        "/security/sessions/",
        "/admin/",
        "/accounts/Dhaka-Retail-Sub/view-as/",
    ],
)
def test_exports_security_and_the_admin_stay_closed(looking: Client, path: str) -> None:
    assert looking.get(path).status_code in (403, 404)


@pytest.mark.walk
def test_every_export_is_closed(looking: Client) -> None:
    exports = [one for one in routes() if "export" in one.name]
    assert len(exports) >= 5
    for route in exports:
        values = dict.fromkeys(route.parameters, "Dhaka-Retail-Sub") | {
            name: key
            for name in route.parameters
            for ending, key in (("_id", UNKNOWN_KEY), ("pk", 999999))
            if name.endswith(ending) and name != "account_id"
        }
        assert looking.get(route.path(values) + "?format=csv").status_code == 403, route.name


def test_permissions_asked_in_templates_are_no(
    looking: Client, reseller_tree: ResellerTree
) -> None:
    page = looking.get("/accounts/Customer-001/")
    user = page.wsgi_request.user
    assert not user.has_perm("accounts.manage_account", reseller_tree.customer)
    assert "nothing can be changed in this view" in page.content.decode()


def test_both_names_are_in_the_audit_log(looking: Client, administrator: User) -> None:
    entry = AuditEntry.objects.get(action="view_as.start")
    assert (entry.actor, entry.subject) == (administrator.username, "dhaka-desk")
    assert (entry.account, entry.reason) == ("Dhaka-Retail-Sub", "a call")


def test_what_was_tried_while_looking_is_recorded_under_both_names(
    looking: Client, administrator: User
) -> None:
    looking.post("/accounts/Customer-001/edit/", {"name": "x"})
    looking.get("/accounts/export/?format=csv")
    tried = AuditEntry.objects.filter(is_refused=True).order_by("pk")
    assert [one.subject for one in tried] == ["/accounts/Customer-001/edit/", "/accounts/export/"]
    for one in tried:
        assert (one.actor, one.on_behalf_of) == (administrator.username, "dhaka-desk")


def test_it_ends_on_request(looking: Client) -> None:
    answer = looking.post("/view-as/end/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts/Dhaka-Retail-Sub/")
    page = looking.get("/accounts/Master-Agent-2/")
    assert page.status_code == 200
    assert "You look as <b>" not in markup_of(page)
    assert AuditEntry.objects.filter(action="view_as.end").count() == 1
    assert looking.post("/view-as/end/").headers["Location"] == "/"


def test_signing_out_works(looking: Client) -> None:
    assert looking.post("/logout/").status_code == 302
    assert looking.get("/").status_code == 302


def is_over(browser: Client) -> bool:
    """Whether the administrator sees the whole platform again, and is told why."""
    page = browser.get("/accounts/Master-Agent-2/")
    body = page.content.decode()
    return page.status_code == 200 and "You look as yourself again." in body


def test_it_ends_after_half_an_hour(looking: Client) -> None:
    assert looking.get("/accounts/Master-Agent-2/").status_code == 404
    ViewAs.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert is_over(looking)
    assert ViewAs.objects.get().end_reason == "The half hour is over."


@pytest.mark.parametrize("level", ["agent", "top"])
def test_it_ends_when_the_account_or_a_level_above_is_locked(
    looking: Client, reseller_tree: ResellerTree, level: str
) -> None:
    account_lock(actor=SYSTEM, account=getattr(reseller_tree, level), reason="x")
    assert is_over(looking)


@pytest.mark.parametrize("level", ["agent", "top"])
def test_it_ends_when_the_account_or_a_level_above_is_moved(
    looking: Client, reseller_tree: ResellerTree, level: str
) -> None:
    account_move(
        actor=SYSTEM, account=getattr(reseller_tree, level), parent=reseller_tree.other_top
    )
    assert is_over(looking)


def test_it_ends_when_the_login_is_locked(looking: Client, agent: User) -> None:
    login_lock(actor=SYSTEM, user=agent, reason="x")
    assert is_over(looking)


def test_it_ends_when_the_account_is_closed(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    login = UserFactory(account=reseller_tree.customer)
    browser = signed_in(administrator)
    browser.post(
        "/accounts/Customer-001/view-as/", {"login_name": login.username, "reason": "a call"}
    )
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    assert is_over(browser)


# Attacks


def test_an_agent_looks_as_nobody(agent: User, reseller_tree: ResellerTree) -> None:
    below = UserFactory(account=reseller_tree.customer)
    browser = signed_in(agent)
    assert browser.get("/accounts/Customer-001/view-as/").status_code == 403
    with pytest.raises(NotAllowed):
        view_as_start(actor=actor_for(agent), login=below, reason="x")


def test_nobody_looks_as_staff(administrator: User, operator: User) -> None:
    other = StaffFactory(administrator=True)
    for staff in (operator, other, administrator):
        with pytest.raises(NotAllowed):
            view_as_start(actor=actor_for(administrator), login=staff, reason="x")


def test_a_view_needs_a_reason_and_a_login_that_works(
    agent: User, administrator: User, reseller_tree: ResellerTree
) -> None:
    with pytest.raises(Refused):
        view_as_start(actor=actor_for(administrator), login=agent, reason="  ")
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    with pytest.raises(Refused):
        view_as_start(actor=actor_for(administrator), login=agent, reason="x")


def in_session(browser: Client, value: Any) -> Client:
    session = browser.session
    session["view_as"] = value
    session.save()
    return browser


def test_the_view_of_another_administrator_is_of_no_use(
    looking: Client, reseller_tree: ResellerTree
) -> None:
    other = in_session(signed_in(StaffFactory(administrator=True)), looking.session["view_as"])
    page = other.get("/accounts/Master-Agent-2/")
    assert page.status_code == 200
    assert "You look as <b>" not in markup_of(page)


@pytest.mark.parametrize("value", [0, 999_999, "1", None, [1]])
def test_a_forged_key_is_of_no_use(administrator: User, value: Any) -> None:
    browser = in_session(signed_in(administrator), value)
    assert browser.get("/").status_code == 200


def test_in_an_agents_session_the_key_means_nothing(looking: Client, agent: User) -> None:
    browser = in_session(signed_in(agent), looking.session["view_as"])
    page = browser.get("/accounts/Customer-001/edit/")
    assert page.status_code == 200


def test_an_ended_view_does_not_begin_again(looking: Client, administrator: User) -> None:
    key = looking.session["view_as"]
    looking.post("/view-as/end/")
    browser = in_session(signed_in(administrator), key)
    assert browser.get("/accounts/Master-Agent-2/").status_code == 200
