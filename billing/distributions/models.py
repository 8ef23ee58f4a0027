"""A list of payments that are made together or not at all. Written by the services of distributions
only (`billing.distributions.services.drafts`, `billing.distributions.services.paying`).
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.jobs.models import Job
from billing.fields import MoneyField
from billing.ledger.models import Transaction
from billing.wallets.models import Funding

# The policy by which distributions once left the agent's own balance; some were paid so.
FORMER_TRANSFER = "transfer"


class Distribution(models.Model):
    """First a draft: the list as it was handed in, kept for its login while it is checked. Once it
    is paid, the payments carry its key as their batch and say everything; the text is gone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    login = models.ForeignKey(User, on_delete=models.CASCADE, related_name="distributions")
    # The account of the login; null for platform staff.
    by_account = models.ForeignKey(
        Account, null=True, on_delete=models.CASCADE, related_name="distributions"
    )
    text = models.TextField(blank=True)
    # The amount of the lines that name none.
    each = MoneyField(_("Amount for every account"), null=True, blank=True)
    # Its amounts were written row by row, beside the accounts: nobody was asked for a sum.
    is_table = models.BooleanField(default=False, db_default=False)
    # What the person added up beforehand; of a table, what its rows add up to.
    control_sum = MoneyField(_("Control sum"))
    method = models.CharField(
        _("Method"), max_length=8, choices=Transaction.Method.choices, blank=True
    )
    memo = models.CharField(_("Memo"), max_length=200, blank=True)
    # Of what was handed in: the same form sent again must hold the same.
    input_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    # The job that pays a long list, as long as jobs are kept.
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    posted_at = models.DateTimeField(_("Paid"), null=True)
    funding = models.CharField(
        max_length=8, choices=[*Funding.choices, (FORMER_TRANSFER, _("Transfer"))], blank=True
    )
    count = models.PositiveIntegerField(default=0)
    total = MoneyField(_("Total"), default=0)

    class Meta:
        verbose_name = _("distribution")
        verbose_name_plural = _("distributions")
        indexes: ClassVar = [
            models.Index(fields=["login", "-created_at"], name="distribution_by_login"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(posted_at=None) | Q(text="", count__gt=0, total__gt=0),
                name="distribution_paid_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.count}"
