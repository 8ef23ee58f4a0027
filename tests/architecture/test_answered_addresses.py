"""What a whole run is held to: every address answered with success, by every method."""

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tests.support import answered_addresses
from tests.support.answered_addresses import (
    DOORS,
    LEAD_TO_DOORS,
    NEVER,
    never_answered,
    note,
    to_be_answered,
)


def asked(path: str, method: str = "GET") -> HttpRequest:
    request = HttpRequest()
    request.method, request.path_info = method, path
    return request


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What the test itself notes."""
    own: set[tuple[str, str]] = set()
    monkeypatch.setattr(answered_addresses, "seen", own)
    return own


def test_what_is_not_asked_for_is_named() -> None:
    wanted = to_be_answered()
    assert len(wanted) > 300
    assert never_answered(wanted) == []
    assert never_answered(wanted - {("accounts:edit", "POST")}) == ["POST accounts:edit"]


def test_what_is_left_out_is_still_there() -> None:
    names = {name for name, _method in to_be_answered()} | {name for name, _method in NEVER}
    assert {*DOORS, *LEAD_TO_DOORS} <= names


@pytest.mark.parametrize(
    ("answer", "is_one"),
    [
        (HttpResponse(), True),
        (HttpResponse(status=204), True),
        (HttpResponseRedirect("/accounts/"), True),
        (HttpResponse(status=403), False),
        (HttpResponse(status=422), False),
        (HttpResponseRedirect("/login/"), False),
        (HttpResponseRedirect("/security/reauthenticate/?next=%2Fjobs%2F"), False),
        (HttpResponse(headers={"HX-Redirect": "/security/two-factor/"}), False),
    ],
)
def test_only_success_counts(
    seen: set[tuple[str, str]], answer: HttpResponse, is_one: bool
) -> None:
    note(asked("/jobs/", "POST"), answer)
    assert seen == ({("jobs", "POST")} if is_one else set())


def test_an_address_is_called_as_the_registry_calls_it(seen: set[tuple[str, str]]) -> None:
    for path in ("/healthz/live", "/accounts/C-1/edit/", "/admin/accounts/account/", "/nowhere"):
        note(asked(path), HttpResponse())
    note(asked("/jobs/", "DELETE"), HttpResponse())
    assert {name for name, _method in seen} == {
        "health-live", "accounts:edit", "admin:accounts_account_changelist",
    }  # fmt: skip
