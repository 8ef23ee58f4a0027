"""A forgotten password: the same answer for every address, and a link that works once."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.http import int_to_base36

from accounts.core.actor import SYSTEM
from accounts.logins.services.logins import login_edit, login_lock
from tests.factories import PASSWORD, UserFactory
from tests.support.mails import forget_mails, mails_sent
from tests.support.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

CHOSEN = "lime-tractor-orbit-44"


class TestForgottenPassword:
    def test_known_and_unknown_addresses_get_the_same_answer_and_one_mail_each(self) -> None:
        UserFactory(username="kamal", email="kamal@x.example")
        known = Client().post("/security/password/reset/", {"email": "Kamal@X.example"})
        unknown = Client().post("/security/password/reset/", {"email": "nobody@x.example"})
        assert (known.status_code, known.headers["Location"]) == (
            unknown.status_code,
            unknown.headers["Location"],
        )
        assert [one.to for one in mails_sent()] == [["kamal@x.example"], ["nobody@x.example"]]
        assert mails_sent()[0].subject == mails_sent()[1].subject

    def test_the_link_sets_a_password_once_and_ends_sessions(self) -> None:
        login = UserFactory(username="kamal", email="kamal@x.example")
        signed_in = Client()
        sign_in("kamal", PASSWORD, signed_in)
        path = self.link("kamal@x.example")
        client = Client()
        page = client.get(path, follow=True)
        assert page.status_code == 200
        form = page.request["PATH_INFO"]
        answer = client.post(form, {"password1": CHOSEN, "password2": CHOSEN})
        assert answer.status_code == 302
        assert signed_in.get("/security/").status_code == 302
        assert sign_in("kamal", CHOSEN).status_code == 302
        assert "has ended" in Client().get(path, follow=True).content.decode()
        login.refresh_from_db()
        assert login.has_usable_password()

    def test_a_link_dies_with_a_lock_and_after_an_hour(self, clock: Any) -> None:
        login = UserFactory(email="a@x.example")
        path = self.link("a@x.example")
        clock.shift(3601)
        assert "has ended" in Client().get(path, follow=True).content.decode()
        path = self.link("a@x.example")
        login_lock(actor=SYSTEM, user=login, reason="x")
        assert "has ended" in Client().get(path, follow=True).content.decode()

    def test_a_former_address_resets_nothing(self) -> None:
        login = UserFactory(email="old@x.example")
        self.link("old@x.example")
        login_edit(actor=SYSTEM, user=login, email="new@x.example")
        forget_mails()
        Client().post("/security/password/reset/", {"email": "old@x.example"})
        assert "/security/password/reset/" not in mails_sent()[0].body

    def test_locked_and_closed_logins_are_unknown(self) -> None:
        login_lock(actor=SYSTEM, user=UserFactory(email="a@x.example"), reason="x")
        forget_mails()
        Client().post("/security/password/reset/", {"email": "a@x.example"})
        assert "/security/password/reset/" not in mails_sent()[0].body

    def test_a_mail_server_that_fails_tells_nothing(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        UserFactory(email="a@x.example")
        for address in ("a@x.example", "b@x.example"):
            answer = Client().post("/security/password/reset/", {"email": address})
            assert answer.status_code == 302

    def test_the_link_does_not_count_logins(self) -> None:
        login = UserFactory(email="a@x.example")
        key = login.key.replace("-", "")
        link = self.link("a@x.example")
        assert f"/reset/{key}-" in link
        # With the number in its place it opens nothing.
        former = link.replace(key, int_to_base36(login.pk))
        for path, opens in ((former, False), (link, True)):
            page = Client().get(path, follow=True).content.decode()
            assert ("password1" in page) is opens

    @staticmethod
    def link(address: str) -> str:
        forget_mails()
        Client().post("/security/password/reset/", {"email": address})
        found = re.search(r"/security/password/reset/\S+", mails_sent()[0].body)
        assert found
        return found[0]
