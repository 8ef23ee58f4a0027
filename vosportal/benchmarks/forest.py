"""The accounts of the tree benchmark: many small trees, one of 100 sub-accounts, one large."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from accounts.core.models import Account
from accounts.tree.services.load import Draft

BIG, HUNDRED = "Big", "Hundred"
_SMALL_SIZE = 90
_BIG_SHARE = 10  # one tenth of all accounts is one tree
_YEARS = timedelta(days=3 * 365)  # accounts are not made in a day


def drafts(accounts: int) -> list[Draft]:
    """About `accounts` accounts: a tree of a tenth of them, one of 101, the rest in trees of 90."""
    big = max(accounts // _BIG_SHARE, 150)
    found = [*_tree(BIG, big, agents=big // 100 or 1), *_tree(HUNDRED, 101, agents=10)]
    for number in range(max(1, round((accounts - len(found)) / _SMALL_SIZE))):
        found += _tree(small(number), _SMALL_SIZE, agents=9)
    return found


def small(number: int) -> str:
    """The account id of the agent on top of a small tree."""
    return f"T{number:04}"


def agent_id(top: str, number: int) -> str:
    return f"{top}-Agent-{number:03}"


def _tree(top: str, size: int, *, agents: int) -> Iterator[Draft]:
    """`size` accounts: the top, its agents (every tenth of many below the one before it), and their
    customers in equal shares.
    """
    yield Draft(top, f"{top} Telecom")
    for number in range(agents):
        above = top if number % 10 == 0 else agent_id(top, number - number % 10)
        yield Draft(agent_id(top, number), f"{top} agent {number}", top if agents < 20 else above)
    for number in range(size - 1 - agents):
        yield Draft(
            f"{top}-Retail-{number:05}",
            f"{top} customer {number}",
            agent_id(top, number % agents),
            detail={"memo": f"Line {number}"},
        )


def spread_over_years() -> None:
    """The accounts as if they had come one after the other, over years."""
    keys = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    table = connection.ops.quote_name(Account._meta.db_table)
    # Rounded up, so that none of them comes from the future.
    step = max(-(-len(keys) // _YEARS.days), 1)
    with connection.cursor() as cursor:
        for day, start in enumerate(range(0, len(keys), step)):
            at = timezone.now() - _YEARS + timedelta(days=day)
            some = keys[start : start + step]
            cursor.execute(
                f"UPDATE {table} SET created_at = %s WHERE id BETWEEN %s AND %s",  # noqa: S608 - own name
                [connection.ops.adapt_datetimefield_value(at), some[0], some[-1]],
            )
