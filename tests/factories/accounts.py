"""Accounts."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_create, account_lock
from accounts.tree.services.ending import account_close


class AccountFactory(DjangoModelFactory[Account]):
    """`AccountFactory(parent=agent, status="locked")`, and what `account_create` takes.

    Agents read earlier are out of date then: call `refresh_from_db()` on them before looking at
    their category or counts.
    """

    class Meta:
        model = Account

    account_id = factory.Sequence(lambda n: f"Test-Account-{n:04}")
    name = factory.LazyAttribute(lambda one: f"Name of {one.account_id}")

    @classmethod
    def _create(cls, model_class: type[Account], *args: Any, **kwargs: Any) -> Account:
        status = kwargs.pop("status", Account.Status.ACTIVE)
        account = account_create(actor=SYSTEM, **kwargs)
        if status == Account.Status.LOCKED:
            account = account_lock(actor=SYSTEM, account=account, reason="test")
        elif status == Account.Status.CLOSED:
            account = account_close(actor=SYSTEM, account=account, reason="test")
        return account
