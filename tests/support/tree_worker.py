"""One of many processes that change the trees at once. Run by `tests.support.crowd`."""

import random

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_create, account_edit
from accounts.tree.services.ending import account_delete
from accounts.tree.services.moving import account_move

# What random deeds may rightly be refused with; Busy is counted, everything else is an error.
EXPECTED = {"cycle", "too_deep", "already_there", "has_sub_accounts", "not_in_scope", "busy"}


class TreeWorker:
    """Creates, moves, renames and deletes random accounts, all or those below one account."""

    expected = EXPECTED

    def __init__(self, seed: int, below: int | None) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.below = below
        self.made = 0

    def some(self) -> Account:
        rows = Account.objects.all()
        if self.below:
            rows = Account.objects.below(self.below) | Account.objects.filter(pk=self.below)
        pks = list(rows.order_by("pk").values_list("pk", flat=True))
        return Account(pk=self.random.choice(pks))

    def act(self) -> str:
        """One random deed; returns its name. Raises what the service raises."""
        dice = self.random.random()
        if dice < 0.60 or (self.below and dice < 0.85):
            self.made += 1
            parent = None if not self.below and dice < 0.04 else self.some()
            account_create(
                actor=SYSTEM,
                account_id=f"W{self.seed}-{self.made}",
                name="Foreign-name",
                parent=parent,
            )
            return "create"
        if dice < 0.90:
            one, target = self.some(), self.some()
            if not self.below and dice < 0.63:
                account_move(actor=SYSTEM, account=one, parent=None)
            elif one.pk != self.below:
                account_move(actor=SYSTEM, account=one, parent=target)
            return "move"
        if dice < 0.95:
            account_edit(actor=SYSTEM, account=self.some(), name=f"Foreign-{self.random.random()}")
            return "edit"
        one = self.some()
        if one.pk != self.below:
            account_delete(actor=SYSTEM, account=one, reason="crowd")
            return "delete"
        return "nothing"
