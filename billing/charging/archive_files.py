"""The files of an archived month: compressed CSV, and a list of them with what they add up to;
written so that they are there after a power cut, and read back before anything is believed of them.
"""

import csv
import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
FORMAT = 1
_BLOCK = 1 << 20
_LONGEST = 1 << 30


class Damaged(Exception):
    """Files that are not what their list says, in words."""


@dataclass
class Account:
    """What a month came to for an account: billed seconds and micro-units of its charges and of its
    costs as a carrier; its own legs: how many, answered, seconds.
    """

    charged: list[int] = field(default_factory=lambda: [0, 0])
    cost: list[int] = field(default_factory=lambda: [0, 0])
    own: list[int] = field(default_factory=lambda: [0, 0, 0])


@dataclass
class Contents:
    """What the files of a month hold: rows and the last key by table, and sums by account."""

    rows: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)

    def account(self, key: int) -> Account:
        if key not in self.accounts:
            self.accounts[key] = Account()
        return self.accounts[key]


def file_of(table: str) -> str:
    return f"{table}.csv.gz"


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A compressed file, on the disk when it is left."""
    with path.open("xb") as raw:
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as out:
            yield out  # type: ignore[misc]
        raw.flush()
        os.fsync(raw.fileno())


def line_of(texts: Iterable[str]) -> bytes:
    """A line of such a file; nothing where there is none."""
    masked = ('"' + one.replace('"', '""') + '"' if one else "" for one in texts)
    return (",".join(masked) + "\n").encode()


def lines_of(path: Path) -> Iterator[list[str]]:
    """The lines of such a file, its columns first. Raises Damaged."""
    # A record may be as long as it came.
    usual = csv.field_size_limit(_LONGEST)
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
            yield from csv.reader(text)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise Damaged(f"{path.name} cannot be read: {error}") from error
    finally:
        csv.field_size_limit(usual)


def read_back(folder: Path, *, legs: str, charges: str, keys: str) -> Contents:
    """What the files of these tables hold, read from the first row to the last. Raises Damaged."""
    found = Contents()
    for table, add in ((legs, _add_leg), (charges, _add_charge), (keys, None)):
        lines = lines_of(folder / file_of(table))
        at = {name: place for place, name in enumerate(next(lines))}
        count = last = 0
        for row in lines:
            count += 1
            last = max(last, int(row[at["id"]]))
            if add is not None:
                add(found.account(int(row[at["account_id"]])), row, at)
        found.rows[table], found.last[table] = count, last
    return found


def _add_leg(one: Account, row: list[str], at: Mapping[str, int]) -> None:
    one.own[0] += 1
    one.own[1] += row[at["answer"]] != ""
    one.own[2] += int(row[at["duration"]])


def _add_charge(one: Account, row: list[str], at: Mapping[str, int]) -> None:
    whose = one.cost if row[at["is_cost"]] == "t" else one.charged
    whose[0] += int(row[at["billed"]])
    whose[1] += int(row[at["amount"]])


def manifest_written(folder: Path, month: str, contents: Contents, names: Mapping[int, str]) -> str:
    """Write the list of the files of a folder; its digest. `names`: of accounts, by key."""
    said = {
        "format": FORMAT,
        "month": month,
        "files": {
            file_of(table): {
                "table": table,
                "rows": count,
                "last_id": contents.last[table],
                "bytes": (folder / file_of(table)).stat().st_size,
                "sha256": _digest(folder / file_of(table)),
            }
            for table, count in contents.rows.items()
        },
        # [billed seconds, millionths of the currency]; of its own legs [legs, answered, seconds].
        "accounts": [
            {"key": key, "account": names.get(key, ""), **vars(one)}
            for key, one in sorted(contents.accounts.items())
        ],
    }
    path = folder / MANIFEST
    with path.open("x", encoding="utf-8") as out:
        json.dump(said, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    for one in (folder, folder.parent):
        directory_synced(one)
    return _digest(path)


def directory_synced(folder: Path) -> None:
    """The names in a folder are on the disk as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def manifest_of(folder: Path, digest: str = "") -> dict[str, Any]:
    """The list of the files of a folder, if it is the one with this digest and they are as it says.
    Raises Damaged.
    """
    path = folder / MANIFEST
    try:
        if digest and _digest(path) != digest:
            raise Damaged(f"{path} is not the list that was written when the month was archived.")
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise Damaged(f"{path} is of another format.")
        for name, one in said["files"].items():
            if _digest(folder / name) != one["sha256"]:
                raise Damaged(f"{name} is not what it was when the month was archived.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{folder} cannot be read: {error}") from error
    return said


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
