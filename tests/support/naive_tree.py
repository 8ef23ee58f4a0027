"""The tree as a child would draw it: every account knows its agent, the rest is counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One account as the model knows it."""

    agent: str | None
    name: str
    status: str = "active"
    type: str = "general"


@dataclass
class NaiveTree:
    """Accounts by account id, and the rules of the business written down a second time."""

    max_depth: int
    accounts: dict[str, Entry] = field(default_factory=dict)

    def children(self, of: str | None) -> list[str]:
        return [key for key, one in self.accounts.items() if one.agent == of]

    def way(self, key: str) -> Iterator[str]:
        """From the account itself up to its root."""
        at: str | None = key
        while at is not None:
            yield at
            at = self.accounts[at].agent

    def depth(self, key: str) -> int:
        return len(list(self.way(key))) - 1

    def branch(self, key: str) -> set[str]:
        """The account and everything below it."""
        return {one for one in self.accounts if key in self.way(one)}

    def height(self, key: str) -> int:
        return max(self.depth(one) for one in self.branch(key)) - self.depth(key)

    def blocked_above(self, key: str) -> bool:
        return any(self.accounts[one].status != "active" for one in list(self.way(key))[1:])

    def refusal_of_place(self, agent: str | None, height: int) -> str | None:
        """Why something `height` levels high cannot hang below `agent`."""
        if agent is None:
            return None
        if self.accounts[agent].type != "general":
            return "agent_not_general"
        if self.accounts[agent].status == "closed":
            return "agent_closed"
        return "too_deep" if self.depth(agent) + 1 + height > self.max_depth else None

    def refusal_of_move(self, key: str, agent: str | None) -> str | None:
        if self.accounts[key].status == "closed":
            return "closed"
        if self.accounts[key].agent == agent:
            return "already_there"
        if agent is not None and agent in self.branch(key):
            return "cycle"
        if agent is not None and self.accounts[key].type == "clearing":
            return "clearing_below"
        return self.refusal_of_place(agent, self.height(key))
