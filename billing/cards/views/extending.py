"""What another day of expired cards hands out again, for the pages that ask for it. They send along
the number of cards that they said, and the deed is refused where it is another one by then.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.kit.errors import Refused
from billing.cards.services.releasing import ReleasePlan
from billing.cards.tables import figure
from billing.handing_out.words import cover_shown
from billing.money import shown


def extension_context(actor: Actor, preview: Callable[[], ReleasePlan | None]) -> dict[str, Any]:
    """What a page of a deed says: nothing where no value comes back, and why it cannot."""
    try:
        plan = preview()
    except Refused as error:
        return {"effects": [("stop", "danger", str(error.message))], **_sent(0)}
    if plan is None:
        return _sent(0)
    words = ngettext(
        "It has expired after its release: another day releases %(count)s card again, and hands out"
        " %(total)s %(currency)s.",
        "They have expired after their release: another day releases %(count)s cards again, and"
        " hands out %(total)s %(currency)s.",
        plan.count,
    ) % {
        "count": figure(plan.count),
        "total": shown(plan.total),
        "currency": settings.CURRENCY,
    }
    return {
        "effects": [("card", "warn", words)],
        "shortfalls": [one.words for one in plan.shortfalls],
        "cover": cover_context(actor, plan),
        **_sent(plan.count),
    }


def expected(request: HttpRequest) -> int | None:
    """The number of cards that the page before said; None where none was sent."""
    text = request.POST.get("expected", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _sent(count: int) -> dict[str, Any]:
    return {"hidden": [("expected", str(count))]}


def cover_context(actor: Actor, plan: ReleasePlan) -> dict[str, Any]:
    """For `billing/cards/_cover.html`."""
    is_own = plan.cover.account_pk == actor.account_pk
    return {"is_own": is_own, **cover_shown(plan.cover, given=plan.total)}
