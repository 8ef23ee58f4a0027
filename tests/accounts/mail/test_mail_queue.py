"""What a deed leaves in the queue: kinds and keys, with it or not at all, and no secret."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.kit.errors import Refused
from accounts.logins.services.logins import login_create, login_lock, login_reset
from accounts.mail.models import Mail
from accounts.mail.services.queue import mail_queue
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.support.mail_servers import SMTP, has_been_called, mute_server
from tests.support.mails import mails_sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

CHOSEN = "lime-tractor-orbit-44"
RESET = "/security/password/reset/"


def everything_stored() -> str:
    """Every column of every row of every table."""
    rows = [
        str(list(model._base_manager.values_list()))
        for model in apps.get_models()
        if model._meta.managed
    ]
    return "\n".join(rows)


def link_in(body: str) -> str:
    found = re.search(rf"{re.escape(settings.PORTAL_URL)}(/security/\S+)", body)
    assert found, body
    return found[1]


def secrets_of(link: str) -> list[str]:
    """The parts of a link that nobody could guess."""
    parts = [one for one in re.split(r"[/-]", link) if len(one) >= 16]
    assert parts, link
    return [link, *parts]


def invite() -> User:
    issued = login_create(
        actor=SYSTEM, account=AccountFactory(), username="rahim", email="r@x.example"
    )
    return issued.user


class TestNothingSecretRests:
    def test_an_invitation_stands_nowhere_before_and_after_it_is_sent(self) -> None:
        invite()
        before = everything_stored()
        link = link_in(mails_sent()[0].body)
        token = link.split("/")[3]
        assert len(token) >= 43
        assert token not in before
        assert token not in everything_stored()

    def test_a_link_for_a_forgotten_password_stands_nowhere(self) -> None:
        UserFactory(email="k@x.example")
        Client().post(RESET, {"email": "k@x.example"})
        before = everything_stored()
        link = link_in(mails_sent()[0].body)
        token = link.rstrip("/").rpartition("-")[2]
        assert len(token) >= 32
        assert token not in before
        assert token not in everything_stored()

    def test_the_queue_holds_the_number_of_the_mail_alone(self) -> None:
        invite()
        (mail,) = Mail.objects.all()
        (task,) = DBTaskResult.objects.all()
        assert task.args_kwargs == {"args": [str(mail.pk)], "kwargs": {}}
        assert set(mail.keys) == {"invitation"}
        assert mail.address == ""

    def test_an_address_that_was_typed_is_forgotten_once_the_mail_is_sent(self) -> None:
        Client().post(RESET, {"email": "nobody@x.example"})
        assert Mail.objects.get().address == "nobody@x.example"
        mails_sent()
        assert "nobody@x.example" not in everything_stored()


class TestTheLinksWork:
    def test_who_is_invited_chooses_a_password_through_the_mailed_link(self) -> None:
        login = invite()
        link = link_in(mails_sent()[0].body)
        answer = Client().post(link, {"password1": CHOSEN, "password2": CHOSEN})
        assert answer.status_code == 302
        login.refresh_from_db()
        assert login.check_password(CHOSEN)

    def test_a_forgotten_password_is_chosen_anew_through_the_mailed_link(self) -> None:
        login = UserFactory(email="k@x.example")
        Client().post(RESET, {"email": "k@x.example"})
        client = Client()
        page = client.get(link_in(mails_sent()[0].body), follow=True)
        client.post(page.request["PATH_INFO"], {"password1": CHOSEN, "password2": CHOSEN})
        login.refresh_from_db()
        assert login.check_password(CHOSEN)


class TestWithTheDeed:
    def test_a_deed_that_is_undone_mails_nothing(self) -> None:
        with transaction.atomic():
            invite()
            transaction.set_rollback(True)
        assert mails_sent() == []
        assert not Mail.objects.exists()
        assert not DBTaskResult.objects.exists()

    def test_a_refused_deed_mails_nothing(self) -> None:
        login = UserFactory(email="k@x.example")
        with pytest.raises(Refused):
            login_lock(actor=SYSTEM, user=login, reason="")
        assert mails_sent() == []

    def test_who_has_no_address_is_told_nothing(self) -> None:
        login_lock(actor=SYSTEM, user=UserFactory(email=""), reason="x")
        assert not Mail.objects.exists()

    def test_many_readers_take_no_more_statements_than_one(self) -> None:
        def statements(logins: list[User]) -> int:
            with CaptureQueriesContext(
                connection,
            ) as found:
                mail_queue("login.shut", logins)
            return len(found)

        logins = [UserFactory(email=f"l{at}@x.example") for at in range(12)]
        assert statements(logins[:1]) == statements(logins)

    def test_an_unknown_kind_is_a_mistake_that_shows_at_once(self) -> None:
        with pytest.raises(LookupError):
            mail_queue("no.such.kind", [None])


class TestNoServerInARequest:
    """The mail server hangs: whoever asks for a page is not held up."""

    @pytest.fixture
    def server(self, settings: Any) -> Any:
        with mute_server() as server:
            settings.EMAIL_BACKEND = SMTP
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            yield server

    def test_a_forgotten_password(self, server: Any) -> None:
        UserFactory(email="k@x.example")
        answer = Client().post(RESET, {"email": "k@x.example"})
        assert answer.status_code == 302
        assert not has_been_called(server)
        assert Mail.objects.get().state == Mail.State.WAITING

    def test_an_invitation(self, server: Any) -> None:
        administrator = StaffFactory(administrator=True)
        login_create(
            actor=actor_for(administrator),
            account=AccountFactory(),
            username="rahim",
            email="r@x.example",
        )
        assert not has_been_called(server)

    def test_a_changed_password(self, server: Any, client_of: Any) -> None:
        login = UserFactory(email="k@x.example")
        login_reset(actor=SYSTEM, user=login)
        assert not has_been_called(server)


class TestNobodyIsLookedUp:
    """The address of a forgotten password is looked up by the worker: the answer cannot tell."""

    def statements(self, email: str) -> list[str]:
        with CaptureQueriesContext(connection) as found:
            answer = Client().post(RESET, {"email": email})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{RESET}sent/")
        return [re.sub(r"'[^']*'|\b[0-9a-f]{32}\b|\d+", "?", one["sql"]) for one in found]

    def test_known_and_unknown_take_the_same_statements(self) -> None:
        UserFactory(email="known@x.example")
        self.statements("first@x.example")
        known = self.statements("known@x.example")
        assert known == self.statements("nowhr@x.example")
        assert not [one for one in known if "accounts_user" in one]
