"""What levels set aside for records that wait and that no switch asked about: what they would cost,
as far as that can be told (docs/domain.md 7). Parts of charging, which holds the charger's lock:
what the wallets hold moves with its postings.
"""

from collections.abc import Collection, Iterable

from accounts.core.many import insert_many
from accounts.kit.batches import batched
from accounts.kit.private_doors import delete_unread
from billing.holds.models import Estimate
from billing.money import to_micros
from billing.wallets.models import Wallet

_AT_ONCE = 5000
_COLUMNS = ("record_id", "level", "account_id", "amount")

# Of a record: its key, the level (0 is the account that called), the account, micro-units.
Line = tuple[int, int, int, int]


def estimates_of(records: Iterable[int]) -> dict[int, int]:
    """What is held for these records by account, in micro-units."""
    found: dict[int, int] = {}
    for pks in batched(records, _AT_ONCE):
        lines = Estimate.objects.filter(record__pk__among=pks).values_list("account_id", "amount")
        for account, amount in lines:
            found[account] = found.get(account, 0) + to_micros(amount)
    return found


def estimates_forgotten(records: Iterable[int]) -> None:
    """Delete what is held for these records; their wallets are moved by the caller."""
    for pks in batched(records, _AT_ONCE):
        delete_unread(Estimate.objects.filter(record__pk__among=pks))


def estimates_kept(lines: Collection[Line]) -> dict[int, int]:
    """Write what is to be held, and what that comes to by account, in micro-units: nothing of
    unlimited credit. The wallets are moved by the caller. One query for a batch, and none for none.
    """
    if not lines:
        return {}
    accounts = {account for _record, _level, account, _amount in lines}
    unlimited = set(
        Wallet.objects.filter(account__pk__among=list(accounts), is_unlimited=True).values_list(
            "pk", flat=True
        )
    )
    kept = [one for one in lines if one[3] > 0 and one[2] not in unlimited]
    if kept:
        insert_many(Estimate, _COLUMNS, kept)
    found: dict[int, int] = {}
    for _record, _level, account, amount in kept:
        found[account] = found.get(account, 0) + amount
    return found
