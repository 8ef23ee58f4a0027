"""Random lives of whole forests, compared after every step with a naive model of the same rules."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.core.querysets import chains
from accounts.core.reach import count_of_trees
from accounts.core.scope import Scope
from accounts.core.versions import current
from accounts.kit.errors import Clash, NotInScope, Refused
from accounts.tree.queries.integrity import tree_problems
from accounts.tree.services.accounts import (
    account_create,
    account_edit,
    account_lock,
    account_unlock,
)
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move, accounts_move
from tests.support.examples import examples
from tests.support.naive_tree import Entry, NaiveTree

MAX_DEPTH = 3

some_accounts = precondition(lambda self: bool(self.model.accounts))


class Forest(RuleBasedStateMachine):
    """Every rule draws what to do, asks the model what must happen, does it and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.model = NaiveTree(MAX_DEPTH)
        self.made = 0
        # Instances as people's open pages hold them: read at any earlier time, never refreshed.
        self.held: list[Account] = []
        self.number = current(SYSTEM.scope)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # Drawing and doing

    def some(self, data: st.DataObject, *, or_none: bool = False) -> str | None:
        choices: list[str | None] = list(self.model.accounts)
        return data.draw(st.sampled_from([None, *choices] if or_none else choices))

    def row(self, key: str | None) -> Any:
        return None if key is None else Account.objects.get(account_id=key)

    def stale(self, data: st.DataObject) -> Account:
        return data.draw(st.sampled_from(self.held))

    def next_id(self) -> str:
        self.made += 1
        return f"N{self.made}"

    def do(self, deed: Callable[[], object], refusal: str | None) -> bool:
        """Do it; True if it was done, and in that case open pages must notice."""
        before = current(SYSTEM.scope)
        if refusal is None:
            deed()
            assert current(SYSTEM.scope) > before
            return True
        with pytest.raises(Refused) as caught:
            deed()
        assert caught.value.code == refusal
        assert current(SYSTEM.scope) == before
        return False

    # Rules

    @initialize()
    def two_roots(self) -> None:
        for _ in range(2):
            self.create_below(None)

    def create_below(self, agent: str | None, instance: Account | None = None) -> None:
        key = self.next_id()
        parent = instance or self.row(agent)
        refusal = self.model.refusal_of_place(agent, 0)
        if self.do(
            lambda: self.held.append(
                account_create(actor=SYSTEM, account_id=key, name=key, parent=parent)
            ),
            refusal,
        ):
            self.model.accounts[key] = Entry(agent, key)

    @rule(data=st.data())
    def create(self, data: st.DataObject) -> None:
        self.create_below(self.some(data, or_none=True))

    @rule(data=st.data())
    def create_below_a_stale_instance(self, data: st.DataObject) -> None:
        agent = self.stale(data)
        if agent.account_id in self.model.accounts:
            self.create_below(agent.account_id, agent)
        else:
            with pytest.raises(NotInScope):
                account_create(actor=SYSTEM, account_id=self.next_id(), name="x", parent=agent)

    @rule(data=st.data(), size=st.integers(1, 5))
    def load(self, data: st.DataObject, size: int) -> None:
        drafts: list[Draft] = []
        entries: dict[str, Entry] = {}
        trial = NaiveTree(MAX_DEPTH, dict(self.model.accounts))
        refusals = []
        for _ in range(size):
            choices = ["", *trial.accounts]
            agent = data.draw(st.sampled_from(choices))
            key = self.next_id()
            refusals.append(trial.refusal_of_place(agent or None, 0))
            drafts.append(Draft(key, key, agent))
            entries[key] = trial.accounts[key] = Entry(agent or None, key)
        refused = [one for one in refusals if one]
        order = data.draw(st.permutations(drafts))
        if refused:
            # Which of several is named first is nobody's business.
            with pytest.raises(Refused) as caught:
                accounts_load(actor=SYSTEM, drafts=order)
            assert caught.value.code in refused
            return
        self.do(lambda: accounts_load(actor=SYSTEM, drafts=order), None)
        self.model.accounts.update(entries)

    @some_accounts
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        key, agent = self.some(data), self.some(data, or_none=True)
        assert key is not None
        one, target = self.row(key), self.row(agent)
        refusal = self.model.refusal_of_move(key, agent)
        if self.do(lambda: account_move(actor=SYSTEM, account=one, parent=target), refusal):
            self.model.accounts[key].agent = agent

    @some_accounts
    @rule(data=st.data())
    def move_stale_instances(self, data: st.DataObject) -> None:
        one, target = self.stale(data), self.stale(data)
        if not {one.account_id, target.account_id} <= set(self.model.accounts):
            with pytest.raises(NotInScope):
                account_move(actor=SYSTEM, account=one, parent=target)
            return
        refusal = self.model.refusal_of_move(one.account_id, target.account_id)
        if self.do(lambda: account_move(actor=SYSTEM, account=one, parent=target), refusal):
            self.model.accounts[one.account_id].agent = target.account_id

    @some_accounts
    @rule(data=st.data(), size=st.integers(2, 4))
    def move_a_selection(self, data: st.DataObject, size: int) -> None:
        keys = {self.some(data) for _ in range(size)}
        agent = self.some(data, or_none=True)
        rows = [self.row(key) for key in keys]
        trial = NaiveTree(
            MAX_DEPTH, {key: Entry(**vars(one)) for key, one in self.model.accounts.items()}
        )
        refusal = None
        for one in sorted(rows, key=lambda one: one.pk):
            refusal = refusal or trial.refusal_of_move(one.account_id, agent)
            if refusal is None:
                trial.accounts[one.account_id].agent = agent
        target = self.row(agent)
        with transaction.atomic():
            done = self.do(
                lambda: accounts_move(actor=SYSTEM, accounts=rows, parent=target), refusal
            )
        if done:
            self.model = trial

    @some_accounts
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        key = self.some(data)
        assert key is not None
        refusal = "has_sub_accounts" if self.model.children(key) else None
        one = self.row(key)
        if self.do(lambda: account_delete(actor=SYSTEM, account=one, reason="x"), refusal):
            del self.model.accounts[key]

    @some_accounts
    @rule(data=st.data(), locked=st.booleans())
    def set_status(self, data: st.DataObject, locked: bool) -> None:
        key = self.some(data)
        assert key is not None
        entry, one = self.model.accounts[key], self.row(key)
        wanted = "locked" if locked else "active"
        deed = account_lock if locked else account_unlock
        if entry.status == wanted:
            deed(actor=SYSTEM, account=one)
        elif self.do(
            lambda: deed(actor=SYSTEM, account=one),
            "closed" if entry.status == "closed" else None,
        ):
            entry.status = wanted

    @some_accounts
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        key = self.some(data)
        assert key is not None
        entry, one = self.model.accounts[key], self.row(key)
        still_open = any(
            self.model.accounts[child].status != "closed" for child in self.model.children(key)
        )
        refusal = "close_blocked" if still_open else None
        if entry.status == "closed":
            refusal = "closed"
        if self.do(lambda: account_close(actor=SYSTEM, account=one, reason="x"), refusal):
            entry.status = "closed"

    @some_accounts
    @rule(data=st.data(), kind=st.sampled_from(["general", "clearing"]))
    def change_type(self, data: st.DataObject, kind: str) -> None:
        key = self.some(data)
        assert key is not None
        entry, one = self.model.accounts[key], self.row(key)
        refusal = None
        if entry.status == "closed":
            refusal = "closed"
        elif kind != "general" and self.model.children(key):
            refusal = "type_with_sub_accounts"
        elif kind == entry.type:
            return
        elif kind == "clearing" and entry.agent is not None:
            refusal = "clearing_below"
        if self.do(lambda: account_edit(actor=SYSTEM, account=one, type=kind), refusal):
            entry.type = kind

    @rule(data=st.data(), by_service=st.booleans(), name=st.sampled_from(["one", "two", "three"]))
    def edit_a_stale_instance(self, data: st.DataObject, by_service: bool, name: str) -> None:
        one = self.stale(data)
        entry = self.model.accounts.get(one.account_id)
        if entry is None:
            with pytest.raises(NotInScope):
                account_edit(actor=SYSTEM, account=one, name=name)
            return
        if entry.status == "closed" or not by_service:
            # Saved past the service, as a mistake of a later program might.
            one.name = name
            one.save(update_fields=["name"])
        else:
            account_edit(actor=SYSTEM, account=one, name=name)
        entry.name = name

    @rule(data=st.data())
    def save_an_old_form(self, data: st.DataObject) -> None:
        one = self.stale(data)
        entry = self.model.accounts.get(one.account_id)
        if entry is None or entry.status == "closed":
            return
        seen, now = one.version, self.row(one.account_id).version
        try:
            account_edit(actor=SYSTEM, account=one, name="form", expected_version=seen)
        except Clash:
            assert seen != now
        else:
            assert seen == now
            entry.name = "form"

    @some_accounts
    @rule(data=st.data())
    def hold_on(self, data: st.DataObject) -> None:
        key = self.some(data)
        self.held.append(self.row(key))

    # What must hold after every step

    @invariant()
    def the_trees_are_sound(self) -> None:
        assert tree_problems() == []

    @invariant()
    def nothing_ever_runs_backwards(self) -> None:
        number = current(SYSTEM.scope)
        assert number >= self.number
        self.number = number

    @invariant()
    def everything_equals_the_model(self) -> None:
        rows = {one.account_id: one for one in Account.objects.select_related("parent")}
        assert set(rows) == set(self.model.accounts)
        direct = dict(
            Account.objects.with_direct_counts().values_list("account_id", "direct_count")
        )
        ways = chains([one.pk for one in rows.values()])
        blocked = set(Account.objects.stopped_above().values_list("account_id", flat=True))
        stopped = set(Account.objects.stopped().values_list("account_id", flat=True))
        running = set(Account.objects.running().values_list("account_id", flat=True))
        assert (stopped | running, stopped & running) == (set(rows), set())
        assert count_of_trees(Scope.EVERYTHING)[1] == len(rows)
        for key, entry in self.model.accounts.items():
            one, children = rows[key], self.model.children(key)
            assert (one.parent.account_id if one.parent else None) == entry.agent
            assert (one.name, one.status, one.type) == (entry.name, entry.status, entry.type)
            assert one.is_agent == bool(children)
            assert one.category == ("Agent" if children else "Account")
            assert direct[key] == len(children)
            assert one.level == self.model.depth(key)
            assert [link.account_id for link in ways[one.pk]][::-1] == list(self.model.way(key))
            assert (key in blocked) == self.model.blocked_above(key)
            branch = self.model.branch(key)
            assert one.sub_account_count == len(branch) - 1
            reached = Account.objects.within(Scope.of(one.pk))
            assert set(reached.values_list("account_id", flat=True)) == branch
            below = Account.objects.below(one.pk).values_list("account_id", flat=True)
            assert set(below) == branch - {key}


@pytest.mark.slow
@pytest.mark.django_db
def test_a_forest_always_equals_the_naive_model(settings: Any) -> None:
    settings.MAX_AGENT_DEPTH = MAX_DEPTH
    run_state_machine_as_test(Forest, settings=SETTINGS)


SETTINGS = examples(
    25,
    stateful_step_count=30,
    # Shrinking a failure takes minutes; add Phase.shrink while looking for its cause.
    phases=(Phase.generate,),
)
