"""A call of every account of the small world that waits, for none of them has a rate group."""

from collections.abc import Mapping

from accounts.core.models import Account
from billing.calls.models import CallRecord
from tests.factories.calls import cdr, charged


def waiting_records(accounts: Mapping[str, Account]) -> dict[str, int]:
    """The key of the record of each account."""
    charged(*(cdr(name, account=one.account_id) for name, one in accounts.items()), source="world")
    found = CallRecord.objects.waiting().filter(source="world")
    return {one.columns["call_id"]: one.pk for one in found}
