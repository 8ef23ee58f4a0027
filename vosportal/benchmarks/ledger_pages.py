"""Pages of the ledger at size: the first, the middle and the last one beside each other."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.pagination import cursor_behind
from accounts.logins.services.logins import login_create
from accounts.logins.services.staff import staff_create
from billing.ledger.models import Entry
from billing.ledger.services.batches import Line as BatchLine
from billing.ledger.services.batches import post_many
from vosportal.benchmarks.browsing import as_in_production, opening, signed_in
from vosportal.benchmarks.measure import Line, medians

_ROWS = 50
_PASSWORD = "benchmark-of-a-scratch-database"  # noqa: S105 - of a database that lives for minutes


def fill(accounts: Sequence[Account], rare: Sequence[Account], entries: int) -> None:
    """Post to these accounts in turn until all wallets hold so many entries, and a thousand at
    least: a fast machine may have written more than asked for already. Only one in a hundred goes
    to the `rare` ones, and none in the last quarter.
    """
    have = Entry.objects.filter(wallet__isnull=False).count()
    entries = max(entries, have + 1000)
    last_rare = have + (entries - have) * 3 / 4

    def lines() -> Iterator[BatchLine]:
        for number in range(have, entries):
            is_rare = (number - have) % 100 == 0 and number < last_rare
            some = rare if is_rare else accounts
            account = some[number // 100 % len(some) if is_rare else number % len(some)]
            yield BatchLine(account.pk, Decimal("0.75"), f"page-{number}", "benchmark")

    with transaction.atomic():
        post_many(SYSTEM, lines, kind="recharge", batch="pages")
    if connection.vendor == "postgresql":
        # What autovacuum does a minute after such a load.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def lines(top: Account, rare: Account, one: Account, rounds: int) -> Iterator[Line]:
    """The middle and the last page of each history beside its first: of the whole platform, of the
    agent `top` with all below it, of the agent `rare` whose entries lie far apart, and of `one`
    account of `top`.
    """
    staff = signed_in(
        staff_create(
            actor=SYSTEM, username="benchmark-staff", administrator=True, password=_PASSWORD
        ).user
    )
    agent, other = (
        signed_in(
            login_create(
                actor=SYSTEM, account=account, username=f"of-{account}", password=_PASSWORD
            ).user
        )
        for account in (top, rare)
    )
    whole = Entry.objects.filter(wallet__isnull=False)
    histories = [
        ("platform", staff, reverse("billing:payments"), whole),
        ("an agent and all below", agent, reverse("billing:payments"), _below(top)),
        ("an agent with one in a hundred", other, reverse("billing:payments"), _below(rare)),
        (
            "one account",
            agent,
            reverse("billing:account-payments", args=[one.account_id]),
            whole.filter(wallet=one.pk),
        ),
    ]
    with as_in_production():
        for name, client, path, entries in histories:
            count = entries.count()
            works = [
                opening(client, f"{path}?{urlencode({'size': _ROWS, **place})}")
                for place in _places(entries.order_by("pk").values_list("pk", flat=True), count)
            ]
            first, middle, last = medians(works, rounds)
            what = f"of {count:,} entries, {name}"
            yield Line(f"middle page {what}", middle, "first page", first)
            yield Line(f"last page {what}", last, "first page", first)


def _below(agent: Account) -> QuerySet[Entry]:
    return Entry.objects.filter(wallet__account__tree_id=agent.tree_id)


def _places(keys: Any, count: int) -> list[dict[str, str]]:
    return [
        {},
        {"cursor": cursor_behind(keys[count // 2])},
        {"cursor": cursor_behind(keys[min(_ROWS, count - 1)])},
    ]
