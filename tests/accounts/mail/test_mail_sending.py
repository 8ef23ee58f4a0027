"""Mails at work: a server that refuses or hangs, later attempts, the end of them, lost sense."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.conf import settings as portal_settings
from django.core import mail as sent_mail
from django.core.mail import EmailMessage
from django.template.loader import get_template
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.logins.mails import mail_password_reset
from accounts.logins.services.logins import (
    login_create,
    login_edit,
    login_lock,
    login_reset,
    login_unlock,
)
from accounts.mail.kinds import mail_kinds
from accounts.mail.models import Mail
from accounts.mail.services.sending import DELAYS, _end, _send, _take
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, UserFactory
from tests.support.jobs import work_off
from tests.support.mail_servers import AWAY, QUOTING, REFUSING, SMTP, UNKNOWING, mute_server
from tests.support.mails import ended, forget_mails, mails_sent, queued_mail

pytestmark = pytest.mark.django_db

State = Mail.State
MINUTE = timedelta(minutes=1)


def later(by: timedelta) -> Any:
    return time_machine.travel(timezone.now() + by)


def only_mail(**which: Any) -> Mail:
    return Mail.objects.get(**which)


class TestSending:
    def test_a_mail_is_sent_once(self) -> None:
        made = queued_mail()
        assert ended(made) == (State.SENT, "")
        assert ended(made) == (State.SENT, "")
        (letter,) = sent_mail.outbox
        assert letter.to == ["k@x.example"]
        assert letter.subject == "Test mail of the VOS Portal"

    def test_it_waits_as_long_as_there_is_no_worker(self) -> None:
        made = queued_mail()
        with later(timedelta(days=3)):
            made.refresh_from_db()
            assert made.state == State.WAITING
            assert ended(made)[0] == State.SENT

    def test_a_task_that_comes_twice_sends_nothing_again(self) -> None:
        made = queued_mail()
        _send(made.pk)
        _send(made.pk)
        assert len(sent_mail.outbox) == 1

    def test_a_mail_that_is_sent_twice_has_one_message_id(self) -> None:
        """A worker killed after sending leaves it as taken: it is sent again."""
        made = queued_mail()
        with mock.patch("accounts.mail.services.sending._end"):
            _send(made.pk)
        Mail.objects.update(state=State.WAITING, token=None)
        _send(made.pk)
        first, second = sent_mail.outbox
        assert first.extra_headers["Message-ID"] == f"<{made.pk}@127.0.0.1>"
        assert first.extra_headers == second.extra_headers

    def test_the_language_is_that_of_the_moment_it_is_sent(self) -> None:
        login = UserFactory(email="k@x.example")
        login_lock(actor=SYSTEM, user=login, reason="x")
        User.objects.filter(pk=login.pk).update(time_zone="Asia/Dhaka", language="de")
        with mock.patch("accounts.mail.services.sending.translation.override") as override:
            mails_sent()
        override.assert_called_once_with("de")

    def test_every_kind_names_a_template_that_is_there(self) -> None:
        assert len(mail_kinds()) >= 14
        assert all(get_template(one.template) for one in mail_kinds())


class TestFailing:
    def test_a_refusal_is_kept_in_the_words_of_the_server(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = REFUSING
        assert ended(queued_mail()) == (State.WAITING, "451 4.3.0 Try again later")

    def test_an_unknown_recipient_is_said(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = UNKNOWING
        assert ended(queued_mail()) == (State.WAITING, "550 5.1.1 No such user")

    def test_the_queue_never_fails_itself(self, settings: Any) -> None:
        """What it kept of a failure would be a traceback."""
        settings.EMAIL_BACKEND = REFUSING
        ended(queued_mail())
        assert set(DBTaskResult.objects.values_list("traceback", flat=True)) == {""}

    def test_it_is_tried_after_1_5_15_and_60_minutes_and_on_for_a_day(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = REFUSING
        made = queued_mail()
        waited = []
        with time_machine.travel(made.due_at, tick=False) as clock:
            while ended(made)[0] == State.WAITING:
                waited.append((made.due_at - timezone.now()) / MINUTE)
                clock.move_to(made.due_at - timedelta(seconds=20))
                before = made.attempts
                ended(made)
                assert made.attempts == before
                clock.move_to(made.due_at)
        assert waited[:4] == [1, 5, 15, 60]
        assert made.state == State.GIVEN_UP
        assert timedelta(hours=20) < made.ended_at - made.created_at < timedelta(hours=24)
        with later(timedelta(days=2)):
            assert ended(made) == (State.GIVEN_UP, "451 4.3.0 Try again later")
            assert made.attempts == len(DELAYS) + 1

    def test_a_server_that_comes_back_gets_it(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = AWAY
        made = queued_mail()
        said = "The mail server cannot be reached: Connection refused"
        assert ended(made) == (State.WAITING, said)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        with later(2 * MINUTE):
            assert ended(made) == (State.SENT, "")

    def test_a_link_for_a_forgotten_password_is_given_up_within_the_hour(
        self, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = REFUSING
        mail_password_reset("k@x.example")
        made = only_mail()
        for _attempt in range(4):
            with time_machine.travel(max(made.due_at, timezone.now()), tick=False):
                ended(made)
        assert made.state == State.GIVEN_UP
        assert made.ended_at - made.created_at < timedelta(hours=1)

    def test_an_answer_that_quotes_the_mail_does_not_keep_its_secret(self, settings: Any) -> None:
        settings.EMAIL_HOST_PASSWORD = "hunter2-of-the-server"
        login_create(actor=SYSTEM, account=AccountFactory(), username="r", email="r@x.example")
        made = only_mail()
        letters: list[EmailMessage] = []

        def quote(self: Any, messages: list[EmailMessage]) -> None:
            letters.extend(messages)
            raise OSError(f"hunter2-of-the-server {messages[0].body.split()}")

        with mock.patch("django.core.mail.backends.locmem.EmailBackend.send_messages", quote):
            _state, said = ended(made)
        assert letters
        token = letters[0].body.split("/security/invitation/")[1].split("/")[0]
        assert token not in said
        assert "hunter2" not in said
        settings.EMAIL_BACKEND = QUOTING
        with later(2 * MINUTE):
            said = ended(made)[1]
        assert said.startswith("554 spam")
        assert token not in said

    def test_a_mistake_of_ours_is_logged_under_the_number_and_tried_again(
        self, caplog: Any
    ) -> None:
        made = queued_mail()
        with mock.patch(
            "accounts.mail.services.sending.render_to_string", side_effect=KeyError("x")
        ):
            state, said = ended(made)
        assert state == State.WAITING
        assert said.startswith("An error of the portal.")
        assert str(made.pk) in caplog.text


class TestAHangingServer:
    def test_it_holds_a_worker_for_the_time_out_and_once_for_many_mails(
        self, settings: Any
    ) -> None:
        assert portal_settings.EMAIL_TIMEOUT == 10
        settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT = SMTP, 0.2
        first, *others = [queued_mail(f"l{at}@x.example") for at in range(5)]
        with mute_server() as server:
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            with mock.patch(
                "accounts.mail.services.sending._message", wraps=_real_message
            ) as tried:
                work_off()
        assert tried.call_count == 1
        first.refresh_from_db()
        assert first.error == "The mail server did not answer within 0.2 seconds."
        assert len(others) == 4
        for one in others:
            one.refresh_from_db()
            assert (one.state, one.attempts) == (State.WAITING, 0)

    def test_mails_that_waited_for_it_are_sent_once_it_is_there(self, settings: Any) -> None:
        mails = [queued_mail(f"l{at}@x.example") for at in range(3)]
        settings.EMAIL_BACKEND = AWAY
        work_off()
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        with later(2 * MINUTE):
            work_off()
        assert len(sent_mail.outbox) == len(mails)

    def test_what_waited_too_long_for_it_is_given_up_and_says_so(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = AWAY
        made = queued_mail()
        with later(timedelta(days=2)):
            queued_mail("first@x.example")
            Mail.objects.exclude(pk=made.pk).update(tried_at=timezone.now(), is_server=True)
            _send(made.pk)
        made.refresh_from_db()
        assert made.state == State.GIVEN_UP
        assert made.error.startswith("The mail server was away as long as")


def _real_message(mail: Mail, letter: Any) -> EmailMessage:
    return EmailMessage(letter.subject, letter.body, None, [letter.to])


class TestLostSense:
    """What a mail is about may change before it is sent."""

    def invited(self) -> User:
        issued = login_create(
            actor=SYSTEM, account=AccountFactory(), username="rahim", email="r@x.example"
        )
        return issued.user

    def test_an_invitation_that_was_replaced_is_not_sent(self) -> None:
        login = self.invited()
        first = only_mail()
        login_reset(actor=SYSTEM, user=login)
        assert ended(first) == (
            State.SKIPPED,
            "The invitation was used, replaced or withdrawn, or has ended.",
        )
        assert len([one for one in mails_sent() if "/invitation/" in one.body]) == 1

    def test_an_invitation_that_has_ended_is_not_sent(self) -> None:
        self.invited()
        with later(timedelta(days=8)):
            assert ended(only_mail())[0] == State.SKIPPED

    def test_an_invitation_of_a_locked_login_is_not_sent(self) -> None:
        login = self.invited()
        first = only_mail()
        login_lock(actor=SYSTEM, user=login, reason="x")
        assert ended(first)[0] == State.SKIPPED

    def test_an_invitation_made_with_another_secret_key_is_not_sent(self, settings: Any) -> None:
        self.invited()
        settings.SECRET_KEY = "another" * 10
        assert ended(only_mail()) == (
            State.SKIPPED,
            "SECRET_KEY was changed since. Invite again.",
        )

    def test_a_login_that_is_gone(self) -> None:
        login = self.invited()
        first = only_mail()
        login.delete()
        assert ended(first) == (State.SKIPPED, "The login is gone.")

    def test_a_login_whose_account_was_closed(self) -> None:
        login = UserFactory(account=AccountFactory(), email="k@x.example")
        login_lock(actor=SYSTEM, user=login, reason="x")
        account_close(actor=SYSTEM, account=login.account, reason="x")
        assert mails_sent() == []
        assert only_mail(kind="login.locked").error == "The account of the login is closed."

    def test_a_login_that_has_another_address_by_now(self) -> None:
        login = UserFactory(email="old@x.example")
        login_lock(actor=SYSTEM, user=login, reason="x")
        login_edit(actor=SYSTEM, user=login, email="new@x.example")
        assert (
            sorted(one.subject for one in mails_sent())
            == ["The e-mail of your VOS Portal login was changed"] * 2
        )
        assert only_mail(kind="login.locked").error == "The login has another address by now."

    def test_a_login_that_has_no_address_any_more(self) -> None:
        login = UserFactory(email="old@x.example")
        login_lock(actor=SYSTEM, user=login, reason="x")
        login_edit(actor=SYSTEM, user=login, email="")
        assert [one.to for one in mails_sent()] == [["old@x.example"]]
        assert only_mail(kind="login.locked").state == State.SKIPPED

    def test_a_lock_that_was_undone(self) -> None:
        login = UserFactory(email="k@x.example")
        forget_mails()
        login_lock(actor=SYSTEM, user=login, reason="x")
        login_unlock(actor=SYSTEM, user=login)
        assert [one.subject for one in mails_sent()] == ["Your login to the VOS Portal works again"]

    def test_a_worker_that_lost_the_mail_writes_nothing(self) -> None:
        made = queued_mail()
        taken = _take(made.pk)
        assert taken
        Mail.objects.update(state=State.WAITING, token=None)
        _end(taken, State.SENT)
        made.refresh_from_db()
        assert made.state == State.WAITING
