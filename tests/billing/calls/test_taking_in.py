"""Files of call records come into the inbox, each record once, however often they are begun."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry
from accounts.jobs.models import Job
from accounts.kit.errors import NotAllowed, Refused
from accounts.kit.sheets_in import BadSheet
from billing.calls.files import Problem
from billing.calls.models import CallRecord, RecordFile, RecordPiece
from billing.calls.services import files
from billing.calls.services.files import file_begun, file_hand_in, purge_pieces
from billing.charging.queries.integrity import calls_found
from tests.factories import StaffFactory, UserFactory
from tests.factories.call_files import packed, sheet, taken_in
from tests.factories.calls import cdr, legs, waits
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.jobs import work_off

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """The worker is gone."""


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """A tree whose first customer can be charged."""
    for account in (reseller_tree.top, reseller_tree.agent, reseller_tree.customer):
        group = rate_group(None, f"Of {account.account_id}")
        rate(group, "880", "0.06")
        buys_at(account, group, since=LONG_AGO)
    return reseller_tree


def calls(count: int, **columns: str) -> list[dict[str, str]]:
    return [cdr(f"c-{at}", account="Customer-001", **columns) for at in range(1, count + 1)]


def inbox() -> list[tuple[str, int | None]]:
    found = CallRecord.objects.inbox().order_by("pk")
    return [(one.columns["call_id"], one.line) for one in found]


def imported(path: Path, text: str | bytes, **options: Any) -> tuple[str, str]:
    """(what the command says, what it complains of)."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    out, err = io.StringIO(), io.StringIO()
    call_command("import_cdrs", str(path), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.csv"


def test_lines_come_in_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PART", 2)
    told: list[int] = []
    named: list[Problem] = []
    text = sheet(*calls(2), {"call_id": "x"}, *calls(2))
    file = taken_in(text, told=told.append, named=named.append)
    assert inbox() == [("c-1", 2), ("c-2", 3), ("c-1", 5), ("c-2", 6)]
    assert told == [2, 4, 5]
    assert [one.line for one in named] == [4]
    file.refresh_from_db()
    assert (file.read, file.refused, file.line, file.is_read) == (4, 1, 6, True)
    assert file.problems == [[4, "", named[0].words]]
    entry = AuditEntry.objects.get(action="call_file.read")
    assert entry.after == {"source": "file", "records": 4, "refused": 1}


def test_killed_between_parts_it_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PART", 2)
    positions: list[Mapping[str, Any]] = []

    @contextmanager
    def part(position: Mapping[str, Any]) -> Iterator[None]:
        with transaction.atomic():
            yield
            if len(positions) == 1:
                raise Killed
        positions.append(position)

    text = sheet(*calls(5))
    file = file_begun(actor=SYSTEM, file_name="calls.csv", is_rewritten=False)
    with pytest.raises(Killed):
        taken_in(text, file, part=part)
    assert inbox() == [("c-1", 2), ("c-2", 3)]
    again = RecordFile.objects.get(pk=file.pk)
    assert (again.line, again.read, again.is_read) == (3, 2, False)
    taken_in(text, again)
    assert inbox() == [(f"c-{at}", at + 1) for at in range(1, 6)]
    again.refresh_from_db()
    assert (again.line, again.read, again.is_read) == (6, 5, True)


def test_two_workers_at_one_file_take_no_line_twice() -> None:
    text = sheet(*calls(2))
    file = file_begun(actor=SYSTEM, file_name="calls.csv", is_rewritten=False)
    slow = RecordFile.objects.get(pk=file.pk)
    taken_in(text, file)
    with pytest.raises(Refused) as refused:
        taken_in(text, slow)
    assert refused.value.code == "busy_file"
    assert len(inbox()) == 2


def test_only_so_many_problems_are_kept_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "MOST_PROBLEMS", 3)
    monkeypatch.setattr(files, "PART", 2)
    file = taken_in(sheet(*({"call_id": "x"} for _at in range(7))))
    file.refresh_from_db()
    assert (file.read, file.refused, [line for line, *_rest in file.problems]) == (0, 7, [2, 3, 4])


def test_the_command_charges_what_it_read_once(tree: ResellerTree, path: Path) -> None:
    text = sheet(*calls(3), cdr("c-4", account="Nobody-9"))
    assert imported(path, text) == ("accepted 3, repeated 0, queued 1\n", "")
    assert legs() == ["c-1", "c-2", "c-3"]
    assert waits() == [("nobody", "")]
    # The one that waits is known as well.
    assert imported(path, text)[0] == "accepted 0, repeated 4, queued 0\n"
    assert imported(path, packed(text))[0] == "accepted 0, repeated 4, queued 0\n"
    assert len(legs()) == 3
    assert calls_found().is_sound
    # Of another source they are others.
    assert imported(path, text, source="sw.2")[0] == "accepted 3, repeated 0, queued 1\n"


def test_the_command_names_lines_it_refuses(tree: ResellerTree, path: Path) -> None:
    text = sheet(*calls(1), {"call_id": "x", "account": "Customer-001"}, {"account": "A"})
    out, err = imported(path, text)
    assert out == "accepted 1, repeated 0, queued 0\n"
    assert err.splitlines() == [
        "line 3, setup: It is empty.",
        "line 4, call_id: It is empty.",
        "2 lines were refused.",
    ]


def test_numbers_that_are_rewritten_are_taken_as_they_are(tree: ResellerTree, path: Path) -> None:
    imported(path, sheet(cdr("c-1", account="Nobody-9")), rewritten=True)
    assert CallRecord.objects.get().is_rewritten


