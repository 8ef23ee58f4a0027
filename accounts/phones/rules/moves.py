"""What a move of accounts means for their phones: the number sections of the new agent are asked
about every number of the moved branch (docs/domain.md 1, tree rule 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.phones.models import Phone, PhoneNumber
from accounts.phones.queries import numbers_below
from accounts.phones.rules.values import Obstacle, outside

_SHOWN = 20
# More are not looked at; that there are very many is said then.
MOST = 10_000


@dataclass(frozen=True)
class NumbersOutside:
    """Numbers that may not be assigned below the new agent: (number, account id). They stay with
    their phones; once given up they cannot be assigned there again.
    """

    count: int = 0
    shown: tuple[tuple[str, str], ...] = ()

    @property
    def not_shown(self) -> int:
        return self.count - len(self.shown)


def numbers_outside(
    actor: Actor, accounts: Sequence[Account], target: Account | None
) -> NumbersOutside:
    """What of the branches of `accounts` lies outside what may be assigned at `target`. At most
    three queries.
    """
    if target is None or not accounts:
        return NumbersOutside()
    numbers = numbers_below(accounts, MOST)
    against = outside(actor, target, (number for number, _account in numbers)) if numbers else {}
    found = [one for one in numbers if one[0] in against]
    return NumbersOutside(len(found), tuple(found[:_SHOWN]))


def move_obstacles(actor: Actor, phones: Sequence[Phone], target: Account) -> dict[str, Obstacle]:
    """Which numbers of these phones, DIDs and display numbers among them, the number sections keep
    from `target`, by number.
    """
    lead = PhoneNumber.objects.filter(phone__in=[one.pk for one in phones])
    numbers = [*lead.values_list("number", flat=True)]
    numbers += [one.display_number for one in phones if one.display_number]
    return outside(actor, target, numbers)
