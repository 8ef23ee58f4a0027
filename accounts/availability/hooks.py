"""What "not available" adds to the pages of administrators: the alert on the dashboard, and the way
to the release of an account.
"""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.availability.services import DAYS, alerts
from accounts.core.actor import Actor
from accounts.core.availability import MOST_NAMED
from accounts.core.models import Account
from accounts.portal.registry import Card, Link, registry

_SHOWN = 10


def _url(actor: Actor, account: Account) -> str | None:
    is_open = account.status != Account.Status.CLOSED
    if not actor.is_administrator or not is_open:
        return None
    return reverse("accounts:availability", args=[account.account_id])


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


RELEASE = Link("availability", _("“Not available” answers…"), "stop", _url)
ALERTS = Card("accounts/availability/_alerts.html", _alerts)


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    registry.row_actions.append(RELEASE)
    registry.dashboard_cards.append(ALERTS)
