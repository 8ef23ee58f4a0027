"""The database of the SQLite run as migrations leave it, kept for the next run: making it takes a
fifth of a minute, in every process of a run.

What is kept is that of exactly this code: a change of any module of the portal, of the tests'
settings or of a library makes it anew.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
_KEPT = ROOT / ".pytest_cache" / "migrated"
_PACKAGES = ("accounts", "billing", "vosportal")


def taken() -> bool:
    """Put what is kept in the place of this process's database; False where nothing is."""
    if connection.vendor != "sqlite":
        return False
    try:
        shutil.copy(_place(), connection.settings_dict["TEST"]["NAME"])
    except FileNotFoundError:
        return False
    return True


def kept() -> None:
    """Keep the database of this process, which nobody has written to since it was made; what was
    kept of other code goes.
    """
    if connection.vendor != "sqlite":
        return
    # Whoever closes last writes everything into the one file.
    connection.close()
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    mine = place.with_suffix(f".{os.getpid()}")
    shutil.copy(connection.settings_dict["NAME"], mine)
    for other in place.parent.glob("*.sqlite3"):
        other.unlink(missing_ok=True)
    mine.replace(place)


def _place() -> Path:
    digest = sha256(f"{sys.version} {sqlite3.sqlite_version}".encode())
    for path in _read():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return _KEPT / f"{digest.hexdigest()}.sqlite3"


def _read() -> Iterator[Path]:
    """What the database is made by."""
    for package in _PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
    yield from (ROOT / "tests" / "settings.py", ROOT / "constraints.txt")
