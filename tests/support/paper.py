"""What a PDF that Chromium made says, page by page."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj|\[(.*?)\] ?TJ", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page, without the spaces between them: glyphs are placed one by one."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b", body)]
    return [_words(objects, body) for body in pages]


def _words(objects: dict[int, bytes], page: bytes) -> str:
    (contents,) = re.findall(rb"/Contents (\d+) 0 R", page)
    letters: dict[int, str] = {}
    said = []
    for font, shown, several in _SHOWN.findall(_stream(objects[int(contents)])):
        if font:
            letters = _letters(objects, int(font))
        for text in [shown] if shown else _HEX.findall(several):
            said += [letters.get(int(text[at : at + 4], 16), "") for at in range(0, len(text), 4)]
    return "".join(said).replace(" ", "").replace("\u00a0", "")


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    raw = found.group(1) if found else b""
    return zlib.decompress(raw) if b"/FlateDecode" in body else raw


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """The letters of a font by the numbers of their glyphs."""
    (named,) = re.findall(rb"/ToUnicode (\d+) 0 R", objects[font])
    table, found = _stream(objects[int(named)]), {}
    for lines in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, letter in re.findall(rb"<(\w+)> <(\w+)>", lines):
            found[int(glyph, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for lines in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letter in re.findall(rb"<(\w+)> <(\w+)> <(\w+)>", lines):
            for at in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + at] = chr(int(letter, 16) + at)
    return found
