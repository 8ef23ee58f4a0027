"""The running totals of calls, written with each batch of charges. The setup of a leg says which
quarter of an hour and which day it belongs to.
"""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.fields import MoneyField


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
    # What its agent paid for the same legs; where it was a root, what carriers are owed for them.
    bought = MoneyField(default=Decimal(0), db_default=Decimal(0))

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
    # What its agent paid for the same legs; where it was a root, what carriers are owed for them.
    bought = MoneyField(default=Decimal(0), db_default=Decimal(0))

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

    # Of a routing gateway: what top-level accounts paid for the legs that it took.
    sold = MoneyField(default=Decimal(0), db_default=Decimal(0))

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


class PlatformQuarter(_Total):
    """What all top-level accounts paid in a quarter of an hour, or (`is_cost`) carriers are owed:
    the sum of their `QuarterTotal`s of the time in which they had no agent.
    """

    quarter = models.DateTimeField()
    is_cost = models.BooleanField()

    class Meta:
        verbose_name = _("total of the platform’s quarters of an hour")
        verbose_name_plural = _("totals of the platform’s quarters of an hour")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quarter", "is_cost"], name="platform_quarter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quarter}"


class PlatformDay(_Total):
    """The same by destination, each account's by the days of its own zone: the sum of their
    `DayTotal`s.
    """

    day = models.DateField()
    is_cost = models.BooleanField()
    destination = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("total of the platform’s days")
        verbose_name_plural = _("totals of the platform’s days")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "is_cost", "destination"], name="platform_day_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.destination}"


class TopDay(_Total):
    """What one of them paid on a day of its own zone, all destinations together."""

    account_id = models.BigIntegerField()
    day = models.DateField()
    is_cost = models.BooleanField()
    # What carriers are owed for the same legs.
    bought = MoneyField(default=Decimal(0), db_default=Decimal(0))

    class Meta:
        verbose_name = _("total of a top-level account’s day")
        verbose_name_plural = _("totals of top-level accounts’ days")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "day", "is_cost"], name="top_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
