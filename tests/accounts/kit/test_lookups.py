"""Search for text in a database: the same answers on SQLite and PostgreSQL, for every spelling."""

import json
import re
import sys
import unicodedata
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import Q, Value
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.models import Account
from accounts.kit import lookups
from accounts.kit.checks import check_texts
from accounts.kit.text import folded
from tests.factories import AccountFactory
from tests.support.sabotage import plant

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

TEXT = st.text(
    st.one_of(
        # No service stores control characters, but for lines and tabs of a memo.
        st.characters(blacklist_categories=("Cs", "Cn", "Co", "Cc")),
        st.sampled_from("aAbßẞİıΣσςÄäéÉ́̈ \u00a0\u200b\u200d’–ﬁＡ%_\\'\""),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def account() -> Account:
    return AccountFactory(account_id="The-One")


def finds(**asked: str) -> bool:
    return Account.objects.filter(**asked).exists()


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Ärzte Süd", "ärzte SÜD"),
        ("Телеком", "ТЕЛЕКОМ"),
        ("Société", "SOCIE\u0301TE\u0301"),
        ("Straße 9", "STRASSE 9"),
        ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
        ("İzmir", "izmir"),
        ("O’Brien – Sons", "o'brien - sons"),
        ("Müller GmbH", "müller\u00a0gmbh"),
        ("Telecom", "Tele\u200bcom"),
        ("ＡＢＣ電話", "abc電話"),
        # As earlier versions stored them.
        ("Socie\u0301te\u0301", "société"),
        ("Acme  Telecom", "acme telecom"),
        ("Müller\u00a0GmbH\u200b", "Müller GmbH"),
        (" Acme", "Acme"),
        ("ঢাকা ে\u09be", "ঢাকা \u09cb"),
    ],
)
def test_a_name_is_found_in_every_spelling(account: Account, stored: str, typed: str) -> None:
    plant(account, name=stored)
    assert finds(name__iexact=typed)
    assert finds(name__istartswith=typed[:4])
    assert finds(name__icontains=typed[1:])
    assert not finds(name__iexact=typed[1:])
    assert not finds(name__istartswith=typed[1:])


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'", '"', "*", "[", "]", "^", "$", ".", "?"])
@pytest.mark.parametrize("beside", ["x", "ж", "é"])
def test_signs_of_patterns_are_text(account: Account, sign: str, beside: str) -> None:
    plant(account, name=f"{beside}{sign}y")
    assert finds(name__icontains=f"{sign}y")
    assert finds(name__istartswith=f"{beside}{sign}")
    plant(account, name=f"{beside}zy")
    assert not finds(name__icontains=f"{sign}y")
    assert not finds(name__iexact=f"{beside}{sign}y")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 100_000, "é" * 100_000])
def test_what_no_text_can_hold_is_not_found(account: Account, text: str) -> None:
    for lookup in ("iexact", "icontains", "istartswith"):
        assert not finds(**{f"name__{lookup}": text})
    assert Account.objects.filter(Q(name__icontains=text) | Q(pk=account.pk)).exists()
    assert Account.objects.exclude(name__icontains=text).exists()


def test_texts_of_many_lines_too(account: Account) -> None:
    memo = type(account.detail).objects.filter(pk=account.pk)
    memo.update(memo="Ruft  an:\nÄrzte\tSüd")
    assert finds(detail__memo__icontains="an: ärzte süd")
    memo.update(memo="Calls  at\nnine\tten")
    assert finds(detail__memo__icontains="calls at nine ten")


def test_a_column_with_values_of_its_own(account: Account) -> None:
    both: Any = models.functions.Concat("account_id", Value(" 100% "), Value("ÄÖ"))
    rows = Account.objects.annotate(both=both)
    assert rows.filter(both__icontains="one 100% äö").exists()
    assert not rows.filter(both__icontains="one 100% ao").exists()


def test_columns_are_compared_with_columns(account: Account) -> None:
    plant(account, name="THE-ONE")
    assert Account.objects.filter(name__iexact=models.F("account_id")).exists()


@given(stored=TEXT, typed=TEXT)
def test_the_database_answers_as_the_folding_does(
    account: Account, stored: str, typed: str
) -> None:
    plant(account, name=stored)
    text, asked = folded(stored), folded(typed)
    assert finds(name__icontains=typed) == (asked in text)
    assert finds(name__istartswith=typed) == text.startswith(asked)
    assert finds(name__iexact=typed) == (asked == text)
    # Whole and in part it is found by itself.
    assert finds(name__iexact=stored)
    assert finds(name__icontains=stored[:-1])


def test_every_character_is_folded_alike() -> None:
    """Of all that Unicode has: in Python, and where the database looks for it itself."""
    known = [
        chr(at)
        for at in range(1, sys.maxunicode + 1)
        if unicodedata.category(chr(at)) not in ("Cs", "Co", "Cn")
    ]
    theirs = _folded_by_database(known)
    others = {one: theirs[one] for one in known if theirs[one] != folded(f"a{one}b")}
    # A server of a later Unicode has capitals that this Python does not know.
    assert [one for one in others if "Cn" not in map(unicodedata.category, others[one])] == []
    assert len(others) < 20


def _folded_by_database(known: list[str]) -> dict[str, str]:
    texts = [f"a{one}b" for one in known]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            sql = "SELECT value, portal_folded(value) FROM json_each(%s)"
            cursor.execute(sql, [json.dumps(texts)])
        else:
            capitals = lookups.capitals_of(connection)
            sql = lookups._folded_by_postgresql("x", capitals)
            cursor.execute(f"SELECT x, {sql} FROM unnest(%s::text[]) x", [texts])
        return {text[1:-1]: found for text, found in cursor.fetchall()}


def test_nothing_of_a_database_makes_it_search_in_another_way() -> None:
    texts = (models.CharField, models.EmailField, models.SlugField, models.TextField)
    found = {
        (field.__name__, name): field().get_lookup(name)
        for field in texts
        for name in ("iexact", "icontains", "istartswith")
    }
    assert {one.__module__ for one in found.values()} == {lookups.__name__}


class TestCapitals:
    """What PostgreSQL writes capitals by."""

    pytestmark = pytest.mark.postgres

    def test_the_locale_of_the_database_does_not_matter(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()")
            assert cursor.fetchone() == ("C",)
        assert lookups.capitals_of(connection) != lookups.DEFAULT_CAPITALS
        assert check_texts(["default"]) == []

    def test_the_capitals_of_the_c_library_do_as_well(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lookups, "_known_capitals", {})
        monkeypatch.setattr(lookups, "CAPITALS", ("C.utf8", "C.UTF-8"))
        for stored, typed in [
            ("Ärzte", "ÄRZTE"),
            ("Телеком", "ТЕЛЕКОМ"),
            ("Straße é", "strasse É"),
        ]:
            plant(account, name=stored)
            assert finds(name__iexact=typed)

    def test_a_database_without_any_is_told_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lookups, "_known_capitals", {})
        monkeypatch.setattr(lookups, "CAPITALS", ())
        assert [one.id for one in check_texts(["default"])] == ["accounts.W001"]

    def test_it_is_asked_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lookups, "_known_capitals", {})
        assert re.fullmatch(r'"[\w.-]+"', lookups.capitals_of(connection))
        monkeypatch.setattr(lookups, "CAPITALS", ())
        assert lookups.capitals_of(connection) != lookups.DEFAULT_CAPITALS
