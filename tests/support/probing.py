"""Logins of agents that ask for what others have."""

from typing import Any

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account, AvailabilityDay
from accounts.phones.services.many import phones_create, phones_preview
from tests.factories import ResellerTree

ONLY_A_NUMBER = (
    "Too many that are not available were asked for today to name further ones; an administrator "
    "can release your account for a day."
)


def named(account: Account) -> int:
    return sum(AvailabilityDay.objects.filter(account=account).values_list("named", flat=True))


def taken_numbers(tree: ResellerTree, count: int, begin: int = 4470001) -> list[str]:
    """Numbers of Master-Agent-2's customer."""
    text = f"{begin} – {begin + count - 1}"
    phones_create(actor=SYSTEM, account=tree.other_customer, numbers=text)
    return [str(one) for one in range(begin, begin + count)]


def ask(actor: Actor, account: Account, *numbers: str) -> Any:
    return phones_preview(actor=actor, account=account, numbers="\n".join(numbers))


def told(plan: Any) -> list[str]:
    return [one.typed for one in plan.left_out]
