"""How many things that somebody else has were named to an account in a day, and who may be named
more (docs/domain.md 2). Written by `accounts.core.availability` and
`accounts.availability.services` only.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account


class AvailabilityDay(models.Model):
    """One day (of UTC) of one account: how many entries were named to it and to what lies below it,
    how many were told as a number only, and how many previews were answered with such a number.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="availability_days")
    day = models.DateField(_("Day"))
    named = models.PositiveIntegerField(_("Named"), default=0)
    unnamed = models.PositiveIntegerField(_("Told as a number only"), default=0)
    counted = models.PositiveIntegerField(_("Previews with a number"), default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "day"], name="availability_day_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["day", "named"], name="availability_by_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}: {self.named}"


class NamedEntry(models.Model):
    """An entry that was named to the asking account that day, or a preview that was answered with a
    number: asked again, neither is counted twice.
    """

    day = models.ForeignKey(AvailabilityDay, on_delete=models.CASCADE, related_name="entries")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "digest"], name="availability_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day_id}: {self.digest[:8]}"


class AvailabilityRelease(models.Model):
    """Until when an administrator lets everything be named to an account and to what lies below."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="availability_release"
    )
    until = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.account_id} until {self.until:%Y-%m-%d %H:%M}"
