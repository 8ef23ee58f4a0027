"""How the account tree behaves at size: load, single changes, lists, branches, search, writers."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections
from django.test import Client

from accounts.access import SYSTEM
from accounts.errors import Busy
from accounts.integrity import tree_problems
from accounts.models import Account
from accounts.pagination import cursor_after
from accounts.services.accounts import account_create
from accounts.services.bulk import Draft, accounts_load
from accounts.services.logins import login_create
from accounts.services.staff import staff_create
from accounts.tables import TREE_ORDER
from vosportal.benchmarks.measure import median_ms

WRITERS = 8
_PASSWORD = "a-benchmark-password-2026"  # noqa: S105 - of logins that live as long as the run


@dataclass(frozen=True)
class Result:
    """One line of the report: what was measured, and beside it what it is compared to."""

    what: str
    value: str
    beside: str = ""
    ratio: str = ""


def drafts(accounts: int) -> Iterator[Draft]:
    """One tree of a tenth of `accounts`, and trees of about 90 for the rest."""
    big = accounts // 10
    yield Draft("Big-Agent", "Big agent")
    agents = max(1, big // 100)
    for number in range(agents):
        yield Draft(f"Big-Sub-{number}", f"Big sub-agent {number}", "Big-Agent")
    for number in range(big - agents - 1):
        yield Draft(f"Big-C-{number}", f"Customer {number}", f"Big-Sub-{number % agents}")
    left, tree = accounts - big, 0
    while left > 0:
        size = min(90, left)
        yield Draft(f"T{tree}-Agent", f"Agent {tree}")
        for number in range(1, min(9, size)):
            yield Draft(f"T{tree}-S{number}", f"Sub-agent {tree} {number}", f"T{tree}-Agent")
        for number in range(9, size):
            parent = f"T{tree}-S{number % 8 + 1}"
            yield Draft(f"T{tree}-C{number}", f"Customer {tree} {number}", parent)
        left, tree = left - size, tree + 1


def run(accounts: int, say: Callable[[str], None], *, seconds: float = 5) -> list[Result]:
    """Measure everything in the current (scratch) database. `seconds` is how long writers write."""
    say(f"Loading {accounts:,} accounts …")
    start = time.perf_counter()
    accounts_load(actor=SYSTEM, drafts=list(drafts(accounts)))
    took = time.perf_counter() - start
    results = [
        Result(f"Load of {accounts:,} accounts", f"{took:.1f} s", f"{accounts / took:,.0f} rows/s")
    ]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    say("Creating accounts one by one …")
    results += _creation()
    say("Reading pages …")
    results += _pages(accounts)
    say(f"{WRITERS} writers for {seconds:g} s …")
    results.append(_writers(seconds))
    problems = tree_problems()
    results.append(Result("Trees after all this", "sound" if not problems else f"{problems}"))
    return results


def _creation() -> list[Result]:
    small = Account.objects.get(account_id="T0-S1")
    big = Account.objects.get(account_id="Big-Sub-0")

    def create(agent: Account, mark: str) -> Callable[[int], Any]:
        return lambda number: account_create(
            actor=SYSTEM, account_id=f"New-{mark}-{number + 1}", name="New", parent=agent
        )

    bare = median_ms(_bare_insert, 15)
    in_small = median_ms(create(small, "small"), 15)
    in_big = median_ms(create(big, "big"), 15)
    beside = f"bare INSERT {bare:.1f} ms"
    return [
        Result("New account in a tree of 90", f"{in_small:.1f} ms", beside, _ratio(in_small, bare)),
        Result("New account in the big tree", f"{in_big:.1f} ms", beside, _ratio(in_big, bare)),
    ]


def _bare_insert(number: int) -> None:
    """The same row by one statement in a transaction of its own."""
    Account._base_manager.bulk_create(
        [
            Account(
                account_id=f"Bare-{number + 1}", name="New", tree_id=10**8 + number + 1, lft=1,
                rght=2, level=0,
            )
        ]
    )  # fmt: skip


def _pages(accounts: int) -> list[Result]:
    Account._base_manager.filter(tree_id__gte=10**8).delete()
    staff_create(actor=SYSTEM, username="bench", administrator=True, password=_PASSWORD)
    big, small = (Account.objects.get(account_id=name) for name in ("Big-Agent", "T0-Agent"))
    for account in (big, small):
        login_create(
            actor=SYSTEM, account=account, username=f"of-{account.account_id}", password=_PASSWORD
        )
    administrator = _signed_in("bench")
    of_big, of_small = _signed_in("of-Big-Agent"), _signed_in("of-T0-Agent")

    def get(client: Client, url: str) -> Callable[[int], Any]:
        def once(_number: int) -> None:
            answer = client.get(url, secure=True)
            if answer.status_code != 200:
                raise RuntimeError(f"{url} answered {answer.status_code}")

        return once

    def all_of(account: Account, cursor: str = "") -> str:
        more = f"&cursor={cursor}" if cursor else ""
        return f"/accounts/{account.account_id}/sub-accounts/?show=all&size=50{more}"

    row = Account.objects.below(big.pk).in_tree_order()[big.sub_account_count // 2]
    middle = cursor_after(row, row.lft, TREE_ORDER)
    beside_ms = median_ms(get(of_small, all_of(small)), 15)
    first_ms = median_ms(get(of_big, all_of(big)), 15)
    middle_ms = median_ms(get(of_big, all_of(big, middle)), 15)
    beside = f"agent with {small.sub_account_count} accounts {beside_ms:.0f} ms"
    results = [
        Result("All of the big agent, first page", f"{first_ms:.0f} ms", beside,
               _ratio(first_ms, beside_ms)),
        Result("All of the big agent, middle page", f"{middle_ms:.0f} ms", beside,
               _ratio(middle_ms, beside_ms)),
    ]  # fmt: skip
    for what, url in (
        ("Branch of the tree with 50 agents", "/tree/branch/Big-Agent/"),
        ("Global search, common fragment", "/search/?q=customer"),
        ("Global search, rare fragment", "/search/?q=big-sub-7"),
    ):
        took = median_ms(get(administrator, url), 15)
        results.append(Result(what, f"{took:.0f} ms", f"in {accounts:,} accounts"))
    return results


def _signed_in(username: str) -> Client:
    client = Client(raise_request_exception=True)
    answer = client.post("/login/", {"login": username, "password": _PASSWORD}, secure=True)
    if answer.status_code != 302:
        raise RuntimeError(f"{username} could not sign in")
    return client


def _writers(seconds: float) -> Result:
    """Processes that create accounts in trees of their own and in the big one, by turns."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    done: Any = context.Queue()
    workers = [
        context.Process(target=_write, args=(number, seconds, done)) for number in range(WRITERS)
    ]
    for worker in workers:
        worker.start()
    counts = [done.get(timeout=seconds + 120) for _worker in workers]
    for worker in workers:
        worker.join()
    created, busy = (sum(part) for part in zip(*counts, strict=True))
    return Result(
        f"{WRITERS} writers at once", f"{created / seconds:.0f} accounts/s", f"{busy} times busy"
    )


def _write(number: int, seconds: float, done: Any) -> None:
    trees = Account._base_manager.filter(account_id__startswith="T", parent=None).count()
    own = Account.objects.get(account_id=f"T{number % trees}-Agent")
    big = Account.objects.get(account_id="Big-Sub-0")
    created = busy = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        agent = big if created % 4 == 3 else own
        try:
            account_create(
                actor=SYSTEM, account_id=f"W{number}-{created}-{busy}", name="W", parent=agent
            )
            created += 1
        except Busy:
            busy += 1
    done.put((created, busy))
    connections.close_all()


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.1f} ×"
