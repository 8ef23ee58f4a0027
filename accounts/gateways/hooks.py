"""What gateways add to the pages of accounts, through the registry."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.gateways.queries import ADDRESS, gateways_known_to, gateways_of, rewriting_gateways
from accounts.gateways.rewriting import is_taken, rewritten
from accounts.gateways.rules import check_type_fits_gateways, gateway_blockers
from accounts.kit.addresses import address_of
from accounts.kit.secret_columns import SecretColumn, secret_columns
from accounts.kit.text import name_key
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.counted import counted_column
from accounts.portal.finding import Asked, Hit, SearchSection
from accounts.portal.modules import EQUIPMENT, Module, OwnPage
from accounts.portal.panel import Glance, PanelPart
from accounts.portal.registry import (
    Additions,
    Counted,
    Link,
    Placed,
    Tab,
    numbered,
    registry,
)
from accounts.portal.ways import CallWay


def _list(actor: Actor, account: Account) -> str:
    return address_of("accounts:gateways", account.account_id)


TAB = Tab("gateways", _("Gateways"), _list, order=70)
COUNTED = Counted(
    "gateways",
    _("Gateways"),
    gateways_known_to,
    "accounts:gateways",
    _("Gateways of %(account)s: %(count)s"),
    order=20,
)
# Gateways that the panel of an account names.
_NAMED = 4


def _part(glance: Glance) -> Mapping[str, Any]:
    account = glance.account
    named = gateways_of(glance.actor).filter(account=account).prefetch_related(None)
    found = list(named.order_by("name")[: _NAMED + 1])
    return {
        "gateways": [
            {
                "name": one.name,
                "url": one.get_absolute_url(),
                "capacity": number_format(one.capacity, force_grouping=True),
                "is_locked": one.is_locked,
            }
            for one in found[:_NAMED]
        ],
        "has_more": len(found) > _NAMED,
        "url": _list(glance.actor, account),
    }


PART = PanelPart("accounts/gateways/_panel.html", _part, order=60)
OPEN = Link("gateways", _("Gateways"), "gateway", _list, order=140)


def _called(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    """Gateways whose name or address contains the text; for less text, of exactly that name."""
    found = gateways_of(actor)
    if asked.fragment:
        return found.matching(asked.fragment).order_by("name")
    return found.called(asked.text) if asked.text else None


SEARCH = SearchSection(
    "gateways",
    _("Gateways"),
    "gateway",
    _called,
    {"name": "name", "account": "account_id", "address": ADDRESS, "host": "host"},
    lambda row: Hit(row["name"], address_of("gateway", row["name"]), row["address"] or row["host"]),
    lambda row, asked: name_key(row["name"]) == name_key(asked.text),
    lambda row, asked: row["name"].casefold(),
    most=10,
    all_url=lambda text: f"{reverse('gateways')}?{urlencode({'q': text})}",
    order=10,
)
MODULE = Module(
    "gateways",
    _("Gateways"),
    "gateway",
    lambda: reverse("gateways"),
    EQUIPMENT,
    beginnings=("gateway", "accounts:gateway"),
    order=60,
)


def _own_gateways(actor: Actor) -> str | None:
    held = actor.effective & {
        Authorization.MANAGE_GATEWAY,
        Authorization.MODIFY_GATEWAY_INFORMATION,
        Authorization.MODIFY_GATEWAY_CAPACITY,
    }
    return address_of("accounts:gateways", actor.own.account_id) if actor.own and held else None


OWN_PAGE = OwnPage(
    "gateways",
    _("Gateways"),
    "gateway",
    _own_gateways,
    pages=frozenset({"gateways", "accounts:gateways", "gateway", "gateway-new"}),
    order=50,
)
AUDIT_TERMS = AuditTerms(
    words={
        "gateway.create": ("gateway", "ok", _("Gateway %(subject)s made")),
        "gateway.information": ("gateway", "warn", _("Gateway %(subject)s changed")),
        "gateway.capacity": ("gateway", "", _("Capacity of gateway %(subject)s set")),
        "gateway.routing": ("gateway", "warn", _("Routing of gateway %(subject)s changed")),
        "gateway.delete": ("trash", "danger", _("Gateway %(subject)s deleted")),
        "gateway.ceiling": ("gateway", "", _("Capacity ceiling set")),
        "gateways.export": ("download", "", _("List of gateways exported")),
    },
    labels={
        "addresses": _("IP addresses and networks"),
        "ceiling": _("Ceiling"),
        "password_changed": _("Password changed"),
    },
    choices={
        "direction": dict(Gateway.Direction.choices),
        "protocol": dict(Gateway.Protocol.choices),
        "registration": dict(Gateway.Registration.choices),
        "transport": dict(Gateway.Transport.choices),
    },
    models=[Gateway],
    order=40,
)
AUDIT_GROUP = AuditGroup("gateways", _("Gateways"), ("gateway.",), order=60)


# More gateways that rewrite nobody compares.
_MOST_WAYS = 100


def _ways(actor: Actor, account: Account) -> list[CallWay]:
    """The gateways of the account that rewrite what is dialled."""
    return [
        CallWay(
            one.name,
            one.get_absolute_url(),
            partial(rewritten, rules=one.callee_rewrites),
            partial(is_taken, prefixes=one.prefixes),
        )
        for one in rewriting_gateways(actor, account, _MOST_WAYS)
    ]


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "gateways",
        Additions(
            modules=[MODULE],
            own_pages=[OWN_PAGE],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            columns=numbered(40, [counted_column(COUNTED)]),
            counted=[COUNTED],
            search_sections=[SEARCH],
            call_ways=[Placed(10, _ways)],
            account_tabs=[TAB],
            panel_parts=[PART],
            row_actions=[OPEN],
            type_checks=[Placed(10, check_type_fits_gateways)],
            close_blockers=[Placed(20, gateway_blockers)],
            delete_blockers=[Placed(20, gateway_blockers)],
        ),
    )
    secret_columns.append(SecretColumn(Gateway, "secret"))
