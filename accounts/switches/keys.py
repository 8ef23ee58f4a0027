"""The keys of switches: how one is made and read. Plain functions; nothing here knows a database.

A key is `vsw_<id>_<secret>`. It is found by its id, which is no secret, and proven by the digest of
the whole, which is all that is kept of it.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

# 48 bits to be found by, 192 to be proven by.
_ID_BYTES, _SECRET_BYTES = 6, 24
MOST_ID = 2 * _ID_BYTES
MOST_HASH = 64
_KEY = re.compile(rf"vsw_([0-9a-f]{{{MOST_ID}}})_[0-9a-f]{{{2 * _SECRET_BYTES}}}")
# What nothing has the digest of: compared with where nobody has the id.
_NOBODYS = "0" * MOST_HASH


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: `text` is shown once and kept nowhere."""

    id: str
    text: str
    hash: str

    def __repr__(self) -> str:
        return f"NewKey({self.id})"


def new_key() -> NewKey:
    """A key that nobody can guess."""
    key_id = secrets.token_hex(_ID_BYTES)
    text = f"vsw_{key_id}_{secrets.token_hex(_SECRET_BYTES)}"
    return NewKey(key_id, text, _digest(text))


def key_id_of(text: str) -> str:
    """By which id a key is found; "" for what is no key."""
    found = _KEY.fullmatch(text)
    return found[1] if found else ""


def is_key(text: str, kept_hash: str = "") -> bool:
    """Whether the digest of a key is the one that is kept; takes as long where none is."""
    return hmac.compare_digest(_digest(text), kept_hash or _NOBODYS)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
