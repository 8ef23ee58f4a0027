"""What the portal knows of its own upkeep. Written by `accounts.upkeep.services` only."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CheckResult(models.Model):
    """What one check of the stored data found, and when. `found` holds its first lines."""

    name = models.CharField(_("check"), max_length=32)
    at = models.DateTimeField(_("time"), default=timezone.now)
    seconds = models.FloatField(_("seconds"))
    is_sound = models.BooleanField(_("all is well"))
    found = models.TextField(_("found"), blank=True)

    class Meta:
        verbose_name = _("result of a check")
        verbose_name_plural = _("results of checks")
        indexes: ClassVar = [models.Index(fields=["at"], name="check_result_by_time")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.name}"


class Chore(models.Model):
    """When something was last begun that is due from time to time, by whichever process."""

    name = models.CharField(max_length=64, primary_key=True)
    begun_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
