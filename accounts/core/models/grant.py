"""Authorizations as they are stored: grants of an account's group, their use, and every change as a
batch that can be restored (docs/domain.md 3). Written by `accounts.authorizations.services.grants`
only.
"""

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from accounts.core.authorizations import Authorization
from accounts.core.models.account import Account
from accounts.core.models.user import User
from accounts.kit.object_keys import Keyed

CODES = [(code.value, code.label) for code in Authorization]


class AccountGroup(models.Model):
    """The group that holds an account's grants; it exists only while the account has one.

    Membership of logins in it is derived and never read to decide anything.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="grant_group"
    )
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="account_link")

    def __str__(self) -> str:
        return str(self.group)


class AccountGrant(Keyed, GroupObjectPermissionBase):
    """One of the eight authorizations, granted to an account: who, when, why, last reviewed."""

    key_kind = "grant"

    content_object = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    granted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(_("Granted"), default=timezone.now)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    reviewed_at = models.DateTimeField(_("Last reviewed"), null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    review_note = models.CharField(_("Note of the review"), max_length=500, blank=True)

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints: ClassVar = [
            # Whatever group a row claims to belong to: an account holds an authorization once.
            models.UniqueConstraint(
                fields=["content_object", "permission"], name="grant_once_per_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.content_object_id} {self.permission_id}"


class GrantUse(models.Model):
    """When an account last made use of an authorization; written at most once a day."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grant_uses")
    code = models.CharField(max_length=32, choices=CODES)
    last_used_at = models.DateTimeField(_("Last used"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "code"], name="grant_use_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.code}"


class GrantBatch(Keyed, models.Model):
    """All grants and revocations of one deed, so that a person can see and restore them together.

    The account the deed was about is kept as text as well, as in the audit log.
    """

    key_kind = "grant_batch"

    class Kind(models.TextChoices):
        EDIT = "edit", _("Changed in the editor")
        MOVE = "move", _("Cut by a move")
        CLOSE = "close", _("Revoked with the closing")
        RESTORE = "restore", _("Restored")
        REVIEW = "review", _("Revoked in a review")
        REPAIR = "repair", _("Repaired")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=64)
    # Null for a command of the shell and for platform staff.
    by_account_pk = models.BigIntegerField(null=True)
    account = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="grant_batches"
    )
    account_text = models.CharField(max_length=32)
    reason = models.CharField(max_length=500, blank=True)
    # The batch that put back what this one took.
    restored_by = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="restores"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "-id"], name="grant_batch_by_account")]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.account_text}"


class GrantChange(models.Model):
    """One authorization that a batch gave to, or took from, one account; with what the grant
    carried.
    """

    batch = models.ForeignKey(GrantBatch, on_delete=models.CASCADE, related_name="changes")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=32, choices=CODES)
    added = models.BooleanField()
    granted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(null=True)
    grant_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["batch", "account", "code"], name="grant_change_once_per_batch"
            ),
        ]

    def __str__(self) -> str:
        return f"{'+' if self.added else '−'} {self.code}"


class AuthorizationTemplate(Keyed, models.Model):
    """A named set of authorizations: the platform's (no owner) or an agent's own.

    Editing one changes no grant.
    """

    key_kind = "template"

    class Kind(models.TextChoices):
        TEMPLATE = "template", _("Template")
        TIER = "tier", _("Tier")

    owner = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.CASCADE, related_name="templates"
    )
    name = models.CharField(_("Name"), max_length=60)
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind.choices, default=Kind.TEMPLATE)
    codes: Any = models.JSONField(_("Authorizations"), default=list)
    note = models.CharField(_("When to use it"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("authorization template")
        verbose_name_plural = _("authorization templates")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "owner", models.functions.Lower("name"), name="template_name_per_owner"
            ),
            models.UniqueConstraint(
                models.functions.Lower("name"),
                condition=models.Q(owner__isnull=True),
                name="template_name_of_platform",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AppliedTemplate(models.Model):
    """The template an account's authorizations were last taken from."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="applied_template"
    )
    template = models.ForeignKey(
        AuthorizationTemplate, null=True, on_delete=models.SET_NULL, related_name="applied_to"
    )
    name = models.CharField(max_length=60)
    codes: Any = models.JSONField(default=list)
    applied_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
