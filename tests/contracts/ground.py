"""The world in which deeds are done: for every set of authorizations that matters an agent that
holds exactly these, with accounts below it; and an agent of a tree of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, SubAgentPolicy, User
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import StaffFactory, UserFactory

# The eight, written down by hand (docs/domain.md 3).
EIGHT = frozenset(
    {
        "manage_account",
        "manage_phone",
        "manage_phone_card",
        "manage_gateway",
        "modify_gateway_information",
        "modify_gateway_capacity",
        "pay_own_account",
        "pay_sub_account",
    }
)
_TOP, _OTHER = "Top", "Other-Top"
# No key of any table.
NO_NUMBER = 99_999_999


@dataclass(frozen=True)
class Ground:
    """An agent with three accounts, the login that acts, and what is the acting agent's `own`:
    itself, but where the deed is aimed at somebody else's.

    agent
      target
      second
        leaf
    """

    agent: Account
    target: Account
    second: Account
    leaf: Account
    login: User
    mine: "Ground | None" = None

    @property
    def own(self) -> "Ground":
        return self.mine or self

    def seen_from(self, own: "Ground") -> "Ground":
        return replace(self, mine=own)

    def on_itself(self) -> "Ground":
        """The deed is about the agent itself."""
        return replace(self, target=self.agent, mine=self)

    def on_nothing(self) -> "Ground":
        """The deed is about an account that does not exist."""
        nothing = Account(pk=NO_NUMBER, account_id="Nothing-There", name="Nothing there")
        return replace(self, target=nothing, mine=self)


@dataclass
class World:
    """`holding(codes)` is the ground of an agent that holds exactly these."""

    sets: Iterable[frozenset[str]]
    grounds: dict[frozenset[str], Ground] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sets = sorted({*self.sets, EIGHT, *(EIGHT - {one} for one in EIGHT)}, key=sorted)
        names = {f"Agent-{at:02}": held for at, held in enumerate(sets)}
        drafts = [Draft(_TOP, _TOP), Draft(_OTHER, _OTHER)]
        for name in names:
            drafts += _branch(name, _TOP)
        drafts += _branch("Foreign", _OTHER)
        accounts_load(actor=SYSTEM, drafts=drafts)
        made = {one.account_id: one for one in Account.objects.all()}
        self.top = made[_TOP]
        for top in (made[_TOP], made[_OTHER]):
            _hold(top, EIGHT)
            policy_set(actor=SYSTEM, account=top, sub_agents=SubAgentPolicy.ALLOWED)
        self.grounds = {held: _ground(made, name, held) for name, held in names.items()}
        self.foreign = _ground(made, "Foreign", EIGHT)
        self.administrator: User = StaffFactory(username="contract-admin", administrator=True)
        self.operator: User = StaffFactory(username="contract-operator", operator=True)
        self.superuser: User = StaffFactory(username="contract-superuser", superuser=True)

    def holding(self, codes: Iterable[str]) -> Ground:
        return self.grounds[frozenset(codes)]


def looking_on(login: User, viewer: User) -> Actor:
    """An administrator who looks at the portal as this login does."""
    return replace(actor_for(login), read_only=True, viewer=viewer)


def _branch(name: str, agent: str) -> list[Draft]:
    return [
        Draft(name, name, agent),
        Draft(f"{name}-Target", name, name),
        Draft(f"{name}-Second", name, name),
        Draft(f"{name}-Leaf", name, f"{name}-Second"),
    ]


def _ground(made: dict[str, Account], name: str, held: frozenset[str]) -> Ground:
    _hold(made[name], held)
    login: Any = UserFactory(account=made[name], username=f"login-of-{name.lower()}")
    rest = [made[f"{name}-{one}"] for one in ("Target", "Second", "Leaf")]
    return Ground(made[name], *rest, login)


def _hold(account: Account, codes: Iterable[str]) -> None:
    wanted = frozenset(Authorization(one) for one in codes)
    if wanted:
        grants_set(actor=SYSTEM, account=account, codes=wanted, reason="They hold it.")
