"""The last movements, on the start page of a customer."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.scope import Scope
from accounts.portal.registry import Card
from billing.ledger.queries.folding import runs
from billing.ledger.queries.whole import page_of_own
from billing.ledger.tables import short_rows

_MOST = 6


def _movements(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """The last lines of the history of payments. Two queries."""
    if account is None:
        return None
    zone = timezone.get_current_timezone()
    page = page_of_own(Scope.of(account.pk), zone, size=_MOST, cursor="")
    return {
        "rows": short_rows(page.rows, runs(page.rows, zone)),
        "currency": settings.CURRENCY,
        "url": reverse("billing:account-payments", args=[account.account_id]),
        "statement_url": reverse("billing:statement", args=[account.account_id]),
    }


OWN_MOVEMENTS = Card("billing/ledger/_own.html", _movements, order=20)
