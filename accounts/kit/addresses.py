"""Addresses that a page writes hundreds of times: worked out once, then filled in.

`reverse` tries every parameter against the patterns of the name; what stands around the one that
changes is the same each time.
"""

import re
from functools import lru_cache
from urllib.parse import quote

from django.templatetags.static import static
from django.urls import reverse

from accounts.kit.object_keys import object_key

# A text like account ids, serials and telephone numbers, which no address has anywhere else.
_TEXT = "0-0-0-0"
_NUMBER = 1
# What means itself in an address, as `reverse` has it.
_PLAIN = "!$&'()*+,;=/~:@"
# Account ids, serials and numbers have nothing else.
_AS_IT_IS = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch


def address_of(name: str, text: str) -> str:
    """As `reverse(name, args=[text])`, for addresses that name what they are about by its own text:
    an account id, a telephone number, a serial.
    """
    before, after = _around(name, "")
    return f"{before}{text if _AS_IT_IS(text) else quote(text, safe=_PLAIN)}{after}"


def object_address(name: str, kind: str, number: int) -> str:
    """As `reverse(name, args=[number])`, for addresses that name an object of this kind by its
    key.
    """
    before, after = _around(name, kind)
    return f"{before}{object_key(kind, number)}{after}"


@lru_cache(maxsize=1)
def sprite() -> str:
    """The file of all symbols."""
    return static("vendor/bootstrap-icons/icons.svg")


@lru_cache(maxsize=512)
def page_address(name: str) -> str:
    """As `reverse(name)`, for pages that are about nothing in particular."""
    return reverse(name)


@lru_cache(maxsize=512)
def _around(name: str, kind: str) -> tuple[str, str]:
    """What stands before and behind the key of an object of this kind, or the text (no kind)."""
    argument: str | int = _NUMBER if kind else _TEXT
    written = object_key(kind, _NUMBER) if kind else _TEXT
    before, found, after = reverse(name, args=[argument]).partition(written)
    if not found:
        raise ValueError(f"{name} does not name what it is about.")
    return before, after
