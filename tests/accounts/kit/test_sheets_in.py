"""Sheets that are handed in: XML that declares entities is refused, however it is written."""

import io
import zipfile

import openpyxl
import pytest

from accounts.kit.sheets_in import BadSheet, read_sheet
from tests.support.sheets import book


def with_sheet(change: "dict[str, str]", encoding: str) -> bytes:
    """A book whose one worksheet is written in `encoding`, with parts of its XML replaced."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(Phones=[["100"], ["200"]]))) as parts,
        zipfile.ZipFile(file, "w") as made,
    ):
        for name in parts.namelist():
            content = parts.read(name)
            if name.startswith("xl/worksheets/"):
                text = content.decode()
                for old, new in change.items():
                    assert old in text
                    text = text.replace(old, new)
                content = text.encode(encoding)
            made.writestr(name, content)
    return file.getvalue()


HEAD = "<worksheet "
DECLARED = '<?xml version="1.0" encoding="{}"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet '


def test_the_reader_of_books_takes_no_entities() -> None:
    assert openpyxl.DEFUSEDXML is True


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_declared_entity_is_refused(encoding: str) -> None:
    raw = with_sheet({HEAD: DECLARED.format(encoding)}, encoding)
    with pytest.raises(BadSheet) as caught:
        read_sheet(raw, 10)
    assert caught.value.code == "damaged"


def test_the_same_book_without_one_is_read() -> None:
    raw = with_sheet({HEAD: '<?xml version="1.0" encoding="utf-16"?>' + HEAD}, "utf-16")
    assert read_sheet(raw, 10) == [["100"], ["200"]]
