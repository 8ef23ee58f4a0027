"""Calls that run, and the money that every level above them sets aside (docs/domain.md 7).

Written by `billing.holds.services` only. A call stands here from its authorization until its record
is charged; then it is a leg, and what it held is free again.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.object_keys import Keyed
from billing.calls.models import MOST_SOURCE, CallRecord
from billing.fields import MoneyField


class RunningCallQuerySet(models.QuerySet["RunningCall"]):
    """Running calls. Every list and count for somebody starts with `within`."""

    def within(self, scope: Scope) -> "RunningCallQuerySet":
        """Those of the accounts `scope` reaches."""
        return self.filter(in_scope(scope, "account"))

    def up(self) -> "RunningCallQuerySet":
        """Those that ring or are spoken in, as far as the portal knows."""
        return self.filter(ended_at=None)

    def of(self, source: str) -> "RunningCallQuerySet":
        """Those of one switch."""
        return self.filter(source=source)


class RunningCall(Keyed, models.Model):
    """A call that was let through. `seconds` are granted and held, from the answer on.

    It and its holds have no foreign keys of the database, each of which would be looked up for
    every call; `check_calls` proves them.
    """

    key_kind = "running_call"

    source = models.CharField(_("Switch"), max_length=MOST_SOURCE)
    call_id = models.CharField(_("Call ID"), max_length=128)
    leg = models.CharField(_("Leg"), max_length=8, blank=True)
    session = models.CharField(_("Session"), max_length=128, blank=True)
    # Who is charged, and the root of its tree at that moment.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="running_calls", db_constraint=False
    )
    root_id = models.BigIntegerField()
    phone = models.CharField(_("Phone"), max_length=32, blank=True)
    gateway = models.CharField(_("Gateway"), max_length=32, blank=True)
    caller = models.CharField(_("Caller"), max_length=64, blank=True)
    # As dialled, and as it is judged and charged.
    callee = models.CharField(_("Callee"), max_length=64, blank=True)
    number = models.CharField(_("Number"), max_length=15)
    destination = models.CharField(_("Destination"), max_length=100, blank=True)
    # Of the answer, as the switch said it.
    routing_gateway = models.CharField(_("Routing gateway"), max_length=32, blank=True)
    authorized_at = models.DateTimeField(_("Since"), default=timezone.now)
    # Whoever has not answered by then does not any more.
    rings_until = models.DateTimeField()
    answered_at = models.DateTimeField(_("Answer"), null=True)
    seconds = models.PositiveIntegerField(_("Seconds granted"))
    # So many seconds after the answer; null until then.
    ends_at = models.DateTimeField(null=True)
    # No more than so many are ever granted.
    most_seconds = models.PositiveIntegerField()
    # When the switch has to be told anew what was granted, or that the call is cut.
    changed_at = models.DateTimeField(default=timezone.now)
    # A cut is final: the call may go on to the end of what is granted at most, and gets no more.
    cut_at = models.DateTimeField(null=True)
    cut_by = models.CharField(max_length=150, blank=True)
    cut_why = models.CharField(_("Reason"), max_length=200, blank=True)
    # It was cut by a login of the account that calls, whose reason is no secret there.
    was_cut_by_own = models.BooleanField(default=False, db_default=False)
    # The switch said that it is over, or nobody said anything any more (`is_lost`).
    ended_at = models.DateTimeField(null=True)
    is_lost = models.BooleanField(default=False)
    # Of an answered one that is lost: what waits in the queue in place of its record.
    record = models.ForeignKey(
        CallRecord, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    # How many levels there are, and at how many money could be set aside: the same.
    levels = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField()
    # What the switch was answered, which it is again.
    answer: Any = models.JSONField(default=dict)

    objects: ClassVar[Any] = RunningCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("running call")
        verbose_name_plural = _("running calls")
        indexes: ClassVar = [
            models.Index(fields=["source", "changed_at"], name="running_by_change"),
            models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="running_by_end"),
            models.Index(
                fields=["phone"], condition=Q(ended_at=None) & ~Q(phone=""), name="running_by_phone"
            ),
            models.Index(
                fields=["gateway"],
                condition=Q(ended_at=None) & ~Q(gateway=""),
                name="running_by_gateway",
            ),
            models.Index(
                fields=["routing_gateway"],
                condition=Q(ended_at=None) & ~Q(routing_gateway=""),
                name="running_by_routing",
            ),
            models.Index(
                fields=["record"], condition=Q(record__isnull=False), name="running_by_record"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "call_id", "leg"], name="running_call_once"),
            # Undoes everything where a level could not set its money aside.
            models.CheckConstraint(
                condition=Q(levels=F("taken")), name="running_call_held_at_every_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.call_id} {self.leg}"

    def is_open(self, now: datetime) -> bool:
        """Whether it may still ring or be spoken in: neither cut nor over, nor out of the time it
        was given.
        """
        if self.cut_at is not None or self.ended_at is not None:
            return False
        return now < (self.ends_at or self.rings_until)


class Hold(models.Model):
    """What one level of a running call sets aside, and the prices it was let through at: those of
    the group it bought at then, by the moment of an answer.
    """

    # Found by what is unique about it, which begins with the call.
    call = models.ForeignKey(
        RunningCall,
        on_delete=models.CASCADE,
        related_name="holds",
        db_constraint=False,
        db_index=False,
    )
    # Accounts between the caller's and this one; 0 is the caller's own.
    level = models.PositiveSmallIntegerField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="holds", db_constraint=False
    )
    group_id = models.BigIntegerField()
    # Nothing where nothing is asked for, whatever the wallet.
    amount = MoneyField(_("Held"))
    # [microseconds after the authorization, key of the rate, price per minute and connection fee in
    # micro-units, first block, increment], by time: which rate counts from when on.
    prices: Any = models.JSONField(default=list)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "level"], name="hold_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="hold_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"


class CallbackOrder(models.Model):
    """Somebody called a callback trigger and is to be called back: two legs, which are let through
    and hold their money before the order stands here. One open session per caller and trigger.
    """

    # What was called, and by whom.
    did = models.CharField(max_length=15)
    caller = models.CharField(max_length=15)
    session = models.CharField(_("Session"), max_length=128)
    # Whose its legs are: the switch that told of the call, then the one that took the order.
    source = models.CharField(max_length=MOST_SOURCE)
    # What the switch that takes it is told; nothing until both legs are held.
    order: Any = models.JSONField(null=True)
    # Nobody is called back later than that.
    expires_at = models.DateTimeField()
    # Handed to a switch, once.
    taken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("callback order")
        verbose_name_plural = _("callback orders")
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], condition=Q(taken_at=None), name="callback_not_taken"
            ),
            models.Index(fields=["session"], name="callback_by_session"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["did", "caller"], name="callback_one_a_caller"),
        ]

    def __str__(self) -> str:
        return self.session


class Estimate(models.Model):
    """What one level sets aside for a record that waits in the queue and that no switch asked
    about: what it would be charged, where that can be told.

    It goes with the record's charges, or when that is written off, and is made anew whenever the
    record is tried again. `check_calls` proves it.
    """

    record = models.ForeignKey(
        CallRecord, on_delete=models.DO_NOTHING, related_name="estimates", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    # Accounts between the caller's and this one; 0 is the caller's own.
    level = models.PositiveSmallIntegerField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="estimates", db_constraint=False
    )
    amount = MoneyField(_("Held"))

    class Meta:
        verbose_name = _("estimate")
        verbose_name_plural = _("estimates")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "level"], name="estimate_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="estimate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"
