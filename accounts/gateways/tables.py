"""Gateways as pages and files show them, prepared as text for one viewer."""

import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.words import deeds
from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceilings_of, is_hidden, lowest_ceiling
from accounts.gateways.windows import Window, calls_at
from accounts.kit.pagination import SortKey
from accounts.portal.standing import standing

# How a list may be sorted: by the name of its column.
SORTS: dict[str, SortKey] = {
    "name": SortKey(Lower("name")),
    "account": SortKey(Lower("account__account_id")),
    "capacity": SortKey(F("capacity"), int),
    "updated": SortKey(F("updated_at"), datetime),
}
COLUMNS: tuple[tuple[str, Any], ...] = (
    ("name", gettext_lazy("Name")),
    ("account", gettext_lazy("Account ID")),
    ("address", gettext_lazy("Address")),
    ("state", gettext_lazy("State")),
    ("capacity", gettext_lazy("Calls at a time")),
    ("updated", gettext_lazy("Changed")),
)
_SHOWN_ADDRESSES = 2


class Known:
    """What the viewer may know about some gateways beside their rows: their accounts, the levels
    above, the ceilings. Two queries, and one more where the caller has not read the `ways`.
    """

    def __init__(
        self,
        actor: Actor,
        accounts: AccountQuerySet,
        gateways: Sequence[Gateway],
        ways: Mapping[int, tuple[ChainLink, ...]],
    ) -> None:
        self.actor = actor
        self.now = timezone.now()
        self.accounts: dict[int, Account] = accounts.in_bulk({x.account_id for x in gateways})
        self.ways = ways
        self.ceilings = ceilings_of(link.pk for way in ways.values() for link in way)

    def account(self, gateway: Gateway) -> Account:
        return self.accounts.get(gateway.account_id, gateway.account)

    def state(self, gateway: Gateway) -> tuple[str, str]:
        """(state, word): its own lock, or what stops its account."""
        if gateway.is_locked:
            return "locked", _("Locked")
        way = self.ways[gateway.account_id]
        account = standing(self.actor, way, self.now)
        if account.is_running:
            return "active", account.word
        return "above", _("Stopped: %s") % account.word

    def ceiling(self, gateway: Gateway) -> str:
        """The ceiling in words, "" where there is none; of a level above without its figure."""
        return ceiling_words(self.actor, self.ways[gateway.account_id], self.ceilings)

    def held_to(self, gateway: Gateway) -> str:
        """What holds the gateway below its own figure, in words; "" where nothing does."""
        found = lowest_ceiling(self.ways[gateway.account_id], self.ceilings)
        if found is None or found[1] >= gateway.capacity:
            return ""
        if is_hidden(self.actor, found[0]):
            return _("held lower by %(above)s") % {"above": self.actor.someone_above}
        return _("held to %(most)s by %(account)s") % {
            "most": found[1],
            "account": found[0].account_id,
        }

    def may_set_capacity(self, gateway: Gateway) -> bool:
        account = self.account(gateway)
        return account.status != Account.Status.CLOSED and allows(
            self.actor, Authorization.MODIFY_GATEWAY_CAPACITY, account
        )


def ceiling_words(
    actor: Actor, way: Sequence[ChainLink], ceilings: Mapping[int, int] | None = None
) -> str:
    """The smallest ceiling of the way in words, "" where there is none."""
    found = lowest_ceiling(way, ceilings)
    if found is None:
        return ""
    if is_hidden(actor, found[0]):
        return _("%(above)s sets a ceiling.") % {"above": capfirst(actor.someone_above)}
    return _("At most %(most)s, the ceiling of %(account)s.") % {
        "most": found[1],
        "account": found[0].account_id,
    }


