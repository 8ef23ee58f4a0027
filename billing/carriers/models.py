"""Which carriers the calls of an account may go out by, and whether at a loss (docs/domain.md 8).

Written by `billing.carriers.services` only.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.gateways.models import Gateway


class CarrierPolicy(models.Model):
    """What administrators ruled for an account and, by inheritance, for all below it. Empty: the
    next level above that says something counts.
    """

    class Uses(models.TextChoices):
        BOUND = "bound", _("Bound to")
        KEPT = "kept", _("Kept from")

    class Guard(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="carrier_policy"
    )
    # Bound to nothing is a rule as well: no carrier.
    uses = models.CharField(
        _("Carriers"), max_length=5, choices=Uses.choices, blank=True, default=""
    )
    # Whether routes that cost more than the root pays are refused.
    guard = models.CharField(
        _("Profit guard"), max_length=3, choices=Guard.choices, blank=True, default=""
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("carriers of an account")
        verbose_name_plural = _("carriers of accounts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(uses__in=("", "bound", "kept")) & Q(guard__in=("", "on", "off")),
                name="carrier_policy_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.uses} {self.guard}"


class CarrierEntry(models.Model):
    """A carrier that a policy names: a clearing account with all its gateways, or one gateway."""

    policy = models.ForeignKey(CarrierPolicy, on_delete=models.CASCADE, related_name="entries")
    carrier = models.ForeignKey(
        Account, null=True, on_delete=models.CASCADE, related_name="carrier_entries"
    )
    gateway = models.ForeignKey(
        Gateway, null=True, on_delete=models.CASCADE, related_name="carrier_entries"
    )

    class Meta:
        verbose_name = _("carrier of a rule")
        verbose_name_plural = _("carriers of rules")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(carrier__isnull=True) ^ Q(gateway__isnull=True),
                name="carrier_entry_names_one",
            ),
            models.UniqueConstraint(fields=["policy", "carrier"], name="carrier_entry_carrier"),
            models.UniqueConstraint(fields=["policy", "gateway"], name="carrier_entry_gateway"),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}: {self.carrier_id or self.gateway_id}"
