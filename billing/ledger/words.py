"""Accounts and people beside a payment, as its viewer may know them: by name from the own account
downwards, and no level above it (docs/domain.md 2).
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

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
        self.above = {link.pk for link in actor.chain[:-1]}
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
        return account.account_id if self.knows(account.pk) else self._unnamed(account.pk)

    def who(self, made: Transaction | PinsTaken) -> str:
        """Who made a transaction, or took PINs."""
        if self.knows_all:
            return made.actor if made.login_id else _("a command of the platform")
        if made.by_account_id is None:
            return _("Administrator")
        return made.actor if self.knows(made.by_account_id) else self._unnamed(made.by_account_id)

    def _unnamed(self, account_pk: int) -> str:
        return self.actor.someone_above if account_pk in self.above else _("another account")


def _account_of(made: Transaction | PinsTaken) -> int | None:
    return made.account_id if isinstance(made, Transaction) else None
