"""Gateways: the equipment that calls come from and go to, and how many calls at a time it may carry
(docs/domain.md 8).

Written by `accounts.gateways.services` only: `gateways`, `capacity` and `routing`.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models.account import Account, account_id_validator
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.gateways.addresses import address_sought
from accounts.kit.addresses import address_of
from accounts.kit.text import name_key


class GatewayQuerySet(models.QuerySet["Gateway"]):
    """Gateways. Every list, search and count starts with `within`."""

    def within(self, scope: Scope) -> Self:
        """The gateways of the accounts `scope` reaches, as far as they are known there."""
        return self.filter(in_scope(scope, "account")).known_to(scope)

    def known_to(self, scope: Scope) -> Self:
        """Without those to carriers, which exist for who reaches the whole platform alone."""
        return self if scope.everything else self.filter(direction=Gateway.Direction.MAPPING)

    def called(self, name: str) -> Self:
        """The gateway of this name, in any case."""
        return self.filter(name__lower=name_key(name))

    def matching(self, text: str) -> Self:
        """Name, host, or one of the addresses in whatever writing, contains `text`."""
        sought = address_sought(text)
        addresses = GatewayAddress.objects.filter(gateway=OuterRef("pk"), text__icontains=sought)
        return self.filter(Q(name__icontains=text) | Q(host__icontains=sought) | Exists(addresses))


class Gateway(models.Model):
    """One gateway of an account. Its name stands for it everywhere and never changes.

    What authorization 5 covers and what 6 covers have a version each, so that two people at work
    on either do not stand in each other's way.
    """

    class Direction(models.TextChoices):
        MAPPING = "mapping", _("Mapping")
        ROUTING = "routing", _("Routing")

    class Protocol(models.TextChoices):
        SIP = "sip", _("SIP")
        H323 = "h323", _("H.323")

    class Registration(models.TextChoices):
        STATIC = "static", _("Static")
        DYNAMIC = "dynamic", _("Dynamic")

    class Transport(models.TextChoices):
        UDP = "udp", "UDP"
        TCP = "tcp", "TCP"
        TLS = "tls", "TLS"

    name = models.CharField(_("Name"), max_length=32, validators=[account_id_validator])
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="gateways", verbose_name=_("Account ID")
    )
    direction = models.CharField(_("Direction"), max_length=7, choices=Direction.choices)
    # Information: authorization 5.
    protocol = models.CharField(
        _("Protocol"), max_length=4, choices=Protocol.choices, default=Protocol.SIP
    )
    port = models.PositiveIntegerField(_("Signalling port"), default=5060)
    registration = models.CharField(
        _("Registration"), max_length=7, choices=Registration.choices, default=Registration.STATIC
    )
    user_name = models.CharField(_("User name"), max_length=64, blank=True)
    # Encrypted by `accounts.kit.encryption`; nobody ever reads it again in a page.
    secret = models.TextField(blank=True, editable=False)
    # Codec names in order of preference.
    codecs = models.JSONField(_("Codecs"), default=list, blank=True)
    prefixes = models.JSONField(_("Dial prefixes"), default=list, blank=True)
    caller_rewrites = models.JSONField(_("Rewriting of callers"), default=list, blank=True)
    callee_rewrites = models.JSONField(_("Rewriting of callees"), default=list, blank=True)
    is_locked = models.BooleanField(_("Locked"), default=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # Capacity: authorization 6. Windows are texts of `accounts.gateways.windows.Window`.
    capacity = models.PositiveIntegerField(_("Calls at a time"), default=0)
    windows = models.JSONField(_("Calls by time of day"), default=list, blank=True)
    capacity_version = models.PositiveIntegerField(default=1, editable=False)
    # How calls go out by a routing gateway: administrators. Without a host they go to its first
    # address. The lowest priority is tried first; weights share among equals.
    host = models.CharField(_("Host"), max_length=253, blank=True, default="", db_default="")
    transport = models.CharField(
        _("Transport"),
        max_length=3,
        choices=Transport.choices,
        default=Transport.UDP,
        db_default=Transport.UDP,
    )
    priority = models.PositiveSmallIntegerField(_("Priority"), default=10, db_default=10)
    weight = models.PositiveSmallIntegerField(_("Weight"), default=10, db_default=10)
    routing_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(_("Created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("Updated"), default=timezone.now, editable=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(GatewayQuerySet)()

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="gateway_name_unique"),
            # Who registers is known by the user name alone.
            models.UniqueConstraint(
                Lower("user_name"),
                condition=Q(registration="dynamic", direction="mapping") & ~Q(user_name=""),
                name="gateway_user_name_unique",
            ),
            models.CheckConstraint(
                condition=Q(port__gte=1, port__lte=65535), name="gateway_port_known"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=("mapping", "routing"))
                & Q(protocol__in=("sip", "h323"))
                & Q(registration__in=("static", "dynamic")),
                name="gateway_choices_known",
            ),
            models.CheckConstraint(
                condition=Q(transport__in=("udp", "tcp", "tls"))
                & Q(priority__gte=1, priority__lte=999)
                & Q(weight__gte=1, weight__lte=1000),
                name="gateway_routing_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address_of("gateway", self.name)


class GatewayAddress(models.Model):
    """An address or a network of a gateway. The ends of its range are texts that sort like the
    numbers they are (`accounts.gateways.signalling`), so that overlaps are found by an index.
    """

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="addresses")
    text = models.CharField(_("Address"), max_length=49)
    first = models.CharField(max_length=33)
    last = models.CharField(max_length=33)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["first", "last"], name="gateway_address_range")]

    def __str__(self) -> str:
        return self.text


class GatewayCeiling(models.Model):
    """The most calls at a time that one gateway of this account, or of any below it, may have."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="gateway_ceiling"
    )
    calls = models.PositiveIntegerField(_("Ceiling"))

    class Meta:
        verbose_name = _("capacity ceiling")
        verbose_name_plural = _("capacity ceilings")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.calls}"
