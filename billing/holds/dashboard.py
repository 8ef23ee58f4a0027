"""Running calls on dashboards."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Card
from billing.holds.queries import up_and_lost


def _running(actor: Actor, account: Account | None) -> Mapping[str, Any]:
    """How many calls run now of all the actor reaches. One query at most."""
    up, lost = up_and_lost(actor, account)
    return {
        "up": number_format(up, force_grouping=True),
        "lost": number_format(lost, force_grouping=True) if lost else "",
        "url": reverse("billing:running-calls"),
        "is_own": account is not None and not account.is_agent,
        "is_platform": account is None,
    }


RUNNING = Card("billing/holds/_running.html", _running)
OWN_RUNNING = Card("billing/holds/_running.html", _running, is_aside=True, order=105)
