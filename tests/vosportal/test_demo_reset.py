"""`manage.py demo --reset` empties the database for good, so it stands outside any transaction."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.core.models import Account
from billing.ledger.models import Transaction
from tests.factories import AccountFactory
from tests.support.paying import pay
from vosportal.demo.money import plan


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_reset_starts_over(settings: Any) -> None:
    settings.DEBUG = True
    # In the demo's own hierarchy the place of this account is another one.
    account = AccountFactory(account_id="Dhaka-Empty-Account", name="Not the demo's")
    pay(account, "50")
    call_command("demo", load_only=True, reset=True, no_input=True, stdout=StringIO())
    assert Account.objects.get(account_id="Dhaka-Empty-Account").parent is not None
    assert Transaction.objects.exclude(kind__in=["card", "call", "volume"]).count() == len(plan())
