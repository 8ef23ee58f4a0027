"""Number section limitation: the rules of accounts and of the platform (docs/domain.md 5).

Written by `accounts.numbers.services` only.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account
from accounts.numbers.digits import LONGEST
from accounts.numbers.verdict import Purpose, Rule, Section


class NumberRule(models.Model):
    """Allow or block a prefix (no `end`) or the numbers from `begin` to `end`, for one purpose.

    Without an account it is a rule of the platform, which holds for everybody.
    """

    class Effect(models.TextChoices):
        ALLOW = "allow", _("allow")
        BLOCK = "block", _("block")

    account = models.ForeignKey(
        Account, null=True, on_delete=models.CASCADE, related_name="number_rules"
    )
    purpose = models.CharField(_("Purpose"), max_length=11, choices=Purpose.choices)
    effect = models.CharField(_("Effect"), max_length=5, choices=Effect.choices)
    begin = models.CharField(_("Prefix or begin"), max_length=LONGEST)
    end = models.CharField(_("End"), max_length=LONGEST, blank=True)
    note = models.CharField(_("Note"), max_length=100, blank=True)
    added_at = models.DateTimeField(_("Added"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("number rule")
        verbose_name_plural = _("number rules")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "purpose", "effect", "begin", "end"],
                name="number_rule_once_per_account",
            ),
            models.UniqueConstraint(
                fields=["purpose", "effect", "begin", "end"],
                condition=Q(account__isnull=True),
                name="number_rule_once_on_platform",
            ),
            models.CheckConstraint(condition=~Q(begin=""), name="number_rule_begins"),
            models.CheckConstraint(
                condition=Q(end="")
                | (Q(end__gte=F("begin")) & Q(Exact(Length("end"), Length("begin")))),
                name="number_rule_ends_after_its_begin",
            ),
            # What may be assigned is listed; whatever is not listed may not.
            models.CheckConstraint(
                condition=Q(purpose="destination", effect__in=["allow", "block"])
                | Q(purpose="allocation", effect="allow"),
                name="number_rule_effect_fits_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_effect_display()} {self.section}"

    @property
    def section(self) -> Section:
        return Section(self.begin, self.end)

    @property
    def rule(self) -> Rule:
        """As it is judged by."""
        return Rule(self.section, self.effect == self.Effect.ALLOW)
