"""Random lives of money through the services, compared with the plain model after every deed."""

import random
from collections import Counter
from typing import Any

import pytest

from billing.ledger.queries.integrity import ledger_problems, trial_balance
from tests.support.money_deeds import Portal
from tests.support.money_model import (
    ADMINISTRATOR,
    COVER,
    COVERED,
    INHERIT,
    NOBODY,
    RECORD,
    Deed,
    Rules,
    above,
    broken,
    free,
    handed_out,
    start,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# An agent with a sub-agent, who has two customers; a customer of its own; another tree.
TREE = (NOBODY, 0, 1, 0, 1, NOBODY)
PEOPLE = range(len(TREE))
DEEDS = 100
AGENTS = (0, 0, 0, 1, 1, 1, 2, 3)
OFFICE = (
    "pay", "pay", "pay", "policy", "policy", "reverse", "limit", "unlimited", "unlimited",
    "transfer", "deduct", "make_zero", "move", "release",
)  # fmt: skip
OTHERS = (
    "pay", "pay", "pay", "deduct", "deduct", "make_zero", "limit", "limit", "limit", "move",
    "move", "release", "release", "use", "use", "top_up", "distribute", "distribute", "reverse",
    "unlimited", "withdraw",
)  # fmt: skip


class Life:
    """A portal and the model of it, and what happens to both."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.portal = Portal(TREE)
        self.model = start(*TREE)
        self.deck: list[tuple[int, str]] = []
        # What was done, and what it was refused with.
        self.story: list[tuple[Deed, str]] = []

    def step(self) -> None:
        """Draw a deed, ask the model what must come of it, do it, and see that it came."""
        deed = self.draw()
        if deed is None:
            return
        after = Rules().done(self.model, deed)
        refusal = self.portal.do(deed)
        self.story.append((deed, refusal))
        assert (refusal == "") is (after is not None), self.told()
        if after is not None:
            assert broken(self.model, deed, after) == "", self.told()
            self.model = after
        assert self.portal.world(self.model.policy) == self.model, self.told()
        expected = [(handed_out(self.model, one), free(self.model, one)) for one in PEOPLE]
        assert self.portal.covers() == expected, self.told()

    def draw(self) -> Deed | None:
        """The next deed: one that is permitted, or refused for nothing but cover, or any; None:
        nothing there to do it with.
        """
        by, what = self.kind()
        drawn = [deed for _time in range(6) if (deed := self.deed(by, what)) is not None]
        permitted = [deed for deed in drawn if Rules().done(self.model, deed)]
        uncovered = [
            deed
            for deed in drawn
            if deed not in permitted and Rules(COVER).done(self.model, deed) is not None
        ]
        sought = self.dice.choices([permitted, uncovered, drawn], weights=[5, 4, 1])[0] or drawn
        return sought[0] if sought else None

    def deed(self, by: int, what: str) -> Deed | None:
        dice, model = self.dice, self.model
        below = [one for one in PEOPLE if by == ADMINISTRATOR or by in above(model.parent, one)]
        # Now and then somebody else's.
        on = dice.choice(below if below and dice.random() < 0.9 else PEOPLE)
        match what:
            case "pay" | "deduct" | "make_zero" if by == on:
                return None
            case "pay" | "deduct":
                return Deed(by, what, on, self.amount(on))
            case "distribute":
                payees = dice.sample(PEOPLE, 2) if len(below) < 2 else dice.sample(below, 2)
                return Deed(by, what, on, tuple((one, self.amount(one)) for one in payees))
            case "transfer":
                return Deed(by, what, on, (dice.choice(PEOPLE), dice.randint(1, 4)))
            case "top_up":
                return Deed(by, what, by, dice.randint(1, 4))
            case "reverse":
                return self.reversal(by)
            case "limit":
                limit = max(model.limit[on] + dice.choice((-1, 1)) * self.amount(on), 0)
                return None if limit == model.limit[on] else Deed(by, what, on, limit)
            case "unlimited":
                # Soon over: without a bound there is little to see.
                known = [one for one in below if model.unlimited[one]]
                on = known[0] if known else on
                return Deed(by, what, on, not model.unlimited[on])
            case "policy":
                on = dice.choice((0, 1, 1))
                others = [one for one in (COVERED, RECORD, INHERIT) if one != model.policy[on]]
                if model.policy[on] == COVERED and dice.random() < 0.6:
                    return None
                return Deed(by, what, on, others[0])
            case "move":
                agents = [one for one in PEOPLE if on not in (one, *above(model.parent, one))]
                return Deed(by, what, on, dice.choice((*agents, *agents, *PEOPLE, NOBODY)))
            case "release":
                on = dice.choice([on, max(by, 0)])
                return Deed(by, what, on, dice.randint(1, 2))
            case "use" | "withdraw":
                out = [one for one in [*below, by] if one >= 0 and model.cards[one]]
                if not out:
                    return None
                on = dice.choice(out)
                if what == "withdraw":
                    return Deed(by, what, on, 1)
                direct = [one for one in PEOPLE if model.parent[one] == on]
                payees = direct if direct and dice.random() < 0.8 else PEOPLE
                return Deed(by, what, on, dice.choice(payees))
        return Deed(by, what, on)

    def kind(self) -> tuple[int, str]:
        """Who does what: every kind comes, in any order."""
        if not self.deck:
            self.deck += [(ADMINISTRATOR, what) for what in OFFICE]
            self.deck += [(self.dice.choice(AGENTS), what) for what in OTHERS * 2]
            self.dice.shuffle(self.deck)
        return self.deck.pop()

    def amount(self, on: int) -> int:
        """Often about as much as the account, or the agent above it, has free."""
        agent = self.model.parent[on]
        asked = agent if agent != NOBODY and self.dice.random() < 0.6 else on
        near = (free(self.model, asked) or 0) + self.dice.randint(-1, 1)
        return near if near > 0 and self.dice.random() < 0.7 else self.dice.randint(1, 5)

    def reversal(self, by: int) -> Deed | None:
        found = self.portal.reversible()
        if found is None:
            return None
        amount = int(found.entries.get(wallet__isnull=False).amount)
        return Deed(by, "reverse", self.portal.number(found.account_id), amount)

    def told(self) -> str:
        """The story so far, for whoever looks for the cause."""
        lines = [f"{tuple(deed)} {refusal}" for deed, refusal in self.story]
        return "\n".join([*lines, str(self.model), str(self.portal.world(self.model.policy))])


@pytest.mark.parametrize("seed", [1, 3, 7])
def test_random_lives_go_as_the_rules_say(seed: int, settings: Any) -> None:
    settings.SUB_AGENT_POLICY = "allowed"
    life = Life(seed)
    for _ in range(DEEDS):
        life.step()
    assert ledger_problems() == []
    assert trial_balance() == 0
    # The dice showed something.
    done = Counter(deed.what for deed, refusal in life.story if not refusal)
    refused = Counter(refusal for _deed, refusal in life.story)
    assert {"pay", "limit", "release", "move", "policy"} <= set(done)
    assert refused["not_covered"] >= 2
    assert len(done) >= 11
