"""Long imports of phones: workers check and do them, passwords are taken down afterwards."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.availability.services import availability_release
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, User
from accounts.jobs.models import Job
from accounts.kit.encryption import decrypted
from accounts.kit.sheets_in import read_sheet
from accounts.phones.models import Phone
from accounts.phones.rules.values import digest, obstacles, obstacles_of_many, outside
from accounts.phones.services import import_jobs
from accounts.phones.services.imports import import_preview
from accounts.phones.services.many import phones_create
from accounts.phones.services.phones import phone_delete, phone_edit
from accounts.phones.views import imports
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import ResellerTree, StaffFactory, UserFactory, phone
from tests.factories.fixtures import signed_in_long_ago
from tests.factories.grants import revoke
from tests.support.answering import answered
from tests.support.jobs import work_off
from tests.support.numbers import ALLOCATION, limit
from tests.support.pages import field_error, just_signed_in, text_of
from tests.support.sheets import book, raw_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
URL = "/phones/import/"
EMPTY = {"account": "", "boxes": "file"}
ROWS = [["MSISDN", "Customer", "Note"], ["8801", "Customer-001", "new"],
        ["8802", "Customer-002", ""], ["8803", "Customer-001", "changed"]]  # fmt: skip


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, reseller_tree: ResellerTree) -> None:
    """Three rows are many; one of the phones is known."""
    monkeypatch.setattr(imports, "IN_REQUEST", 2)
    phone(reseller_tree.customer, "8803", memo="old")


def handed_in(browser: Client, rows: list[list[str]] = ROWS, **more: str) -> Job:
    """The job that checked these rows."""
    file = SimpleUploadedFile("p.xlsx", book(Phones=rows))
    answer = browser.post(URL, {**EMPTY, **more, "file": file})
    job = Job.objects.latest("created_at")
    assert answer["Location"] == f"/jobs/{job.pk}/"
    work_off()
    job.refresh_from_db()
    return job


def confirmed(browser: Client, check: Job) -> Job:
    """The job that did it, once its work is over."""
    answer = browser.post(f"{URL}{check.pk}/", {})
    work_off()
    job = Job.objects.get(pk=answer["Location"].strip("/").split("/")[-1])
    assert job.kind == import_jobs.IMPORT
    return job


def test_a_long_sheet_is_checked_by_a_worker_and_nothing_is_written(agent: Client) -> None:
    check = handed_in(agent)
    assert (check.kind, check.state, check.done) == (import_jobs.CHECK, "done", 3)
    page = agent.get(f"/jobs/{check.pk}/")
    assert "Check an import of 3 rows" in text_of(page)
    assert f"{URL}{check.pk}/" in page.content.decode()
    text = text_of(agent.get(f"{URL}{check.pk}/"))
    for words in ("New 2", "Changed 1", "Unchanged 0", "8801 Customer-001 new", "8803"):
        assert words in text
    assert Phone.objects.count() == 1
    assert not AuditEntry.objects.filter(action="phones.import").exists()


def test_confirmed_it_is_done_once_and_the_passwords_are_kept_nowhere(agent: Client) -> None:
    check = handed_in(agent)
    job = confirmed(agent, check)
    assert (job.state, job.result) == ("done", {"new": 2, "changed": 1, "same": 0})
    assert dict(Phone.objects.values_list("number", "memo")) == {
        "8801": "new", "8802": "", "8803": "changed",
    }  # fmt: skip
    again = agent.post(f"{URL}{check.pk}/", {})
    assert again["Location"] == f"/jobs/{job.pk}/"
    assert [one.name for one in job.files.all()] == ["result"]
    assert [row for one in job.files.all() for row in one.rows] == [
        ["8801", "Customer-001", "added"],
        ["8802", "Customer-002", "added"],
        ["8803", "Customer-001", "changed"],
    ]


def test_passwords_are_shown_once_to_who_takes_them_down(agent: Client) -> None:
    job = confirmed(agent, handed_in(agent))
    at = f"{URL}{job.pk}/passwords/"
    assert at in agent.get(f"/jobs/{job.pk}/").content.decode()
    assert "2 phones wait for their passwords" in text_of(agent.get(at))
    shown = agent.post(at, {})
    lines = sent_lines(shown)
    assert [one.split(",")[0] for one in lines] == ["8801", "8802"]
    for line in lines:
        number, password, realm = line.split(",")
        one = Phone.objects.get(number=number)
        assert decrypted(one.ha1) == digest(number, realm, password)
    assert AuditEntry.objects.filter(action="phone.reset").count() == 2
    assert "were shown already" in text_of(agent.get(at))
    refused = agent.post(at, {"boxes": "again"})
    assert refused.status_code == 422
    assert "Tick that you mean to replace them" in text_of(refused)
    replaced = agent.post(at, {"again": "on", "boxes": "again"})
    assert sent_lines(replaced) != lines


def sent_lines(page: Any) -> list[str]:
    """The lines of the passwords as text, without their heading."""
    body = page.content.decode()
    area = body[body.index("<textarea") :]
    text: str = area[area.index(">") + 1 : area.index("</textarea>")]
    return text.strip().split("\n")[1:]


def test_a_phone_that_is_gone_or_got_another_password_waits_no_more(agent: Client) -> None:
    job = confirmed(agent, handed_in(agent))
    phone_delete(actor=SYSTEM, phone=Phone.objects.get(number="8801"))
    agent.post("/phones/8802/reset/", {})
    assert "1 phone of this import" in text_of(agent.get(f"{URL}{job.pk}/passwords/"))


def test_rows_with_a_problem_come_back_as_a_file_that_can_be_mended(agent: Client) -> None:
    check = handed_in(agent, [*ROWS, ["12ab", "Customer-001", ""], ["8805", "Customer-101", ""]])
    assert check.state == "done_with_errors"
    page = agent.get(f"{URL}{check.pk}/")
    assert "2 rows have a problem" in text_of(page)
    assert "There is no such account." in text_of(page)
    assert "Import the phones" not in text_of(page)
    assert agent.post(f"{URL}{check.pk}/", {}).status_code == 422
    file = read_sheet(raw_of(agent.get(f"/jobs/{check.pk}/files/errors/?format=xlsx")), 10)
    assert [row[:5] for row in file][0] == ["MSISDN", "Customer", "Note", "Row", "Problem"]
    assert [row[3] for row in file[1:]] == ["5", "6"]
    mended = [file[0], ["8804", *file[1][1:]], [file[2][0], "Customer-002", *file[2][2:]]]
    answer = agent.post(URL, {**EMPTY, "file": SimpleUploadedFile("e.xlsx", book(E=mended))})
    assert "New 2" in text_of(answer)


def test_what_changed_meanwhile_stops_it_and_is_checked_once_more(agent: Client) -> None:
    check = handed_in(agent)
    phone_edit(actor=SYSTEM, phone=Phone.objects.get(number="8803"), memo="theirs")
    job = confirmed(agent, check)
    assert (job.state, job.error) == ("failed", "What you saw is out of date.")
    assert Phone.objects.count() == 1
    answer = agent.post(f"{URL}{check.pk}/", {"again": "1"})
    work_off()
    renewed = Job.objects.get(pk=answer["Location"].strip("/").split("/")[-1])
    assert renewed.kind == import_jobs.CHECK
    assert confirmed(agent, renewed).state == "done"
    assert Phone.objects.get(number="8803").memo == "changed"


def test_who_lost_the_authorization_before_the_worker_came_imports_nothing(
    agent: Client, reseller_tree: ResellerTree
) -> None:
    check = handed_in(agent)
    agent.post(f"{URL}{check.pk}/", {})
    revoke(reseller_tree.agent, Authorization.MANAGE_PHONE)
    work_off()
    job = Job.objects.get(kind=import_jobs.IMPORT)
    assert job.state == "failed"
    assert Phone.objects.count() == 1


def test_rows_that_name_no_account_go_to_the_one_that_was_chosen(agent: Client) -> None:
    rows = [["Number"], ["8811"], ["8812"], ["8813"]]
    check = handed_in(agent, rows, account="Customer-002")
    assert confirmed(agent, check).state == "done"
    assert set(
        Phone.objects.exclude(number="8803").values_list("account__account_id", flat=True)
    ) == {"Customer-002"}


def test_a_long_sheet_without_headings_is_asked_about_first(agent: Client) -> None:
    raw = b"8811711000001,Customer-001\n8811711000002,Customer-001\n8811711000003,Customer-001\n"
    asked = agent.post(URL, {**EMPTY, "file": SimpleUploadedFile("p.csv", raw)})
    agent.post(URL, answered(asked, {"column_0": "number"}))
    work_off()
    check = Job.objects.get()
    assert check.result["new"] == 3
    assert confirmed(agent, check).state == "done"


def test_passwords_in_the_file_are_not_kept_with_the_job(agent: Client) -> None:
    rows = [
        ["Number", "Customer", "Secret"],
        *([f"881{n}", "Customer-001", "s3cr3t"] for n in "123"),
    ]
    check = handed_in(agent, rows)
    assert "Passwords in the file are not taken over" in text_of(agent.get(f"{URL}{check.pk}/"))
    assert "s3cr3t" not in str(list(check.files.values("header", "rows")))


def test_numbers_of_others_are_left_out_named_or_counted_as_ever(
    agent: Client, reseller_tree: ResellerTree
) -> None:
    phone(reseller_tree.other_customer, "8802")
    check = handed_in(agent)
    assert (check.result["taken"], check.result["new"]) == (1, 1)
    page = text_of(agent.get(f"{URL}{check.pk}/"))
    assert "8802 is not available." in page
    assert "Customer-201" not in page
    job = confirmed(agent, check)
    assert (job.state, job.result["new"]) == ("done_with_errors", 1)
    file = raw_of(agent.get(f"/jobs/{job.pk}/files/errors/?format=csv")).decode("utf-8-sig")
    assert "8802 is not available." in file
    assert AuditEntry.objects.filter(action="refused.not_available").exists()


def test_a_job_of_somebody_else_does_not_exist(agent: Client, reseller_tree: ResellerTree) -> None:
    check = handed_in(agent)
    job = confirmed(agent, check)
    other = just_signed_in(UserFactory(account=reseller_tree.agent))
    for url in (f"{URL}{check.pk}/", f"{URL}{job.pk}/passwords/"):
        assert other.get(url).status_code == 404
        assert other.post(url, {}).status_code == 404


def test_a_job_of_another_kind_leads_to_its_page(agent: Client) -> None:
    check = handed_in(agent)
    answer = agent.get(f"{URL}{check.pk}/passwords/")
    assert answer["Location"] == f"/jobs/{check.pk}/"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_is_imported_changes_nothing(
    agent: Client, reseller_tree: ResellerTree, kind: str
) -> None:
    for number in ("8811", "8812"):
        phone(reseller_tree.customer_2, number, dids=[f"7{number}"], codecs=["Opus", "GSM"])
    raw = raw_of(agent.get(f"/phones/export/?format={kind}"))
    agent.post(URL, {**EMPTY, "file": SimpleUploadedFile("p", raw)})
    work_off()
    check = Job.objects.get()
    assert (check.result["same"], check.result["is_ready"]) == (3, False)
    text = text_of(agent.get(f"{URL}{check.pk}/"))
    assert "Everything in this file is so already" in text


def test_what_is_not_named_any_more_is_named_by_the_same_job_when_released(
    agent: Client, reseller_tree: ResellerTree
) -> None:
    numbers = [f"8809{n:02}" for n in range(25)]
    phones_create(actor=SYSTEM, account=reseller_tree.other_customer, numbers="\n".join(numbers))
    rows = [["Number", "Account"], *([one, "Customer-001"] for one in [*numbers, "8811"])]
    check = handed_in(agent, rows)
    assert (check.result["taken"], check.result["new"]) == (25, 1)
    page = agent.get(f"{URL}{check.pk}/")
    assert text_of(page).count("is not available.") == 20
    assert "5 more are not available." in text_of(page)
    # Which they are is not told by what is left.
    assert "What would happen" not in text_of(page)
    admin = actor_for(StaffFactory(administrator=True))
    for one in (reseller_tree.agent, reseller_tree.top):
        availability_release(actor=admin, account=one, reason="large import")
    agent.post(f"{URL}{check.pk}/", {"again": "1"})
    work_off()
    page = agent.get(f"{URL}{Job.objects.latest('created_at').pk}/")
    assert text_of(page).count("is not available.") == 25


def test_asking_for_many_accounts_at_once_says_what_asking_for_each_says(
    reseller_tree: ResellerTree,
) -> None:
    tree = reseller_tree
    phone(tree.other_customer, "44701")
    phone(tree.customer, "44702")
    limit(tree.top, "allow 44", "allow 1", purpose=ALLOCATION)
    limit(tree.agent, "allow 447", purpose=ALLOCATION)
    limit(tree.customer_2, "allow 4470", purpose=ALLOCATION)
    accounts = [tree.agent, tree.customer, tree.customer_2, tree.deep_customer, tree.other_top]
    wanted = {one.pk: {"44701", "44702", "44703", "44799", "1", "99"} for one in accounts}
    shown = {one.pk: {"44799", "4", "44701"} for one in accounts}
    for account in (None, tree.top, tree.agent):
        actor = actor_for(UserFactory(account=account)) if account else SYSTEM
        assert obstacles_of_many(actor, accounts, wanted, shown) == {
            one.pk: outside(actor, one, shown[one.pk]) | obstacles(actor, one, wanted[one.pk])
            for one in accounts
        }


def test_many_accounts_take_as_many_queries_as_one(
    reseller_tree: ResellerTree, django_assert_max_num_queries: Any
) -> None:
    drafts = [Draft(f"Many-{n:03}", "x", "Dhaka-Retail-Sub") for n in range(300)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    rows = [["Number", "Account"], *([str(90000 + n), f"Many-{n:03}"] for n in range(300))]
    with django_assert_max_num_queries(25):
        plan = import_preview(actor=SYSTEM, rows=rows)
    assert len(plan.new) == 300


@pytest.mark.slow
def test_ten_thousand_phones_are_one_import(agent: Client) -> None:
    rows = [["Number", "Account"], *([str(90000 + n), "Customer-001"] for n in range(10_000))]
    job = confirmed(agent, handed_in(agent, rows))
    assert (job.state, job.result["new"]) == ("done", 10_000)
    raw = "\n".join(str(n) for n in range(10_020)).encode()
    over = agent.post(URL, {**EMPTY, "file": SimpleUploadedFile("p.csv", b"Number\n" + raw)})
    assert "more than 10,000 rows" in field_error(over, "file")


@pytest.mark.parametrize("at", ["", "passwords/"])
def test_who_signed_in_long_ago_proves_it_again_first(agent: Client, at: str) -> None:
    check = handed_in(agent)
    job = confirmed(agent, check) if at else check
    browser = signed_in_long_ago(User.objects.get(username="dhaka"))
    answer = browser.post(f"{URL}{job.pk}/{at}", {})
    assert answer["Location"].startswith("/security/reauthenticate/")
    assert not AuditEntry.objects.filter(action="phone.reset").exists()
    assert Job.objects.filter(kind=import_jobs.IMPORT).count() == bool(at)
