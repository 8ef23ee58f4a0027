"""The list of mails searched, counted and as a file: whom they went to, never what they say."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.models import AuditEntry
from accounts.mail.models import Mail
from tests.factories import AccountFactory, UserFactory
from tests.support.mails import queued_mail
from tests.support.sheets import read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

PAGE, FILE = "/mail/", "/mail/export/?format=csv"


@pytest.fixture
def mails(db: None) -> list[Mail]:
    """To an address that somebody typed, and to a login, whose mail was given up."""
    login = UserFactory(account=AccountFactory(), username="karim", email="k@desk.example")
    typed, own = queued_mail("a@x.example"), queued_mail("")
    Mail.objects.filter(pk=own.pk).update(
        login=login,
        state=Mail.State.GIVEN_UP,
        ended_at=timezone.now(),
        error="550 Nobody",
        attempts=3,
    )
    return [typed, own]


def test_it_is_searched_by_login_and_address(admin: Client, mails: list[Mail]) -> None:
    def found(text: str) -> list[Any]:
        table = admin.get(PAGE, {"q": text}).context["table"]
        return [line.row.mail.pk for line in table.lines] if table.lines else []

    typed, own = mails
    assert found("A@X") == [typed.pk]
    assert found("KARIM") == [own.pk]
    assert found("desk.example") == [own.pk]
    assert found("nobody@x.example") == []


def test_it_is_narrowed_by_kind(admin: Client, mails: list[Mail]) -> None:
    assert len(admin.get(f"{PAGE}?kind=test.plain").context["table"].lines) == len(mails)
    assert admin.get(f"{PAGE}?kind=mail.test").context["table"].lines == []


@pytest.mark.usefixtures("mails")
def test_tabs_say_what_failed(admin: Client) -> None:
    counts = {str(one["label"]): one["count"] for one in admin.get(PAGE).context["views"]}
    assert counts == {
        "All mails": "", "Failed": "", "Given up": "1", "Waiting": "", "Sent": "", "Not sent": "",
    }  # fmt: skip


@pytest.mark.usefixtures("mails")
def test_the_file_holds_the_mails_of_the_page(admin: Client) -> None:
    (row,) = read_csv(admin.get(f"{FILE}&state=given_up"))
    assert (row["Mail"], row["Login"], row["Address"]) == ("Plain mail", "karim", "k@desk.example")
    assert (row["State"], row["Answer"], row["Attempts"]) == ("Given up", "550 Nobody", "3")
    assert AuditEntry.objects.get(action="mails.export").after["rows"] == 1
    assert len(read_csv(admin.get(FILE))) == 2


def test_it_is_for_administrators_alone(agent_login: Any, client_of: Any, admin: Client) -> None:
    agent = client_of(agent_login(AccountFactory()))
    assert (agent.get(FILE).status_code, admin.get(FILE).status_code) == (403, 200)
