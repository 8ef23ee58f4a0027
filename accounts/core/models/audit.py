"""The record of who changed what (docs/domain.md 9). Entries are written by `accounts.core.record`
only, seals by `accounts.audit.services`; the database refuses to alter or delete either.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kit.object_keys import Keyed


class AuditEntry(Keyed, models.Model):
    """One deed of one actor. Accounts and logins are kept as text, so entries outlive what they
    speak of.
    """

    key_kind = "entry"

    at = models.DateTimeField(_("Time"), default=timezone.now, editable=False)
    actor = models.CharField(_("Actor"), max_length=64)
    # The account of the actor's login: null for platform staff and commands.
    actor_account_pk = models.BigIntegerField(null=True, editable=False)
    on_behalf_of = models.CharField(_("On behalf of"), max_length=64, blank=True)
    action = models.CharField(_("Action"), max_length=64)
    # A deed that was refused changed nothing; `after` then says why.
    is_refused = models.BooleanField(_("Refused"), default=False)
    account = models.CharField(_("Account ID"), max_length=32, blank=True)
    # The key the account had; no foreign key, so that it stays when the account goes.
    account_pk = models.BigIntegerField(null=True, editable=False)
    subject = models.CharField(_("Object"), max_length=150, blank=True)
    before = models.JSONField(_("Before"), default=dict)
    after = models.JSONField(_("After"), default=dict)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    address = models.GenericIPAddressField(_("Address"), null=True)
    request_id = models.CharField(_("Request ID"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes: ClassVar = [
            models.Index(fields=["account_pk", "-id"], name="audit_by_account"),
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["request_id"], name="audit_by_request"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.account}"


class AuditSeal(models.Model):
    """The digest of a batch of settled entries together with the seal before it.

    An entry that is altered, taken out or slipped in later no longer fits its seal.
    """

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"
