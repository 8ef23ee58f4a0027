"""`manage.py demo --reset` empties the database for good, so it stands outside any transaction."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.access import SYSTEM
from accounts.models import Account
from accounts.services.ending import account_delete
from billing.models import Transaction
from vosportal.demo.money import plan


@pytest.mark.django_db(transaction=True)
def test_a_reset_starts_over(settings: Any) -> None:
    settings.DEBUG = True
    call_command("demo", load_only=True, stdout=StringIO())
    unused = Account.objects.get(account_id="Dhaka-Empty-Account")
    account_delete(actor=SYSTEM, account=unused, reason="x")
    call_command("demo", load_only=True, reset=True, no_input=True, stdout=StringIO())
    assert Account.objects.filter(account_id="Dhaka-Empty-Account").exists()
    assert Transaction.objects.exclude(kind="card").count() == len(plan())
