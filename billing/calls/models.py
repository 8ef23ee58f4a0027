"""Records of calls (CDRs) as they came in, and the legs that became of them (docs/domain.md 7).

A record waits in the inbox until it is charged, or in the queue until somebody puts right what
stands against it. Then it is a leg, which is only ever appended. Records are written by
`billing.calls.services` and `billing.charging.services`, legs by the latter alone.
"""

import json
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.jobs.models import Job
from accounts.kit.object_keys import Keyed
from billing.calls.reasons import Reason
from billing.fields import MoneyField

MOST_SOURCE = 32


class RecordFile(Keyed, models.Model):
    """A file of records that was handed in, and what became of its lines."""

    key_kind = "record_file"

    source = models.CharField(_("Source"), max_length=MOST_SOURCE)
    file_name = models.CharField(_("File"), max_length=200)
    # Its callees are as they went out, the rewriting of gateways is done.
    is_rewritten = models.BooleanField(_("Numbers are rewritten"), default=False)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    login = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("Handed in"), default=timezone.now)
    # All of it is in the inbox, or was; until then, what lies above the line and with it.
    is_read = models.BooleanField(default=False)
    line = models.PositiveIntegerField(default=0)
    # Lines that became records, and lines that nobody could read, with what was wrong with them.
    read = models.PositiveIntegerField(_("Records"), default=0)
    refused = models.PositiveIntegerField(_("Lines refused"), default=0)
    problems = models.JSONField(default=list)
    # Of the records: charged or free, the same as before, waiting in the queue when they came.
    accepted = models.PositiveIntegerField(_("Accepted"), default=0)
    repeated = models.PositiveIntegerField(_("Repeated"), default=0)
    queued = models.PositiveIntegerField(_("Queued"), default=0)

    class Meta:
        verbose_name = _("file of call records")
        verbose_name_plural = _("files of call records")
        indexes: ClassVar = [models.Index(fields=["-created_at"], name="record_file_by_time")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def left(self) -> int:
        """Records that still stand in the inbox."""
        return self.read - self.accepted - self.repeated - self.queued


class RecordPiece(models.Model):
    """So much of a file of records as is held in memory at a time. It goes when that is read."""

    file = models.ForeignKey(RecordFile, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "number"], name="record_piece_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.file_id}"


class CallRecordQuerySet(models.QuerySet["CallRecord"]):
    """Records. The inbox is for the charger, the queue for who looks into it."""

    def inbox(self) -> "CallRecordQuerySet":
        """What nobody has tried to charge yet, or somebody wants to be tried again."""
        return self.filter(state=CallRecord.State.NEW)

    def waiting(self) -> "CallRecordQuerySet":
        """The queue."""
        return self.filter(state=CallRecord.State.WAITING)

    def written_off(self) -> "CallRecordQuerySet":
        """What left the queue without being charged."""
        return self.filter(state=CallRecord.State.WRITTEN_OFF)


class CallRecord(Keyed, models.Model):
    """A record that is no leg yet, or (`part` is cost) the cost of a leg that could not be charged
    to its carrier.
    """

    key_kind = "call_record"

    class State(models.TextChoices):
        NEW = "new", _("In the inbox")
        WAITING = "waiting", _("In the queue")
        # Nobody is charged for it; it is kept, so that nothing that came in is ever dropped.
        WRITTEN_OFF = "written", _("Written off")

    class Part(models.TextChoices):
        CHAIN = "chain", _("Call")
        COST = "cost", _("Carrier's cost")

    source = models.CharField(_("Source"), max_length=MOST_SOURCE)
    file = models.ForeignKey(
        RecordFile, null=True, on_delete=models.SET_NULL, related_name="records", db_index=False
    )
    line = models.PositiveIntegerField(null=True)
    # As it came: a JSON object of the columns by their names here, as texts. Nothing is asked of it
    # in SQL, and a text goes in and out unread.
    raw = models.TextField(default="{}")
    # What somebody put right since, and why: columns by their names.
    corrected: Any = models.JSONField(default=dict)
    is_rewritten = models.BooleanField(default=False)
    received_at = models.DateTimeField(_("Received"), default=timezone.now)
    state = models.CharField(max_length=7, choices=State.choices, default=State.NEW)
    part = models.CharField(max_length=5, choices=Part.choices, default=Part.CHAIN)
    leg = models.BigIntegerField(null=True)
    # Why it waits, at which account, and what else is to be said of it.
    reason = models.CharField(_("Reason"), max_length=16, choices=Reason.choices, blank=True)
    level = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    detail = models.CharField(max_length=200, blank=True)
    # Who is charged, when that is known, and the moment that counts for calls.
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="call_records"
    )
    at = models.DateTimeField(_("Time"), null=True)
    # Its key was entered: it is the first of its kind.
    is_first = models.BooleanField(default=False)
    # Grows with every change of a record that waits.
    version = models.PositiveIntegerField(default=1)
    # When it was written off, by which login, and why.
    written_off_at = models.DateTimeField(_("Written off"), null=True)
    written_off_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    written_off_why = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects: ClassVar[Any] = CallRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("call record")
        verbose_name_plural = _("call records")
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state="new"), name="record_in_inbox"),
            models.Index(
                fields=["reason", "id"], condition=Q(state="waiting"), name="record_in_queue"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="new") | ~Q(reason=""), name="record_waits_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(part="chain", leg__isnull=True) | Q(part="cost", leg__isnull=False),
                name="record_of_cost_names_its_leg",
            ),
            models.CheckConstraint(
                condition=~Q(state="written")
                | Q(written_off_at__isnull=False) & ~Q(written_off_why=""),
                name="record_written_off_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.columns.get('call_id', '')}"

    @property
    def as_it_came(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.raw)
        return found

    @property
    def columns(self) -> dict[str, str]:
        """What counts of it: as it came, with what was put right."""
        return {**self.as_it_came, **self.corrected}


class LegKey(models.Model):
    """That a leg was met: (source, call id, leg) and what it said, as digests. A record of the same
    key changes nothing, or waits in the queue where it says something else.
    """

    # The first day of the month its setup lies in; the months beside it are looked at as well.
    month = models.DateField()
    key = models.BinaryField(max_length=16)
    content = models.BinaryField(max_length=16)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "key"], name="leg_key_once"),
        ]

    def __str__(self) -> str:
        return self.key.hex()


