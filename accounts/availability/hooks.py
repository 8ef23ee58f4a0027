"""What "not available" adds to the pages of administrators: the alert on the dashboard, and the way
to the release of an account.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.availability.queries import DAYS, alerts
from accounts.core.actor import Actor
from accounts.core.availability import MOST_NAMED
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.registry import Additions, Card, Link, registry

_SHOWN = 10


def _url(actor: Actor, account: Account) -> str | None:
    is_open = account.status != Account.Status.CLOSED
    if not actor.is_administrator or not is_open:
        return None
    return address_of("accounts:availability", account.account_id)


def _alerts(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    found = alerts(actor) if account is None else []
    if not found:
        return None
    return {
        "days": DAYS,
        "most": MOST_NAMED,
        "rows": found[:_SHOWN],
        "more": max(0, len(found) - _SHOWN),
    }


RELEASE = Link("availability", _("“Not available” answers…"), "stop", _url, order=110)
ALERTS = Card("accounts/availability/_alerts.html", _alerts, order=10)
AUDIT_TERMS = AuditTerms(
    words={
        "refused.not_available": ("stop", "warn", _("Asked for what is not available")),
        "availability.release": (
            "check",
            "warn",
            _("Released: what is not available is named"),
        ),
    },
    labels={
        "asked": _("Asked for"),
        "asked_count": _("Entries asked for"),
        "named": _("Named as not available"),
        "released_until": _("Released until"),
        "thing": _("Kind"),
        "unnamed": _("Not named"),
    },
    choices={
        "thing": {
            "account_id": _("account ID"),
            "username": _("user name of a login"),
            "email": _("e-mail address of a login"),
            "number": _("phone number"),
            "gateway": _("name of a gateway"),
            "user_name": _("user name of a gateway"),
            "addresses": _("address of a gateway"),
            "first_serial": _("serials of phone cards"),
        },
    },
)
AUDIT_GROUP = AuditGroup("refused", _("Attempts"), ("availability.",), order=111)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "availability",
        Additions(
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            row_actions=[RELEASE],
            dashboard_cards=[ALERTS],
        ),
    )
