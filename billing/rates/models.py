"""Rates of rate groups, their corrections, volume tiers, and decks as they are handed in
(docs/domain.md 7). Written by `billing.rates.services` only.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.kit.object_keys import Keyed
from billing.fields import MoneyField
from billing.rates.periods import Period
from billing.rates.pricing import MAX_BLOCK, MAX_PRICE, Price
from billing.rates.rating import MOST_DIGITS
from billing.rates.rating import Rate as PlainRate
from billing.wallets.models import RateGroup

_NOT_NEGATIVE = Q(price__gte=0, connection_fee__gte=0)
_BOUNDED = Q(price__lte=MAX_PRICE, connection_fee__lte=MAX_PRICE)


class RateQuerySet(models.QuerySet["Rate"]):
    """Rates. Queries narrow them to groups that somebody may see; nobody above begins here."""

    def standing(self) -> "RateQuerySet":
        """Without those that were taken back before anything was charged by them."""
        return self.filter(void_at__isnull=True)

    def in_effect(self, at: datetime) -> "RateQuerySet":
        """Whose dates cover a moment, whatever their period."""
        return self.standing().filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=at), effective_from__lte=at
        )

    def coming(self, at: datetime) -> "RateQuerySet":
        """Those that begin after a moment."""
        return self.standing().filter(effective_from__gt=at)

    def ended(self, at: datetime) -> "RateQuerySet":
        """Those that ended by a moment."""
        return self.standing().filter(effective_until__lte=at)


class RateImport(Keyed, models.Model):
    """A deck somebody handed in: what it would change, and what became of it."""

    key_kind = "rate_import"

    class State(models.TextChoices):
        # Its rows are being compared with the group.
        CHECKING = "checking", _("Being checked")
        # There is a preview; nothing has changed yet.
        CHECKED = "checked", _("Checked")
        REFUSED = "refused", _("Refused")
        COMMITTING = "committing", _("Being entered")
        COMMITTED = "committed", _("Entered")
        UNDONE = "undone", _("Undone")

    group = models.ForeignKey(RateGroup, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(_("File"), max_length=200)
    state = models.CharField(
        _("State"), max_length=10, choices=State.choices, default=State.CHECKING
    )
    # What is missing in the deck ends.
    is_full = models.BooleanField(_("Full deck"), default=False)
    # From when on its rates count, where a row does not say so itself; null: from its commit on.
    effective_at = models.DateTimeField(_("Effective from"), null=True, blank=True)
    # Which column is which, and how its days and peak hours are to be read.
    layout = models.JSONField(default=dict)
    # How many rows are new, raised, lowered, ending, unchanged, refused.
    counts = models.JSONField(default=dict)
    # Of the group when it was compared: what changed since is compared again.
    group_version = models.PositiveIntegerField(default=0)
    check_job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    commit_job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    login = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("Handed in"), default=timezone.now)
    committed_at = models.DateTimeField(_("Entered"), null=True)
    undone_at = models.DateTimeField(_("Undone"), null=True)

    class Meta:
        verbose_name = _("rate import")
        verbose_name_plural = _("rate imports")
        indexes: ClassVar = [
            models.Index(fields=["group", "-created_at"], name="rate_import_of_group")
        ]

    def __str__(self) -> str:
        return self.file_name


class DeckPiece(models.Model):
    """So much of a deck's file as is held in memory at a time. It goes when the deck is entered."""

    deck = models.ForeignKey(RateImport, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deck", "number"], name="deck_piece_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.deck_id}"


class _Priced(models.Model):
    """A prefix with a price, as rates and the rows of decks have it."""

    prefix = models.CharField(_("Prefix"), max_length=MOST_DIGITS)
    destination = models.CharField(_("Destination"), max_length=100, blank=True)
    # Per minute.
    price = MoneyField(_("Price per minute"))
    connection_fee = MoneyField(_("Connection fee"), default=Decimal(0))
    first_block = models.PositiveIntegerField(_("First block"), default=60)
    increment = models.PositiveIntegerField(_("Increment"), default=60)
    effective_from = models.DateTimeField(_("Effective from"))
    effective_until = models.DateTimeField(_("Effective until"), null=True, blank=True)
    is_locked = models.BooleanField(_("Locked"), default=False)
    # A bit for each weekday, Monday is the lowest; 0: there is no period, it counts all the time.
    days = models.PositiveSmallIntegerField(default=0)
    # Minutes since midnight on the wall of the group's time zone.
    period_begin = models.PositiveSmallIntegerField(default=0)
    period_end = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def period(self) -> Period | None:
        return Period(self.days, self.period_begin, self.period_end) if self.days else None

    @property
    def price_of_calls(self) -> Price:
        return Price(self.price, self.connection_fee, self.first_block, self.increment)