def test_what_cannot_be_true_waits(tree: ResellerTree, path: Path) -> None:
    records = [
        cdr("c-1", account="Customer-001", duration="-1"),
        cdr("c-2", account="Customer-001", setup="0001-01-01T00:00:00Z"),
        cdr("c-3", account="Customer-001", end="9999-12-31T23:59:59Z"),
        cdr("c-4", account="Customer-001", duration="1000000000"),
        cdr("c-5", account="Customer-001", answer="2099-01-01T00:00:00Z"),
    ]
    assert imported(path, sheet(*records)) == ("accepted 0, repeated 0, queued 5\n", "")
    assert len(waits()) == 5


def test_the_command_fails_where_nothing_could_be_read(path: Path) -> None:
    with pytest.raises(CommandError, match="None of its lines"):
        imported(path, sheet({"call_id": "x"}))
    with pytest.raises(CommandError, match="“duration”"):
        imported(path, "call_id,setup,end,callee\n")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_cdrs", str(path.parent / "missing.csv"))
    with pytest.raises(CommandError, match="A source is named"):
        imported(path, sheet(*calls(1)), source="a b")
    assert imported(path, sheet()) == ("accepted 0, repeated 0, queued 0\n", "")


def test_a_damaged_end_lets_nothing_in(path: Path) -> None:
    with pytest.raises(CommandError, match="From line"):
        imported(path, packed(sheet(*calls(50)))[:-30])
    with pytest.raises(CommandError, match="Line 52"):
        imported(path, sheet(*calls(50)) + '"')
    assert not RecordFile.objects.exists()
    assert inbox() == []


def test_what_is_piped_in_is_read(
    tree: ResellerTree, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(packed(sheet(*calls(2)))))
    monkeypatch.setattr("sys.stdin", piped)
    out = io.StringIO()
    call_command("import_cdrs", "-", stdout=out)
    assert out.getvalue() == "accepted 2, repeated 0, queued 0\n"


def handed_in(text: str | bytes, **more: Any) -> RecordFile:
    content = io.BytesIO(text.encode() if isinstance(text, str) else text)
    actor = actor_for(StaffFactory(administrator=True))
    return file_hand_in(
        actor=actor, file=content, file_name="calls.csv", is_rewritten=False, **more
    )


def job_of(file: RecordFile) -> Job:
    file.refresh_from_db()
    assert file.job is not None
    return file.job


def test_a_worker_takes_a_file_in_and_charges_it(tree: ResellerTree) -> None:
    file = handed_in(sheet(*calls(3), {"call_id": "x"}, cdr("c-9", account="Nobody-9")))
    assert RecordPiece.objects.filter(file=file).exists()
    work_off()
    job = job_of(file)
    assert (job.state, job.error) == (Job.State.DONE_WITH_ERRORS, "")
    assert (job.done, job.total) == (5, 5)
    assert job.result == {"read": 4, "refused": 1, "accepted": 3, "repeated": 0, "queued": 1}
    assert not RecordPiece.objects.exists()
    assert legs() == ["c-1", "c-2", "c-3"]


def test_a_worker_that_dies_is_followed_by_one_that_goes_on(
    tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 2)
    file = handed_in(sheet(*calls(5)))
    taken, tries = files.records_taken, iter(range(9))

    def dies(*args: Any, **more: Any) -> None:
        taken(*args, **more)
        if next(tries) == 1:
            raise SystemExit

    monkeypatch.setattr(files, "records_taken", dies)
    work_off()
    job = job_of(file)
    assert (job.state, job.result["accepted"], job.done) == (Job.State.DONE, 5, 5)
    assert legs() == ["c-1", "c-2", "c-3", "c-4", "c-5"]
    assert calls_found().is_sound


def test_a_file_that_is_none_changes_nothing_and_says_why(tree: ResellerTree) -> None:
    file = handed_in(sheet(*calls(3)) + '"')
    work_off()
    job = job_of(file)
    assert job.state == Job.State.FAILED
    assert job.error.startswith("Line 5: its quotation marks")
    assert (file.read, file.is_read, inbox()) == (0, False, [])
    assert RecordPiece.objects.filter(file=file).exists()


def test_files_nobody_came_to_read_go_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    file = handed_in('"')
    monkeypatch.setattr(files, "KEPT", files.KEPT * 0)
    assert purge_pieces() == 0
    work_off()
    assert purge_pieces() == 1
    assert purge_pieces() == 0
    assert job_of(file).state == Job.State.FAILED


def test_a_file_that_is_gone_is_said_so() -> None:
    file = handed_in(sheet(*calls(1)))
    RecordPiece.objects.all().delete()
    work_off()
    assert job_of(file).error == "The file of these records is gone."


@pytest.mark.parametrize("source", ["", "a b", "ü", "x" * 33, "a/b", "a\n"])
def test_a_source_has_a_plain_name(source: str) -> None:
    with pytest.raises(Refused) as refused:
        handed_in("x", source=source)
    assert (refused.value.code, refused.value.field) == ("source", "source")


def test_empty_and_oversized_files_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 100)
    for content, code in ((b"", "empty"), (b"x" * 101, "too_large")):
        with pytest.raises(BadSheet) as refused:
            handed_in(content)
        assert refused.value.code == code
    assert not RecordFile.objects.exists()


def test_records_are_handed_in_by_administrators(reseller_tree: ResellerTree) -> None:
    actor = actor_for(UserFactory(account=reseller_tree.top))
    with pytest.raises(NotAllowed) as refused:
        file_begun(actor=actor, file_name="x", is_rewritten=False)
    assert refused.value.code == "administrators_only"
