"""Accounts and the reseller tree they form (docs/domain.md 1).

Rows are written by `accounts.tree.services` only. Structure (parent and the nested-set columns) may
be written only while the trees concerned are locked, see `accounts.core.locks`; `save` and `delete`
refuse everything else.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Length, Lower, Replace, StrIndex, Substr
from django.db.models.lookups import Exact, GreaterThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey

from accounts.core.authorizations import Authorization
from accounts.core.querysets import AccountQuerySet
from accounts.core.scope import Scope
from accounts.kit.addresses import address_of
from accounts.kit.beginnings import Capitals, Start
from accounts.kit.private_doors import has_other_parent

# True while `accounts.core.locks` holds the trees in this thread of execution.
STRUCTURE_UNLOCKED: ContextVar[bool] = ContextVar("structure_unlocked", default=False)

STRUCTURE_FIELDS = frozenset({"parent", "parent_id", "tree_id", "lft", "rght", "level"})

ACCOUNT_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z"
account_id_validator = RegexValidator(
    ACCOUNT_ID_PATTERN,
    _(
        "Use 1 to 32 letters (A–Z), digits, dots, dashes or underscores, "
        "beginning with a letter or digit."
    ),
    code="account_id",
)

_DASH = Value("-")
# Of `Region-Type-Name`: what stands behind the first dash.
_TYPE_AND_NAME = Substr("account_id", StrIndex("account_id", _DASH) + 1)
# Letters and digits between dashes, and something in each of the three parts: the pattern that is
# suggested (docs/domain.md 1). Said without a regular expression, for SQLite has none of its own.
_ON_PATTERN = (
    Q(GreaterThan(StrIndex("account_id", _DASH), 1))
    & Q(GreaterThan(StrIndex(_TYPE_AND_NAME, _DASH), 1))
    & Q(GreaterThan(Length(_TYPE_AND_NAME), StrIndex(_TYPE_AND_NAME, _DASH)))
    & Q(
        Exact(
            F("account_id"),
            Replace(Replace("account_id", Value("."), Value("")), Value("_"), Value("")),
        )
    )
)


class Account(MPTTModel):
    """A customer's entry in the reseller tree."""

    class Type(models.TextChoices):
        GENERAL = "general", _("General")
        PHONE_CARD = "phone_card", _("Phone card")
        CLEARING = "clearing", _("Clearing")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        LOCKED = "locked", _("Locked")
        CLOSED = "closed", _("Closed")

    class BillingModel(models.TextChoices):
        STANDARD = "standard", _("Standard")
        FLOW = "flow", _("Flow (callback)")

    account_id = models.CharField(_("Account ID"), max_length=32, validators=[account_id_validator])
    name = models.CharField(_("Name"), max_length=100)
    parent = TreeForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("Agent ID"),
    )
    type = models.CharField(_("Type"), max_length=16, choices=Type.choices, default=Type.GENERAL)
    status = models.CharField(
        _("Status"), max_length=16, choices=Status.choices, default=Status.ACTIVE
    )
    valid_until = models.DateTimeField(_("Valid until"), null=True, blank=True)
    ctd_billing_model = models.CharField(
        _("CTD billing model"),
        max_length=16,
        choices=BillingModel.choices,
        default=BillingModel.STANDARD,
    )
    time_zone = models.CharField(_("Time zone"), max_length=64, default="UTC")
    created_at = models.DateTimeField(_("Created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("Updated"), default=timezone.now, editable=False)
    # Grows with every change of the row; a form that carries an older one clashes.
    version = models.PositiveIntegerField(default=1, editable=False)

    is_off_pattern = models.GeneratedField(
        expression=Case(
            When(_ON_PATTERN, then=Value(False)),
            default=Value(True),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    # mptt adds these columns; the boundaries of a row in memory are as old as its reading.
    tree_id: int
    lft: int
    rght: int
    level: int

    # The scope this instance was read through (see `AccountQuerySet.within`); never stored.
    reached_by: Scope = Scope.NOTHING

    objects: ClassVar[TreeManager] = TreeManager.from_queryset(AccountQuerySet)()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        permissions: ClassVar = [(one.value, one.label) for one in Authorization]
        indexes: ClassVar = [
            # Every subtree is a range of it.
            models.Index(fields=["tree_id", "lft"], name="account_tree_order"),
            models.Index(fields=["created_at"], name="account_by_creation"),
            models.Index(fields=["-updated_at", "-id"], name="account_by_change"),
            # What dashboards count and walks begin with: few rows of many.
            models.Index(
                fields=["tree_id", "lft"],
                condition=Q(rght__gt=F("lft") + 1),
                name="account_agents",
            ),
            # All that is asked of every top-level account, which lie far apart in the table.
            models.Index(
                fields=["id", "lft", "rght", "account_id", "time_zone", "parent"],
                condition=Q(parent=None),
                name="account_at_top",
            ),
            models.Index(
                fields=["status"], condition=~Q(status="active"), name="account_not_active"
            ),
            models.Index(
                fields=["valid_until"],
                condition=Q(valid_until__isnull=False),
                name="account_expiring",
            ),
            models.Index(fields=["level"], condition=Q(level__gte=4), name="account_deep"),
            models.Index(
                fields=["id"], condition=Q(ctd_billing_model="flow"), name="account_of_flow"
            ),
            models.Index(
                fields=["id"], condition=Q(is_off_pattern=True), name="account_off_pattern"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("account_id"),
                name="account_id_unique",
                violation_error_message=_("This account ID is not available."),
            ),
            models.CheckConstraint(condition=Q(lft__lt=F("rght")), name="account_lft_below_rght"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="account_not_own_parent"),
            models.CheckConstraint(
                condition=Q(status__in=("active", "locked", "closed")), name="account_status_known"
            ),
            models.CheckConstraint(
                condition=Q(type__in=("general", "phone_card", "clearing")),
                name="account_type_known",
            ),
        ]

    def __str__(self) -> str:
        return self.account_id

    def get_absolute_url(self) -> str:
        return address_of("accounts:detail", self.account_id)

    @property
    def sub_account_count(self) -> int:
        """All nested sub-accounts, from the boundaries of this row as read."""
        return (self.rght - self.lft - 1) // 2

    @property
    def is_agent(self) -> bool:
        """Computed, never stored: an account is an agent exactly while it has a sub-account."""
        return self.sub_account_count > 0

    @property
    def category(self) -> Any:
        return _("Agent") if self.is_agent else _("Account")

    @property
    def is_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until <= timezone.now()

    @property
    def zone(self) -> ZoneInfo:
        """Whose days are meant by days that were entered for it."""
        return ZoneInfo(self.time_zone)

    @property
    def is_stopped(self) -> bool:
        """Locked, closed or expired itself; levels above may block it as well."""
        return self.status != self.Status.ACTIVE or self.is_expired

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert, or update the named fields.

        A whole-row save of an instance that is out of date would write its old parent over
        somebody's move, so an existing row needs `update_fields`. Structure needs the trees' lock.

        Raises TypeError when `update_fields` is missing, RuntimeError when structure is touched
        without the lock.
        """
        fields: Iterable[str] | None = kwargs.get("update_fields")
        unlocked = STRUCTURE_UNLOCKED.get()
        if self._state.adding:
            if not unlocked:
                raise RuntimeError("Accounts are created by tree.services, under the lock.")
        elif fields is None:
            raise TypeError("Saving an existing account requires update_fields.")
        else:
            moved = has_other_parent(self)
            if STRUCTURE_FIELDS.intersection(fields) and not unlocked:
                raise RuntimeError("The structure is written by tree.services, under the lock.")
            if moved and "parent" not in fields:
                raise RuntimeError("The parent was changed but is not saved.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete the row and close its gap; RuntimeError without the trees' lock."""
        if not STRUCTURE_UNLOCKED.get():
            raise RuntimeError("Accounts are deleted by tree.services, under the lock.")
        return super().delete(*args, **kwargs)


class Logo(models.Model):
    """What stands beside an account's company on documents for the accounts below, where it is
    published: apart from its details, which are read by many pages.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="logo"
    )
    # A PNG, as the portal wrote it itself.
    image = models.BinaryField(_("Picture"))
    # Tells one picture from another: part of its address, so that browsers may keep it.
    digest = models.CharField(_("Digest"), max_length=16)

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.digest}"


class AccountDetail(models.Model):
    """Contact and notes of an account, apart from the tree row, which stays narrow."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="detail"
    )
    company = models.CharField(_("Company"), max_length=100, blank=True)
    contact_person = models.CharField(_("Contact person"), max_length=100, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    phone = models.CharField(_("Telephone"), max_length=32, blank=True)
    address = models.TextField(_("Address"), max_length=500, blank=True)
    # What of it stands at the head of documents for the accounts below: all but the person.
    is_published = models.BooleanField(
        _("Published as letterhead"), default=False, db_default=False
    )
    memo = models.TextField(_("Memo"), max_length=1000, blank=True)
    # Codec names in order of preference; new phones and gateways of the account start with them.
    codecs = models.JSONField(_("Default codecs"), default=list, blank=True)

    class Meta:
        verbose_name = _("account detail")
        verbose_name_plural = _("account details")
        # What the search finds by how it begins.
        indexes: ClassVar = [
            models.Index(Capitals("company"), name="detail_by_company"),
            models.Index(Capitals("contact_person"), name="detail_by_person"),
            models.Index(Capitals("email"), name="detail_by_email"),
            models.Index(Capitals(Start("memo")), name="detail_by_memo"),
        ]

    def __str__(self) -> str:
        return str(self.account_id)


class AgentVersion(models.Model):
    """A counter per account that grows with every change in the hierarchy below it (and of its own
    label).

    Open pages compare it to notice other people's changes. Row 0 counts the forest itself: it takes
    over a vanishing root's count, so that the sum over the roots and row 0 never falls.
    """

    FOREST = 0

    # The account's key, or FOREST. No foreign key: the forest is no account.
    account_pk = models.BigIntegerField(primary_key=True)
    n = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.account_pk}: {self.n}"
