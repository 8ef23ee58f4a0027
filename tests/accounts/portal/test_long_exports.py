"""Files of lists: whole or not at all, beyond a size by a job, on record with what they hold."""

import io
import tracemalloc
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.jobs.models import Job, JobOutput, JobOutputPiece
from accounts.jobs.services import exports
from accounts.jobs.services.jobs import job_cancel, job_retry, job_start
from accounts.jobs.services.upkeep import KEPT, purge_old
from accounts.jobs.words import shown_job
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.sheets_out import written
from accounts.logins.services.logins import login_lock
from accounts.portal.views.exports import export_of
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.jobs import ended
from tests.support.pages import text_of
from tests.support.sheets import read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
State = Job.State
WHERE = "/accounts/Agent/sub-accounts/export/"
NAMES = [f"Customer-{at}" for at in range(1, 6)]


@pytest.fixture
def agent() -> Account:
    agent = AccountFactory(account_id="Agent", parent=AccountFactory(account_id="Top"))
    for name in NAMES:
        AccountFactory(account_id=name, parent=agent)
    return agent


@pytest.fixture
def login(agent: Account) -> User:
    return UserFactory(account=agent, time_zone="Asia/Dhaka")


@pytest.fixture
def portal(login: User) -> Client:
    return signed_in(login)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows are what a page makes."""
    monkeypatch.setattr("accounts.portal.views.exports.IN_REQUEST", 3)


@pytest.fixture
def two_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)


def asked(portal: Client, query: str = "?format=csv") -> Job:
    answer = portal.get(f"{WHERE}{query}")
    assert answer.status_code == 303, answer.content[:500]
    return Job.objects.get(pk=answer["Location"].split("/")[2])


def records() -> list[Any]:
    found = AuditEntry.objects.filter(action="accounts.export").order_by("pk")
    return [entry.after["rows"] for entry in found]


def ids(answer: Any) -> list[str]:
    return [row["Account ID"] for row in read_csv(answer)]


class TestInTheRequest:
    def test_a_short_list_is_a_file_that_says_how_long_it_is(self, portal: Client) -> None:
        answer = portal.get(f"{WHERE}?format=csv&q=Customer-1")
        body = b"".join(answer.streaming_content)
        assert (answer.status_code, answer["Content-Length"]) == (200, str(len(body)))
        assert records() == [1]

    def test_as_many_as_a_page_makes_are_no_job(
        self, portal: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        most = "accounts.portal.views.exports.IN_REQUEST"
        monkeypatch.setattr(most, len(NAMES))
        assert ids(portal.get(f"{WHERE}?format=csv")) == NAMES
        monkeypatch.setattr(most, len(NAMES) - 1)
        assert portal.get(f"{WHERE}?format=csv").status_code == 303

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_what_breaks_off_is_no_file_and_not_on_record(
        self, portal: Client, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        def chunks(self: Any, state: Any, keys: Any) -> Any:
            yield from ()
            raise OSError("gone")

        monkeypatch.setattr("accounts.portal.lists.views.list.ListView.chunks", chunks)
        portal.raise_request_exception = False
        assert portal.get(f"{WHERE}?format={kind}&q=Customer-1").status_code == 500
        assert records() == []

    def test_the_record_says_what_is_in_the_file(
        self, portal: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A row that leaves the list while the file is made is in neither."""
        keys = "accounts.portal.lists.views.list.ListView.keys"
        monkeypatch.setattr(keys, lambda self, state, most: [10**6])
        assert ids(portal.get(f"{WHERE}?format=csv&q=Customer-1")) == []
        assert records() == [0]


