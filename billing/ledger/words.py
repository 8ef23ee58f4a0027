"""Accounts, people and memos beside a payment, as its viewer may know them: by name from the own
account downwards, and no level above it (docs/domain.md 2); nothing that a former agent noted.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.core.above import keys_above, unnamed
from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import reached_among
from billing.cards.models import PinsTaken
from billing.ledger.models import Transaction
from billing.ledger.queries.entries import OtherSide


class People:
    """Names for some accounts and for who made some transactions. At most one query."""

    def __init__(
        self,
        actor: Actor,
        transactions: Iterable[Transaction | PinsTaken] = (),
        others: Iterable[Account | OtherSide] = (),
    ) -> None:
        self.actor = actor
        self.knows_all = actor.is_administrator
        self.above = keys_above(actor)
        self.reached: set[int] = set()
        asked = {one.pk for one in others}
        for transaction in transactions:
            asked |= {
                pk for pk in (_account_of(transaction), transaction.by_account_id) if pk is not None
            }
        if not self.knows_all and asked:
            self.reached = reached_among(actor, asked)

    def knows(self, account_pk: int | None) -> bool:
        """Whether the viewer reaches this account."""
        return self.knows_all or account_pk in self.reached

    def account(self, account: Account | OtherSide) -> str:
        """The account id, or what may be said in its place."""
        if self.knows(account.pk):
            return account.account_id
        # Also of a former sub-account, or of one that never had to do with the viewer.
        return self.actor.someone_above if account.pk in self.above else _("another account")

    def who(self, made: Transaction | PinsTaken) -> str:
        """Who made a transaction, or took PINs."""
        if self.knows_all:
            return made.actor if made.login_id else _("a command of the platform")
        if made.by_account_id is None:
            return _("Administrator")
        if self.knows(made.by_account_id):
            return made.actor
        return unnamed(self.actor, made.by_account_id)

    def memo(self, made: Transaction) -> str:
        """Its memo; "" for who may not read it (`with_memos_of` finds the others)."""
        by = made.by_account_id
        is_own = made.account_id == self.actor.account_pk
        return made.memo if is_own or by is None or by in self.above or self.knows(by) else ""


def _account_of(made: Transaction | PinsTaken) -> int | None:
    return made.account_id if isinstance(made, Transaction) else None
