"""The page of mails: for administrators alone, with what failed, why, and another attempt."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry, User
from accounts.jobs.services.beat import worker_seen
from accounts.kit.errors import NotAllowed
from accounts.logins.services.logins import login_lock
from accounts.mail.models import Mail
from accounts.mail.services.queue import mails_try_again
from tests.factories import AccountFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.admin import operator_with
from tests.support.jobs import work_off
from tests.support.mail_servers import AWAY, REFUSING
from tests.support.mails import ended, queued_mail
from tests.support.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

State = Mail.State
PAGE, AGAIN = "/mail/", "/mail/again/"
NO_WORKER = "No worker for mails was seen for five minutes"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


def text_of(browser: Client, address: str = PAGE) -> str:
    return browser.get(address).content.decode()


@pytest.fixture
def failed(settings: Any) -> Mail:
    """A mail that the server refused; by now it takes mails."""
    settings.EMAIL_BACKEND = REFUSING
    made = queued_mail()
    ended(made)
    settings.EMAIL_BACKEND = LOCMEM
    return made


def give_up(mail: Mail) -> None:
    Mail.objects.filter(pk=mail.pk).update(state=State.GIVEN_UP, ended_at=timezone.now())


class TestPage:
    def test_without_mails_it_says_what_will_be_there(self, admin: Client) -> None:
        assert "No mails yet" in text_of(admin)

    def test_a_mail_that_waits_is_there_and_why_it_waits(self, admin: Client) -> None:
        login = UserFactory(account=AccountFactory(), username="karim", email="k@x.example")
        login_lock(actor=SYSTEM, user=login, reason="x")
        page = text_of(admin)
        assert "A login was locked" in page
        assert "karim" in page
        assert "k@x.example" in page
        assert NO_WORKER in page

    def test_with_a_worker_nothing_is_said_of_workers(self, admin: Client) -> None:
        worker_seen("one", "default,mail")
        assert NO_WORKER not in words_of(admin.get(PAGE))

    def test_a_worker_for_jobs_alone_sends_no_mails(self, admin: Client) -> None:
        worker_seen("one", "default")
        assert NO_WORKER in text_of(admin)

    def test_a_failed_one_shows_the_answer_and_the_next_attempt(
        self, admin: Client, failed: Mail
    ) -> None:
        page = text_of(admin, f"{PAGE}?state=failing")
        assert "451 4.3.0 Try again later" in page
        assert "attempt 1, next" in page

    @pytest.mark.parametrize(
        ("state", "count"),
        [("", 3), ("failing", 1), ("given_up", 0), ("waiting", 1), ("sent", 1), ("skipped", 0)],
    )
    def test_it_is_narrowed_by_state(
        self, admin: Client, settings: Any, state: str, count: int
    ) -> None:
        ended(queued_mail("a@x.example"))
        settings.EMAIL_BACKEND = REFUSING
        ended(queued_mail("b@x.example"))
        queued_mail("c@x.example")
        page = text_of(admin, f"{PAGE}?state={state}")
        assert page.count(">Plain mail</th>") == count

    def test_an_unknown_state_is_refused(self, admin: Client) -> None:
        assert admin.get(f"{PAGE}?state=nonsense").status_code == 422

    def test_figures_count_what_there_is(self, admin: Client, failed: Mail) -> None:
        ended(queued_mail())
        figures = admin.get(PAGE).context["figures"]
        assert (figures.waiting, figures.failing, figures.sent) == (0, 1, 1)

    def test_a_page_of_many_takes_no_more_queries_than_one_of_few(
        self, admin: Client, django_assert_max_num_queries: Any
    ) -> None:
        login = UserFactory(account=AccountFactory(), email="k@x.example")
        for _time in range(6):
            queued_mail(login=login.pk)
        admin.get(PAGE)
        with django_assert_max_num_queries(14):
            admin.get(PAGE)

    def test_what_fails_is_counted_in_the_side_panel(self, admin: Client, failed: Mail) -> None:
        (entry,) = [one for one in admin.get(PAGE).context["nav"] if one.url == PAGE]
        assert str(entry.count) == "1"
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            ended(failed)
        (entry,) = [one for one in admin.get(PAGE).context["nav"] if one.url == PAGE]
        assert str(entry.count) == ""

    def test_it_is_nobody_elses(self, client_of: Any, operator: User) -> None:
        agent = UserFactory(account=AccountFactory())
        assert client_of(agent).get(PAGE).status_code in (403, 404)
        assert client_of(operator).get(PAGE).status_code in (302, 403, 404)
        assert Client().get(PAGE).status_code == 302


class TestTryAgain:
    def test_a_failed_one_is_sent_at_once(self, admin: Client, failed: Mail) -> None:
        answer = admin.post(AGAIN, {"mail": str(failed.pk)}, follow=True)
        assert "1 mail is tried again now." in answer.content.decode()
        assert ended(failed) == (State.SENT, "")

    def test_one_that_was_given_up_has_all_its_attempts_again(
        self, administrator: User, failed: Mail, settings: Any
    ) -> None:
        give_up(failed)
        with time_machine.travel(timezone.now() + timedelta(days=5)):
            mails_try_again(actor=actor_for(administrator), mails=[str(failed.pk)])
            settings.EMAIL_BACKEND = REFUSING
            assert ended(failed)[0] == State.WAITING
        assert failed.attempts == 1

    def test_all_of_them(self, admin: Client, failed: Mail) -> None:
        other = queued_mail("b@x.example")
        give_up(other)
        answer = admin.post(AGAIN, {"mail": "all"}, follow=True)
        assert "2 mails are tried again now." in answer.content.decode()
        work_off("mail")
        assert set(Mail.objects.values_list("state", flat=True)) == {State.SENT}

    @pytest.mark.parametrize("asked", ["", "nonsense", "1", "00000000-0000-4000-8000-000000000000"])
    def test_what_is_no_failed_mail_is_said(self, admin: Client, asked: str) -> None:
        answer = admin.post(AGAIN, {"mail": asked}, follow=True)
        assert "Nothing failed there" in answer.content.decode()

    def test_a_sent_one_stays_sent(self, admin: Client) -> None:
        made = queued_mail()
        ended(made)
        admin.post(AGAIN, {"mail": str(made.pk)})
        assert ended(made)[0] == State.SENT

    def test_it_is_on_record(self, admin: Client, failed: Mail) -> None:
        admin.post(AGAIN, {"mail": str(failed.pk)})
        entry = AuditEntry.objects.get(action="mail.again")
        assert (entry.subject, entry.after) == ("Plain mail", {"mail": str(failed.pk)})

    def test_nobody_else_may(self, failed: Mail) -> None:
        with pytest.raises(NotAllowed):
            mails_try_again(actor=actor_for(UserFactory(account=AccountFactory())))


class TestAdmin:
    def test_operators_see_what_fails_without_typed_addresses(self, failed: Mail) -> None:
        browser = signed_in(operator_with("view_mail"))
        page = text_of(browser, "/admin/accounts/mail/")
        assert "451 4.3.0 Try again later" in page
        page += text_of(browser, f"/admin/accounts/mail/{failed.pk}/change/")
        assert "k@x.example" not in page


class TestCommand:
    def run(self, **options: Any) -> str:
        said = StringIO()
        call_command("try_mail", "me@x.example", stdout=said, **options)
        return said.getvalue()

    @pytest.fixture
    def busy(self, monkeypatch: Any) -> None:
        """A worker works while the command waits."""
        monkeypatch.setattr("time.sleep", lambda _seconds: work_off("mail"))

    @pytest.mark.usefixtures("busy")
    def test_it_says_that_the_server_took_it(self) -> None:
        assert "The mail server took it." in self.run()

    @pytest.mark.usefixtures("busy")
    def test_it_says_what_the_server_said(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = REFUSING
        with pytest.raises(CommandError, match="451 4.3.0 Try again later"):
            self.run()

    @pytest.mark.usefixtures("busy")
    def test_it_is_tried_though_the_server_was_away_a_moment_ago(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = AWAY
        ended(queued_mail())
        with pytest.raises(CommandError, match="cannot be reached"):
            self.run()

    def test_it_says_that_there_is_no_worker(self) -> None:
        with pytest.raises(CommandError, match="No worker was seen"):
            self.run(wait=0)

    def test_it_refuses_what_is_no_address(self) -> None:
        with pytest.raises(CommandError, match="no e-mail address"):
            call_command("try_mail", "nobody")
        assert not Mail.objects.exists()
