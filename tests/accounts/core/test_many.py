"""Rows by the thousand are stored as they were given, whatever texts hold."""

import pytest
from django.utils import timezone

from accounts.core.many import insert_many, keys_for, planned_anew
from billing.calls.models import CallRecord, LegKey
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
