"""What calls cost whom, and the running totals of it (docs/domain.md 7). Written by
`billing.charging.services` only; charges are only ever appended.
"""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.fields import MoneyField


class Charge(models.Model):
    """What one account pays for one leg: an account of its chain, or (`is_cost`) the clearing
    account of the carrier that took it.

    Without foreign keys, as legs are; `check_calls` proves them.
    """

    leg_id = models.BigIntegerField()
    # Of the answer, which says whose price counts.
    at = models.DateTimeField()
    account_id = models.BigIntegerField()
    # The agent of that moment; null for a root.
    agent_id = models.BigIntegerField(null=True)
    root_id = models.BigIntegerField()
    # Accounts between the caller's and this one; 0 is the caller's own.
    level = models.PositiveSmallIntegerField()
    is_cost = models.BooleanField(default=False)
    group_id = models.BigIntegerField()
    rate_id = models.BigIntegerField()
    # The correction that stood beside the rate.
    correction_id = models.BigIntegerField(null=True)
    prefix = models.CharField(_("Prefix"), max_length=15)
    destination = models.CharField(_("Destination"), max_length=100, blank=True)
    price = MoneyField(_("Price per minute"))
    connection_fee = MoneyField(_("Connection fee"))
    billed = models.BigIntegerField(_("Billed seconds"))
    amount = MoneyField(_("Amount"))
    was_locked = models.BooleanField(default=False)
    posted_at = models.DateTimeField()
    # The movement of the ledger it is a line behind; null where that would have been of zero.
    transaction_id = models.BigIntegerField(null=True)
    # The charge that it takes back.
    reverses_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        indexes: ClassVar = [
            models.Index(fields=["leg_id"], name="charge_of_leg"),
            # What was charged at a group in a month, and since a moment.
            models.Index(fields=["group_id", "at"], name="charge_at_group"),
            models.Index(
                fields=["reverses_id"],
                condition=Q(reverses_id__isnull=False),
                name="charge_that_takes_back",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reverses_id"],
                condition=Q(reverses_id__isnull=False),
                name="charge_taken_back_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, reverses_id__isnull=True)
                | Q(amount__lte=0, reverses_id__isnull=False),
                name="charge_takes_or_gives_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"


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


class _Total(models.Model):
    """Legs that were tried and answered, seconds spoken and billed, money."""

    legs = models.BigIntegerField(default=0)
    answered = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)
    billed = models.BigIntegerField(default=0)
    amount = MoneyField(default=Decimal(0))

    class Meta:
        abstract = True


class QuarterTotal(_Total):
    """Of an account below the agent of the moment, in a quarter of an hour: the world's days begin
    on one. Its own calls apart from those of its sub-accounts.
    """

    account_id = models.BigIntegerField()
    # 0: it was a root.
    agent_id = models.BigIntegerField()
    root_id = models.BigIntegerField()
    is_own = models.BooleanField()
    is_cost = models.BooleanField()
    # When it begins; the setup of a leg says which it falls into.
    quarter = models.DateTimeField()

    class Meta:
        verbose_name = _("total of a quarter of an hour")
        verbose_name_plural = _("totals of quarters of an hour")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "quarter", "agent_id", "is_own", "is_cost"],
                name="quarter_total_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.quarter}"


class DayTotal(_Total):
    """Of an account, a day of its own time zone and a destination."""

    account_id = models.BigIntegerField()
    agent_id = models.BigIntegerField()
    root_id = models.BigIntegerField()
    is_own = models.BooleanField()
    is_cost = models.BooleanField()
    day = models.DateField()
    destination = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("total of a day")
        verbose_name_plural = _("totals of days")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "day", "agent_id", "is_own", "is_cost", "destination"],
                name="day_total_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} {self.destination}"


class GatewayTotal(_Total):
    """Of a gateway, a quarter of an hour and a cause: how often it answers, how long, what it costs
    (a routing gateway) or brings in (a mapping gateway).
    """

    gateway = models.CharField(max_length=32)
    quarter = models.DateTimeField()
    cause = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("total of a gateway")
        verbose_name_plural = _("totals of gateways")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gateway", "quarter", "cause"], name="gateway_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.quarter}"
