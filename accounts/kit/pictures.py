"""Pictures that people hand in. None is given to anybody as it came: it is read, made small and
written anew, so that nothing else that a file may hold goes with it.
"""

import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.kit.errors import Refused

#: Of a file, in bytes.
MOST_BYTES = 1024 * 1024
# A small file can unpack to far more than fits into memory.
_MOST_PIXELS = 8_000_000
#: Width and height at most of what is kept, in pixels: sharp on paper at the size it is printed.
LARGEST = (480, 160)
_FORMATS = ("PNG", "JPEG", "WEBP")


def small_png(raw: bytes, *, field: str) -> bytes:
    """The picture as a PNG of `LARGEST` at most, and of that size where it is larger; what is
    transparent stays so.

    Raises Refused about the `field`: too large as a file or in pixels, or no PNG, JPEG or WebP.
    """
    if len(raw) > MOST_BYTES:
        raise Refused(_("The picture is larger than 1 MB."), code="picture_large", field=field)
    try:
        with warnings.catch_warnings():
            # Said of pictures that are refused below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(raw), formats=_FORMATS) as read:
                if read.width * read.height > _MOST_PIXELS:
                    raise _too_many_pixels(field)
                picture = ImageOps.exif_transpose(read).convert("RGBA")
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(field) from error
    # What a damaged file makes the library raise is not listed anywhere.
    except (OSError, ValueError, TypeError, SyntaxError, EOFError, IndexError, KeyError) as error:
        words = _("This is no picture as PNG, JPEG or WebP, or it is damaged.")
        raise Refused(words, code="no_picture", field=field) from error
    picture.thumbnail(LARGEST)
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


@lru_cache(maxsize=1)
def picture_file(path: str) -> bytes:
    """The picture in this file, as `small_png` makes it; read once in a process, so that whoever
    changes it starts the portal anew. Raises OSError, Refused.
    """
    return small_png(Path(path).read_bytes(), field="")


def _too_many_pixels(field: str) -> Refused:
    words = _("The picture has more than 8 million pixels.")
    return Refused(words, code="picture_pixels", field=field)
