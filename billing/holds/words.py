"""What is said of a call that somebody is about to cut."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.kit.moments import second_words
from billing.holds.columns import RunningRow, state_words
from billing.rates.figures import exact, length_words


def cut_facts(actor: Actor, row: RunningRow) -> list[tuple[str, Any]]:
    """(label, value), as far as the reader may know it."""
    call = row.call
    facts = [(_("From"), call.caller), (_("To"), f"{call.number} {call.destination}".strip())]
    if call.answered_at is not None:
        talked = {
            "at": second_words(call.answered_at),
            "for": length_words(row.course.talked(row.now)),
        }
        facts.append((_("Answered"), _("%(at)s, %(for)s ago") % talked))
    else:
        facts.append((_("Since"), second_words(call.authorized_at)))
    if words := state_words(row):
        facts.append((_("State"), words))
    if row.first is not None:
        facts.append((_("Price so far"), _amount(row, row.first)))
        facts.append((_("Held"), f"{exact(row.first.amount)} {settings.CURRENCY}"))
    if actor.is_administrator:
        facts.append((_("Via"), call.routing_gateway))
        facts.append((_("Switch"), call.source))
    facts.append((_("Call ID"), call.call_id))
    return [one for one in facts if one[1]]


def _amount(row: RunningRow, hold: Any) -> str:
    return f"{exact(row.course.so_far(hold.prices, row.now))} {settings.CURRENCY}"
