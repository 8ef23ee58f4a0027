"""Error pages: a status and a sentence, the request's id, and nothing from inside."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from tests.factories import ResellerTree
from tests.support.pages import markup_of
from vosportal.views import health

TEN_MEGABYTES = 10 * 1024 * 1024


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(health, "JsonResponse", broken)


def test_a_failure_shows_its_id_and_nothing_else(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(ValueError("the inner secret"), monkeypatch)
    answer = visitor.get("/healthz/live")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in page
    assert "inner secret" not in page
    assert "Traceback" not in page


def test_a_missing_database_is_a_pause(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(OperationalError("connection to 10.0.0.1 refused"), monkeypatch)
    answer = visitor.get("/healthz/live")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "10.0.0.1" not in answer.content.decode()


def test_an_error_page_that_fails_itself_leaves_words(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ValueError("no such asset")

    fail_with(ValueError("the first failure"), monkeypatch)
    monkeypatch.setattr("vosportal.views.errors.render_to_string", broken)
    answer = visitor.get("/healthz/live")
    assert answer.status_code == 500
    assert "Something failed" in answer.content.decode()


@pytest.mark.parametrize("account_id", ["Master-Agent-2", "Nobody"])
def test_development_shows_the_page_an_agent_sees(
    account_id: str, reseller_tree: ResellerTree, agent_login: Any, client_of: Any, settings: Any
) -> None:
    settings.DEBUG = True
    answer = client_of(agent_login(reseller_tree.agent)).get(f"/accounts/{account_id}/")
    assert answer.status_code == 404
    assert "There is nothing here for you" in answer.content.decode()


@pytest.mark.django_db
def test_ten_megabytes_in_a_form_are_refused_politely(visitor: Client) -> None:
    answer = visitor.post("/login/", {"login": "x" * TEN_MEGABYTES, "password": "y"})
    assert answer.status_code == 413
    assert answer.headers["X-Request-ID"] in answer.content.decode()


@pytest.mark.django_db
def test_ten_megabytes_of_undeclared_data_are_refused_politely(visitor: Client) -> None:
    answer = visitor.post(
        "/login/", b"login=" + b"x" * TEN_MEGABYTES, "application/x-www-form-urlencoded"
    )
    assert answer.status_code == 413


@pytest.mark.django_db
def test_more_fields_than_a_form_has_are_refused(visitor: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    answer = visitor.post("/login/", {f"field{number}": "x" for number in range(11)})
    assert answer.status_code == 400


def test_a_foreign_host_name_is_refused(visitor: Client) -> None:
    answer = visitor.get("/login/", headers={"Host": "evil.example"})
    assert "evil.example" not in markup_of(answer, 400)


@pytest.mark.django_db
def test_an_old_form_says_how_to_go_on() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "Send this form again" in answer.content.decode()
    assert answer.headers["X-Request-ID"] in answer.content.decode()
