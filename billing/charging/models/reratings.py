"""Calls that are rated anew: the preview, and what was posted of it."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.jobs.models import Job
from accounts.kit.object_keys import Keyed
from billing.fields import MoneyField


class Rerating(Keyed, models.Model):
    """Legs that are rated anew: which, what that would change (the preview), and how much of it was
    posted.
    """

    key_kind = "rerating"

    class State(models.TextChoices):
        CHECKING = "checking", _("Being looked at")
        CHECKED = "checked", _("Preview")
        POSTING = "posting", _("Being posted")
        POSTED = "posted", _("Posted")

    # The moments of the answer, the end excluded, and the zone they were entered in.
    begins_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"))
    zone = models.CharField(max_length=64)
    # Keys of accounts, none for all; `is_alone`: without what lies below them.
    accounts: Any = models.JSONField(default=list)
    is_alone = models.BooleanField(default=False)
    prefixes: Any = models.JSONField(default=list)
    # A rate group that charged them, by key; its name stays when it is gone.
    group_id = models.BigIntegerField(null=True)
    group_name = models.CharField(max_length=100, blank=True)
    reason = models.CharField(_("Reason"), max_length=500)
    # Null: a command.
    login = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("Asked for"), default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.CHECKING)
    # Legs: looked at, that would change, of which something cannot be rated today.
    looked_at = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    left = models.PositiveBigIntegerField(default=0)
    # What it changes for the platform: what root accounts pay, and what carriers cost.
    income = MoneyField(default=Decimal(0))
    cost = MoneyField(default=Decimal(0))
    check_job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    post_job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(_("Posted"), null=True)

    class Meta:
        verbose_name = _("re-rating")
        verbose_name_plural = _("re-ratings")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="rerating_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="rerating_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.begins_at}: {self.state}"


class ReratingPart(models.Model):
    """Legs of a re-rating that are posted together, as they were shown."""

    rerating = models.ForeignKey(Rerating, on_delete=models.CASCADE, related_name="parts")
    # It ends with this leg; the one before it says where it begins.
    last_leg = models.BigIntegerField()
    looked_at = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    # Of every charge that is to be taken back or made.
    digest = models.CharField(max_length=64)
    posted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rerating", "last_leg"], name="rerating_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rerating_id}: {self.last_leg}"


class ReratingLine(models.Model):
    """What a re-rating changes for one account and leg, or why it leaves it as it is (`reason`, as
    `billing.calls.reasons` knows it, at that account; then there are no amounts).
    """

    rerating = models.ForeignKey(
        Rerating, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    leg_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    level = models.PositiveSmallIntegerField()
    is_cost = models.BooleanField()
    is_root = models.BooleanField()
    before = MoneyField(null=True)
    after = MoneyField(null=True)
    reason = models.CharField(max_length=16, blank=True)
    # What else is to be said of the reason: the number that has no rate.
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["rerating", "id"], name="line_of_rerating"),
        ]

    def __str__(self) -> str:
        return f"{self.leg_id}: {self.account_id}"


class ReratingTotal(models.Model):
    """What the legs that change come to for one account, as a payer of calls or as the carrier."""

    rerating = models.ForeignKey(
        Rerating, on_delete=models.CASCADE, related_name="totals", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_cost = models.BooleanField()
    legs = models.PositiveBigIntegerField()
    before = MoneyField()
    after = MoneyField()
    # The difference in micro-units without its sign: the biggest first.
    change = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["rerating", "-change", "id"], name="rerating_total_by_change"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rerating", "account", "is_cost"], name="rerating_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.after - self.before}"
