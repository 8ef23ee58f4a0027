"""Mails on their way: which, to whom, how often they were tried, what came of it.

Written by `accounts.mail.services` only.
"""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.user import User


class Mail(models.Model):
    """One mail to one address, without its text: what it says, its links and their tokens are made
    when it is sent (`accounts.mail.kinds`).

    `token` is what the worker that sends it must hold when it writes how that went; only a mail
    that is being sent has one.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        GIVEN_UP = "given_up", _("Given up")

    # The states in which something is still to come.
    OPEN = (State.WAITING, State.SENDING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    login = models.ForeignKey(
        User, verbose_name=_("login"), null=True, on_delete=models.SET_NULL, related_name="mails"
    )
    # Where it goes, if not to the address the login has when it is sent. What somebody typed is
    # emptied once the mail was sent.
    address = models.EmailField(blank=True, default="")
    # Since when the login had its own address when the mail was queued.
    address_since = models.DateTimeField(null=True)
    # Keys of the objects it is about.
    keys: Any = models.JSONField(default=dict)
    # What the server said, or why it is not sent.
    error = models.CharField(_("answer"), max_length=300, blank=True, default="")
    # It was not this mail that failed: the server was not there, or takes none.
    is_server = models.BooleanField(default=False)
    # How often it was tried since somebody asked for it.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    token = models.UUIDField(null=True)
    # The task in the queue that will bring it to a worker.
    task_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    # When it was put into the queue the last time by somebody.
    queued_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    tried_at = models.DateTimeField(_("tried"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="mail_by_state"),
            models.Index(fields=["-created_at"], name="mail_by_time"),
            models.Index(fields=["tried_at"], name="mail_by_try"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="sending", token__isnull=False)
                | (~Q(state="sending") & Q(token__isnull=True)),
                name="mail_token_while_sending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"
