"""Pages of files of call records: handed in, listed, and what one looks like."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.jobs.models import Job
from billing.calls.models import CallRecord, RecordFile
from billing.calls.records import COLUMNS
from billing.calls.services import files
from billing.calls.services.files import file_begun
from tests.factories import StaffFactory, UserFactory
from tests.factories.call_files import said, sheet, taken_in
from tests.factories.calls import cdr
from tests.factories.fixtures import signed_in
from tests.factories.trees import ResellerTree
from tests.support.answering import answered
from tests.support.jobs import work_off
from tests.support.pages import field_error, markup_of, words_of

pytestmark = pytest.mark.django_db
PAGE = "/calls/import/"


@pytest.fixture
def administrator() -> Client:
    return signed_in(StaffFactory(administrator=True))


def posted(administrator: Client, text: str, **fields: str) -> Any:
    sent = answered(administrator.get(PAGE), {"source": "sw-1", **fields})
    return administrator.post(PAGE, {**sent, "file": SimpleUploadedFile("nov.csv", text.encode())})


def test_a_file_becomes_a_job_that_says_what_came_of_it(administrator: Client) -> None:
    text = sheet(cdr("c-1", account="Nobody-9"), {"call_id": "x", "account": "A"})
    answer = posted(administrator, text, is_rewritten="on")
    file = RecordFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/jobs/{file.job_id}/")
    assert (file.source, file.file_name, file.is_rewritten) == ("sw-1", "nov.csv", True)
    work_off()
    page = words_of(administrator.get(f"/jobs/{file.job_id}/"))
    assert "Import the call records of nov.csv" in page
    assert "2 of 2 records" in page
    assert "Queued 1" in page
    assert "Lines refused 1" in page
    assert "3 setup It is empty." in page
    assert "Files handed in" in page
    assert CallRecord.objects.get().is_rewritten


def test_the_error_file_of_a_job_names_lines_and_columns(administrator: Client) -> None:
    posted(administrator, sheet({"call_id": "x", "account": "A"}))
    work_off()
    job = Job.objects.get()
    answer = administrator.get(f"/jobs/{job.pk}/files/errors/?format=csv")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert content.splitlines() == ["Line,Column,What is wrong", "2,setup,It is empty."]


def test_what_is_missing_is_said_at_its_field(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = administrator.post(PAGE, answered(administrator.get(PAGE), {}))
    assert answer.status_code == 422
    assert field_error(answer, "file") == "Choose a file."
    answer = posted(administrator, "x", source="a b")
    assert "letters, digits" in field_error(answer, "source")
    assert field_error(posted(administrator, ""), "file") == "This file is empty."
    monkeypatch.setattr(files, "MOST_BYTES", 1 << 20)
    answer = posted(administrator, "x" * ((1 << 20) + 1))
    assert field_error(answer, "file").startswith("This file is larger than 1 MB.")
    assert not RecordFile.objects.exists()


def test_files_are_listed_with_what_became_of_them(administrator: Client) -> None:
    assert "No files yet" in words_of(administrator.get(f"{PAGE}files/"))
    taken_in(sheet(cdr(account="Customer-001"), {"call_id": "x"}))
    file_begun(actor=SYSTEM, file_name="other.csv", is_rewritten=False)
    page = words_of(administrator.get(f"{PAGE}files/"))
    assert "calls.csv waits to be charged file 1" in page
    assert "other.csv not read file 0" in page
    page = words_of(administrator.get(PAGE))
    assert "calls.csv" in page


def test_the_sample_is_read_as_it_is(administrator: Client) -> None:
    answer = administrator.get(f"{PAGE}sample/")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode()
    assert content.lstrip("\ufeff").splitlines()[0] == ",".join(COLUMNS)
    first, second = said(content)
    assert [len(first[1]), len(second[1])] == [9, 8]


def test_only_administrators_come(reseller_tree: ResellerTree) -> None:
    agent = signed_in(UserFactory(account=reseller_tree.top))
    for path in (PAGE, f"{PAGE}files/", f"{PAGE}sample/"):
        answer = agent.get(path)
        assert answer.status_code == 403
    assert "Import calls" not in markup_of(agent.get("/"))
