"""The password of a gateway stands in no column, log, page, file or session in clear."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.views.debug import ExceptionReporter

from accounts.gateways.models import Gateway
from accounts.gateways.services import gateways
from accounts.kit.encryption import decrypted
from tests.factories import GatewayFactory, ResellerTree, UserFactory, grant
from tests.support.answering import answered, submit
from tests.support.pages import just_signed_in, markup_of, sent_by_form

pytestmark = pytest.mark.django_db

SECRET = "Zq7-never-in-clear"
TYPED = {
    "protocol": "sip", "port": "5060", "registration": "dynamic", "user_name": "trunk",
    "password": SECRET, "addresses": "203.0.113.5",
}  # fmt: skip


def dump() -> str:
    """Every row of every table, and what the sessions hold."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            found += [str(row) for row in cursor.fetchall()]
    found += [str(one.get_decoded()) for one in Session.objects.all()]
    return "\n".join(found)


@pytest.fixture
def gateway(reseller_tree: ResellerTree) -> Gateway:
    grant(reseller_tree.agent)
    return GatewayFactory(account=reseller_tree.agent, name="gw-1", addresses=["203.0.113.5"])


def change(browser: Client, **more: str) -> list[Any]:
    """Type the password, confirm; the answers on the way."""
    check = submit(browser, "/gateways/gw-1/information/", {**TYPED, **more})
    confirmed = {**sent_by_form(check, "reason"), "confirmed": "1", "reason": "a new one"}
    return [check, browser.post("/gateways/gw-1/information/", confirmed)]


def test_it_is_kept_encrypted_and_shown_nowhere(
    reseller_tree: ResellerTree, gateway: Gateway, caplog: Any, capfd: Any
) -> None:
    browser = just_signed_in(UserFactory(account=reseller_tree.agent))
    new = {**TYPED, "name": "gw-2", "account": "Dhaka-Retail-Sub", "user_name": "second",
           "addresses": "203.0.113.6", "capacity": "1"}  # fmt: skip
    made = submit(browser, "/gateways/new/", new)
    assert made.status_code == 303
    wrong = submit(browser, "/gateways/gw-1/information/", {**TYPED, "port": "0"})
    assert wrong.status_code == 422
    answers = [made, wrong, *change(browser)]
    assert answers[-1].status_code == 303
    paths = (
        "/gateways/gw-1/", "/gateways/gw-1/information/", "/gateways/gw-1/history/", "/audit/",
        "/gateways/",
    )  # fmt: skip
    # What is searched for the secret is there, and names the gateway.
    shown = "".join(markup_of(browser.get(path)) for path in paths)
    answers.append(browser.get("/gateways/export/?format=csv"))
    assert answers[-1].status_code == 200
    for answer in answers:
        streamed = getattr(answer, "streaming_content", None)
        body = b"".join(streamed) if streamed else answer.content
        shown += body.decode() + answer.headers.get("Location", "")
    assert shown.count("gw-1") > len(paths)
    assert SECRET not in shown
    gateway.refresh_from_db()
    assert decrypted(gateway.secret) == SECRET
    assert SECRET not in dump()
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


def test_it_waits_in_no_session_for_a_new_sign_in(
    reseller_tree: ResellerTree, gateway: Gateway, client_of_long_ago: Any
) -> None:
    """Who signed in long ago proves who it is when confirming; what was typed waits meanwhile."""
    browser = client_of_long_ago(UserFactory(account=reseller_tree.agent))
    answers = change(browser)
    assert "reauthenticate" in answers[-1].headers["Location"]
    assert SECRET not in dump()
    new = {**TYPED, "name": "gw-2", "account": "Dhaka-Retail-Sub", "user_name": "second",
           "addresses": "203.0.113.6", "capacity": "1", "confirmed": "1"}  # fmt: skip
    page = just_signed_in(UserFactory(account=reseller_tree.agent)).get("/gateways/new/")
    check = browser.post("/gateways/new/", answered(page, new))
    assert check.status_code == 200
    answer = browser.post("/gateways/new/", {**sent_by_form(check, "name"), "confirmed": "1"})
    assert "reauthenticate" in answer.headers["Location"]
    assert SECRET not in dump()


def test_an_error_tells_it_to_nobody(
    reseller_tree: ResellerTree, gateway: Gateway, monkeypatch: Any, caplog: Any, capfd: Any
) -> None:
    """Neither its page nor what is logged, nor the report that administrators may get by mail."""
    browser = just_signed_in(UserFactory(account=reseller_tree.agent))
    browser.raise_request_exception = False

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(gateways, "check_can_work", fail)
    new = {**TYPED, "name": "gw-2", "account": "Dhaka-Retail-Sub", "capacity": "1"}
    for page, sent in (("/gateways/gw-1/information/", TYPED), ("/gateways/new/", new)):
        answer: Any = submit(browser, page, sent)
        assert SECRET not in markup_of(answer, 500)
        report = ExceptionReporter(answer.wsgi_request, *answer.exc_info).get_traceback_html()
        assert "out of order" in report
        assert SECRET not in report
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())
