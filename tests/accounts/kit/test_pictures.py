"""Pictures that people hand in: read, made small, written anew."""

import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from accounts.kit.errors import Refused
from accounts.kit.pictures import small_png
from tests.support.drawing import opened, picture, png

RED = (200, 30, 30)


def code(raw: bytes) -> str:
    with pytest.raises(Refused) as refused:
        small_png(raw, field="logo")
    assert refused.value.field == "logo"
    return str(refused.value.code)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_it_becomes_a_png_whatever_it_was(kind: str) -> None:
    found = opened(small_png(picture(kind), field="logo"))
    assert (found.format, found.size) == ("PNG", (60, 20))
    assert found.convert("RGB").getpixel((5, 5)) == pytest.approx(RED, abs=8)


@pytest.mark.parametrize(
    ("size", "kept"), [((480, 160), (480, 160)), ((960, 160), (480, 80)), ((200, 800), (40, 160))]
)
def test_it_is_no_larger_than_it_is_printed(size: Any, kept: Any) -> None:
    assert opened(small_png(png(size), field="logo")).size == kept


def test_what_is_transparent_stays_so() -> None:
    clear = opened(small_png(png(colour=(0, 0, 0, 0)), field="logo"))
    assert clear.convert("RGBA").getpixel((0, 0))[3] == 0


def test_it_stands_as_the_camera_says() -> None:
    written = BytesIO()
    sideways = Image.new("RGB", (60, 20))
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(written, "JPEG", exif=exif)
    assert opened(small_png(written.getvalue(), field="logo")).size == (20, 60)


def test_nothing_that_came_with_it_is_kept() -> None:
    written = BytesIO()
    place = Image.new("RGB", (60, 20))
    exif = place.getexif()
    exif[0x010E] = "taken at a secret place"
    place.save(written, "JPEG", exif=exif)
    assert b"secret place" in written.getvalue()
    hidden = png() + b"<script>secret place</script>"
    for raw in (written.getvalue(), hidden):
        assert b"secret place" not in small_png(raw, field="logo")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x89PNG\r\n\x1a\n and nothing of a picture",
        png((400, 100))[:-60],
        picture("GIF", colour=(200, 30, 30, 255)),
        picture("JPEG", (400, 400))[:300],
    ],
)
def test_what_is_no_picture_is_refused(raw: bytes) -> None:
    assert code(raw) == "no_picture"


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert code(png() + b"x" * 1024 * 1024) == "picture_large"


@pytest.mark.parametrize("side", [3000, 60_000])
def test_a_small_file_of_many_pixels_is_not_unpacked(side: int) -> None:
    raw = png()
    head = side.to_bytes(4, "big") * 2 + raw[24:29]
    check = zlib.crc32(b"IHDR" + head).to_bytes(4, "big")
    assert code(raw[:16] + head + check + raw[33:]) == "picture_pixels"
