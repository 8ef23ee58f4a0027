"""Opaque keys: how an object is named in addresses, pages and files, where its number would count
the platform (docs/domain.md 2).

A key is computed from kind and number with `OBJECT_KEY_SECRET` alone: there is no column for it, it
is the same for ever, and only the secret turns it back. Its sixteen letters stand for 80 bits: 32
zeros, so that a guess is nobody's key, and 48 bits of the number, mixed by a Feistel network of
eight rounds of keyed BLAKE2; every kind has a key of its own. One block of AES would take 26
letters, which nobody reads aloud, and what is cut off them could not be looked up again.
"""

import base64
import binascii
import re
from functools import lru_cache
from hashlib import blake2b
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.kit.text import identifier

# Without letters that are taken for digits or for one another: i, l, o, u.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# Two letters at a time: ten bits.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
# Where the first pair of each group of four lies.
_AT = (70, 50, 30, 10)
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_MISREAD = str.maketrans("oil", "011", " -")
# Sixteen letters in groups of four: k3fj-9wq2-ab7x-m2cd.
_GROUP = f"[{_ALPHABET}]{{4}}"
PATTERN = f"{_GROUP}-{_GROUP}-{_GROUP}-{_GROUP}"
_KEY = re.compile(PATTERN)

# Sealed texts have lengths of so many bytes: how long a number is says how large it is.
_STEP = 32

_MOST = 2**48
# Numbers of more digits have no key.
LONGEST_NUMBER = 14
_HALF_BITS = 40
_HALF = 2**_HALF_BITS - 1
_ROUNDS = range(8)


def object_key(kind: str, number: int) -> str:
    """The key of the object of this kind with this number, its primary key."""
    if not 0 <= number < _MOST:
        raise ValueError(f"{number} has no key.")
    return _key(kind, number, settings.OBJECT_KEY_SECRET)


# Lists and dashboards show the same newest objects again and again.
@lru_cache(maxsize=4096)
def _key(kind: str, number: int, secret: str) -> str:
    left, right = number >> _HALF_BITS, number & _HALF
    for mixer in _mixers(kind, secret):
        left, right = right, left ^ _mixed(mixer, right)
    block = left << _HALF_BITS | right
    return "-".join([_PAIRS[block >> at & 1023] + _PAIRS[block >> at - 10 & 1023] for at in _AT])


def object_number(kind: str, key: str) -> int | None:
    """The number behind a key; None for what is no key of this kind."""
    if not _KEY.fullmatch(key):
        return None
    block = 0
    for letter in key.replace("-", ""):
        block = block << 5 | _VALUES[letter]
    left, right = block >> _HALF_BITS, block & _HALF
    for mixer in reversed(_mixers(kind, settings.OBJECT_KEY_SECRET)):
        left, right = right ^ _mixed(mixer, left), left
    number = left << _HALF_BITS | right
    return number if number < _MOST else None


class Keyed:
    """A model whose objects are named by keys of their `key_kind`."""

    key_kind: ClassVar[str]

    @property
    def key(self) -> str:
        return object_key(self.key_kind, self.pk)  # type: ignore[attr-defined]


def typed_number(kind: str, text: str) -> int | None:
    """The number behind a key as people write it: in any case, with or without its dashes."""
    letters = identifier(text).lower().translate(_MISREAD)
    return object_number(kind, "-".join(letters[at : at + 4] for at in range(0, len(letters), 4)))


def sealed(text: str) -> str:
    """`text` for an address, so that nobody can read or change it; the same text is sealed the same
    way. How long it is shows only roughly. It must not end in a space.
    """
    raw = text.encode()
    padded = raw + b" " * (-len(raw) % _STEP)
    hidden = _sealer(settings.OBJECT_KEY_SECRET).encrypt(padded, None)
    return base64.urlsafe_b64encode(hidden).decode().rstrip("=")


def unsealed(text: str) -> str:
    """What was sealed. Raises ValueError for anything else."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return _sealer(settings.OBJECT_KEY_SECRET).decrypt(raw, None).decode().rstrip(" ")
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise ValueError("This was not sealed here.") from error


def _mixed(mixer: blake2b, half: int) -> int:
    digest = mixer.copy()
    digest.update(half.to_bytes(5))
    return int.from_bytes(digest.digest())


@lru_cache(maxsize=64)
def _mixers(kind: str, secret: str) -> tuple[blake2b, ...]:
    """The hash of each round, which has taken up its key."""
    key = _secret(f"object key of {kind}", secret)
    return tuple(blake2b(digest_size=5, key=key, person=bytes([at])) for at in _ROUNDS)


@lru_cache(maxsize=4)
def _sealer(secret: str) -> AESSIV:
    return AESSIV(_secret("sealed text", secret))


@lru_cache(maxsize=64)
def _secret(purpose: str, secret: str) -> bytes:
    """A key of its own for each purpose."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
