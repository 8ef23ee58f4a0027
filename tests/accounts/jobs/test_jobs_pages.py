"""The pages of jobs: the list, one job and how it goes on, its deeds and its files."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.models import AuditEntry, User
from accounts.jobs.models import Job
from accounts.jobs.services.run import take
from accounts.kit.errors import Refused
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.jobs import ended, kind_of_work, start, work_off
from tests.support.pages import markup_of, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
State = Job.State
POLL = {"HX-Request": "true"}


@pytest.fixture
def client(login: User) -> Client:
    return signed_in(login)


def run(work: Any) -> None:
    """Work that does what its input says."""
    with work.commit():
        work.result(["Account"], [["=Agent"], ["+2"]])
        if work.input.get("errors"):
            lines = [[n, f"row {n} is wrong"] for n in range(1, 13)]
            work.result(["Line", "Why"], lines, errors=True)
        if work.input.get("refused"):
            raise Refused("There is not enough credit.", code="insufficient_funds")


@pytest.fixture
def kind() -> Iterator[str]:
    with kind_of_work(
        run,
        title=lambda job: f"Work on {job.total} accounts",
        facts=lambda job: [("Control sum", "12.50")],
        links=lambda job: [("See what was done", "/payments/")],
        unit="accounts",
        cancel="Cancel, and pay nobody",
    ) as code:
        yield code


def asked(login: User, kind: str, **input: Any) -> Job:
    job = start(login, kind, rows=(["Account"], [["a"], ["b"]]))
    job.input = input
    job.save()
    return job


def page(job: Job, deed: str = "") -> str:
    return f"/jobs/{job.pk}/{deed}"


def test_no_jobs_yet_says_what_would_be_here(client: Client) -> None:
    assert "No jobs yet" in text_of(client.get("/jobs/"))


def test_the_list_shows_the_latest_first_in_words(login: User, client: Client, kind: str) -> None:
    asked(login, kind)
    work_off()
    asked(login, kind)
    text = text_of(client.get("/jobs/"))
    assert text.index("queued") < text.index("done")
    assert "Work on 2 accounts" in text
    assert "0 of 2 accounts" in text


def test_the_list_takes_the_same_reads_for_more_jobs(login: User, kind: str) -> None:
    client = signed_in(StaffFactory(administrator=True))
    counts = []
    for _ in range(2):
        for _ in range(3):
            asked(UserFactory(), kind)
        client.get("/jobs/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/jobs/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_side_panel_counts_what_goes_on(login: User, client: Client, kind: str) -> None:
    AccountFactory(parent=login.account)
    asked(login, kind)
    shown = re.compile(r'href="/jobs/"[^>]*>.*?<span class="n">1</span>', re.DOTALL)
    assert shown.search(client.get("/").content.decode())
    work_off()
    assert not shown.search(client.get("/").content.decode())


def test_a_waiting_job_says_so_and_follows_itself(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind)
    answer = client.get(page(job))
    body = answer.content.decode()
    assert "queued" in text_of(answer)
    assert "Control sum 12.50" in text_of(answer)
    assert f'hx-get="{page(job, "state/")}?seen=queued-0"' in body
    assert 'hx-trigger="every 2s, job:look"' in body
    assert "Cancel, and pay nobody" in body
    # Without script.
    assert f'<a href="{page(job)}">Look again</a>' in body


def test_a_running_job_shows_how_far_how_fast_and_how_long(
    login: User, client: Client, kind: str
) -> None:
    job = asked(login, kind)
    take(job.pk)
    started = timezone.now() - timedelta(seconds=100)
    Job.objects.filter(pk=job.pk).update(done=500, total=2500, started_at=started)
    text = text_of(client.get(page(job)))
    assert "500 of 2,500 accounts" in text
    assert re.search(r"\b(5\.0|4\.9) accounts per second", text)
    assert "about 7 minutes left" in text
    body = client.get(page(job)).content.decode()
    assert re.search(r'<progress [^>]*max="2500" value="500" aria-labelledby="job-progress"', body)
    assert "<title>20 %: Work on" in body


def test_a_silent_worker_is_said(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind)
    take(job.pk)
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert "Its worker is silent." in text_of(client.get(page(job)))


def test_polling_brings_progress_alone_until_the_state_changes(
    login: User, client: Client, kind: str
) -> None:
    job = asked(login, kind)
    poll = page(job, "state/")
    same = client.get(f"{poll}?seen=queued-0", headers=POLL).content.decode()
    assert 'id="job-state"' in same
    assert "hx-swap-oob" not in same
    assert "data-announce" not in same
    work_off()
    other = client.get(f"{poll}?seen=queued-0", headers=POLL).content.decode()
    assert 'data-announce="done: Work on 2 accounts"' in other
    for part in ("job-badge", "job-actions", "job-left-out", "job-side"):
        assert re.search(rf'id="{part}" hx-swap-oob="true"', other), part
    # It has ended: nothing asks on.
    assert "hx-get" not in other


def test_the_part_opened_as_a_page_leads_to_the_page(
    login: User, client: Client, kind: str
) -> None:
    job = asked(login, kind)
    assert client.get(page(job, "state/")).headers["Location"] == page(job)


def test_a_poll_is_no_activity(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind)
    client.get(page(job))
    with CaptureQueriesContext(connection) as captured:
        client.get(page(job, "state/"), headers=POLL)
    assert not [one for one in captured if not re.match(r"(?i)\s*(select|with)", one["sql"])]


def test_a_finished_job_shows_what_it_left_out_and_where_its_work_is(
    login: User, client: Client, kind: str
) -> None:
    job = asked(login, kind, errors=True)
    assert ended(job)[0] == State.DONE_WITH_ERRORS
    answer = client.get(page(job))
    text = text_of(answer)
    assert "Left out: 12 rows" in text
    assert "row 10 is wrong" in text
    assert "row 11 is wrong" not in text
    assert "and 2 more, in the file" in text
    assert 'href="/payments/">See what was done</a>' in answer.content.decode()
    assert "Cancel" not in text


def test_a_failed_job_says_why_and_is_started_again(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind, refused=True)
    assert ended(job)[0] == State.FAILED
    text = text_of(client.get(page(job)))
    assert "Nothing was changed. There is not enough credit." in text
    assert "of 2 accounts" not in text
    assert "Start it again" in text
    answer = client.post(page(job, "retry/"))
    assert (answer.status_code, answer.headers["Location"]) == (303, page(job))
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_cancelling_leads_back_to_the_page(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind)
    answer = client.post(page(job, "cancel/"), follow=True)
    assert "It was cancelled. Nothing was changed." in text_of(answer)


def test_cancelling_too_late_says_so(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind)
    work_off()
    answer = client.post(page(job, "cancel/"), follow=True)
    assert "It is too late to cancel this job: its work is done." in text_of(answer)


def test_lists_are_taken_as_files_and_recorded(login: User, client: Client, kind: str) -> None:
    job = asked(login, kind)
    work_off()
    csv = client.get(page(job, "files/result/?format=csv"))
    text = b"".join(csv.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.splitlines()[1:] == ["'=Agent", "'+2"]
    xlsx = client.get(page(job, "files/input/?format=xlsx"))
    book = ZipFile(BytesIO(b"".join(xlsx.streaming_content)))  # type: ignore[attr-defined]
    assert "xl/worksheets/sheet1.xml" in book.namelist()
    entries = AuditEntry.objects.filter(action="job.export").order_by("pk")
    assert [one.after["filters"]["list"] for one in entries] == ["result", "input"]
    assert entries[0].after["rows"] == 2
    for wrong in ("files/errors/?format=csv", "files/result/?format=doc", "files/result/"):
        assert client.get(page(job, wrong)).status_code == 404


def test_who_looks_as_somebody_else_takes_no_file_and_cancels_nothing(
    login: User, kind: str
) -> None:
    job = asked(login, kind)
    client = signed_in(StaffFactory(administrator=True))
    client.post(
        "/accounts/Agent/view-as/", {"login_name": login.username, "reason": "They called."}
    )
    answer = client.get(page(job))
    assert "You look as" in answer.content.decode()
    assert "Work on 2 accounts" in text_of(answer)
    assert "Cancel" not in text_of(answer)
    assert "format=csv" not in answer.content.decode()
    assert client.get(page(job, "files/input/?format=csv")).status_code == 403
    assert client.post(page(job, "cancel/")).status_code == 403
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_colleagues_job_is_as_unknown_as_none(login: User, client: Client, kind: str) -> None:
    job = asked(UserFactory(account=login.account), kind)
    for deed in ("", "state/", "files/input/?format=csv"):
        assert client.get(page(job, deed)).status_code == 404
    for deed in ("cancel/", "retry/"):
        assert client.post(page(job, deed)).status_code == 404
    assert "Work on" not in words_of(client.get("/jobs/"))


def test_the_admin_shows_jobs_and_never_their_token(login: User, kind: str) -> None:
    job = asked(login, kind)
    taken = take(job.pk)
    assert taken
    client = signed_in(
        StaffFactory(operator=True, permissions=[Permission.objects.get(codename="view_job")])
    )
    assert login.username in client.get("/admin/accounts/job/").content.decode()
    answer = client.get(f"/admin/accounts/job/{job.pk}/change/")
    assert answer.status_code == 200
    assert str(taken.token) not in markup_of(answer)
    assert client.post(f"/admin/accounts/job/{job.pk}/change/", {}).status_code == 403
    assert client.get("/admin/accounts/job/add/").status_code == 403
    blind = signed_in(StaffFactory(operator=True))
    assert blind.get("/admin/accounts/job/").status_code == 403
