"""Secrets that must be read again: SIP credentials, gateway passwords, PINs of phone cards.

Each is kept encrypted (Fernet), with a keyed hash beside it where it is looked up by its value.
The keys come from `ENCRYPTION_KEYS` alone; the first one encrypts, all of them read. Without them
the database gives nothing away. How to change a key: docs/operations.md.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """None of the keys in the settings reads this secret: the key it was kept with is missing."""


def encrypted(secret: str) -> str:
    """`secret` as it may be stored, with the first of the keys. Never the same text twice."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(secret.encode()).decode()


def decrypted(stored: str) -> str:
    """The secret behind a stored text. Raises Unreadable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def is_current(stored: str) -> bool:
    """Whether a stored text was made with the first of the keys."""
    try:
        _fernet(tuple(settings.ENCRYPTION_KEYS[:1])).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


def lookup_hash(secret: str, purpose: str) -> str:
    """A keyed hash, by which a secret is found without reading it: 64 hexadecimal digits.

    Made with the first key, as `encrypted` is. Every `purpose` has hashes of its own.
    """
    return lookup_hashes(secret, purpose)[0]


def lookup_hashes(secret: str, purpose: str) -> list[str]:
    """The hashes a secret may be stored with, the newest key's first: look for any of them."""
    return [
        hmac.new(_lookup_key(key, purpose), secret.encode(), sha256).hexdigest()
        for key in settings.ENCRYPTION_KEYS
    ]


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=32)
def _lookup_key(key: str, purpose: str) -> bytes:
    """A key of its own, so that no hash says anything about what is encrypted."""
    return HKDF(SHA256(), 32, salt=None, info=f"lookup {purpose}".encode()).derive(key.encode())
