"""The ledger: transactions whose entries sum to zero, appended and never altered.

Written by `billing.ledger.services.posting` only; the database itself refuses to change or delete a
row. And who gets statements by mail, written by `billing.ledger.services.mailing`.
"""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.kit.beginnings import Capitals
from accounts.kit.object_keys import Keyed
from billing.fields import MoneyField
from billing.wallets.models import Wallet


class House(models.TextChoices):
    """The platform's own side of a movement. House accounts hold no stored balance."""

    CASH = "cash", _("Cash")
    CALL_REVENUE = "call_revenue", _("Call revenue")
    CALL_COST = "call_cost", _("Call cost")
    CARDS = "cards", _("Phone cards")
    ADJUSTMENT = "adjustment", _("Adjustment")


# The sides by which an account consumes: calls, and nothing else by now.
CONSUMED_BY = (House.CALL_REVENUE,)


class Transaction(Keyed, models.Model):
    """One movement of money: what kind, for whom, by whom, and why."""

    key_kind = "payment"

    class Kind(models.TextChoices):
        RECHARGE = "recharge", _("Recharge")
        DEDUCTION = "deduction", _("Deduction")
        OPENING = "opening", _("Opening balance")
        MAKE_ZERO = "make_zero", _("Make zero")
        TRANSFER = "transfer", _("Transfer")
        REVERSAL = "reversal", _("Reversal")
        CARD = "card", _("Phone card")
        SETTLED = "settled", _("Settlement of transfers")
        CALL = "call", _("Calls")
        VOLUME = "volume", _("Volume discount")

    # What calls post by themselves; whatever else moves was paid by somebody.
    OF_CALLS = (Kind.CALL, Kind.VOLUME)

    class Method(models.TextChoices):
        CASH = "cash", _("Cash")
        BANK = "bank", _("Bank transfer")
        CARD = "card", _("Card")
        MOBILE = "mobile", _("Mobile money")
        OTHER = "other", _("Other")

    at = models.DateTimeField(_("Time"), default=timezone.now, editable=False)
    kind = models.CharField(_("Type"), max_length=9, choices=Kind.choices)
    # The account the payment was made to. What is found by it, by the login and by the account of
    # the login is found by indexes that begin with them: calls write more rows here than anybody.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="transactions", db_index=False
    )
    amount = MoneyField(_("Amount"))
    method = models.CharField(_("Method"), max_length=8, choices=Method.choices, blank=True)
    reference = models.CharField(_("Reference"), max_length=64, blank=True)
    memo = models.CharField(_("Memo"), max_length=200, blank=True)
    # Null for commands. Kept as text too, for a login may end with its account.
    login = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="transactions", db_index=False
    )
    actor = models.CharField(_("By"), max_length=64)
    # The account of the login, which day limits add up by; null for platform staff.
    by_account = models.ForeignKey(
        Account,
        null=True,
        on_delete=models.PROTECT,
        related_name="transactions_made",
        db_index=False,
    )
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    # Of a transfer: the account it takes the money from. Empty for the transfers of former days, by
    # which agents paid out of their own balance, known so to `billing.ledger.queries.settlements`.
    source = models.ForeignKey(
        Account,
        null=True,
        on_delete=models.PROTECT,
        related_name="transactions_from",
        db_index=False,
    )
    # The list this one was part of, and its line there.
    batch = models.CharField(max_length=36, blank=True)
    idempotency_key = models.CharField(max_length=64)
    input_hash = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, blank=True)

    # Said by the posting of the row it has just written; a row that was read is not new.
    is_new = False

    class Meta:
        verbose_name = _("transaction")
        verbose_name_plural = _("transactions")
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"], name="transaction_by_account"),
            # The last payments of a kind, of an account whose calls move it every other second.
            models.Index(fields=["account", "kind", "-id"], name="transaction_by_kind"),
            models.Index(fields=["by_account", "at"], name="transaction_by_payer"),
            models.Index(fields=["batch"], name="transaction_by_batch", condition=~Q(batch="")),
            # What was paid since a moment; movements of calls are many more.
            models.Index(
                fields=["at"],
                name="transaction_of_payment",
                condition=~Q(kind__in=("call", "volume")),
            ),
            # What the search finds by how it begins.
            models.Index(
                Capitals("reference"),
                name="transaction_by_reference",
                condition=~Q(reference=""),
            ),
            models.Index(Capitals("memo"), name="transaction_by_memo", condition=~Q(memo="")),
            models.Index(
                fields=["source"],
                name="transaction_by_source",
                condition=Q(source__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["login", "idempotency_key"],
                condition=Q(login__isnull=False),
                name="transaction_key_per_login",
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(login__isnull=True),
                name="transaction_key_of_commands",
            ),
            # Once for each agent, whoever does it.
            models.UniqueConstraint(
                fields=["account"], condition=Q(kind="settled"), name="transaction_settled_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transaction_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="transaction_reversal_names_its_origin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.amount}"


class Entry(models.Model):
    """One side of a transaction: a wallet, with its balance afterwards, or a house account."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    wallet = models.ForeignKey(
        Wallet, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    house = models.CharField(max_length=12, choices=House.choices, blank=True)
    amount = MoneyField(_("Amount"))
    balance_after = MoneyField(_("Balance after"), null=True)
    at = models.DateTimeField(_("Time"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        indexes: ClassVar = [
            models.Index(fields=["wallet", "id"], name="entry_by_wallet"),
            # What was consumed since a moment is looked for here, and only charges are in it.
            models.Index(
                fields=["at"], name="entry_of_charges", condition=Q(house__in=CONSUMED_BY)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(wallet__isnull=False, house="", balance_after__isnull=False)
                | Q(
                    wallet__isnull=True,
                    house__in=("cash", "call_revenue", "call_cost", "cards", "adjustment"),
                    balance_after__isnull=True,
                ),
                name="entry_has_one_side",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
        ]

    def __str__(self) -> str:
        return f"{self.wallet_id or self.house} {self.amount}"


class Rhythm(models.TextChoices):
    """How often a statement is mailed: of each day, week from Monday, or calendar month."""

    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class StatementMailing(models.Model):
    """That statements of an account are mailed, to whom, and which is the next one. Days are those
    of the account's zone.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="statement_mailing"
    )
    rhythm = models.CharField(_("How often"), max_length=7, choices=Rhythm.choices)
    # Separated by commas.
    addresses = models.CharField(_("E-mail addresses"), max_length=500)
    # The day the next period begins on, and when it has ended.
    first = models.DateField()
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("mailing of statements")
        verbose_name_plural = _("mailings of statements")
        indexes: ClassVar = [models.Index(fields=["due_at"], name="statement_mailing_due")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.rhythm}"


class StatementMailed(models.Model):
    """That the statement of a period was mailed: once, whoever keeps house."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="statements_mailed", db_index=False
    )
    rhythm = models.CharField(_("How often"), max_length=7, choices=Rhythm.choices)
    first = models.DateField(_("From"))
    # The first day that it has nothing of.
    until = models.DateField()
    time_zone = models.CharField(_("Time zone"), max_length=64)
    addresses = models.CharField(_("E-mail addresses"), max_length=500)
    queued_at = models.DateTimeField(_("Sent"), default=timezone.now)

    class Meta:
        verbose_name = _("mailed statement")
        verbose_name_plural = _("mailed statements")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "rhythm", "first"], name="statement_mailed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.rhythm} {self.first}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
