"""What happens where an act would make an agent of an account (docs/domain.md 3), written by
`accounts.authorizations.services.policies` only.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account


class SubAgentPolicy(models.TextChoices):
    """What happens when a non-administrator's act would make an ordinary account an agent. In order
    of strictness.
    """

    ALLOWED = "allowed", _("Allowed")
    APPROVAL = "approval", _("Needs approval")
    FORBIDDEN = "forbidden", _("Forbidden")


class AccountPolicy(models.Model):
    """What administrators ruled for an account and, by inheritance, for everything below it."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="policy"
    )
    sub_agents = models.CharField(_("New sub-agents"), max_length=9, choices=SubAgentPolicy.choices)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sub_agents__in=SubAgentPolicy.values), name="policy_sub_agents_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sub_agents}"
