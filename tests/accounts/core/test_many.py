"""Rows by the thousand are stored as they were given, whatever texts hold."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import ClientCursor, Cursor

from accounts.core.many import Part, insert_many, insert_parts, keys_for, planned_anew
from accounts.kit.binary import Integers, Strings
from billing.calls.models import CallRecord, LegKey
from billing.charging.models import Charge, DayTotal, QuarterTotal
from billing.wallets.models import Wallet
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db

TEXTS = [
    "plain", "", "a tab\there", "a line\nand\r\nanother", "back\\slash", "\\N", "\\.", "\\t",
    "\x1f and \x7f", "Zażółć 𝔘 ﷽", "'; DROP TABLE x; --", "%s %(a)s",
]  # fmt: skip


def test_texts_come_back_as_they_were() -> None:
    now = timezone.now()
    columns = (
        "source", "line", "raw", "corrected", "is_rewritten", "received_at", "state", "part",
        "reason", "detail", "is_first", "version",
    )  # fmt: skip
    insert_many(
        CallRecord,
        columns,
        (
            ("s", at or None, one, "{}", at % 2 == 0, now, "new", "chain", "", one, False, at + 1)
            for at, one in enumerate(TEXTS)
        ),
    )
    found = CallRecord.objects.order_by("version")
    assert [one.raw for one in found] == TEXTS
    assert [one.detail for one in found] == TEXTS
    assert [one.line for one in found] == [None, *range(1, len(TEXTS))]
    assert [one.is_rewritten for one in found][:3] == [True, False, True]
    assert {one.received_at for one in found} == {now}


def test_bytes_come_back_as_they_were() -> None:
    keys = [bytes(range(start, start + 16)) for start in (0, 9, 80, 240)]
    day = timezone.now().date()
    insert_many(LegKey, ("month", "key", "content"), [(day, one, one[::-1]) for one in keys])
    rows = LegKey.objects.order_by("pk").values_list("month", "key", "content")
    assert [(m, bytes(k), bytes(c)) for m, k, c in rows] == [(day, k, k[::-1]) for k in keys]


def test_nothing_is_inserted_for_no_rows() -> None:
    insert_many(LegKey, ("month", "key", "content"), [])
    assert not LegKey.objects.exists()


def test_keys_are_new_and_ascend() -> None:
    with planned_anew():
        keys = keys_for(CallRecord, 3)
    assert keys == sorted(set(keys))
    assert len(keys) == 3


class TestAmong:
    def test_one_of_many(self) -> None:
        first, second, third = AccountFactory.create_batch(3)
        found = Wallet.objects.filter(account__pk__among=[third.pk, first.pk, 0])
        assert set(found.values_list("pk", flat=True)) == {first.pk, third.pk}
        assert second.pk not in found.values_list("pk", flat=True)

    def test_none_of_nothing(self) -> None:
        AccountFactory()
        assert not Wallet.objects.filter(account__pk__among=[]).exists()


class TestParts:
    def test_what_is_the_same_is_given_once(self) -> None:
        now, day = timezone.now(), timezone.now().date()
        insert_parts(
            CallRecord,
            [
                Part({"raw": TEXTS, "line": [None, *range(1, len(TEXTS))]}),
                Part({"source": ["a", "b"], "is_first": [True, False]}, [0, 1] * 6),
                Part({
                    "corrected": ['{"callee": "49"}'], "is_rewritten": [False],
                    "received_at": [now], "state": ["new"], "part": ["chain"], "reason": [""],
                    "detail": ["ß"], "version": [1], "at": [None], "leg": [None],
                }),
            ],
        )  # fmt: skip
        found = CallRecord.objects.order_by("pk")
        assert [one.raw for one in found] == TEXTS
        assert [one.line for one in found] == [None, *range(1, len(TEXTS))]
        assert [(one.source, one.is_first) for one in found] == [("a", True), ("b", False)] * 6
        same = {(one.received_at, one.detail, one.at, one.corrected["callee"]) for one in found}
        assert same == {(now, "ß", None, "49")}
        insert_parts(LegKey, [Part({"month": [day], "key": [b"\0k"], "content": [b""]})])
        assert [(k.month, bytes(k.key), bytes(k.content)) for k in LegKey.objects.all()] == [
            (day, b"\0k", b"")
        ]

    def test_moments_and_numbers_of_all_sizes(self) -> None:
        moments = [
            datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2000, 1, 1, tzinfo=UTC),
            datetime(2026, 6, 1, 2, 0, 0, 1, tzinfo=timezone.get_fixed_timezone(330)),
        ]
        legs = [-(2**62), 0, 2**62]
        insert_parts(
            Charge,
            [
                Part({"setup": moments, "at": moments, "leg_id": legs, "level": [0, 1, 32_767]}),
                Part({
                    "account_id": [1], "root_id": [1], "is_cost": [False], "group_id": [1],
                    "rate_id": [1], "prefix": ["4"], "destination": [""], "price": [1],
                    "connection_fee": [0], "billed": [1], "amount": [1], "was_locked": [False],
                    "posted_at": [moments[1]],
                }),
            ],
        )  # fmt: skip
        found = Charge.objects.order_by("level").values_list("setup", "leg_id", "level")
        assert list(found) == list(zip(moments, legs, (0, 1, 32_767), strict=True))

    @pytest.mark.postgres
    def test_arrays_of_numbers_are_days_and_moments_since_1970(self) -> None:
        numbers = np.array([-1, 0, 1], dtype=np.int64)
        flags = np.array([1, 0, 1], dtype=np.int64)
        same = {"agent_id": numbers, "root_id": numbers, "is_own": flags, "is_cost": 1 - flags}
        sums = {"legs": numbers * 2**61, "answered": numbers, "seconds": numbers, "billed": numbers}
        money = {"amount": numbers, "bought": numbers}
        about = {"account_id": numbers, "day": numbers + 20_000}
        texts = ["ß", "", "c"]
        insert_parts(
            DayTotal,
            [Part({**about, **same, **sums, **money}), Part({"destination": texts})],
        )
        days = DayTotal.objects.order_by("account_id")
        assert [(one.day, one.is_own, one.legs, one.destination) for one in days] == [
            (date(2024, 10, 3), True, -(2**61), "ß"),
            (date(2024, 10, 4), False, 0, ""),
            (date(2024, 10, 5), True, 2**61, "c"),
        ]
        about = {"account_id": numbers, "quarter": numbers}
        insert_parts(QuarterTotal, [Part({**about, **same, **sums, **money})])
        epoch, step = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
        moments = QuarterTotal.objects.order_by("quarter").values_list("quarter", "is_cost")
        assert list(moments) == [(epoch - step, False), (epoch, True), (epoch + step, False)]

    def test_nothing_is_inserted_for_no_rows(self) -> None:
        insert_parts(LegKey, [Part({"month": [], "key": [], "content": []})])
        assert not LegKey.objects.exists()


@pytest.mark.postgres
class TestArrays:
    @pytest.mark.parametrize("cursor", ["", "written into the statement"])
    def test_come_back_as_they_were(self, cursor: str) -> None:
        numbers, strings = [-(2**63), 0, 2**63 - 1], [b"", b'\0"\\,{}', bytes(range(256))]
        connection.ensure_connection()
        kind = ClientCursor if cursor else Cursor
        with kind(connection.connection) as asked:
            asked.execute(
                "SELECT %s::bigint[], %s::bytea[], %s::bigint[]",
                [Integers(numbers), Strings(strings), Integers([])],
            )
            assert asked.fetchone() == (numbers, strings, [])