class Leg(Keyed, models.Model):
    """A leg of a call: who called, whom, when and how it ended. What it cost are its charges.

    Without foreign keys, which would triple the work of writing; `check_calls` proves them.
    """

    key_kind = "leg"

    source = models.CharField(_("Source"), max_length=MOST_SOURCE)
    call_id = models.CharField(_("Call ID"), max_length=128)
    leg = models.CharField(_("Leg"), max_length=8, blank=True)
    session = models.CharField(_("Session"), max_length=128, blank=True)
    # Who is charged, the root of its tree and its CTD model at that moment.
    account_id = models.BigIntegerField()
    root_id = models.BigIntegerField()
    phone = models.CharField(_("Phone"), max_length=32, blank=True)
    gateway = models.CharField(_("Gateway"), max_length=32, blank=True)
    caller = models.CharField(_("Caller"), max_length=64, blank=True)
    # As dialled, and as it was judged and charged.
    callee = models.CharField(_("Callee"), max_length=64, blank=True)
    number = models.CharField(_("Number"), max_length=15, blank=True)
    routing_gateway = models.CharField(_("Routing gateway"), max_length=32, blank=True)
    # The clearing account of the carrier that took it.
    carrier_id = models.BigIntegerField(null=True)
    setup = models.DateTimeField(_("Setup"))
    # Null: it was not answered.
    answer = models.DateTimeField(_("Answer"), null=True)
    # When a switch was told that it may, whose agents, groups and prices count then; and for how
    # many seconds in all.
    authorized_at = models.DateTimeField(_("Authorized"), null=True)
    granted = models.PositiveIntegerField(_("Seconds granted"), null=True)
    end = models.DateTimeField(_("End"))
    # Whole seconds, rounded up.
    duration = models.PositiveIntegerField(_("Duration"))
    cause = models.CharField(_("Cause"), max_length=32, blank=True)
    # It was called although a level had locked it.
    was_locked = models.BooleanField(default=False)
    charged_at = models.DateTimeField(_("Charged"))
    # The record it was, a JSON object, with what was put right.
    raw = models.TextField(default="{}")

    class Meta:
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        indexes: ClassVar = [
            models.Index(fields=["account_id", "setup", "id"], name="leg_by_account"),
            models.Index(fields=["setup", "id"], name="leg_by_time"),
            models.Index(fields=["call_id"], name="leg_by_call"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.call_id} {self.leg}"

    @property
    def record(self) -> dict[str, Any]:
        """The record it was: its columns as they came, and under "corrected" what was put right."""
        found: dict[str, Any] = json.loads(self.raw)
        return found


class ArchivedMonth(models.Model):
    """A month of calls (UTC, by their setup) that lies in files, or did: its legs, their charges
    and keys. What it added up to stays, so that everything that is kept can still be proved.
    """

    class State(models.TextChoices):
        # Files are being written; the calls are still here.
        WRITING = "writing"
        ARCHIVED = "archived"
        # Brought back by hand, for a while.
        RESTORED = "restored"

    # Its first day.
    month = models.DateField(unique=True)
    state = models.CharField(max_length=8, choices=State.choices)
    folder = models.CharField(max_length=500)
    # Of the list of the files.
    digest = models.CharField(max_length=64, blank=True)
    legs = models.BigIntegerField(default=0)
    charges = models.BigIntegerField(default=0)
    keys = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("archived month")
        verbose_name_plural = _("archived months")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ArchivedSum(models.Model):
    """What an archived month came to for an account: at a rate group in a month of the group's
    zone, as volume discounts count; or (without a group) its own legs, and what carriers cost of
    all legs whose root it was.
    """

    archived = models.ForeignKey(
        ArchivedMonth, on_delete=models.PROTECT, related_name="sums", db_index=False
    )
    account_id = models.BigIntegerField()
    group_id = models.BigIntegerField(null=True)
    is_cost = models.BooleanField(default=False)
    group_month = models.DateField(null=True)
    legs = models.BigIntegerField(default=0)
    answered = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)
    billed = models.BigIntegerField(default=0)
    amount = MoneyField(default=Decimal(0))
    bought = MoneyField(default=Decimal(0), db_default=Decimal(0))

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["group_id", "group_month"], name="archived_at_group"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["archived", "account_id", "group_id", "is_cost", "group_month"],
                name="archived_sum_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.archived_id}: {self.account_id}"


class ArchivedLine(models.Model):
    """What the archived charges behind a movement of the ledger add up to, or (without one) those
    of an account and batch whose others are still here.
    """

    archived = models.ForeignKey(ArchivedMonth, on_delete=models.PROTECT, related_name="lines")
    transaction_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField()
    is_cost = models.BooleanField()
    posted_at = models.DateTimeField()
    amount = MoneyField()

    def __str__(self) -> str:
        return f"{self.transaction_id}: {self.amount}"
