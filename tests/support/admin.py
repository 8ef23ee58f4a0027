"""The Django admin, as operators use it in tests."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.core.models import Account, User
from tests.factories import StaffFactory
from tests.support.answering import submit


def operator_with(*codenames: str) -> User:
    """An operator who holds these model permissions."""
    held = list(Permission.objects.filter(codename__in=codenames))
    assert len(held) == len(codenames)
    return StaffFactory(operator=True, permissions=held)


def posted(client: Client, account: Account | None, **values: Any) -> Any:
    """Send the form of an account as it is shown, with other values."""
    name = "admin:accounts_account_" + ("change" if account else "add")
    address = reverse(name, args=[account.pk] if account else [])
    return submit(client, address, values)