class Rate(Keyed, _Priced):
    """What a group charges for numbers with a prefix, from a moment on and until another one. Once
    in effect it is never edited: a change ends it and begins a new one.
    """

    key_kind = "rate"

    group = models.ForeignKey(RateGroup, on_delete=models.CASCADE, related_name="rates")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Grows with every change; a form that carries an older one clashes.
    version = models.PositiveIntegerField(default=1, editable=False)
    # Taken back before anything was charged by it: it never counted.
    void_at = models.DateTimeField(null=True, editable=False)
    # The deck it came with, the deck that ended it, and when it would have ended without that.
    begun_by = models.ForeignKey(
        RateImport, null=True, on_delete=models.SET_NULL, related_name="begun", editable=False
    )
    ended_by = models.ForeignKey(
        RateImport, null=True, on_delete=models.SET_NULL, related_name="ended", editable=False
    )
    until_before = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = RateQuerySet.as_manager()

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        indexes: ClassVar = [
            models.Index(fields=["group", "prefix", "effective_from"], name="rate_by_prefix"),
            models.Index(fields=["group", "price", "id"], name="rate_by_price"),
            models.Index(fields=["group", "effective_from"], name="rate_by_beginning"),
        ]
        constraints: ClassVar = [
            # Rates that overlap otherwise are kept out under the lock of the group.
            models.UniqueConstraint(
                fields=["group", "prefix", "effective_from", "days", "period_begin"],
                condition=Q(void_at__isnull=True),
                name="rate_once",
            ),
            models.CheckConstraint(condition=_NOT_NEGATIVE, name="rate_not_negative"),
            models.CheckConstraint(condition=_BOUNDED, name="rate_not_absurd"),
            models.CheckConstraint(
                condition=Q(
                    first_block__gte=1,
                    first_block__lte=MAX_BLOCK,
                    increment__gte=1,
                    increment__lte=MAX_BLOCK,
                ),
                name="rate_blocks_are_seconds",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from"))
                | Q(void_at__isnull=False),
                name="rate_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(days=0, period_begin=0, period_end=0)
                | Q(days__gte=1, days__lte=127, period_begin__lt=1440, period_end__lte=1440),
                name="rate_period_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.price}"

    @property
    def plain(self) -> PlainRate:
        """As `billing.rates.rating` knows it."""
        return PlainRate(
            self.pk,
            self.prefix,
            self.price_of_calls,
            self.effective_from,
            self.effective_until,
            self.period,
            self.is_locked,
            self.destination,
        )


class DeckRow(_Priced):
    """A row of a deck as it was read, and what it would do to its group."""

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        RAISED = "raised", _("Raised")
        LOWERED = "lowered", _("Lowered")
        # The price per minute stays and something else changes.
        CHANGED = "changed", _("Changed")
        # What a full deck leaves out.
        ENDING = "ending", _("Ending")
        UNCHANGED = "unchanged", _("Unchanged")
        REFUSED = "refused", _("Refused")

    deck = models.ForeignKey(RateImport, on_delete=models.CASCADE, related_name="rows")
    # Where it stands in the file; 0 for what the deck leaves out.
    line = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    # The rate it takes the place of, or ends.
    rate = models.ForeignKey(
        Rate, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    price_before = MoneyField(null=True)
    # By how many millionths of the former price it changes, without a sign: the biggest first.
    change = models.BigIntegerField(default=0)
    # Why it is refused, and the text it was.
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["deck", "kind", "-change", "id"], name="deck_row_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.prefix}"


class RateCorrection(Keyed, models.Model):
    """The right price of a time that is past, beside the rate it corrects: only re-rating and legs
    that wait read it.
    """

    key_kind = "rate_correction"

    group = models.ForeignKey(RateGroup, on_delete=models.CASCADE, related_name="corrections")
    prefix = models.CharField(_("Prefix"), max_length=MOST_DIGITS)
    begins_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"))
    # Per minute.
    price = MoneyField(_("Price per minute"))
    reason = models.CharField(_("Reason"), max_length=500)
    login = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("rate correction")
        verbose_name_plural = _("rate corrections")
        indexes: ClassVar = [
            models.Index(fields=["group", "prefix", "begins_at"], name="correction_by_prefix")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="correction_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, price__lte=MAX_PRICE), name="correction_price_bounded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.price}"


class VolumeTier(models.Model):
    """A discount on a month's charges from so many minutes on, in the group's time zone."""

    group = models.ForeignKey(RateGroup, on_delete=models.CASCADE, related_name="tiers")
    minutes = models.PositiveIntegerField(_("Minutes a month"))
    # In hundredths of a percent.
    discount = models.PositiveSmallIntegerField(_("Discount"))

    class Meta:
        verbose_name = _("volume tier")
        verbose_name_plural = _("volume tiers")
        ordering: ClassVar = ["minutes"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "minutes"], name="volume_tier_once"),
            models.CheckConstraint(
                condition=Q(discount__gte=1, discount__lte=10_000, minutes__gte=1),
                name="volume_tier_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minutes}: {self.discount}"

    @property
    def percent(self) -> Decimal:
        """The discount in percent."""
        return Decimal(self.discount).scaleb(-2)
