"""What calls cost whom. Written by `billing.charging.services` only, and only ever appended."""

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
    # Of its leg, with which it is archived; and the answer, which says whose price counts.
    setup = models.DateTimeField()
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
    # The re-rating that took back or charged anew; null: the charge of when the leg came in.
    rerating_id = models.BigIntegerField(null=True)
    # Of a cost: the gateway the leg went out by, where that is not the one which its record named.
    # Null, which takes no room, with nearly all.
    gateway = models.CharField(_("Gateway"), max_length=32, null=True)  # noqa: DJ001

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