def rows(gateways: Iterable[Gateway], known: Known) -> list[dict[str, Any]]:
    """Gateways as a list shows them."""
    found = []
    for one in gateways:
        state, word = known.state(one)
        addresses = [x.text for x in one.addresses.all()]
        more = len(addresses) - _SHOWN_ADDRESSES
        found.append(
            {
                "gateway": one,
                "url": one.get_absolute_url(),
                "account": one.account.account_id,
                "account_url": reverse("accounts:gateways", args=[one.account.account_id]),
                "addresses": addresses[:_SHOWN_ADDRESSES],
                "more_addresses": more if more > 0 else 0,
                "port": one.port,
                "registers": one.user_name
                if one.registration == Gateway.Registration.DYNAMIC
                else "",
                "direction": one.get_direction_display(),
                "is_routing": one.direction == Gateway.Direction.ROUTING,
                "state": state,
                "word": word,
                "capacity": number_format(one.capacity, force_grouping=True),
                "may_set": known.may_set_capacity(one),
                "capacity_url": reverse("gateway-capacity", args=[one.name]),
                "held": known.held_to(one),
                "windows": len(one.windows),
                "updated": date_format(timezone.localtime(one.updated_at), "Y-m-d H:i"),
            }
        )
    return found


def header() -> list[str]:
    """The columns of a file of gateways. Passwords are in no file."""
    return [
        _("Name"), _("Account ID"), _("Direction"), _("State"), _("Protocol"),
        _("Signalling port"), _("Addresses"), _("Registration"), _("User name"), _("Codecs"),
        _("Dial prefixes"), _("Rewriting of callers"), _("Rewriting of callees"),
        _("Calls at a time"), _("Calls by time of day"), _("Note"), _("Created"), _("Changed"),
    ]  # fmt: skip


def plain_rows(gateways: Iterable[Gateway], known: Known) -> Iterator[list[Any]]:
    """Gateways as a file holds them."""
    for one in gateways:
        yield [
            one.name, one.account.account_id, one.get_direction_display(), known.state(one)[1],
            one.get_protocol_display(), one.port,
            ", ".join(x.text for x in one.addresses.all()),
            one.get_registration_display(), one.user_name, ", ".join(one.codecs),
            ", ".join(one.prefixes), ", ".join(one.caller_rewrites),
            ", ".join(one.callee_rewrites), one.capacity,
            "; ".join(window_words(Window.read(x)) for x in one.windows), one.note,
            one.created_at, one.updated_at,
        ]  # fmt: skip


def window_words(window: Window) -> str:
    return _("%(days)s %(hours)s: %(calls)s calls") % {
        "days": window.days_label,
        "hours": window.hours,
        "calls": window.calls,
    }


def facts(state: Mapping[str, Any], *, has_password: bool) -> list[dict[str, Any]]:
    """The information of a gateway as labels and values; the password is only said to be there."""
    found = []
    for key in (
        "protocol", "port", "addresses", "registration", "user_name", "codecs", "prefixes",
        "caller_rewrites", "callee_rewrites", "note", "is_locked",
    ):  # fmt: skip
        found.append(
            {
                "label": deeds.label(key),
                "value": deeds.value(key, state[key]),
                "is_mono": key not in ("protocol", "registration", "note", "is_locked", "codecs"),
            }
        )
        if key == "user_name":
            word = _("set, never shown") if has_password else _("none")
            found.append({"label": _("Password"), "value": word})
    return found


def differences(was: Mapping[str, Any], became: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changes, before and after, in words."""
    found = []
    for key in deeds.in_order(became):
        label = deeds.label(key)
        before = deeds.value(key, was[key]) if key in was else ""
        after = deeds.value(key, became[key])
        if key == "password_changed":
            label, before, after = _("Password"), _("as it is"), _("a new one")
        found.append({"label": label, "before": before, "after": after})
    return found


def capacity_facts(gateway: Gateway, account: Account) -> dict[str, Any]:
    """The figure of this moment, in the account's time zone, and the windows in words."""
    windows = [Window.read(one) for one in gateway.windows]
    local = timezone.localtime(timezone=zoneinfo.ZoneInfo(account.time_zone))
    current = calls_at(gateway.capacity, windows, local)
    return {
        "now": number_format(current, force_grouping=True),
        "time": f"{local:%H:%M}",
        "zone": account.time_zone,
        "capacity": number_format(gateway.capacity, force_grouping=True),
        "windows": [window_words(one) for one in windows],
    }