class TestByAJob:
    def test_a_long_list_is_answered_with_the_page_of_its_job(self, portal: Client) -> None:
        job = asked(portal)
        assert (job.kind, job.state, job.total) == ("export", State.QUEUED, 5)
        text = text_of(portal.get(f"/jobs/{job.pk}/"))
        assert "File: accounts-Agent, CSV" in text or "CSV" in text
        # Nothing was delivered yet.
        assert records() == []

    def test_its_file_is_that_of_the_screen(self, portal: Client) -> None:
        job = asked(portal, "?format=csv&sort=-account_id&columns=all")
        assert ended(job) == (State.DONE, "")
        answer = portal.get(f"/jobs/{job.pk}/outputs/1/")
        assert ids(answer) == NAMES[::-1]
        assert records() == [5]

    def test_filters_count(self, portal: Client) -> None:
        account_edit(actor=SYSTEM, account=Account.objects.get(account_id="Customer-2"), name="Odd")
        job = asked(portal, "?format=csv&q=Customer")
        ended(job)
        assert len(ids(portal.get(f"/jobs/{job.pk}/outputs/1/"))) == records()[0] >= 4

    def test_it_is_of_the_kind_that_was_asked_for(self, portal: Client) -> None:
        job = asked(portal, "?format=xlsx")
        ended(job)
        answer = portal.get(f"/jobs/{job.pk}/outputs/1/")
        body = b"".join(answer.streaming_content)
        assert answer["Content-Type"].endswith("spreadsheetml.sheet")
        assert answer["Content-Length"] == str(len(body))
        sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
        assert [cell.value for cell in sheet["A"]] == ["Account ID", *NAMES]

    def test_times_are_those_of_who_asked(self, portal: Client) -> None:
        job = asked(portal, "?format=csv&columns=all")
        ended(job)
        (first, *_rest) = read_csv(portal.get(f"/jobs/{job.pk}/outputs/1/"))
        (heading,) = [name for name in first if name.startswith("Created")]
        assert "Asia/Dhaka" in heading
        assert first[heading].endswith("+06:00")

    def test_its_page_offers_the_file_once_it_is_done(self, portal: Client) -> None:
        job = asked(portal)
        address = f"/jobs/{job.pk}/outputs/1/"
        assert address not in portal.get(f"/jobs/{job.pk}/").content.decode()
        assert portal.get(address).status_code == 404
        ended(job)
        assert address in portal.get(f"/jobs/{job.pk}/").content.decode()

    def test_the_scope_is_that_of_the_moment_it_runs(self, portal: Client) -> None:
        job = asked(portal)
        account_move(
            actor=SYSTEM,
            account=Account.objects.get(account_id="Customer-3"),
            parent=Account.objects.get(account_id="Top"),
            reason="x",
        )
        ended(job)
        found = ids(portal.get(f"/jobs/{job.pk}/outputs/1/"))
        assert found == ["Customer-1", "Customer-2", "Customer-4", "Customer-5"]
        assert records() == [4]

    def test_what_expires_soon_expired_soon_when_it_was_asked_for(
        self, portal: Client, time_machine: Any
    ) -> None:
        now = timezone.now()
        time_machine.move_to(now, tick=False)
        for one in Account.objects.filter(account_id__in=NAMES):
            account_edit(actor=SYSTEM, account=one, valid_until=now + timedelta(minutes=5))
        job = asked(portal, "?format=csv&expires_within=30")
        time_machine.move_to(now + timedelta(minutes=10), tick=False)
        assert ended(job) == (State.DONE, "")
        assert ids(portal.get(f"/jobs/{job.pk}/outputs/1/")) == NAMES

    def test_a_login_that_is_locked_meanwhile_gets_no_file(
        self, portal: Client, login: User
    ) -> None:
        job = asked(portal)
        login_lock(actor=SYSTEM, user=login, reason="x")
        assert ended(job)[0] == State.FAILED
        assert (JobOutput.objects.count(), records()) == (0, [])

    def test_asked_for_again_while_it_waits_it_is_the_same_job(self, portal: Client) -> None:
        assert asked(portal).pk == asked(portal).pk
        assert asked(portal, "?format=xlsx").pk != asked(portal).pk

    def test_nobody_fills_the_queue_with_files(self, portal: Client) -> None:
        for at in range(exports.MOST_OPEN):
            asked(portal, f"?format=csv&x={at}")
        answer = portal.get(f"{WHERE}?format=csv&x=more")
        assert answer.status_code == 422
        assert "3 files of yours are being made." in text_of(answer)

    def test_cancelled_there_is_no_file(self, portal: Client, login: User) -> None:
        job = asked(portal)
        job_cancel(actor=actor_for(login), job=job)
        assert ended(job)[0] == State.CANCELLED
        assert (JobOutput.objects.count(), records()) == (0, [])

    def test_what_breaks_off_leaves_no_file(
        self, portal: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def chunks(self: Any, state: Any, keys: Any) -> Any:
            yield from ()
            raise OSError("gone")

        monkeypatch.setattr("accounts.portal.lists.views.list.ListView.chunks", chunks)
        job = asked(portal)
        assert ended(job)[0] == State.FAILED
        assert (JobOutput.objects.count(), records()) == (0, [])

    def test_files_go_with_their_job(self, portal: Client) -> None:
        job = asked(portal)
        ended(job)
        Job.objects.filter(pk=job.pk).update(finished_at=job.finished_at - 2 * KEPT)
        assert purge_old() == 1
        assert JobOutputPiece.objects.count() == 0


@pytest.mark.usefixtures("two_a_file")
class TestMoreThanAFileHolds:
    def test_it_comes_as_several_each_whole_and_named_as_a_part(self, portal: Client) -> None:
        job = asked(portal)
        assert ended(job) == (State.DONE, "")
        found = [ids(portal.get(f"/jobs/{job.pk}/outputs/{at}/")) for at in (1, 2, 3)]
        assert found == [NAMES[:2], NAMES[2:4], NAMES[4:]]
        names = JobOutput.objects.order_by("number").values_list("name", flat=True)
        assert ["-file-1-of-3-" in names[0], "-file-3-of-3-" in names[2]] == [True, True]
        assert records() == [2, 2, 1]

    def test_more_than_all_of_them_hold_is_refused_before_it_starts(
        self, portal: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "MOST_IN_ALL", 4)
        monkeypatch.setattr("accounts.portal.lists.views.export.MOST_IN_ALL", 4)
        answer = portal.get(f"{WHERE}?format=csv")
        assert answer.status_code == 422
        assert "This list has more than 4 rows." in text_of(answer)
        assert not Job.objects.exists()

    def break_off(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        """The second file breaks off, once."""
        left = [error]
        calls: list[int] = []

        def made(*args: Any) -> Any:
            calls.append(1)
            if len(calls) == 2:
                raise left.pop()
            return written(*args)

        monkeypatch.setattr(exports, "written", made)

    def test_stopped_between_two_it_says_which_are_made(
        self, portal: Client, login: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.break_off(monkeypatch, Refused("The disk is full.", code="x"))
        job = asked(portal)
        assert ended(job)[0] == State.DONE_IN_PART
        said = shown_job(actor_for(login), job).said
        assert said.startswith("The disk is full. 1 of 3 files are made;")
        assert ids(portal.get(f"/jobs/{job.pk}/outputs/1/")) == NAMES[:2]
        assert records() == [2]

    @pytest.mark.parametrize("change", ["added", "moved away"])
    def test_it_goes_on_in_the_order_it_began_with(
        self, portal: Client, login: User, agent: Account, monkeypatch: pytest.MonkeyPatch,
        change: str,
    ) -> None:  # fmt: skip
        """Rows that came are not in it, none is there twice, and what has left is not written."""
        self.break_off(monkeypatch, Refused("The disk is full.", code="x"))
        job = asked(portal)
        ended(job)
        AccountFactory(account_id="Aaa", parent=agent)
        expected = NAMES[2:]
        if change == "moved away":
            gone = Account.objects.get(account_id="Customer-3")
            top = Account.objects.get(account_id="Top")
            account_move(actor=SYSTEM, account=gone, parent=top, reason="x")
            expected = NAMES[3:]
        job_retry(actor=actor_for(login), job=job)
        assert ended(job) == (State.DONE, "")
        rest = [ids(portal.get(f"/jobs/{job.pk}/outputs/{at}/")) for at in (2, 3)]
        assert sum(rest, []) == expected

    def test_what_the_worker_noted_for_itself_is_gone_in_the_end_and_never_a_file(
        self, portal: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.break_off(monkeypatch, Refused("The disk is full.", code="x"))
        job = asked(portal)
        ended(job)
        assert job.outputs.filter(number=0).exists()
        assert portal.get(f"/jobs/{job.pk}/outputs/0/").status_code == 404


class TestTaking:
    @pytest.fixture
    def job(self, portal: Client) -> Job:
        job = asked(portal)
        ended(job)
        return job

    def test_another_login_of_the_account_finds_nothing(self, agent: Account, job: Job) -> None:
        other = signed_in(UserFactory(account=agent))
        assert other.get(f"/jobs/{job.pk}/outputs/1/").status_code == 404

    def test_an_administrator_takes_it_on_record(self, admin: Client, job: Job) -> None:
        before = AuditEntry.objects.filter(action="job.export").count()
        assert len(ids(admin.get(f"/jobs/{job.pk}/outputs/1/"))) == 5
        assert AuditEntry.objects.filter(action="job.export").count() == before + 1

    def test_who_works_for_another_account_by_now_finds_nothing(
        self, portal: Client, login: User, job: Job
    ) -> None:
        User.objects.filter(pk=login.pk).update(account=AccountFactory(account_id="Elsewhere"))
        assert portal.get(f"/jobs/{job.pk}/outputs/1/").status_code == 404

    def test_who_does_not_reach_the_list_any_more_finds_nothing(
        self, portal: Client, agent: Account
    ) -> None:
        sub = AccountFactory(account_id="Sub", parent=agent)
        for at in range(4):
            AccountFactory(account_id=f"Below-{at}", parent=sub)
        answer = portal.get("/accounts/Sub/sub-accounts/export/?format=csv")
        job = Job.objects.latest("created_at")
        assert answer.status_code == 303
        ended(job)
        assert portal.get(f"/jobs/{job.pk}/outputs/1/").status_code == 200
        top = Account.objects.get(account_id="Top")
        sub = Account.objects.get(account_id="Sub")
        account_move(actor=SYSTEM, account=sub, parent=top, reason="x")
        assert portal.get(f"/jobs/{job.pk}/outputs/1/").status_code == 404


@pytest.mark.parametrize(
    "address", ["/accounts/Top/sub-accounts/export/?format=csv", "/jobs/", "/nowhere/", ""]
)
def test_only_files_within_reach_are_made(login: User, address: str) -> None:
    with pytest.raises(NotInScope):
        export_of(actor_for(login), address)


@pytest.mark.parametrize("address", ["/audit/export/", "/payments/export/"])
def test_no_file_is_made_for_whom_its_page_is_not(operator: User, address: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        export_of(actor_for(operator), address)
    assert caught.value.code == "audience"


def test_a_foreign_address_makes_a_job_fail_without_a_file(login: User) -> None:
    asked = {"address": "/accounts/Top/sub-accounts/export/", "format": "csv", "name": "x"}
    job = job_start(actor=actor_for(login), kind="export", input=asked)
    assert ended(job)[0] == State.FAILED
    assert not JobOutput.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(kind: str) -> None:
    rows = ([f"text {at}", at, "x" * 50] for at in range(30_000))
    tracemalloc.start()
    try:
        file, count = written(kind, ["one", "two", "three"], rows)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    with file:
        assert count == 30_000
    assert most < 4 * 1024 * 1024
