"""Phones, added through the service."""

from collections.abc import Iterable
from typing import Any

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.phones.models import Phone
from accounts.phones.services.phones import phone_create


def phone(account: Account, number: str, *, dids: Iterable[str] = (), **values: Any) -> Phone:
    """A phone of the account; `values` are those of `phone_create`."""
    return phone_create(actor=SYSTEM, account=account, number=number, dids=dids, **values).phone
