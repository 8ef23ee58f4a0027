"""Mails in tests: a worker that works their queue off, and what it has sent."""

from typing import Any

from django.core import mail
from django.core.mail import EmailMessage

from accounts.mail.kinds import MailKind, register_mail
from accounts.mail.models import Mail
from accounts.mail.services.queue import mail_queue
from tests.support.jobs import work_off

# A mail like others.
PLAIN = MailKind("test.plain", "Plain mail", "accounts/mail/mail/test.txt", find=lambda _mail: None)
register_mail(PLAIN)


def mails_sent() -> list[EmailMessage]:
    """What has reached the mail server once the queue of mails is empty, the earliest first."""
    work_off("mail")
    sent: list[EmailMessage] = mail.outbox
    return sent


def forget_mails() -> None:
    """As if nothing had been mailed so far; what waits is sent first."""
    mails_sent().clear()


def queued_mail(address: str = "k@x.example", **keys: Any) -> Mail:
    """A mail in the queue."""
    (made,) = mail_queue(PLAIN.code, [None], address=address, **keys)
    return made


def ended(made: Mail) -> tuple[str, str]:
    """The mail's state and what is said of it, once the queue of mails is empty."""
    work_off("mail")
    made.refresh_from_db()
    return made.state, made.error
