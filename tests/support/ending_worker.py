"""Some of many processes that pay while what permits it ends: accounts are closed, moved, or lose
their authorizations. Run by `tests.support.crowd`.
"""

import random
from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

import pytest

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from accounts.kit.errors import NotAllowed
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.payments.services.paying import Payment, payment_make
from tests.support.distributing import draft

# How many accounts a list pays.
LINES = 3


class PayingWorker:
    """What all of them do: pay one account, or some by a list, as one of the agents."""

    expected: ClassVar[frozenset[str]] = frozenset()
    deeds: ClassVar[tuple[str, ...]] = ()

    def __init__(self, seed: int, below: int | None) -> None:
        self.dice = random.Random(seed)
        self.logins = list(User.objects.filter(account__isnull=False).order_by("pk"))

    def some(self) -> Account:
        return self.dice.choice(self.customers())

    def customers(self) -> list[Account]:
        """Those that are open."""
        rows = Account.objects.filter(account_id__startswith="C-").exclude(status="closed")
        return list(rows.order_by("pk"))

    def act(self) -> str:
        deed = self.dice.choice(self.deeds)
        return getattr(self, f"_{deed}")() or deed

    def payment(self, login: User, account: Account, kind: str = "recharge") -> None:
        payment_make(
            actor=actor_for(login),
            account=account,
            payment=Payment(kind, None if kind == "make_zero" else Decimal(1), reference="crowd"),
            idempotency_key=str(uuid4()),
            is_repeat_meant=True,
        )

    def paid_list(self, login: User, accounts: list[Account]) -> None:
        actor = actor_for(login)
        one = draft(actor, "\n".join(f"{account.account_id},1" for account in accounts))
        plan = distribution_preview(actor=actor, distribution=one)
        distribution_pay(actor=actor, distribution=one, expected=plan.digest, is_repeat_meant=True)


class ClosingWorker(PayingWorker):
    """Pays customers, takes all of it back, and closes those that are at zero."""

    expected = frozenset({"closed", "close_blocked", "list_refused", "zero_already"})
    deeds = ("pay", "list", "zero", "zero", "close")

    def _pay(self) -> None:
        self.payment(self.logins[0], self.some())

    def _zero(self) -> None:
        self.payment(self.logins[0], self.some(), "make_zero")

    def _list(self) -> None:
        self.paid_list(self.logins[0], self.dice.sample(self.customers(), LINES))

    def _close(self) -> None:
        one = self.some()
        account_close(actor=actor_for(self.logins[0]), account=one, reason="crowd")


class MovingAwayWorker(PayingWorker):
    """Both agents pay the customers that are below them, which move to the other one meanwhile."""

    # Of a customer that moves at this very moment its agent hears "busy", or that there is none; of
    # a list that it was in, that the list is refused or would do something else by now.
    expected = frozenset(
        {"busy", "not_in_scope", "already_there", "list_refused", "changed_meanwhile"}
    )
    deeds = ("pay", "pay", "list", "move")

    def _pay(self) -> None:
        one = self.some()
        login = next(login for login in self.logins if login.account_id == one.parent_id)
        self.payment(login, one)

    def _list(self) -> None:
        login = self.dice.choice(self.logins)
        mine = list(Account.objects.filter(parent=login.account_id).order_by("pk"))
        if mine:
            self.paid_list(login, self.dice.sample(mine, min(LINES, len(mine))))

    def _move(self) -> None:
        one = self.some()
        agent = next(login.account for login in self.logins if login.account_id != one.parent_id)
        account_move(actor=SYSTEM, account=one, parent=agent)


class RevokingWorker(PayingWorker):
    """Agents pay, below and to themselves; now and then one of them, or the level above two of
    them, loses what that takes, for good.
    """

    # The level above lost meanwhile what is to be left as it was read.
    expected = frozenset({"not_authorized", "list_refused", "not_grantable"})
    deeds = ("pay", "pay", "own", "list", "revoke")

    def act(self) -> str:
        self.login = self.dice.choice(self.logins)
        assert self.login.account is not None
        self.agent = self.login.account
        self.mine = list(Account.objects.filter(parent=self.agent).order_by("pk"))
        return super().act()

    def _while_held(self, code: Authorization, deed: str) -> str:
        """Nothing is paid any more by who has lost the authorization before."""
        if code in held(self.agent):
            getattr(self, f"_{deed}_now")()
            return deed
        with pytest.raises(NotAllowed):
            getattr(self, f"_{deed}_now")()
        return "too late"

    def _pay(self) -> str:
        return self._while_held(Authorization.PAY_SUB_ACCOUNT, "pay")

    def _list(self) -> str:
        return self._while_held(Authorization.PAY_SUB_ACCOUNT, "list")

    def _own(self) -> str:
        return self._while_held(Authorization.PAY_OWN_ACCOUNT, "own")

    def _pay_now(self) -> None:
        self.payment(self.login, self.dice.choice(self.mine))

    def _list_now(self) -> None:
        self.paid_list(self.login, self.mine)

    def _own_now(self) -> None:
        self.payment(self.login, self.agent)

    def _revoke(self) -> None:
        above = self.dice.random() < 0.2 and self.agent.parent
        account = above or self.agent
        lost = self.dice.choice((Authorization.PAY_SUB_ACCOUNT, Authorization.PAY_OWN_ACCOUNT))
        grants_set(actor=SYSTEM, account=account, codes=held(account) - {lost}, reason="crowd")
