"""What is offered for a new customer."""

from collections.abc import Mapping
from typing import Any

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.numbers.queries import number_chain
from accounts.numbers.verdict import Purpose
from accounts.phones.models import PhoneNumber
from accounts.phones.queries import phones_of
from accounts.portal.registry import registry

# So many numbers behind the last one are looked at.
_LOOKED_AT = 100


def next_number(actor: Actor, agent: Account | None) -> str:
    """The number after that of the phone that was added last in the actor's scope, if the agent's
    number sections let it be assigned and nobody in the scope has it; "" where nothing is near.
    Whether others have it is not asked. Three queries.
    """
    last = phones_of(actor).order_by("-pk").values_list("number", flat=True).first()
    if last is None:
        return ""
    first, length = int(last) + 1, len(last)
    near = [str(one).zfill(length) for one in range(first, first + _LOOKED_AT)]
    own = PhoneNumber.objects.filter(phone__in=phones_of(actor).values("pk"), number__in=near)
    used = set(own.values_list("number", flat=True))
    chain = number_chain(agent.pk if agent else None, Purpose.ALLOCATION)
    fitting = (
        one for one in near
        if len(one) == length and one not in used and chain.verdict(one).is_allowed
    )  # fmt: skip
    return next(fitting, "")


def usual_words(actor: Actor, agent: Account | None) -> Mapping[Any, str]:
    """On which terms a new customer would be, by the names of what packages add."""
    said = {one.label: one.usual(actor, agent)[1] for one in registry.form_sections if one.usual}
    return {label: words for label, words in said.items() if words}
