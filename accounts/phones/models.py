"""Phones of accounts, and the numbers that lead to them (docs/domain.md 8).

Written by `accounts.phones.services.phones` and its neighbours only.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account
from accounts.kit.addresses import address_of
from accounts.kit.beginnings import Capitals


class PhoneLock(models.TextChoices):
    """Which calls a phone may not have."""

    NONE = "none", _("Not locked")
    OUT = "out", _("Outgoing")
    IN = "in", _("Incoming")
    ALL = "all", _("All calls")


class Phone(models.Model):
    """A SIP phone of an account: it registers with its number and a password nobody reads again."""

    # Digits alone. It stands in addresses and in the digest below, and never changes.
    number = models.CharField(_("Number"), max_length=15, unique=True)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="phones", verbose_name=_("Account ID")
    )
    # The digest of number, realm and password that SIP asks for: as good as the password, therefore
    # encrypted (accounts.kit.encryption).
    ha1 = models.TextField(editable=False)
    realm = models.CharField(_("Realm"), max_length=255, editable=False)
    password_set_at = models.DateTimeField(
        _("Password since"), default=timezone.now, editable=False
    )
    display_number = models.CharField(_("Display number"), max_length=15, blank=True)
    lock = models.CharField(
        _("Lock"), max_length=4, choices=PhoneLock.choices, default=PhoneLock.NONE
    )
    max_calls = models.PositiveIntegerField(_("Concurrent calls"), default=1)
    # Codec names in order of preference.
    codecs: Any = models.JSONField(_("Codecs"), default=list, blank=True)
    memo = models.CharField(_("Memo"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("Created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("Updated"), default=timezone.now, editable=False)
    # Grows with every change of the row; a form that carries an older one clashes.
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        indexes: ClassVar = [models.Index(Capitals("memo"), name="phone_by_memo")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(lock__in=PhoneLock.values), name="phone_lock_known"),
            models.CheckConstraint(condition=Q(max_calls__gte=1), name="phone_calls_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return address_of("phone", self.number)

    @property
    def dids(self) -> list[str]:
        """Its further numbers, in order; of phones that were read `with_numbers`."""
        return [one.number for one in self.numbers.all() if one.is_did]


class PhoneNumber(models.Model):
    """A number that leads to a phone: its own, or a DID. No number leads to two of them, whichever
    of the two it is.
    """

    class Use(models.TextChoices):
        # It rings at the phone.
        NONE = "", _("Rings at the phone")
        # Who calls it says a PIN, or is known by its number, and is put through at the expense of a
        # card.
        ACCESS = "access", _("Access number of phone cards")
        # Who calls it is called back, and connected, at the expense of the phone's account.
        CALLBACK = "callback", _("Callback trigger")

    number = models.CharField(_("Number"), max_length=15, unique=True)
    phone = models.ForeignKey(Phone, on_delete=models.CASCADE, related_name="numbers")
    is_did = models.BooleanField(_("DID"), default=False)
    # Of a DID: what a call of it is for.
    use = models.CharField(
        _("Use"), max_length=8, choices=Use.choices, blank=True, default="", db_default=""
    )
    # Of a callback trigger: whom it connects with where the caller names nobody.
    connects_to = models.CharField(
        _("Connects with"), max_length=15, blank=True, default="", db_default=""
    )

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["phone"], condition=Q(is_did=False), name="phone_one_own_number"
            ),
            models.CheckConstraint(
                condition=Q(use="") | Q(is_did=True, use__in=("access", "callback")),
                name="phone_number_use_known",
            ),
            models.CheckConstraint(
                condition=Q(connects_to="") | Q(use="callback"), name="phone_number_connects_back"
            ),
        ]

    def __str__(self) -> str:
        return self.number
