"""Pictures that people hand in."""

from io import BytesIO
from typing import Any

from PIL import Image


def picture(kind: str, size: tuple[int, int] = (60, 20), colour: Any = (200, 30, 30, 255)) -> bytes:
    """Of one colour, in this format."""
    mode = "RGB" if kind == "JPEG" else "RGBA"
    written = BytesIO()
    Image.new(mode, size, colour[:3] if mode == "RGB" else colour).save(written, kind)
    return written.getvalue()


def png(size: tuple[int, int] = (60, 20), colour: Any = (200, 30, 30, 255)) -> bytes:
    return picture("PNG", size, colour)


def opened(raw: bytes) -> Any:
    return Image.open(BytesIO(raw))
