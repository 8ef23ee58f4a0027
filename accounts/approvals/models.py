"""The requests that wait for a decision (docs/domain.md 3), written by this package only."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account
from accounts.core.models.user import User
from accounts.kit.object_keys import Keyed


class SubAgentRequest(Keyed, models.Model):
    """An act that would make `agent` an agent, held until an administrator decides.

    `fields` are the validated values of the act, `codes` the authorizations the new account should
    get; neither a template's name nor a password is ever among them.
    """

    key_kind = "request"

    class Kind(models.TextChoices):
        CREATE = "create", _("New sub-account")
        MOVE = "move", _("Move of an account")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        VOID = "void", _("Void")

    kind = models.CharField(max_length=6, choices=Kind.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    requester = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="sub_agent_requests"
    )
    requester_name = models.CharField(max_length=64)
    requester_account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="sub_agent_requests"
    )
    # The ordinary account that would become an agent.
    agent = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    # The account that would move below `agent`.
    target = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    fields: Any = models.JSONField(default=dict)
    codes: Any = models.JSONField(default=list)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by_name = models.CharField(max_length=64, blank=True)
    decision_reason = models.CharField(max_length=500, blank=True)
    # When the requester looked at the decision.
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sub-agent request")
        verbose_name_plural = _("sub-agent requests")
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="request_by_status"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="waiting", decided_at__isnull=True)
                | (
                    Q(status__in=("approved", "rejected", "withdrawn", "void"))
                    & Q(decided_at__isnull=False)
                ),
                name="request_decided_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="create", target__isnull=True)
                | Q(kind="move", target__isnull=False),
                name="request_names_its_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.status}"
