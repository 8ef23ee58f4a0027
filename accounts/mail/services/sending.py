"""Mails at work: a task in the queue brings them to a worker, which makes each at that moment,
sends it and writes how that went.

What is queued holds kinds and keys; no text, link, token or code. A worker that is killed between
sending a mail and writing that down sends it twice (with one Message-ID), never not at all.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from accounts.core.models import Account
from accounts.kit.pdf import pdf_of
from accounts.mail.answers import Letter, answer_words
from accounts.mail.kinds import MailKind, NotSent, mail_kind
from accounts.mail.models import Mail
from accounts.mail.queries import is_server_away

log = structlog.get_logger(__name__)

# The queue of mails; a worker may be told to look after it alone.
QUEUE = "mail"
# Before jobs: a mail is short, and somebody waits for it.
_PRIORITY = 10
# After the first attempt, the second …; then it is given up, or when its kind has lasted.
DELAYS = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60, 180, 360, 720))
# A server that is away holds a worker for the time-out once in so long; other mails wait as long as
# they have waited already, within these bounds.
PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
# The clocks of the machines that queue and send may differ so much.
_TOLERANCE = timedelta(seconds=5)
State = Mail.State


@task(queue_name=QUEUE, priority=_PRIORITY)
def send_mails(*pks: str) -> None:
    """What the queue holds: the keys of mails and nothing else."""
    for pk in pks:
        _send(uuid.UUID(pk))


def enqueue(mails: Sequence[Mail], *, at: datetime | None = None) -> None:
    """Put mails that are stored into the queue, as one task that is due now, or `at` this time. In
    the transaction that stored them: they are there together or not at all.
    """
    waiting = send_mails.using(run_after=at) if at else send_mails
    found = waiting.enqueue(*[str(one.pk) for one in mails])
    Mail.objects.filter(pk__in=[one.pk for one in mails]).update(task_id=uuid.UUID(found.id))


def _send(pk: uuid.UUID) -> None:
    mail = _take(pk)
    if mail is None:
        # Brought twice, sent or purged meanwhile, or it waits for a later attempt.
        return
    try:
        letter = _written(mail)
    except NotSent as why:
        return _end(mail, State.SKIPPED, str(why))
    except Exception:
        log.exception("mail not made", mail=str(mail.pk), kind=mail.kind)
        return _failed(mail, _our_error(), is_server=False)
    try:
        _message(mail, letter).send()
    except OSError as error:  # SMTPException is one as well.
        answer = answer_words(error, letter.body)
        log.warning("mail not sent", mail=str(mail.pk), kind=mail.kind, answer=answer)
        _failed(mail, answer, is_server=not isinstance(error, _OF_ONE_MAIL))
    except Exception as error:
        # Whatever a library says of the mail may quote it: its name has to do.
        log.error("mail failed", mail=str(mail.pk), kind=mail.kind, error=type(error).__name__)
        _failed(mail, _our_error(), is_server=False)
    else:
        _end(mail, State.SENT)


@transaction.atomic
def _take(pk: uuid.UUID) -> Mail | None:
    """The mail, now being sent by this worker; None if it does not wait, or is not due yet."""
    due = timezone.now() + _TOLERANCE
    rows = Mail.objects.select_for_update(of=("self",)).select_related("login__account")
    mail = rows.filter(pk=pk, state=State.WAITING, due_at__lte=due).first()
    if mail is None:
        return None
    kind = mail_kind(mail.kind)
    if not (kind and kind.is_probe) and is_server_away(PAUSE):
        _pause(mail)
        return None
    mail.state, mail.token = State.SENDING, uuid.uuid4()
    mail.attempts += 1
    mail.tried_at = timezone.now()
    mail.save(update_fields=["state", "token", "attempts", "tried_at"])
    return mail


def _written(mail: Mail) -> Letter:
    """The mail as it reads now. Raises NotSent where it has lost its sense."""
    kind = mail_kind(mail.kind)
    if kind is None:
        raise LookupError(f"No package registers the kind {mail.kind!r}.")
    login = kind.find(mail) if kind.find else mail.login
    to = _address(mail, kind, login)
    language = login.language if login else settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(login.zone if login else "UTC"):
        shown = {**kind.read(mail), "login": login}
        text = render_to_string(kind.template, shown)
        html = render_to_string(kind.html, shown) if kind.html else ""
    subject, _newline, body = text.strip().partition("\n")
    letter = Letter(to, subject.strip(), body.strip() + "\n", html)
    pdf = pdf_of(html) if kind.pdf and html else None
    return replace(letter, file=(kind.pdf(shown), pdf)) if kind.pdf and pdf else letter


def _address(mail: Mail, kind: MailKind, login: Any) -> str:
    """Where it goes now: never to an address that is no longer the login's, unless it was meant
    for that one. Raises NotSent.
    """
    if kind.find:
        # Never as it was typed, where it is known as a login has it.
        return str(login.email) if login else mail.address
    if login is None:
        raise NotSent(_("The login is gone."))
    if login.account and login.account.status == Account.Status.CLOSED:
        raise NotSent(_("The account of the login is closed."))
    if mail.address:
        return mail.address
    if not login.email:
        raise NotSent(_("The login has no address any more."))
    if login.email_since != mail.address_since:
        raise NotSent(_("The login has another address by now."))
    return str(login.email)


def _message(mail: Mail, letter: Letter) -> EmailMessage:
    host = urlsplit(settings.PORTAL_URL).hostname or "localhost"
    headers = {
        # The same at every attempt: who gets it twice is shown it once.
        "Message-ID": f"<{mail.pk}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    made = EmailMultiAlternatives(letter.subject, letter.body, None, [letter.to], headers=headers)
    if letter.html:
        made.attach_alternative(letter.html, "text/html")
    if letter.file:
        name, content = letter.file
        made.attach(name, content, "application/pdf")
    return made


# The server is there and takes mails, but not this one.
_OF_ONE_MAIL = (SMTPRecipientsRefused, SMTPDataError)


def _our_error() -> str:
    return _("An error of the portal. The worker's log has it under the number of this mail.")


def _failed(mail: Mail, answer: str, *, is_server: bool) -> None:
    """Try it later, or give it up where it was tried often or long enough."""
    delay = DELAYS[mail.attempts - 1] if mail.attempts <= len(DELAYS) else None
    if delay is None or timezone.now() + delay > _until(mail):
        log.error("mail given up", mail=str(mail.pk), kind=mail.kind, attempts=mail.attempts)
        return _end(mail, State.GIVEN_UP, answer, is_server=is_server)
    with transaction.atomic():
        locked = Mail.objects.select_for_update().filter(pk=mail.pk, token=mail.token).first()
        if locked is None:
            return
        locked.state, locked.token = State.WAITING, None
        locked.error, locked.is_server = answer, is_server
        locked.save(update_fields=["state", "token", "error", "is_server"])
        _put_off(locked, delay)


def _pause(mail: Mail) -> None:
    """Let it wait, untried, while the server is away; give it up where it has waited too long."""
    now = timezone.now()
    if now > _until(mail):
        log.error("mail given up", mail=str(mail.pk), kind=mail.kind, attempts=mail.attempts)
        said = mail.error or _("The mail server was away as long as this mail was worth sending.")
        return _end(mail, State.GIVEN_UP, said)
    _put_off(mail, min(max(now - mail.queued_at, PAUSE), LONGEST_PAUSE))


def _until(mail: Mail) -> datetime:
    """How long it is tried."""
    kind = mail_kind(mail.kind)
    return mail.queued_at + (kind.lasts if kind else MailKind.lasts)


def _put_off(mail: Mail, delay: timedelta) -> None:
    mail.due_at = timezone.now() + delay
    mail.save(update_fields=["due_at"])
    enqueue([mail], at=mail.due_at)


def _end(mail: Mail, state: State, error: str = "", *, is_server: bool = False) -> None:
    """Write how it ended; nothing if it was taken away meanwhile."""
    # What somebody typed is kept no longer than it is needed.
    is_done = mail.login_id is None and state != State.GIVEN_UP
    more = {"address": ""} if is_done else {}
    Mail.objects.filter(pk=mail.pk, token=mail.token).update(
        state=state,
        token=None,
        error=error[:300],
        is_server=is_server,
        ended_at=timezone.now(),
        **more,
    )
