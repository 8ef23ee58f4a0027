"""What mail servers answer, in words that may be kept: without the secrets they quote."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.kit.secret_paths import without_secrets

# So many characters of an answer are kept.
LONGEST = 300

_URL = re.compile(r"https?://\S+")
# Parts of links that are as long as this may be secrets.
_SHORTEST_SECRET = 12
# So many characters of a secret in a row are taken out.
_TELLING = 8


@dataclass(frozen=True)
class Letter:
    """A mail as it goes out."""

    to: str
    subject: str
    body: str = field(repr=False)
    html: str = field(repr=False, default="")
    # Its name and content.
    file: tuple[str, bytes] | None = field(repr=False, default=None)


def answer_words(error: OSError, body: str) -> str:
    """What went wrong with the mail of this text, in the server's own words where it had some."""
    code: int
    text: bytes | str
    if isinstance(error, SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()), (0, b""))
    elif isinstance(error, SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    # smtplib wraps a time-out after the connection was made.
    elif isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return _("The mail server did not answer within %(seconds)s seconds.") % {
            "seconds": settings.EMAIL_TIMEOUT
        }
    else:
        words = _("The mail server cannot be reached: %(why)s")
        return _kept(words % {"why": error.strerror or str(error)}, body)
    said = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return _kept(f"{code} {said}", body)


def _kept(text: str, body: str) -> str:
    """In one line that fits, without links of the mail, parts of them, and the password."""
    for secret in [*_secrets_of_server(), *_secrets_in(body)]:
        text = _masked(text, secret)
    return " ".join(without_secrets(text).replace("\x00", "").split())[:LONGEST].strip()


def _secrets_in(body: str) -> list[str]:
    paths = [url.removeprefix(settings.PORTAL_URL) for url in _URL.findall(body)]
    return [one for path in paths for one in path.split("/") if len(one) >= _SHORTEST_SECRET]


def _secrets_of_server() -> list[str]:
    """Its password as people write it, and as it is said to the server."""
    password = settings.EMAIL_HOST_PASSWORD
    if not password:
        return []
    said = (password, f"\0{settings.EMAIL_HOST_USER}\0{password}")
    return [password, *(b64encode(one.encode()).decode() for one in said)]


def _masked(text: str, secret: str) -> str:
    """The text without the secret and without telling parts of it."""
    size = min(_TELLING, len(secret))
    parts = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    is_hidden = [False] * len(text)
    for at in range(len(text) - size + 1):
        if text[at : at + size] in parts:
            is_hidden[at : at + size] = [True] * size
    kept = (
        "…" if hidden and not (at and is_hidden[at - 1]) else "" if hidden else text[at]
        for at, hidden in enumerate(is_hidden)
    )
    return "".join(kept)
