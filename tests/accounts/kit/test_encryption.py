"""Secrets that must be read again: what the keys in the settings can and cannot do."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.encryption import Unreadable, decrypted, encrypted, lookup_hash, lookup_hashes

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text())
def test_what_was_encrypted_is_read_again(secret: str) -> None:
    assert decrypted(encrypted(secret)) == secret


def test_a_secret_is_never_kept_as_the_same_text_twice() -> None:
    assert encrypted("4821") != encrypted("4821")


def test_a_former_key_still_reads(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    stored = encrypted("4821")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypted(stored) == "4821"


def test_without_its_key_a_secret_is_unreadable(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    stored = encrypted("4821")
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(Unreadable):
        decrypted(stored)


def test_a_secret_is_found_by_its_hash_under_former_keys_too(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    kept = lookup_hash("4821", "pin")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert kept in lookup_hashes("4821", "pin")
    assert lookup_hash("4821", "pin") != kept


def test_a_hash_of_one_purpose_says_nothing_about_another() -> None:
    assert lookup_hash("4821", "pin") != lookup_hash("4821", "sip")
