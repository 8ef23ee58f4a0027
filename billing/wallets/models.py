"""The wallet of an account, the policies of payment, and what was handed out without a payment
(docs/domain.md 6).

Balances are written by `billing.ledger.services.posting` only, what is held by
`billing.holds.services` and with the charges of calls, terms by
`billing.handing_out.services.terms`, policies by `billing.handing_out.services.policies`, handings
by `billing.handing_out.services.gate`, rate groups by `billing.rates.services.groups`, standings by
`billing.wallets.services.standing`.
"""

from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.kit.object_keys import Keyed
from billing.fields import MoneyField


class RateGroup(Keyed, models.Model):
    """A price list that accounts buy at; what it charges are the rates of `billing.rates`. It
    stands here because it is one of the terms of a wallet.
    """

    key_kind = "rate_group"

    # Whose it is: an agent's, or (null) the platform's.
    owner = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="rate_groups"
    )
    name = models.CharField(_("Name"), max_length=64)
    # Whose days and hours its periods and months are.
    time_zone = models.CharField(_("Time zone"), max_length=64, default="UTC")
    # Whether agents below the owner may sell at it.
    is_shared = models.BooleanField(_("Shared with agents below"), default=False)
    memo = models.CharField(_("Memo"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("Made"), default=timezone.now, editable=False)
    # Grows with every change of the group and of its rates.
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("rate group")
        verbose_name_plural = _("rate groups")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(owner__isnull=False),
                name="rate_group_name_of_agent",
            ),
            models.UniqueConstraint(
                Lower("name"), condition=Q(owner__isnull=True), name="rate_group_name_of_platform"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


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
    # Set aside for calls that run: always the sum of the account's open holds.
    held = MoneyField(_("Held"), default=Decimal(0), db_default=Decimal(0), editable=False)
    low_balance_threshold = MoneyField(_("Low-balance threshold"), null=True, blank=True)
    # What it pays for calls. Without one it may not call.
    rate_group = models.ForeignKey(
        RateGroup,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="wallets",
        verbose_name=_("Rate group"),
    )
    # Kept as they were entered; neither shown nor asked for while nothing is sent there.
    alert_emails = models.CharField(_("Alert e-mails"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("wallet")
        verbose_name_plural = _("wallets")
        # Those that may be low. Without the balance, which would make each payment write here too.
        indexes: ClassVar = [
            models.Index(
                fields=["account"],
                condition=Q(low_balance_threshold__isnull=False),
                name="wallet_with_threshold",
            ),
            models.Index(
                fields=["account"],
                condition=Q(rate_group__isnull=True),
                name="wallet_without_group",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0), name="wallet_limit_not_negative"
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="wallet_held_not_negative"),
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
        """Balance and credit limit together, less what calls hold; None where the credit is
        unlimited.
        """
        return None if self.is_unlimited else self.balance + self.credit_limit - self.held

    @property
    def is_low(self) -> bool:
        """Whether the balance is below the account's own threshold."""
        threshold = self.low_balance_threshold
        return threshold is not None and self.balance < threshold


class Standing(models.Model):
    """Below which agent an account stands and at which rate group it buys, from a moment on until
    its next one: a call is charged to those of the moment it was answered at, however late its
    record comes (docs/domain.md 7).
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="standings", db_index=False
    )
    since = models.DateTimeField()
    agent = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    rate_group = models.ForeignKey(
        RateGroup, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "since"], name="standing_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} since {self.since}"


class Funding(models.TextChoices):
    """How far an agent hands out money below. In order of strictness.

    Record: what it likes, for it collects outside. Covered: at most what it has itself.
    """

    RECORD = "record", _("Record")
    COVERED = "covered", _("Covered")


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
                condition=Q(funding__in=("", "record", "covered")), name="policy_funding_known"
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


class Handing(models.Model):
    """Money handed out below without a payment: a credit limit raised, cards released. Day limits
    add them up with the payments; what was given is read from wallets and cards.
    """

    class Kind(models.TextChoices):
        LIMIT = "limit", _("Credit limit")
        CARDS = "cards", _("Phone cards")

    at = models.DateTimeField(default=timezone.now, editable=False)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    # Whose limit was raised, whose cards were released. It may end before its agent does.
    account = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="handings", db_index=False
    )
    amount = MoneyField(_("Amount"))
    login = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # The account of the login, which day limits add up by; null for platform staff.
    by_account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="handings_made", db_index=False
    )

    class Meta:
        verbose_name = _("handing out")
        verbose_name_plural = _("handings out")
        indexes: ClassVar = [
            models.Index(fields=["by_account", "at"], name="handing_by_giver"),
            models.Index(fields=["account"], name="handing_by_account"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="handing_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
