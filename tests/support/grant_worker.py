"""One of many processes that grant, revoke and move at once. Run by `tests.support.crowd`."""

import random
from collections.abc import Callable

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.asking import request_create_filed
from accounts.approvals.services.deciding import request_approve
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.restoring import grants_restore
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account, GrantBatch, User
from accounts.tree.services.moving import account_move

# What a random deed may rightly be refused with.
EXPECTED = {
    "cycle", "too_deep", "already_there", "not_in_scope", "busy", "not_grantable", "not_authorized",
    "changed_meanwhile", "already_restored", "no_approval_needed", "already_requested",
    "already_decided", "too_many_requests",
}  # fmt: skip


class GrantWorker:
    """Administrators and agents at work on random accounts."""

    expected = EXPECTED

    def __init__(self, seed: int, below: int | None) -> None:
        self.random = random.Random(seed)
        self.logins = list(User.objects.filter(account__isnull=False).order_by("pk"))
        self.deeds: list[Callable[[], str]] = [
            self.grant, self.grant, self.grant, self.revoke, self.revoke, self.move, self.restore,
            self.ask, self.ask, self.approve, self.approve,
        ]  # fmt: skip
        self.seed, self.asked = seed, 0
        self.administrator = User.objects.get(username="staff-approver")

    def some(self) -> Account:
        pks = list(Account.objects.order_by("pk").values_list("pk", flat=True))
        return Account.objects.get(pk=self.random.choice(pks))

    def someone(self) -> Actor:
        """An administrator's deed every other time, else an agent's."""
        if self.random.random() < 0.5:
            return SYSTEM
        return actor_for(self.random.choice(self.logins))

    def codes(self) -> frozenset[Authorization]:
        return frozenset(self.random.sample(list(ALL), self.random.randint(1, 8)))

    def act(self) -> str:
        return self.random.choice(self.deeds)()

    def grant(self) -> str:
        """Agents and administrators add what a moment ago was grantable."""
        one = self.some()
        above = held(one.parent) if one.parent else ALL
        codes = held(one) | (self.codes() & above)
        batch = grants_set(actor=self.someone(), account=one, codes=codes, reason="crowd")
        return "grant" if batch else "nothing"

    def revoke(self) -> str:
        one = self.some()
        codes = held(one) - self.codes()
        batch = grants_set(actor=SYSTEM, account=one, codes=codes, reason="crowd")
        return "revoke" if batch else "nothing"

    def move(self) -> str:
        account_move(actor=SYSTEM, account=self.some(), parent=self.some())
        return "move"

    def restore(self) -> str:
        batch = GrantBatch.objects.filter(restored_by=None).order_by("-pk").first()
        if batch is None or batch.account is None:
            return "nothing"
        return "restore" if grants_restore(actor=SYSTEM, batch=batch, reason="crowd") else "nothing"

    def ask(self) -> str:
        """An agent asks for a sub-account below an ordinary account, with what that one holds."""
        self.asked += 1
        able = [one for one in map(actor_for, self.logins) if one.effective]
        if not able:
            return "nothing"
        actor = self.random.choice(able)
        below = Account.objects.within(actor.scope).ordinary().exclude(pk=actor.account_pk)
        one = below.order_by("?").first()
        if one is None:
            return "nothing"
        request_create_filed(
            actor=actor,
            parent=one,
            account_id=f"R{self.seed}-{self.asked}",
            name="x",
            codes=held(one),
            reason="crowd",
        )
        return "ask"

    def approve(self) -> str:
        waiting = SubAgentRequest.objects.filter(status=SubAgentRequest.Status.WAITING)
        request = waiting.order_by("?").first()
        if request is None:
            return "nothing"
        request_approve(actor=actor_for(self.administrator), request=request)
        return "approve"
