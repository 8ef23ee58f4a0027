"""The rules of money below agents (docs/domain.md 6) as plainly as they can be said: whole numbers,
no database, nothing that happens at once.

Accounts are numbers from 0. Every login is named by its account and holds all authorizations;
administrators are `ADMINISTRATOR`. Only limits per payment and day are left out.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

ADMINISTRATOR = -1
NOBODY = -1  # Above a top-level account.
RECORD, COVERED, INHERIT = "record", "covered", ""
# The face value of every card.
FACE = 2

# What a rule that is not kept would be called. See `tests/billing/handing_out/test_mint_search.py`.
PAYS_AGENT = "a deduction goes to the agent, a payment comes from it"
PAYS_DEEPER = "a deduction further down goes to who deducts"
DEBT_PAYS_AGENT = "a limit lowered below what is used pays the agent"
PAYMENT_UNGATED = "a payment is no handing out"
LIMIT_UNGATED = "a raised limit is no handing out"
LIMIT_TAKEN = "a limit is lowered though it was handed out again"
MONEY_TAKEN = "money is deducted though it was handed out again"
ZERO_TAKEN = "a balance is made zero though it was handed out again"
DEBT_UNGATED = "a debt made zero is no handing out"
CARDS_UNGATED = "cards are released without asking"
CARDS_FORGOTTEN = "cards that are out do not count as handed out"
CARD_DEEPER = "a card goes to an account further down"
CARD_UPWARDS = "a card goes to the agent whose card it is"
MOVE_UNCOVERS = "an agent moves accounts to one that cannot cover them"
AUTHOR_ASKED = "the agent who acts is asked, not the one directly above"
OWN_POLICY = "a policy of a level further up does not count"
OWN_TOP_UP = "the own account is topped up under covered"
UNLIMITED_TAKEN = "an agent takes unlimited credit away"
ONE_LEG = "a debt made zero has no other side"
HOLES = (
    PAYS_AGENT, PAYS_DEEPER, DEBT_PAYS_AGENT, PAYMENT_UNGATED, LIMIT_UNGATED, LIMIT_TAKEN,
    MONEY_TAKEN, ZERO_TAKEN, DEBT_UNGATED, CARDS_UNGATED, CARDS_FORGOTTEN, CARD_DEEPER,
    CARD_UPWARDS, MOVE_UNCOVERS, AUTHOR_ASKED, OWN_POLICY, OWN_TOP_UP, UNLIMITED_TAKEN, ONE_LEG,
)  # fmt: skip
# What is refused for nothing but cover would be permitted with these.
COVER = frozenset({
    PAYMENT_UNGATED, LIMIT_UNGATED, LIMIT_TAKEN, MONEY_TAKEN, ZERO_TAKEN, DEBT_UNGATED,
    CARDS_UNGATED, MOVE_UNCOVERS, OWN_TOP_UP,
})  # fmt: skip


class Deed(NamedTuple):
    """What the login `by` does to the account `on`; `value` is an amount, a limit, a policy, a
    count of cards, another account, or what each of many accounts gets.
    """

    by: int
    what: str
    on: int
    value: Any = 0


class World(NamedTuple):
    """Everything there is. `cards` are those that are out, by the account of their batch; `house`
    is the other side of every movement.
    """

    balance: tuple[int, ...]
    limit: tuple[int, ...]
    unlimited: tuple[bool, ...]
    policy: tuple[str, ...]
    parent: tuple[int, ...]
    cards: tuple[int, ...]
    house: int = 0


def start(*parents: int, **known: tuple[Any, ...]) -> World:
    """A world of accounts below these agents in which nobody has anything but what is given."""
    nothing = (0,) * len(parents)
    values: dict[str, Any] = {"balance": nothing, "limit": nothing, "cards": nothing}
    values |= {"unlimited": (False,) * len(parents), "policy": (INHERIT,) * len(parents)}
    values |= known
    return World(parent=parents, house=-sum(values["balance"]), **values)


@cache
def above(parents: tuple[int, ...], one: int) -> tuple[int, ...]:
    """The agents above an account, the nearest first."""
    parent = parents[one]
    return () if parent == NOBODY else (parent, *above(parents, parent))


@cache
def direct(parents: tuple[int, ...], one: int) -> tuple[int, ...]:
    """The accounts directly below."""
    return tuple(other for other, parent in enumerate(parents) if parent == one)


@cache
def covered(parents: tuple[int, ...], policies: tuple[str, ...], one: int) -> bool:
    """Whether the account hands out under covered: the strictest counts along its chain."""
    return any(policies[other] == COVERED for other in (one, *above(parents, one)))


@cache
def all_covered(parents: tuple[int, ...], policies: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(one for one in range(len(parents)) if covered(parents, policies, one))


def worth(world: World, one: int) -> int:
    """What a sub-account counts for in what its agent has handed out."""
    limit = 0 if world.unlimited[one] else world.limit[one]
    return max(world.balance[one] + limit, 0)


def available(world: World, one: int) -> int | None:
    """None: without bound."""
    return None if world.unlimited[one] else world.balance[one] + world.limit[one]


def handed_out(world: World, one: int) -> int:
    below = sum([worth(world, other) for other in direct(world.parent, one)])
    return below + FACE * world.cards[one]


def free(world: World, one: int) -> int | None:
    """What may still be handed out. None: without bound."""
    has = available(world, one)
    return None if has is None else has - handed_out(world, one)


@dataclass(frozen=True)
class Rules:
    """The rules, but for `holes`."""

    holes: frozenset[str] = frozenset()

    def done(self, world: World, deed: Deed) -> World | None:
        """The world after a deed; None: it is refused."""
        return getattr(self, f"_{deed.what}")(world, *deed)

    # What is asked

    def _may_hand_out(self, world: World, by: int, agent: int, amount: int, hole: str = "") -> bool:
        """The gate: whether `agent`, which the money would be below, has as much free."""
        if by == ADMINISTRATOR or agent == NOBODY or hole in self.holes:
            return True
        asked = by if AUTHOR_ASKED in self.holes else agent
        if OWN_POLICY in self.holes:
            is_covered = world.policy[asked] == COVERED
        else:
            is_covered = covered(world.parent, world.policy, asked)
        left = free(world, asked)
        if left is not None and CARDS_FORGOTTEN in self.holes:
            left += FACE * world.cards[asked]
        return not is_covered or left is None or amount <= left

    def _may_take_back(self, after: World, by: int, on: int, hole: str) -> bool:
        """What an account has handed out again under covered is not taken from it."""
        if by == ADMINISTRATOR or hole in self.holes:
            return True
        left = free(after, on)
        is_backed = left is None or left >= 0 or not handed_out(after, on)
        return is_backed or not covered(after.parent, after.policy, on)

    def _is_below(self, world: World, by: int, on: int) -> bool:
        return by == ADMINISTRATOR or by in above(world.parent, on)

    def _reaches(self, world: World, by: int, on: int) -> bool:
        return by == on or self._is_below(world, by, on)

    # Payments

    def _pay(self, world: World, by: int, _what: str, on: int, amount: int) -> World | None:
        if not self._is_below(world, by, on):
            return None
        if not self._may_hand_out(world, by, world.parent[on], amount, PAYMENT_UNGATED):
            return None
        if PAYS_AGENT in self.holes and by != ADMINISTRATOR:
            return _between(world, by, on, amount)
        return _moved(world, on, amount)

    def _distribute(
        self, world: World, by: int, _what: str, _on: int, lines: tuple[tuple[int, int], ...]
    ) -> World | None:
        """All or nothing."""
        if not all(self._is_below(world, by, on) for on, _amount in lines):
            return None
        asked: dict[int, int] = {}
        for on, amount in lines:
            agent = world.parent[on]
            asked[agent] = asked.get(agent, 0) + amount
        for agent, amount in asked.items():
            if not self._may_hand_out(world, by, agent, amount, PAYMENT_UNGATED):
                return None
        for on, amount in lines:
            world = _moved(world, on, amount)
        return world

    def _deduct(self, world: World, by: int, _what: str, on: int, amount: int) -> World | None:
        if not self._is_below(world, by, on):
            return None
        has = available(world, on)
        if has is not None and has < amount:
            return None
        after = _moved(world, on, -amount)
        if not self._may_take_back(after, by, on, MONEY_TAKEN):
            return None
        if by != ADMINISTRATOR and (
            PAYS_AGENT in self.holes or (PAYS_DEEPER in self.holes and world.parent[on] != by)
        ):
            return _between(world, on, by, amount)
        return after

    def _make_zero(self, world: World, by: int, _what: str, on: int, _value: int) -> World | None:
        balance = world.balance[on]
        if not balance or not self._is_below(world, by, on):
            return None
        after = _moved(world, on, -balance)
        if balance > 0:
            return after if self._may_take_back(after, by, on, ZERO_TAKEN) else None
        if not self._may_hand_out(world, by, world.parent[on], -balance, DEBT_UNGATED):
            return None
        return after._replace(house=world.house) if ONE_LEG in self.holes else after

    def _top_up(self, world: World, by: int, _what: str, on: int, amount: int) -> World | None:
        """Of the own account."""
        if by != on:
            return None
        is_refused = any(world.policy[one] == COVERED for one in above(world.parent, on))
        return None if is_refused and OWN_TOP_UP not in self.holes else _moved(world, on, amount)

    def _transfer(self, world: World, by: int, _what: str, on: int, value: Any) -> World | None:
        """From another account, as far as it has."""
        source, amount = value
        if by != ADMINISTRATOR or source == on:
            return None
        return _between(world, source, on, amount)

    def _reverse(self, world: World, by: int, _what: str, on: int, amount: int) -> World | None:
        """Back goes `amount`, above or below zero, whatever the limit."""
        return _moved(world, on, -amount) if by == ADMINISTRATOR else None

    # Terms

    def _limit(self, world: World, by: int, _what: str, on: int, limit: int) -> World | None:
        more = limit - world.limit[on]
        if not more or not self._is_below(world, by, on):
            return None
        if more > 0 and not self._may_hand_out(world, by, world.parent[on], more, LIMIT_UNGATED):
            return None
        after = world._replace(limit=_with(world.limit, on, limit))
        if more < 0 and not self._may_take_back(after, by, on, LIMIT_TAKEN):
            return None
        if DEBT_PAYS_AGENT in self.holes and by != ADMINISTRATOR:
            used = max(min(-world.balance[on], world.limit[on]) - limit, 0)
            balance = _with(world.balance, by, world.balance[by] + used)
            return after._replace(balance=balance, house=world.house - used)
        return after

    def _unlimited(self, world: World, by: int, _what: str, on: int, value: bool) -> World | None:
        if world.unlimited[on] == value or not self._is_below(world, by, on):
            return None
        if by != ADMINISTRATOR and (value or UNLIMITED_TAKEN not in self.holes):
            return None
        return world._replace(unlimited=_with(world.unlimited, on, value))

    def _policy(self, world: World, by: int, _what: str, on: int, policy: str) -> World | None:
        if by != ADMINISTRATOR or world.policy[on] == policy:
            return None
        return world._replace(policy=_with(world.policy, on, policy))

    # The tree

    def _move(self, world: World, by: int, _what: str, on: int, to: int) -> World | None:
        if world.parent[on] == to or not self._is_below(world, by, on):
            return None
        if to == NOBODY and by != ADMINISTRATOR:
            return None
        if to != NOBODY:
            if on == to or on in above(world.parent, to) or not self._reaches(world, by, to):
                return None
            comes = worth(world, on)
            if comes and not self._may_hand_out(world, by, to, comes, MOVE_UNCOVERS):
                return None
        return world._replace(parent=_with(world.parent, on, to))

    # Cards: `on` is the account of the batch

    def _release(self, world: World, by: int, _what: str, on: int, count: int) -> World | None:
        if not self._reaches(world, by, on):
            return None
        if not self._may_hand_out(world, by, on, FACE * count, CARDS_UNGATED):
            return None
        return world._replace(cards=_with(world.cards, on, world.cards[on] + count))

    def _withdraw(self, world: World, by: int, _what: str, on: int, count: int) -> World | None:
        if not self._reaches(world, by, on) or world.cards[on] < count:
            return None
        return world._replace(cards=_with(world.cards, on, world.cards[on] - count))

    def _use(self, world: World, by: int, _what: str, on: int, payee: int) -> World | None:
        """One card, whose value goes to an account directly below."""
        if not self._reaches(world, by, on) or not world.cards[on]:
            return None
        is_there = world.parent[payee] == on
        is_there |= CARD_DEEPER in self.holes and on in above(world.parent, payee)
        is_there |= CARD_UPWARDS in self.holes and payee == on
        if not is_there:
            return None
        after = _moved(world, payee, FACE)
        return after._replace(cards=_with(world.cards, on, world.cards[on] - 1))


def broken(before: World, deed: Deed, after: World) -> str:
    """What must hold after every deed, and did not; "" where all does."""
    if sum(after.balance) + after.house:
        return "the ledger does not sum to zero"
    if deed.by == ADMINISTRATOR:
        return ""
    authors = (deed.by, *above(before.parent, deed.by))
    for one in authors:
        if after.balance[one] > before.balance[one] and (deed.what != "top_up" or one != deed.by):
            return f"a deed of {deed.by} raised the balance of {one}"
    return uncovered(before, after)


def uncovered(before: World, after: World) -> str:
    """Who has more handed out than it has, and less free than before."""
    for one in all_covered(after.parent, after.policy):
        left = free(after, one)
        if left is None or left >= 0 or not handed_out(after, one):
            continue
        was = free(before, one)
        if was is None or left < was:
            return f"{one} has handed out more than it has"
    return ""


def _moved(world: World, on: int, amount: int) -> World:
    """A movement between an account and the house."""
    return world._replace(
        balance=_with(world.balance, on, world.balance[on] + amount), house=world.house - amount
    )


def _between(world: World, payer: int, payee: int, amount: int) -> World | None:
    """A movement between two accounts, which no deed of an agent is."""
    has = available(world, payer)
    if has is not None and has < amount:
        return None
    balance = _with(world.balance, payer, world.balance[payer] - amount)
    return world._replace(balance=_with(balance, payee, balance[payee] + amount))


def _with(values: tuple, place: int, value: object) -> tuple:
    return (*values[:place], value, *values[place + 1 :])
