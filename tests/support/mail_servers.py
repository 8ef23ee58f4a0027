"""Mail servers that take no mail, as Django's settings name them, and one that never answers."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

SMTP = "django.core.mail.backends.smtp.EmailBackend"
REFUSING = f"{__name__}.Refusing"
QUOTING = f"{__name__}.Quoting"
UNKNOWING = f"{__name__}.Unknowing"
AWAY = f"{__name__}.Away"
SLOW = f"{__name__}.Slow"


class Refusing(BaseEmailBackend):
    """Takes the mail and then refuses it, for now."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> Any:
        raise SMTPDataError(451, b"4.3.0 Try again\nlater")


class Quoting(BaseEmailBackend):
    """Refuses a mail and quotes it."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> Any:
        raise SMTPDataError(554, f"spam, for it says: {messages[0].body}".encode())


class Unknowing(BaseEmailBackend):
    """Knows nobody."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> Any:
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"5.1.1 No such user")})


class Away(BaseEmailBackend):
    """Is not there."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> Any:
        raise ConnectionRefusedError(111, "Connection refused")


class Slow(BaseEmailBackend):
    """Takes a mail, and takes its time."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        time.sleep(1)
        return len(messages)


@contextmanager
def mute_server() -> Iterator[socket.socket]:
    """A server on this machine that lets everybody connect and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def has_been_called(server: socket.socket) -> bool:
    try:
        server.accept()
    except BlockingIOError:
        return False
    return True
