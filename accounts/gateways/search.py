"""Gateways that a fragment finds, for the global search."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from accounts.core.actor import Actor
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import gateways_of
from accounts.portal.breadcrumbs import paths

_MOST = 10


def gateways_found(actor: Actor, text: str) -> dict[str, Any] | None:
    """The first gateways whose name or address contains `text`, and where all of them are listed;
    None where there is none. Three queries at most.
    """
    hits: Sequence[Gateway] = list(gateways_of(actor).matching(text).order_by("name")[: _MOST + 1])
    if not hits:
        return None
    shown = hits[:_MOST]
    ways = paths(actor, [one.account for one in shown])
    return {
        "hits": [
            {
                "gateway": one,
                "way": [*(link.account_id for link in ways[one.account_id]), str(one.account)],
                "addresses": ", ".join(x.text for x in one.addresses.all()),
            }
            for one in shown
        ],
        "more_url": f"{reverse('gateways')}?{urlencode({'q': text})}" if len(hits) > _MOST else "",
    }


def gateway_named(actor: Actor, name: str) -> Gateway | None:
    """The gateway of exactly this name, in any case, within the actor's reach."""
    return gateways_of(actor).called(name).first()
