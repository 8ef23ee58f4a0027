"""Cutting a running call in the portal: by whom it reaches, with a reason (docs/domain.md 7)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, User
from accounts.kit.errors import Clash
from billing.holds.models import RunningCall
from billing.holds.services.running import call_cut
from tests.factories import UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.calling import browser_of
from tests.support.pages import field_error, markup_of, words_of
from tests.support.switching import answered, asked, ended
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db
FIVE = Authorization.MODIFY_GATEWAY_INFORMATION


@pytest.fixture
def up(switched: Switched) -> Switched:
    grant(switched.tree.top, FIVE)
    grant(switched.tree.agent, FIVE)
    asked()
    answered()
    return switched


def url() -> str:
    return reverse("billing:running-call-cut", args=[RunningCall.objects.get().pk])


def cut(client: Client, reason: str = "Fraud") -> Any:
    return client.post(url(), {"reason": reason})


def test_who_holds_5_above_cuts_it(up: Switched) -> None:
    client = browser_of(up.tree.agent)
    assert "This is final." in words_of(client.get(url()))
    answer = cut(client)
    assert (answer.status_code, answer["Location"]) == (303, "/calls/running/")
    call = RunningCall.objects.get()
    assert (call.cut_why, call.ended_at) == ("Fraud", None)
    entry = AuditEntry.objects.get(action="call.cut")
    assert (entry.account, entry.subject, entry.reason) == ("Customer-001", "c-1", "Fraud")
    page = client.get("/calls/running/")
    assert "it is cut" in words_of(page)
    assert "Cut…" not in markup_of(page)
    assert "Call c-1 cut" in words_of(client.get("/audit/?show=all"))


def test_administrators_cut_everything(up: Switched, admin: Client) -> None:
    assert cut(admin).status_code == 303


def test_without_5_there_is_no_button_and_no_way(up: Switched) -> None:
    client = browser_of(up.tree.customer)
    assert "Cut…" not in markup_of(client.get("/calls/running/"))
    assert client.get(url()).status_code == 403
    assert cut(client).status_code == 403
    assert RunningCall.objects.get().cut_at is None


def test_a_foreign_call_does_not_exist(up: Switched) -> None:
    grant(up.tree.sibling, FIVE)
    client = browser_of(up.tree.sibling)
    assert client.get(url()).status_code == 404
    assert cut(client).status_code == 404


def test_who_only_looks_on_cuts_nothing(up: Switched, administrator: User) -> None:
    login = UserFactory(account=up.tree.agent, username="looked-at")
    client = signed_in(administrator)
    view_as = f"/accounts/{up.tree.agent}/view-as/"
    client.post(view_as, {"login_name": login.username, "reason": "a question"})
    assert "Cut…" not in markup_of(client.get("/calls/running/"))
    assert cut(client).status_code == 403


def test_a_reason_is_given(up: Switched) -> None:
    answer = cut(browser_of(up.tree.agent), "")
    assert answer.status_code == 422
    assert field_error(answer, "reason") == "Give a reason."


def test_what_is_over_is_not_cut(up: Switched, admin: Client) -> None:
    ended()
    assert "This call is over, or cut already." in words_of(admin.get(url()))
    answer = cut(admin)
    assert "This call is over, or cut already." in words_of(answer, 409)
    assert RunningCall.objects.get().cut_at is None


def test_what_is_cut_is_cut_for_good(up: Switched, admin: Client) -> None:
    cut(admin)
    with pytest.raises(Clash) as clash:
        call_cut(actor=SYSTEM, call=RunningCall.objects.get(), reason="Again")
    assert clash.value.code == "call_is_over"
