"""The kinds of mail there are. Each package registers its own in its `hooks`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class NotSent(Exception):
    """The mail has lost its sense since it was queued; the sentence says why. It is not sent."""


def _nothing(mail: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class MailKind:
    """One kind of mail, and how it is made at the moment it is sent.

    `template` begins with a line that is the subject; the rest is the text; `html` is the same for
    programs that show such mails, "" where the text does. `pdf`, from what is shown: the name of a
    file with that page, which goes along where PDFs can be made. `read` gives what it
    shows beside `login`, from the keys the mail was queued with: links and tokens are made there
    and stand nowhere before. It raises NotSent where the mail has lost its sense. `find` is for
    mails to an address that somebody typed: whose it is, or None; elsewhere the login was named
    when the mail was queued. `lasts`: how long it is tried. `is_probe`: it finds out whether the
    server is there, and is tried where others wait for that.
    """

    code: str
    label: Any
    template: str
    read: Callable[[Any], Mapping[str, Any]] = _nothing
    find: Callable[[Any], Any] | None = None
    lasts: timedelta = timedelta(days=1)
    is_probe: bool = False
    html: str = ""
    pdf: Callable[[Mapping[str, Any]], str] | None = None


_kinds: dict[str, MailKind] = {}


def register_mail(*kinds: MailKind) -> None:
    """Make kinds of mail known, to the pages and to the workers."""
    for kind in kinds:
        _kinds[kind.code] = kind


def mail_kind(code: str) -> MailKind | None:
    """The kind of this name; None for one that nobody registers (any more, or yet)."""
    return _kinds.get(code)


def mail_label(code: str) -> str:
    """What people call this kind of mail."""
    kind = mail_kind(code)
    return str(kind.label) if kind else code


def mail_kinds() -> list[MailKind]:
    """All kinds, in the order of their names."""
    return [_kinds[code] for code in sorted(_kinds)]
