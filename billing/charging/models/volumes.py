"""What the volume of a month came to, and what it earned."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.fields import MoneyField


class VolumeRound(models.Model):
    """That months were closed: up to which charge everything was looked at."""

    at = models.DateTimeField()
    last_charge = models.BigIntegerField()

    class Meta:
        verbose_name = _("round of volume discounts")
        verbose_name_plural = _("rounds of volume discounts")

    def __str__(self) -> str:
        return f"{self.at}"


class VolumeCredit(models.Model):
    """What the volume of a month gives an account back: each revision posts the difference between
    what the whole month earns and what was posted before.
    """

    account_id = models.BigIntegerField()
    group_id = models.BigIntegerField()
    is_cost = models.BooleanField(default=False)
    # Its first day, in the zone of the group.
    month = models.DateField()
    revision = models.PositiveIntegerField()
    # Of the month: billed seconds, charges, the discount in hundredths of a percent, the tiers it
    # was chosen from (which stay those of the first revision), and what it all earns.
    billed = models.BigIntegerField()
    charges = MoneyField()
    discount = models.PositiveIntegerField()
    tiers = models.JSONField()
    earned = MoneyField()
    posted = MoneyField()
    posted_at = models.DateTimeField()
    transaction_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("volume discount")
        verbose_name_plural = _("volume discounts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "group_id", "is_cost", "month", "revision"],
                name="volume_credit_once",
            ),
            models.CheckConstraint(condition=~Q(posted=0), name="volume_credit_moves_something"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month}: {self.posted}"


class VolumeTotal(models.Model):
    """What an account came to at a group with tiers in the month that goes on and in the one
    before, up to the charge that the group's `VolumeMark` names. Shown, and nothing else.
    """

    account_id = models.BigIntegerField()
    group_id = models.BigIntegerField()
    is_cost = models.BooleanField()
    # Its first day, in the zone of the group.
    month = models.DateField()
    billed = models.BigIntegerField()
    charges = MoneyField()

    class Meta:
        verbose_name = _("volume of a month")
        verbose_name_plural = _("volumes of months")
        indexes: ClassVar = [
            models.Index(fields=["group_id", "month", "-billed"], name="volume_at_group"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "group_id", "is_cost", "month"], name="volume_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month}: {self.billed}"


class VolumeMark(models.Model):
    """Up to which charge, and when, the volumes of a group with tiers were counted."""

    group_id = models.BigIntegerField(unique=True)
    last_charge = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("count of volumes")
        verbose_name_plural = _("counts of volumes")

    def __str__(self) -> str:
        return f"{self.group_id} {self.at}"
