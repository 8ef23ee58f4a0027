"""Requests for an authorization (docs/domain.md 3), written by this package only."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account
from accounts.core.models.grant import CODES
from accounts.core.models.user import User
from accounts.kit.object_keys import Keyed


class AuthorizationRequest(Keyed, models.Model):
    """An account asks whoever could grant it for one of the eight."""

    key_kind = "authorization_request"

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        VOID = "void", _("Void")

    status = models.CharField(
        _("Status"), max_length=9, choices=Status.choices, default=Status.WAITING
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="authorization_requests"
    )
    code = models.CharField(_("Authorization"), max_length=32, choices=CODES)
    requester = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    requester_name = models.CharField(_("Asked by"), max_length=64)
    reason = models.CharField(_("Reason"), max_length=500)
    created_at = models.DateTimeField(_("Asked"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("Decided"), null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by_name = models.CharField(_("Decided by"), max_length=64, blank=True)
    answer = models.CharField(_("Answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("request for an authorization")
        verbose_name_plural = _("requests for authorizations")
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="asked_by_status"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "code"], condition=Q(status="waiting"), name="asked_once"
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_at__isnull=True)
                | (~Q(status="waiting") & Q(decided_at__isnull=False)),
                name="asked_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.code} {self.status}"
