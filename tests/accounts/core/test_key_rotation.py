"""`rotate_keys` gives every registered secret the newest key, and may run at any time."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from accounts.core.models import AccountDetail
from accounts.kit.encryption import decrypted, encrypted, is_current, lookup_hash
from accounts.kit.secret_columns import SecretColumn, secret_columns
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
COUNT = 7


@pytest.fixture(autouse=True)
def secrets(settings: Any, monkeypatch: Any) -> Iterator[None]:
    """Memos stand for secrets here, found by a hash that stands in the address."""
    monkeypatch.setattr("accounts.core.key_rotation._BATCH", 3)
    column = SecretColumn(AccountDetail, "memo", lookup="address", purpose="test")
    kept = [*secret_columns]
    secret_columns[:] = [column]
    settings.ENCRYPTION_KEYS = [OLD]
    for number in range(COUNT):
        secret = f"secret {number}"
        AccountFactory(detail={"memo": encrypted(secret), "address": lookup_hash(secret, "test")})
    AccountFactory()
    yield
    secret_columns[:] = kept


def rotated() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def kept() -> list[AccountDetail]:
    return list(AccountDetail.objects.exclude(memo="").order_by("pk"))


def test_everything_is_read_with_the_newest_key_alone_afterwards(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert f"{COUNT} encrypted anew, 0 had the newest key" in rotated()
    settings.ENCRYPTION_KEYS = [NEW]
    rows = kept()
    assert len(rows) == COUNT
    for number, one in enumerate(rows):
        assert decrypted(one.memo) == f"secret {number}"
        assert one.address == lookup_hash(f"secret {number}", "test")


def test_a_second_run_writes_nothing(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    rotated()
    before = [one.memo for one in kept()]
    assert f"0 encrypted anew, {COUNT} had the newest key" in rotated()
    assert [one.memo for one in kept()] == before


def test_what_no_key_reads_is_said_and_left_as_it_is(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    before = [one.memo for one in kept()]
    with pytest.raises(CommandError, match=f"{COUNT} secrets"):
        rotated()
    assert [one.memo for one in kept()] == before


def test_a_run_that_stopped_half_way_goes_on_where_it_was(settings: Any, monkeypatch: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    count = 0

    def stopping(secret: str) -> str:
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt
        return encrypted(secret)

    monkeypatch.setattr("accounts.core.key_rotation.encrypted", stopping)
    with pytest.raises(KeyboardInterrupt):
        rotated()
    monkeypatch.undo()
    assert sum(is_current(one.memo) for one in kept()) == 3
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    secret_columns[:] = [SecretColumn(AccountDetail, "memo", lookup="address", purpose="test")]
    assert "4 encrypted anew, 3 had the newest key" in rotated()
