"""Records of calls as a switch brings them, and the charger that takes them in."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.core.models import Account
from billing.calls.models import CallRecord, Leg
from billing.calls.services.intake import records_taken
from billing.charging.models import Charge
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import Done, charge_all


def cdr(
    call_id: str = "c-1", *, seconds: int = 60, at: datetime | None = None, **columns: str
) -> dict[str, str]:
    """The columns of a record: answered at a moment (a while ago) after ringing for five seconds,
    spoken for so long; `seconds=0` was not answered. Others by their names.
    """
    answer = at or timezone.now() - timedelta(hours=1)
    found = {
        "call_id": call_id,
        "callee": "8801711000000",
        "caller": "442071838750",
        "setup": (answer - timedelta(seconds=5)).isoformat(),
        "answer": answer.isoformat() if seconds else "",
        "end": (answer + timedelta(seconds=seconds)).isoformat(),
        "duration": str(seconds),
        "cause": "16",
        **columns,
    }
    return {name: value for name, value in found.items() if value}


def taken(*records: dict[str, str], source: str = "test", **fields: Any) -> None:
    """Put records into the inbox."""
    rows = [(line, one) for line, one in enumerate(records, 2)]
    records_taken(rows, source=source, **fields)


def charged(*records: dict[str, str], **fields: Any) -> Done:
    """Put records into the inbox and charge all of it."""
    taken(*records, **fields)
    return charge_all(Tariffs())


def charges() -> list[tuple[str, str, Decimal]]:
    """(account, prefix, amount) of every charge, by leg and level, costs last."""
    found = Charge.objects.order_by("leg_id", "is_cost", "level", "pk")
    names = dict(_names())
    return [(names[one.account_id], one.prefix, one.amount) for one in found]


def _names() -> Any:
    return Account.objects.values_list("pk", "account_id")


def waits() -> list[tuple[str, str]]:
    """(reason, account at which) of everything in the queue."""
    found = CallRecord.objects.waiting().select_related("level").order_by("pk")
    return [(one.reason, one.level.account_id if one.level else "") for one in found]


def legs() -> list[str]:
    return list(Leg.objects.order_by("pk").values_list("call_id", flat=True))
