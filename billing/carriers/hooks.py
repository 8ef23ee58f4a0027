"""What carriers add to the pages of others, for administrators alone."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import EQUIPMENT, Module
from accounts.portal.registry import Additions, Link, numbered, registry
from billing.carriers.models import CarrierPolicy

MODULE = Module(
    "carriers",
    _("Carriers"),
    "gateway",
    lambda: reverse("billing:carriers"),
    EQUIPMENT,
    beginnings=("billing:carrier",),
    is_for=lambda actor: actor.is_administrator,
    order=61,
)


def _rules(actor: Actor, account: Account) -> str | None:
    is_open = account.status != Account.Status.CLOSED
    if not actor.is_administrator or not is_open or account.type == Account.Type.CLEARING:
        return None
    return address_of("billing:carrier-policy", account.account_id)


def _carrier(actor: Actor, account: Account) -> str | None:
    if not actor.is_administrator or account.type != Account.Type.CLEARING:
        return None
    return address_of("billing:carrier", account.account_id)


RULES = Link("carrier-policy", _("Carriers…"), "gateway", _rules)
CARRIER = Link("carrier", _("Carrier"), "gateway", _carrier)
AUDIT_TERMS = AuditTerms(
    words={
        "carriers.rule": ("gateway", "warn", _("Carriers of %(subject)s set")),
        "carriers.export": ("download", "", _("List of carriers exported")),
    },
    labels={
        "carrier_rule": _("Carriers"),
        "carriers": _("Carriers and gateways"),
        "guard": _("Profit guard"),
    },
    choices={
        "carrier_rule": {"": _("Inherit"), **dict(CarrierPolicy.Uses.choices)},
        "guard": {"": _("Inherit"), **dict(CarrierPolicy.Guard.choices)},
    },
    order=61,
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "carriers",
        Additions(
            modules=[MODULE],
            audit_terms=[AUDIT_TERMS],
            row_actions=numbered(162, [RULES, CARRIER]),
        ),
    )
