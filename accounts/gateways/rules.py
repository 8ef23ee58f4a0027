"""What the values of a gateway must look like, and what stands beside it. Used by the services of
gateways; forms show what is raised beside the field.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from accounts.core.actor import Actor
from accounts.core.availability import Holder, Taken, Thing
from accounts.core.availability_deeds import refuse_taken, stand_in
from accounts.core.models import Account
from accounts.core.models.account import account_id_validator
from accounts.core.rules import RESERVED_ACCOUNT_IDS, clean_codecs, one_line
from accounts.gateways.models import Gateway, GatewayAddress, GatewayQuerySet
from accounts.gateways.signalling import (
    HIGHEST_PORT,
    LOWEST_PORT,
    Network,
    networks,
    prefixes,
    prefixes_meet,
    rewrites,
)
from accounts.kit.encryption import encrypted
from accounts.kit.errors import Refused
from accounts.kit.text import identifier
from accounts.numbers.digits import LONGEST
from accounts.portal.registry import Blocker

# What authorization 5 covers, `addresses` and `password` being no columns of the gateway.
COLUMNS = (
    "protocol", "port", "registration", "user_name", "codecs", "prefixes", "caller_rewrites",
    "callee_rewrites", "is_locked", "note",
)  # fmt: skip
# How calls go out by a gateway to a carrier.
ROUTING = ("host", "transport", "priority", "weight")
INFORMATION = frozenset({*COLUMNS, "addresses", "password"})
_LONGEST = {"user_name": 64, "note": 500}
_LONGEST_PASSWORD = 128
_CHOICES = {"protocol": Gateway.Protocol.values, "registration": Gateway.Registration.values}


def clean_gateway_name(text: str) -> str:
    """The name as its owner means it. Raises Refused when it is malformed or reserved."""
    text = identifier(text)
    try:
        account_id_validator(text)
    except ValidationError as error:
        raise Refused(error.messages[0], code="gateway_name", field="name") from error
    if text.lower() in RESERVED_ACCOUNT_IDS:
        reserved = Taken(text, Thing.GATEWAY, Holder.RESERVED)
        refuse_taken([reserved], {"name": [text]})
    return text


@sensitive_variables("values", "clean", "value")
def clean_information(values: Mapping[str, Any]) -> dict[str, Any]:
    """The named values as they are stored: `addresses` as Networks, `password` as `secret`, which
    is encrypted. An empty password is left out: it stays as it is.

    Raises Refused on the first that cannot be stored, TypeError for a name that is none of them.
    """
    unknown = set(values) - INFORMATION
    if unknown:
        raise TypeError(f"Not information of a gateway: {', '.join(sorted(unknown))}")
    clean: dict[str, Any] = {}
    for key, value in values.items():
        if key == "password":
            if value:
                clean["secret"] = encrypted(_clean_password(value))
        elif key != "addresses":
            clean[key] = _clean(key, value)
    if "addresses" in values:
        clean["addresses"] = _networks(values)
    return clean


def _networks(values: Mapping[str, Any]) -> list[Network]:
    port, protocol = values.get("port"), values.get("protocol")
    return networks(values.get("addresses", ()), port=port, protocol=protocol)


def _clean(key: str, value: Any) -> Any:
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise Refused(_("Choose one of the options."), code="unknown_choice", field=key)
        return value
    if key == "port":
        return _clean_port(value)
    if key == "codecs":
        return clean_codecs(value)
    if key == "prefixes":
        return prefixes(value)
    if key in ("caller_rewrites", "callee_rewrites"):
        return rewrites(value, key)
    if key == "is_locked":
        return bool(value)
    return _clean_text(key, value)


def _clean_text(key: str, value: Any) -> str:
    text = one_line(value, key)
    longest = _LONGEST[key]
    if len(text) > longest:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": longest}, code="too_long", field=key
        )
    return text


def _clean_port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        value = 0
    if not LOWEST_PORT <= value <= HIGHEST_PORT:
        raise Refused(
            _("A port is a number from %(low)s to %(high)s.")
            % {"low": LOWEST_PORT, "high": HIGHEST_PORT},
            code="port",
            field="port",
        )
    return value


@sensitive_variables("value")
def _clean_password(value: str) -> str:
    if len(value) > _LONGEST_PASSWORD or not value.isprintable():
        raise Refused(
            _("Use at most %(max)s characters, none of them invisible.")
            % {"max": _LONGEST_PASSWORD},
            code="password",
            field="password",
        )
    return value


def check_direction(actor: Actor, account: Account, direction: str) -> None:
    """Raise Refused unless a gateway of this direction may belong to `account`: routing gateways
    to clearing accounts, by administrators alone; mapping gateways to any other account.
    """
    is_clearing = account.type == Account.Type.CLEARING
    if direction == Gateway.Direction.ROUTING:
        if not actor.is_administrator:
            raise Refused(
                _("Gateways to carriers are looked after by administrators."),
                code="administrators_only",
                field="direction",
            )
        if not is_clearing:
            raise Refused(
                _("A routing gateway leads to a carrier: it belongs to a clearing account."),
                code="routing_needs_clearing",
                field="account",
            )
    elif direction != Gateway.Direction.MAPPING:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="direction")
    elif is_clearing:
        raise Refused(
            _("%(account)s is a clearing account: only routing gateways belong to it.")
            % {"account": account.account_id},
            code="mapping_on_clearing",
            field="account",
        )


def check_type_fits_gateways(account: Account, type: str) -> None:
    """Raise Refused where the account has gateways that an account of this `type` cannot have."""
    changes = (account.type == Account.Type.CLEARING) != (type == Account.Type.CLEARING)
    if changes and account.gateways.exists():
        raise Refused(
            _(
                "It has gateways, and an account of the other type cannot have these. "
                "Delete them first."
            ),
            code="type_with_gateways",
            field="type",
        )


def check_can_work(gateway: Gateway, addresses: Sequence[Any]) -> None:
    """Raise Refused for an unlocked gateway that the switch could not recognise."""
    if gateway.is_locked:
        return
    if gateway.registration == Gateway.Registration.DYNAMIC:
        for field, value in (("user_name", gateway.user_name), ("password", gateway.secret)):
            if not value:
                raise Refused(
                    _("A gateway that registers needs a user name and a password. Without them "
                      "it can only stay locked."),
                    code="registration_incomplete",
                    field=field,
                )  # fmt: skip
    elif not addresses and not gateway.host:
        raise Refused(
            _("A gateway without registration is known by its address. Without one it can only "
              "stay locked."),
            code="address_required",
            field="addresses",
        )  # fmt: skip


def check_prefixes(gateway: Gateway) -> None:
    """Raise Refused for a prefix that no number can begin with which goes out: these are digits
    alone by then.
    """
    if gateway.direction != Gateway.Direction.ROUTING:
        return
    for one in gateway.prefixes:
        if not one.isdecimal() or len(one) > LONGEST:
            raise Refused(
                _("%(text)s is no prefix of a routing gateway: use up to %(most)s digits, as the "
                  "number goes out before the rewriting here.")
                % {"text": one, "most": LONGEST},
                code="prefix",
                field="prefixes",
            )  # fmt: skip


def check_not_ambiguous(actor: Actor, gateway: Gateway, addresses: Sequence[Network]) -> None:
    """Raise Refused where calls from one of the addresses could come from another unlocked mapping
    gateway as well: the same address, port and protocol, and a prefix that both may dial.

    Whose it is is said only within the actor's scope. Call it with the addresses locked.
    """
    if gateway.is_locked or gateway.direction != Gateway.Direction.MAPPING or not addresses:
        return
    ranges = reduce(or_, (Q(first__lte=one.last, last__gte=one.first) for one in addresses))
    others = GatewayAddress.objects.filter(
        ranges,
        gateway__port=gateway.port,
        gateway__protocol=gateway.protocol,
        gateway__is_locked=False,
        gateway__direction=Gateway.Direction.MAPPING,
    ).exclude(gateway=gateway.pk)
    reached = Gateway.objects.within(actor.scope).filter(pk__in=others.values("gateway"))
    nameable = set(reached.values_list("pk", flat=True))
    foreign: set[Network] = set()
    for other in others.select_related("gateway"):
        if not prefixes_meet(gateway.prefixes, other.gateway.prefixes):
            continue
        mine = [one for one in addresses if one.first <= other.last and one.last >= other.first]
        if other.gateway_id not in nameable:
            foreign.update(mine)
            continue
        words = _("%(address)s is already in use by %(gateway)s: calls from there could be "
                  "either's. Give it another address, port or dial prefix.")  # fmt: skip
        words %= {"address": mine[0].text, "gateway": other.gateway.name}
        raise Refused(words, code="address_in_use", field="addresses")
    beside = f"{gateway.protocol} {gateway.port} {','.join(gateway.prefixes)}"
    refuse_taken(
        [Taken(one.text, Thing.ADDRESS, beside=beside) for one in addresses if one in foreign],
        {"addresses": [one.text for one in addresses]},
    )


def check_name_free(actor: Actor, name: str) -> None:
    """Raise NotAvailable for the name of a gateway, in any case and wherever that is."""
    others = Gateway.objects.called(name)
    if refuse_taken(_taken(actor, others, name, Thing.GATEWAY), {"name": [name]}):
        others.update(name=stand_in())


def check_user_name_free(actor: Actor, gateway: Gateway) -> None:
    """Raise NotAvailable where another gateway registers with the same user name."""
    if (
        not gateway.user_name
        or gateway.registration != Gateway.Registration.DYNAMIC
        or gateway.direction != Gateway.Direction.MAPPING
    ):
        return
    others = Gateway.objects.exclude(pk=gateway.pk).filter(
        user_name__iexact=gateway.user_name,
        registration=Gateway.Registration.DYNAMIC,
        direction=Gateway.Direction.MAPPING,
    )
    taken = _taken(actor, others, gateway.user_name, Thing.REGISTRATION)
    if refuse_taken(taken, {"user_name": [gateway.user_name]}):
        others.update(user_name=stand_in())


def _taken(actor: Actor, others: GatewayQuerySet, typed: str, thing: Thing) -> list[Taken]:
    other = others.first()
    if other is None:
        return []
    is_known = Gateway.objects.within(actor.scope).filter(pk=other.pk).exists()
    return [Taken(typed, thing, Holder.KNOWN if is_known else Holder.FOREIGN)]


def check_not_wide(actor: Actor, new: Sequence[Network]) -> None:
    """Raise Refused for a new network that holds more than one owner's: only administrators enter
    such.
    """
    wide = None if actor.is_administrator else next((one for one in new if one.is_wide), None)
    if wide is not None:
        raise Refused(
            _(
                "%(address)s is too wide: a network of a gateway has at least /24, with IPv6 /48. "
                "An administrator can enter a wider one."
            )
            % {"address": wide.text},
            code="address",
            field="addresses",
        )


def gateway_blockers(account: Account) -> list[Blocker]:
    """The gateways that stand against closing or deleting the account."""
    count = account.gateways.count()
    if not count:
        return []
    words = ngettext("%(count)s gateway", "%(count)s gateways", count) % {"count": count}
    return [Blocker(words, reverse("accounts:gateways", args=[account.account_id]))]


def private_addresses(information: Mapping[str, Any]) -> list[str]:
    """The addresses among these values that are nobody's on the internet. Raises Refused."""
    return [one.text for one in _networks(information) if one.is_private]


def refuse_own_ceiling(actor: Actor, account: Account) -> None:
    """Raise Refused for the own account: who is bounded does not set the bound."""
    if account.pk == actor.account_pk:
        raise Refused(
            _("The ceiling of your own account is set by %(above)s.")
            % {"above": actor.someone_above},
            code="own_ceiling",
        )
