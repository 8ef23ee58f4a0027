"""What is found by how it begins: letters are letters, and an index is used."""

import pytest
from django.db import connection

from accounts.core.actor import SYSTEM
from accounts.core.models import AccountDetail, User
from accounts.core.scope import Scope
from accounts.kit.beginnings import capitals
from accounts.logins.queries import logins_called
from accounts.portal.finding import Asked
from accounts.tree.queries.search import noted, people_called
from accounts.tree.services.accounts import account_edit
from billing.payments.hooks import REFERENCES
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["100%", "100%_", "100%_a\\", "100%_A\\B"])
def test_no_sign_stands_for_another(text: str) -> None:
    for company in ("100%_a\\b", "100xyz", "1"):
        account_edit(actor=SYSTEM, account=AccountFactory(), detail={"company": company})
    found = AccountDetail.objects.filter(company__capitals__beginning=capitals(text))
    assert [one.company for one in found] == ["100%_a\\b"]


@pytest.mark.parametrize("text", ["", "\x00", "a\ud800"])
def test_nothing_begins_with_what_no_text_holds(text: str) -> None:
    AccountFactory()
    assert not User.objects.filter(username__beginning=text)
    assert not AccountDetail.objects.filter(company__beginning=text)


def test_letters_that_are_not_ascii_are_what_they_are() -> None:
    assert capitals("añb ß") == "AñB ß"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("detail_by_company", lambda: people_called(Scope.EVERYTHING, "abdur")),
        ("detail_by_person", lambda: people_called(Scope.EVERYTHING, "abdur")),
        ("detail_by_email", lambda: people_called(Scope.EVERYTHING, "abdur@")),
        ("detail_by_memo", lambda: noted(Scope.EVERYTHING, "speaks")),
        ("login_by_username", lambda: logins_called(Scope.EVERYTHING, "imran")),
        ("login_by_email", lambda: logins_called(Scope.EVERYTHING, "imran@")),
        ("transaction_by_reference", lambda: REFERENCES.rows(SYSTEM, Asked("bkash", "bkash"))),
    ],
)
def test_an_index_finds_it(name: str, rows: object) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Of so few rows it would read all.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = on")
    found = rows().order_by()  # type: ignore[operator]
    assert name in found.explain()
