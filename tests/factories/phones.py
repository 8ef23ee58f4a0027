"""Phones, added through the service."""

from collections.abc import Iterable
from typing import Any

from accounts.access import SYSTEM
from accounts.models import Account, Phone
from accounts.services.phones import phone_create


def phone(account: Account, number: str, *, dids: Iterable[str] = (), **values: Any) -> Phone:
    """A phone of the account; `values` are those of `phone_create`."""
    return phone_create(actor=SYSTEM, account=account, number=number, dids=dids, **values).phone
