"""Switches: the SIP servers that ask the portal about calls, and who was refused at their door
(docs/domain.md 8).

Written by `accounts.switches.services` only.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import account_id_validator
from accounts.gateways.models import Gateway
from accounts.kit.addresses import object_address
from accounts.kit.object_keys import Keyed
from accounts.kit.text import name_key
from accounts.phones.models import Phone
from accounts.switches.keys import MOST_HASH, MOST_ID

# No registration lasts longer.
MOST_SECONDS = 86_400


class SwitchQuerySet(models.QuerySet["Switch"]):
    """Switches: administrators look after them."""

    def called(self, name: str) -> "SwitchQuerySet":
        """The switch of this name, in any case."""
        return self.filter(name__lower=name_key(name))


class Switch(Keyed, models.Model):
    """A SIP server. Its name is the source of its call records, and never changes.

    Of its key the digest is kept; the id it is found by is no secret.
    """

    key_kind = "switch"

    name = models.CharField(_("Name"), max_length=32, validators=[account_id_validator])
    key_id = models.CharField(max_length=MOST_ID, unique=True, editable=False)
    key_hash = models.CharField(max_length=MOST_HASH, editable=False)
    key_made_at = models.DateTimeField(_("Key since"), default=timezone.now, editable=False)
    # Texts of `accounts.switches.sources`.
    addresses: Any = models.JSONField(_("Addresses"), default=list)
    is_locked = models.BooleanField(_("Locked"), default=False)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    # When it asked anything with its key, and from where: written now and then.
    last_seen_at = models.DateTimeField(_("Last seen"), null=True, editable=False)
    last_address = models.GenericIPAddressField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("Created"), default=timezone.now, editable=False)

    objects: ClassVar[Any] = SwitchQuerySet.as_manager()

    class Meta:
        verbose_name = _("switch")
        verbose_name_plural = _("switches")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="switch_name_unique"),
            models.CheckConstraint(condition=~models.Q(addresses=[]), name="switch_has_addresses"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return object_address("switch", self.key_kind, self.pk)


class Registration(models.Model):
    """A phone, or a mapping gateway that registers, as a switch last told of it: online from an
    address until a moment, or offline since then.
    """

    phone = models.OneToOneField(Phone, on_delete=models.CASCADE, null=True, related_name="online")
    gateway = models.OneToOneField(
        Gateway, on_delete=models.CASCADE, null=True, related_name="online"
    )
    # The name of the switch that told it.
    source = models.CharField(max_length=32)
    address = models.GenericIPAddressField(_("Address"))
    since = models.DateTimeField(_("Online since"))
    until = models.DateTimeField(_("Online until"))

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(phone__isnull=True) ^ Q(gateway__isnull=True),
                name="registration_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} until {self.until:%Y-%m-%d %H:%M:%S}"


class DoorRefusal(models.Model):
    """How often somebody was refused at the door of the switches within an hour. There are only so
    many rows (`accounts.switches.services.refusals`): what has no room is counted together.
    """

    class Why(models.TextChoices):
        NO_KEY = "no_key", _("no key")
        UNKNOWN_KEY = "unknown_key", _("a key of none of the switches")
        ADDRESS = "address", _("an address that is not on its list")
        LOCKED = "locked", _("it is locked")
        LIMITED = "limited", _("slowed down after many tries")
        PLAIN = "plain", _("not encrypted")

    hour = models.DateTimeField()
    # An address, or of IPv6 a network; "": of many that have no row of their own.
    address = models.CharField(max_length=49, blank=True)
    why = models.CharField(max_length=11, choices=Why.choices)
    # Whose key it was, where it was one.
    switch = models.CharField(max_length=32, blank=True)
    count = models.PositiveBigIntegerField(default=1)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("refusal at the door")
        verbose_name_plural = _("refusals at the door")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hour", "address", "why", "switch"], name="door_refusal_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.why} {self.count}"
