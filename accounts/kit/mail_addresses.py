"""E-mail addresses as people and mail programs write them. No database."""

import re

from accounts.kit.typed import plain

# "Ann Ahmed <ann@example.com>", "mailto:ann@example.com", "<ann@example.com>".
_NAMED = re.compile(r"[^<>@]*<\s*(?P<address>[^<>\s]+)\s*>|(?P<alone>[^<>]+)")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)


def mail_address(text: str) -> str:
    """The address of a text that holds one, without the name before it, its host in small letters;
    what holds none, or more than one, comes back without what nobody sees in it.
    """
    written = plain(text).strip()
    found = _NAMED.fullmatch(_MAILTO.sub("", written, count=1))
    if found is None:
        return written
    box, at, host = (found["address"] or found["alone"]).strip().partition("@")
    return f"{_MAILTO.sub('', box)}{at}{host.lower()}"
