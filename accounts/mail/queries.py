"""Mails as administrators see them. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.mail.models import Mail

State = Mail.State

# Failing: it waits for another attempt.
FAILING = Q(state=State.WAITING) & ~Q(error="")
# So long the figures of the page look back.
LATELY = timedelta(days=1)
# So long the side panel counts mails that were given up.
REMEMBERED = timedelta(days=3)


def mails_of(actor: Actor) -> "QuerySet[Mail]":
    """The mails somebody may know of: all for administrators, none for others."""
    return Mail.objects.all() if actor.is_administrator else Mail.objects.none()


def mails_in_trouble(since: datetime) -> "QuerySet[Mail]":
    """Those that fail now, and those given up since then."""
    return Mail.objects.filter(FAILING | Q(state=State.GIVEN_UP, ended_at__gte=since))


@dataclass(frozen=True)
class MailFigures:
    """How many wait, fail, were given up, were sent and were left out of late."""

    waiting: int
    failing: int
    given_up: int
    sent: int
    skipped: int
    # Since when the one waits that is due and waits longest.
    due_since: datetime | None


def mail_figures() -> MailFigures:
    """The state of all mails. Two queries."""
    now = timezone.now()
    lately = Q(ended_at__gte=now - LATELY)
    counts = Mail.objects.aggregate(
        waiting=Count("pk", filter=Q(state__in=Mail.OPEN, error="")),
        failing=Count("pk", filter=FAILING),
        given_up=Count("pk", filter=Q(state=State.GIVEN_UP)),
        sent=Count("pk", filter=Q(state=State.SENT) & lately),
        skipped=Count("pk", filter=Q(state=State.SKIPPED) & lately),
    )
    due = Mail.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at")
    return MailFigures(**counts, due_since=due.values_list("due_at", flat=True).first())


def is_server_away(within: timedelta) -> bool:
    """Whether the mail server failed a mail that still waits within this time, and took none since:
    the next one would fare no better.
    """
    since = timezone.now() - within
    tried = Mail.objects.filter(tried_at__gte=since).order_by("-tried_at")
    last = tried.exclude(state=State.SENDING).values_list("state", "is_server").first()
    return last in ((State.WAITING, True), (State.GIVEN_UP, True))
