"""Whether somebody may call a number, asked by whoever looks at accounts: the same steps as the
switch's question (docs/domain.md 7). Nothing is held.
"""

from datetime import datetime

from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.reach import accounts_reached, reached_among
from vosportal.switch.queries.callers import Caller, by_address, by_gateway, by_phone
from vosportal.switch.queries.dids import DialledIn, call_tried
from vosportal.switch.trying import Tried
from vosportal.switch.trying_dids import TriedDid


def caller_reached(actor: Actor, via: str) -> Caller | None:
    """The phone, gateway or address a call comes in by, of an account in the actor's scope."""
    caller = by_phone(via) or by_gateway(via) or by_address(via)
    if caller is None or caller.account not in reached_among(actor, [caller.account]):
        return None
    return caller


def checked(actor: Actor, who: str, number: str) -> Tried | None:
    """A call of an account, or of what calls come in by; None where the actor knows of neither."""
    account = accounts_reached(actor).called(who).first()
    caller = Caller(account.pk) if account else caller_reached(actor, who)
    if caller is None:
        return None
    return call_tried_by(actor, caller, number, "", timezone.now())


def call_tried_by(actor: Actor, caller: Caller, number: str, shown: str, now: datetime) -> Tried:
    """A call by whom the actor reaches, dialled so; `shown`: the number that it shows, "" where it
    is the one that it has.
    """
    shows = shown or caller.display_number or caller.phone
    judged, found = call_tried(caller, dialled=number, shown=shows, now=now)
    if found is not None and not (caller.phone or caller.gateway) and not _reaches(actor, found):
        # Of what is another's, a number that nobody can call by is told nothing.
        shows = ""
        judged, found = call_tried(caller, dialled=number, shown=shows, now=now)
    if found is None:
        return Tried(actor, judged, number, shows)
    return TriedDid(actor, judged, found, number, shows)


def _reaches(actor: Actor, found: DialledIn) -> bool:
    """Whether the number that is called belongs to an account in the actor's scope."""
    account = found.did and found.did.phone.account_id
    return account in reached_among(actor, [account] if account else [])
