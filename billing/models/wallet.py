"""The wallet of an account and the policies of payment (docs/domain.md 6).

Balances are written by `billing.services.posting` only, terms by `billing.services.terms`, policies
by `billing.services.payment_policies`.
"""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from billing.fields import MoneyField


class Wallet(models.Model):
    """What an account has, and the terms on which it may use it. Made with the account."""

    class PaymentMode(models.TextChoices):
        PREPAID = "prepaid", _("Prepaid")
        POSTPAID = "postpaid", _("Postpaid")

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="wallet"
    )
    # Always the sum of the wallet's entries.
    balance = MoneyField(_("Balance"), default=Decimal(0), editable=False)
    payment_mode = models.CharField(
        _("Payment mode"),
        max_length=8,
        choices=PaymentMode.choices,
        default=PaymentMode.PREPAID,
    )
    credit_limit = MoneyField(_("Credit limit"), default=Decimal(0))
    is_unlimited = models.BooleanField(_("Unlimited credit"), default=False)
    low_balance_threshold = MoneyField(_("Low-balance threshold"), null=True, blank=True)
    # Kept as they were entered; neither shown nor asked for while nothing is sent there.
    alert_emails = models.CharField(_("Alert e-mails"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("wallet")
        verbose_name_plural = _("wallets")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0), name="wallet_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(is_unlimited=False) | Q(payment_mode="postpaid"),
                name="wallet_unlimited_is_postpaid",
            ),
            models.CheckConstraint(
                condition=Q(payment_mode__in=("prepaid", "postpaid")),
                name="wallet_payment_mode_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.balance}"

    @property
    def available(self) -> Decimal | None:
        """Balance and credit limit together; None where the credit is unlimited."""
        return None if self.is_unlimited else self.balance + self.credit_limit

    @property
    def is_low(self) -> bool:
        """Whether the balance is below the account's own threshold."""
        threshold = self.low_balance_threshold
        return threshold is not None and self.balance < threshold


class Funding(models.TextChoices):
    """What a payment to a sub-account does to the agent's own balance. In order of strictness."""

    RECORD = "record", _("Record")
    TRANSFER = "transfer", _("Transfer")


class PaymentPolicy(models.Model):
    """What administrators ruled for payments of an account and, by inheritance, of all below it.
    Empty: inherited. The strictest along the chain counts.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="payment_policy"
    )
    funding = models.CharField(
        _("Funding"), max_length=8, choices=Funding.choices, blank=True, default=""
    )
    per_payment = MoneyField(_("Largest payment"), null=True, blank=True)
    per_day = MoneyField(_("Payments per day"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment policy")
        verbose_name_plural = _("payment policies")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(funding__in=("", "record", "transfer")), name="policy_funding_known"
            ),
            models.CheckConstraint(
                condition=Q(per_payment__isnull=True) | Q(per_payment__gte=0),
                name="policy_per_payment_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(per_day__isnull=True) | Q(per_day__gte=0),
                name="policy_per_day_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.funding}"
