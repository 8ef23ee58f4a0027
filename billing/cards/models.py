"""Phone cards and their batches (docs/domain.md 8). Written by `billing.cards.services` only."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.kit.object_keys import Keyed
from billing.fields import MoneyField
from billing.ledger.models import Transaction
from billing.wallets.models import RateGroup

MOST_CARDS = 100_000


class CardBatch(Keyed, models.Model):
    """Cards that were made together, and what they have in common."""

    key_kind = "card_batch"

    class State(models.TextChoices):
        # No card can be used before it is released: stolen sheets are worthless.
        GENERATED = "generated", _("Not released")
        # All its cards, or some.
        ACTIVE = "active", _("Released")
        BLOCKED = "blocked", _("Blocked")

    # The agent whose cards they are.
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="card_batches")
    name = models.CharField(_("Name"), max_length=64)
    count = models.PositiveIntegerField(_("Cards"))
    face_value = MoneyField(_("Face value"))
    pin_length = models.PositiveSmallIntegerField(_("Digits of the PIN"))
    serial_prefix = models.CharField(max_length=32, blank=True)
    serial_first = models.BigIntegerField()
    serial_digits = models.PositiveSmallIntegerField()
    # How long an account that a card opened may be used, from then on. Null: without end.
    valid_days = models.PositiveIntegerField(_("Days valid after first use"), null=True, blank=True)
    # Cards that were not used until then are worthless. Null: never.
    expires_at = models.DateTimeField(_("Use by"), null=True, blank=True)
    # What the accounts have that its cards open.
    rate_group = models.ForeignKey(
        RateGroup,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="card_batches",
        verbose_name=_("Rate group"),
    )
    ctd_billing_model = models.CharField(
        _("CTD billing model"),
        max_length=16,
        choices=Account.BillingModel.choices,
        default=Account.BillingModel.STANDARD,
        db_default=Account.BillingModel.STANDARD,
    )
    # The name of a preset of number sections; empty: none.
    number_preset = models.CharField(
        _("Number sections"), max_length=32, blank=True, default="", db_default=""
    )
    memo = models.CharField(_("Memo"), max_length=200, blank=True)
    state = models.CharField(
        _("State"), max_length=9, choices=State.choices, default=State.GENERATED
    )
    created_at = models.DateTimeField(_("Made"), default=timezone.now, editable=False)
    # When the first of its cards was released, and how many were by now.
    activated_at = models.DateTimeField(_("First released"), null=True, editable=False)
    released = models.PositiveIntegerField(_("Released"), default=0, db_default=0, editable=False)
    # How many of these are unused and have no day of their own. What is handed out in cards is
    # asked for at every handing out: it is the sum of this, and of the few cards with such a day.
    open_cards = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("card batch")
        verbose_name_plural = _("card batches")
        indexes: ClassVar = [
            models.Index(
                fields=["serial_prefix", "serial_digits", "serial_first"],
                name="card_batch_by_serial",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(count__gte=1, count__lte=MOST_CARDS), name="card_batch_size"
            ),
            models.CheckConstraint(condition=Q(face_value__gt=0), name="card_batch_has_value"),
            models.CheckConstraint(
                condition=Q(state__in=("generated", "active", "blocked")),
                name="card_batch_state_known",
            ),
            models.CheckConstraint(
                condition=Q(released__lte=F("count"), open_cards__lte=F("released")),
                name="card_batch_released_at_most_all",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def serial_at(self, place: int) -> str:
        """The serial of a card by its place in the batch, from 0."""
        return f"{self.serial_prefix}{self.serial_first + place:0{self.serial_digits}d}"


class CardQuerySet(models.QuerySet["Card"]):
    """Cards. The services narrow them to a scope; nobody above them begins here."""

    def with_standing(self, now: datetime | None = None) -> "CardQuerySet":
        """Annotate `standing`: the status, or "expired" where the day has passed by now."""
        return self.annotate(
            standing=Case(
                When(past_its_day(now or timezone.now()), then=Value(Card.Status.EXPIRED.value)),
                default=F("status"),
                output_field=CharField(),
            )
        )

    def unused(self) -> "CardQuerySet":
        """Those whose value went nowhere and may still go somewhere: new, sold, or locked from
        that; expired ones included.
        """
        return self.filter(activated_at__isnull=True, withdrawn_at__isnull=True)

    def outstanding(self, now: datetime, batch: CardBatch | None = None) -> "CardQuerySet":
        """Released and not used: their face value is handed out. Locked ones keep it; those whose
        day has passed do not. `batch`: where all of them are of this one.
        """
        return self._released_unused().exclude(too_late(now, batch))

    def outstanding_with_own_day(self, now: datetime) -> "CardQuerySet":
        """Those outstanding ones that `CardBatch.open_cards` leaves out."""
        return self._released_unused().filter(expires_at__gt=now)

    def open(self) -> "CardQuerySet":
        """What `CardBatch.open_cards` counts."""
        return self._released_unused().filter(expires_at__isnull=True)

    def lapsed(self, now: datetime, batch: CardBatch) -> "CardQuerySet":
        """Those of a batch that would be outstanding, had their day not passed."""
        return self._released_unused().filter(too_late(now, batch))

    def releasable(self, now: datetime, batch: CardBatch | None = None) -> "CardQuerySet":
        """Those whose release would hand out their face value. Locked ones stay as they are."""
        unreleased = self.filter(status__in=Card.UNUSED, released_at__isnull=True)
        return unreleased.exclude(too_late(now, batch))

    def _released_unused(self) -> "CardQuerySet":
        return self.filter(
            released_at__isnull=False, activated_at__isnull=True, withdrawn_at__isnull=True
        )


def too_late(now: datetime, batch: CardBatch | None = None) -> Q:
    """The day until which unused cards count has passed: their own, or that of their batch."""
    own = Q(expires_at__lte=now)
    if batch is None:
        return own | Q(expires_at__isnull=True, batch__expires_at__lte=now)
    is_past = batch.expires_at is not None and batch.expires_at <= now
    return own | Q(expires_at__isnull=True) if is_past else own


def past_its_day(now: datetime) -> Q:
    """Cards that could be used, were it not too late."""
    own = Q(status__in=("new", "sold", "active"), expires_at__lte=now)
    of_batch = Q(status__in=("new", "sold"), expires_at__isnull=True, batch__expires_at__lte=now)
    return own | of_batch


class Card(models.Model):
    """One card. Its PIN is kept encrypted, and found by a keyed hash."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        SOLD = "sold", _("Sold")
        # It opened an account, which has its money.
        ACTIVE = "active", _("Active")
        USED_UP = "used_up", _("Used up")
        # Never stored: it is a matter of the day.
        EXPIRED = "expired", _("Expired")
        LOCKED = "locked", _("Locked")
        # For good.
        WITHDRAWN = "withdrawn", _("Withdrawn")

    UNUSED = ("new", "sold")

    batch = models.ForeignKey(
        CardBatch, on_delete=models.PROTECT, related_name="cards", db_index=False
    )
    serial = models.CharField(_("Serial"), max_length=32, unique=True)
    pin = models.TextField(editable=False)
    lookup_hash = models.CharField(max_length=64, editable=False)
    status = models.CharField(_("Status"), max_length=9, choices=Status.choices, default=Status.NEW)
    # What a locked card was before.
    locked_from = models.CharField(max_length=7, blank=True)
    # In place of the batch's day; of an active card: the end of its account.
    expires_at = models.DateTimeField(_("Expires"), null=True)
    # From then on it can be used, and its face value is handed out.
    released_at = models.DateTimeField(_("Released"), null=True)
    sold_at = models.DateTimeField(_("Sold"), null=True)
    activated_at = models.DateTimeField(_("First used"), null=True)
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True)
    # Where its money went.
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="cards", db_index=False
    )
    transaction = models.OneToOneField(
        Transaction, null=True, on_delete=models.PROTECT, related_name="card"
    )

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone card")
        verbose_name_plural = _("phone cards")
        indexes: ClassVar = [
            models.Index(fields=["batch", "id"], name="card_by_batch"),
            models.Index(fields=["batch", "status", "id"], name="card_by_status"),
            models.Index(
                fields=["account"], name="card_by_account", condition=Q(account__isnull=False)
            ),
            models.Index(fields=["id"], name="card_in_use", condition=Q(status="active")),
            # Those that `open_cards` of their batch leaves out. No values in the condition, which a
            # prepared statement would hide.
            models.Index(
                fields=["batch"],
                name="card_with_own_day",
                condition=Q(
                    expires_at__isnull=False, activated_at__isnull=True, withdrawn_at__isnull=True
                ),
            ),
        ]
        constraints: ClassVar = [
            # No index by the beginning, which a unique column would bring.
            models.UniqueConstraint(fields=["lookup_hash"], name="card_pin_unique"),
            models.CheckConstraint(
                condition=Q(
                    Q(status__in=("new", "sold", "withdrawn"))
                    | Q(status="locked", locked_from__in=("new", "sold")),
                    transaction__isnull=True,
                    account__isnull=True,
                    activated_at__isnull=True,
                )
                | Q(
                    Q(status__in=("active", "used_up")) | Q(status="locked", locked_from="active"),
                    transaction__isnull=False,
                    account__isnull=False,
                    activated_at__isnull=False,
                ),
                name="card_used_is_paid_out",
            ),
            models.CheckConstraint(
                condition=Q(status="withdrawn", withdrawn_at__isnull=False)
                | (~Q(status="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="card_withdrawn_for_good",
            ),
            models.CheckConstraint(
                condition=Q(status="locked", locked_from__in=("new", "sold", "active"))
                | (~Q(status="locked") & Q(locked_from="")),
                name="card_locked_from_something",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def ends_at(self) -> datetime | None:
        """When it becomes worthless, or the account it opened ends."""
        if self.expires_at is None and self.activated_at is None:
            return self.batch.expires_at
        return self.expires_at

    def standing_at(self, now: datetime) -> str:
        """As `CardQuerySet.with_standing`, for a card whose batch is known."""
        ends: Any = self.ends_at
        may_end = self.status in (*Card.UNUSED, Card.Status.ACTIVE)
        return Card.Status.EXPIRED if may_end and ends and ends <= now else self.status


class CardCaller(models.Model):
    """A number whose calls to an access number are a card's, without its PIN."""

    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="callers")
    # The agent whose cards they are: there a number is one card's.
    agent = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("Number"), max_length=15)
    created_at = models.DateTimeField(_("Since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("caller number of a card")
        verbose_name_plural = _("caller numbers of cards")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number", "agent"], name="card_caller_once"),
        ]

    def __str__(self) -> str:
        return self.number


class PinsTaken(models.Model):
    """That PINs of a batch were taken out of the portal, as a file or on paper: by whom, why. It
    outlives the batch.
    """

    class Kind(models.TextChoices):
        FILE = "file", _("Exported")
        SHEET = "sheet", _("Printed")

    batch = models.ForeignKey(
        CardBatch, null=True, on_delete=models.SET_NULL, related_name="pins_taken"
    )
    batch_name = models.CharField(max_length=64, default="", db_default="")
    # Whose cards they were.
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now, editable=False)
    login = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # Kept as text too, for a login may end with its account.
    actor = models.CharField(max_length=64)
    by_account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500)
    first_serial = models.CharField(max_length=32)
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "billing_cardrelease"
        verbose_name = _("PINs taken out")
        verbose_name_plural = _("PINs taken out")

    def __str__(self) -> str:
        return f"{self.batch_name} {self.kind} {self.count}"
