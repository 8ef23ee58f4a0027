"""A SIP password is shown once and is nowhere else: not in the database, a log, an address, a
session or the audit log. Nor is its digest, which is as good as the password.
"""

import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.core.models import Account, AuditEntry, User
from accounts.phones.models import Phone
from accounts.phones.rules.values import digest
from tests.factories import ResellerTree, StaffFactory, phone
from tests.support.answering import submit
from tests.support.pages import just_signed_in, markup_of, sent_by_form

pytestmark = pytest.mark.django_db

_PASSWORD = re.compile(r"data-password>([A-Za-z0-9]+)<")


def dump() -> str:
    """Every row of every table, as text."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            parts += [repr(row) for row in cursor.fetchall()]
    parts += [repr(one.get_decoded()) for one in Session.objects.all()]
    return "\n".join(parts)


def test_no_password_is_anywhere_but_on_the_page_that_shows_it(
    reseller_tree: ResellerTree, administrator: User, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = just_signed_in(administrator)
    new = "/accounts/Customer-001/phones/new/"
    answers = [submit(browser, new, {"numbers": "8801"}, follow=True)]
    several = submit(browser, new, {"numbers": "8802 – 8803"})
    answers.append(browser.post(new, sent_by_form(several, "seen") | {"numbers": "8802 – 8803"}))
    sheet = SimpleUploadedFile("phones.csv", b"number,account\n8804,Customer-001\n")
    checked = submit(browser, "/phones/import/", {"file": sheet})
    answers.append(browser.post("/phones/import/", sent_by_form(checked, "seen")))
    answers.append(submit(browser, "/phones/8801/reset/", follow=True))
    passwords: list[str] = []
    for answer in answers:
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        passwords += _PASSWORD.findall(answer.content.decode())
    assert len(passwords) == len(set(passwords)) == 5
    numbers = ["8801", "8802", "8803", "8804", "8801"]
    secrets = passwords + [
        digest(number, settings.SIP_REALM, password)
        for number, password in zip(numbers, passwords, strict=True)
    ]
    everything = dump() + caplog.text + "".join(record.getMessage() for record in caplog.records)
    assert "8804" in everything
    assert [one for one in secrets if one in everything] == []
    assert Phone.objects.count() == 4
    later = "".join(
        browser.get(path).content.decode()
        for path in ("/phones/8801/", "/phones/", "/audit/", "/phones/8801/edit/", "/")
    )
    files = b"".join(browser.get("/phones/export/?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert [one for one in secrets if one in later + files] == []


def test_the_audit_log_says_that_there_is_a_new_password_and_not_which(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    browser = just_signed_in(administrator)
    submit(browser, "/accounts/Customer-001/phones/new/", {"numbers": "8801"})
    submit(browser, "/phones/8801/reset/")
    entry = AuditEntry.objects.get(action="phone.reset")
    assert (entry.before, entry.after, entry.subject) == ({}, {}, "8801")
    made = AuditEntry.objects.get(action="phone.create")
    assert set(made.after) == {
        "number", "display_number", "max_calls", "codecs", "memo", "lock", "dids",
    }  # fmt: skip


def test_a_refused_form_gives_no_password_away(
    reseller_tree: ResellerTree, administrator: User
) -> None:
    browser = just_signed_in(administrator)
    submit(browser, "/accounts/Customer-001/phones/new/", {"numbers": "8801"})
    again = submit(browser, "/accounts/Customer-001/phones/new/", {"numbers": "8801"})
    assert again.status_code == 422
    assert _PASSWORD.findall(again.content.decode()) == []
    assert Account.objects.get(account_id="Customer-001").phones.count() == 1


class TestOnTheWayToItsPage:
    """The deed leads to a page that can be loaded again."""

    PAGE = "/phones/8801/password/"

    @pytest.fixture
    def browser(self, reseller_tree: ResellerTree, administrator: User) -> Client:
        phone(reseller_tree.customer, "8801")
        return just_signed_in(administrator)

    def test_it_is_shown_once_and_loading_again_makes_no_other(self, browser: Client) -> None:
        answer = submit(browser, "/phones/8801/reset/")
        assert (answer.status_code, answer["Location"]) == (303, self.PAGE)
        made = Phone.objects.get().ha1
        page = browser.get(self.PAGE)
        (password,) = _PASSWORD.findall(markup_of(page))
        assert "no-store" in page.headers["Cache-Control"]
        again = markup_of(browser.get(self.PAGE))
        assert "The password was shown once" in again
        assert password not in again
        assert 'href="/phones/8801/reset/"' in again
        assert Phone.objects.get().ha1 == made

    def test_it_travels_encrypted_to_that_page_alone(self, browser: Client) -> None:
        answer = submit(browser, "/phones/8801/reset/")
        kept = answer.cookies["handover"]
        assert (kept["path"], kept["max-age"]) == (self.PAGE, 120)
        assert (kept["httponly"], kept["samesite"]) == (True, "Strict")
        (password,) = _PASSWORD.findall(markup_of(browser.get(self.PAGE)))
        assert password not in kept.value

    @pytest.mark.parametrize("kept", ["", "x", "é" * 50])
    def test_whatever_else_comes_along_shows_nothing(self, browser: Client, kept: str) -> None:
        browser.cookies["handover"] = kept
        assert "The password was shown once" in markup_of(browser.get(self.PAGE))

    def test_to_nobody_else_not_too_late_and_not_after_another_one(
        self, browser: Client, time_machine: Any
    ) -> None:
        time_machine.move_to(timezone.now(), tick=False)
        submit(browser, "/phones/8801/reset/")
        kept = browser.cookies["handover"].value
        other = just_signed_in(StaffFactory(administrator=True))
        other.cookies["handover"] = kept
        assert "The password was shown once" in markup_of(other.get(self.PAGE))
        time_machine.shift(121)
        assert "The password was shown once" in markup_of(browser.get(self.PAGE))
        submit(browser, "/phones/8801/reset/")
        browser.cookies["handover"] = kept
        assert "The password was shown once" in markup_of(browser.get(self.PAGE))
