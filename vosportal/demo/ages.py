"""When the accounts of the demo were made: before whatever else they did, agents before their
sub-accounts, the others here and there in the last months.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b

from accounts.kit.moments import day_begin, today
from vosportal.demo import grants, money
from vosportal.demo.plan import everything

# Top-level accounts are as old at least, or somebody calls before anybody bought.
_ROOTS = 65
_LEAST, _MOST = 4, 100


def made_at(account_id: str) -> datetime:
    """The moment an account was made, the same at each load of a day."""
    begin = day_begin(today(UTC) - timedelta(days=_ages()[account_id]), UTC)
    return begin + timedelta(hours=4, minutes=_dice(account_id) % 50)


@cache
def _ages() -> dict[str, int]:
    """The age of each account in days."""
    found = {one.account_id: one.days_ago + 1 for one in grants.plan()}
    for payment in money.plan():
        name = payment.account_id
        found[name] = max(found.get(name, 0), payment.days_ago + 1)
    # Agents come before their sub-accounts.
    for account in reversed(everything()):
        own = _LEAST + _dice(account.account_id) % (_MOST - _LEAST) if account.agent else _ROOTS
        age = found[account.account_id] = max(found.get(account.account_id, 0), own)
        if account.agent:
            found[account.agent] = max(found.get(account.agent, 0), age + 1)
    return found


def _dice(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=2).digest())
