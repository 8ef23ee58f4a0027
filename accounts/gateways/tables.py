"""Gateways as pages and files show them, prepared as text for one viewer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.audit.words import deeds
from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink
from accounts.gateways.models import Gateway
from accounts.gateways.queries import ceilings_of, lowest_ceiling
from accounts.gateways.services.capacity import is_hidden
from accounts.gateways.windows import Window, calls_at
from accounts.kit.addresses import address_of
from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html, format_html_join
from accounts.kit.moments import asked_now, clock_words, moment_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import badge, link, quiet
from accounts.portal.lists.columns import VIEWERS, Column
from accounts.portal.standing import standing

BY_NAME = SortKey(Lower("name"))
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
        self.now = asked_now()
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


@dataclass(frozen=True)
class GatewayRow:
    """One gateway as its viewer may know it. `state` and `word` say how it stands; `token` and
    `here` are what the form of its figure sends along, "" where the viewer sets none.
    """

    gateway: Gateway
    state: str
    word: str
    held: str = ""
    token: str = ""
    here: str = ""


def gateway_rows(
    gateways: Iterable[Gateway], known: Known, *, token: str, here: str
) -> list[GatewayRow]:
    """Gateways as a page shows them."""
    return [
        GatewayRow(
            one,
            *known.state(one),
            known.held_to(one),
            token if known.may_set_capacity(one) else "",
            here,
        )
        for one in gateways
    ]


def _name(row: GatewayRow) -> Any:
    one = row.gateway
    name = link(one.get_absolute_url(), one.name)
    if one.direction != Gateway.Direction.ROUTING:
        return name
    return format_html("{} {}", name, badge(choice_words(Gateway.Direction, one.direction)))


def _account(row: GatewayRow) -> Any:
    account_id = row.gateway.account.account_id
    return link(address_of("accounts:gateways", account_id), account_id, "quiet-link")


def _addresses(row: GatewayRow) -> Any:
    """The first addresses and the port; under which name it registers."""
    one = row.gateway
    addresses = [x.text for x in one.addresses.all()]
    if one.host:
        addresses = [one.host, *addresses]
    shown = format_html_join(
        ", ",
        '<span class="mono nowrap">{}</span>',
        ((text,) for text in addresses[:_SHOWN_ADDRESSES]),
    )
    parts: list[Any] = [shown]
    more = len(addresses) - _SHOWN_ADDRESSES
    if more > 0:
        parts.append(quiet(_("and %(more)s more") % {"more": more}))
    if addresses:
        parts.append(
            format_html(
                '<span class="muted nowrap">{}</span>', _("port %(port)s") % {"port": one.port}
            )
        )
    if one.registration == Gateway.Registration.DYNAMIC and one.user_name:
        parts.append(quiet(_("registers as %(name)s") % {"name": one.user_name}))
    elif not addresses:
        parts.append(quiet(_("none yet")))
    return format_html_join(" ", "{}", ((part,) for part in parts))


def _capacity(row: GatewayRow) -> Any:
    one = row.gateway
    shown = _figure_form(row) if row.token else _figure(one.capacity)
    parts = [shown]
    if one.windows:
        count = len(one.windows)
        words = ngettext("%(windows)s window", "%(windows)s windows", count)
        parts.append(_small(words % {"windows": count}))
    if row.held:
        parts.append(_small(row.held))
    # One element: on a card it stands beside its label.
    return format_html("<div>{}</div>", format_html_join(" ", "{}", ((part,) for part in parts)))


def _small(text: str) -> Any:
    return format_html('<span class="muted small">{}</span>', text)


def _figure(figure: int) -> Any:
    return format_html('<span class="tnum">{}</span>', number_format(figure, force_grouping=True))


def _figure_form(row: GatewayRow) -> Any:
    """The figure as a box that is set where it stands."""
    one = row.gateway
    return format_html(
        '<form class="figure-form" method="post" action="{}" novalidate data-once data-inline>'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="next" value="{}">'
        '<input type="hidden" name="capacity_version" value="{}">'
        '<input type="hidden" name="windows_shown" value="0">'
        '<label class="visually-hidden" for="calls-{}">{}</label>'
        '<input class="form-control form-control-sm num" id="calls-{}" name="capacity" value="{}" '
        'inputmode="numeric" autocomplete="off" data-select>'
        '<button class="btn btn-quiet btn-sm" type="submit" aria-label="{}">{}</button>'
        '<span class="unsaved">{}</span></form>',
        address_of("gateway-capacity", one.name),
        row.token,
        row.here,
        one.capacity_version,
        one.name,
        _("Calls at a time of %(name)s") % {"name": one.name},
        one.name,
        one.capacity,
        _("Save for %(name)s") % {"name": one.name},
        _("Save"),
        _("not saved yet"),
    )


def _of_file(name: str, label: Any, value: Callable[[Gateway], Any]) -> Column:
    return Column(name, label, value=lambda row: value(row.gateway))


# Passwords are in no file.
COLUMNS = (
    Column(
        "name",
        gettext_lazy("Name"),
        _name,
        lambda row: row.gateway.name,
        BY_NAME,
        css="",
    ),
    Column(
        "account",
        gettext_lazy("Account ID"),
        _account,
        lambda row: row.gateway.account.account_id,
        SortKey(Lower("account__account_id")),
        only_all=True,
        css="card-left",
    ),
    _of_file(
        "direction",
        gettext_lazy("Direction"),
        lambda one: choice_words(Gateway.Direction, one.direction),
    ),
    Column("address", gettext_lazy("Address"), _addresses),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: row.word,
        lambda row: row.word,
        css=lambda row: f"st st-{row.state} card-top",
    ),
    _of_file(
        "protocol",
        gettext_lazy("Protocol"),
        lambda one: choice_words(Gateway.Protocol, one.protocol),
    ),
    _of_file("port", gettext_lazy("Signalling port"), lambda one: one.port),
    _of_file(
        "addresses",
        gettext_lazy("Addresses"),
        lambda one: ", ".join(x.text for x in one.addresses.all()),
    ),
    _of_file(
        "registration",
        gettext_lazy("Registration"),
        lambda one: choice_words(Gateway.Registration, one.registration),
    ),
    _of_file("user_name", gettext_lazy("User name"), lambda one: one.user_name),
    _of_file("codecs", gettext_lazy("Codecs"), lambda one: ", ".join(one.codecs)),
    _of_file("prefixes", gettext_lazy("Dial prefixes"), lambda one: ", ".join(one.prefixes)),
    _of_file(
        "callers", gettext_lazy("Rewriting of callers"), lambda one: ", ".join(one.caller_rewrites)
    ),
    _of_file(
        "callees", gettext_lazy("Rewriting of callees"), lambda one: ", ".join(one.callee_rewrites)
    ),
    Column(
        "capacity",
        gettext_lazy("Calls at a time"),
        _capacity,
        lambda row: row.gateway.capacity,
        SortKey(F("capacity"), int),
        css="",
        is_labelled=True,
    ),
    _of_file(
        "windows",
        gettext_lazy("Calls by time of day"),
        lambda one: "; ".join(window_words(Window.read(x)) for x in one.windows),
    ),
    _of_file("note", gettext_lazy("Note"), lambda one: one.note),
    Column(
        "created",
        gettext_lazy("Created"),
        value=lambda row: row.gateway.created_at,
        zone=VIEWERS,
    ),
    Column(
        "updated",
        gettext_lazy("Changed"),
        lambda row: moment_words(row.gateway.updated_at),
        lambda row: row.gateway.updated_at,
        SortKey(F("updated_at"), datetime),
        css="muted nowrap card-skip",
        zone=VIEWERS,
    ),
)


# Of gateways to carriers, which exist for administrators alone.
ROUTING_COLUMNS = (
    Column(
        "priority",
        gettext_lazy("Priority"),
        lambda row: _of_routing(row, row.gateway.priority),
        lambda row: row.gateway.priority,
        SortKey(F("priority"), int),
        css="num card-skip",
    ),
    Column(
        "weight",
        gettext_lazy("Weight"),
        lambda row: _of_routing(row, row.gateway.weight),
        lambda row: row.gateway.weight,
        css="num card-skip",
    ),
    _of_file("host", gettext_lazy("Host"), lambda one: one.host),
    _of_file("transport", gettext_lazy("Transport"), lambda one: one.get_transport_display()),
)


def _of_routing(row: GatewayRow, figure: int) -> str:
    return str(figure) if row.gateway.direction == Gateway.Direction.ROUTING else ""


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
    local = timezone.localtime(timezone=account.zone)
    current = calls_at(gateway.capacity, windows, local)
    return {
        "now": number_format(current, force_grouping=True),
        "time": clock_words(local, account.zone),
        "zone": account.time_zone,
        "capacity": number_format(gateway.capacity, force_grouping=True),
        "windows": [window_words(one) for one in windows],
    }
