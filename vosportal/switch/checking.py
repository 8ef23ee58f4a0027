"""Whether somebody may call a number, asked by whoever looks at accounts: the same steps as the
switch's question (docs/domain.md 7). Nothing is held.
"""

from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.reach import accounts_reached, reached_among
from vosportal.switch.queries.callers import Caller, by_address, by_gateway, by_phone
from vosportal.switch.queries.judging import judge
from vosportal.switch.trying import Tried


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
    shown = caller.display_number or caller.phone
    judged = judge(caller, dialled=number, shown=shown, session="", now=timezone.now())
    return Tried(actor, judged, number)
