"""What the account tree costs at size: creation, lists, tree, search, writers at once, load."""

from collections.abc import Callable, Iterator
from itertools import count
from time import perf_counter
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.pagination import page
from accounts.logins.services.logins import login_create
from accounts.logins.services.staff import staff_create
from accounts.tree.columns import TREE_ORDER
from accounts.tree.queries.integrity import tree_problems
from accounts.tree.services.accounts import account_create
from accounts.tree.services.load import accounts_load
from vosportal.benchmarks.browsing import as_in_production, opening, signed_in
from vosportal.benchmarks.crowd import throughput
from vosportal.benchmarks.forest import BIG, HUNDRED, agent_id, drafts, small
from vosportal.benchmarks.measure import Line, medians

_ROWS = 25
_WRITERS = 8
_PASSWORD = "benchmark-of-a-scratch-database"  # noqa: S105 - of a database that lives for minutes
_LOAD_AIM = 60.0  # seconds for _LOAD_SIZE accounts on PostgreSQL
_LOAD_SIZE = 100_000
# What the command bar may take, in milliseconds, whatever is typed.
_BAR_LIMIT = 300.0


def run(accounts: int, *, rounds: int, seconds: float, say: Callable[[str], None]) -> list[Line]:
    """Load about `accounts` accounts into the connected (scratch) database and measure: medians of
    `rounds`, and writers for `seconds` each time. `say` hears of progress.
    """
    planned = drafts(accounts)
    say(f"Loading {len(planned):,} accounts …")
    started = perf_counter()
    made = accounts_load(actor=SYSTEM, drafts=planned)
    taken = perf_counter() - started
    if connection.vendor == "postgresql":
        # What autovacuum does a minute after such a load.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    lines = [
        Line(
            f"load of {made:,} accounts",
            taken,
            f"aim ({_LOAD_AIM:.0f} s for {_LOAD_SIZE:,}, PostgreSQL)",
            _LOAD_AIM * made / _LOAD_SIZE,
            "s",
        )
    ]
    with as_in_production():
        say("Creating leaves …")
        lines += _leaves(rounds)
        say("Opening pages …")
        lines += _pages(rounds)
    say(f"Writing with {_WRITERS} processes …")
    lines += _writers(seconds)
    problems = tree_problems()
    if problems:
        raise RuntimeError(f"The trees are damaged after all this: {problems}")
    return lines


def _accounts() -> AccountQuerySet:
    return Account.objects.within(SYSTEM.scope)


def _account(account_id: str) -> Account:
    return _accounts().get(account_id=account_id)


def _size(account_id: str) -> str:
    return f"{_account(account_id).sub_account_count + 1:,}"


def _leaves(rounds: int) -> list[Line]:
    """A leaf in the middle of a small and of the large tree, beside a bare INSERT of its row."""
    numbers = count()
    small_agent, big_agent = _account(agent_id(small(0), 4)), _account(_middle_agent())

    def create(agent: Account) -> None:
        account_create(actor=SYSTEM, account_id=f"Leaf-{next(numbers)}", name="Leaf", parent=agent)

    create(small_agent)
    bare_rows = _BareRows(_account("Leaf-0"))
    in_small, in_big, bare = medians(
        [
            lambda: create(small_agent),
            lambda: create(big_agent),
            lambda: bare_rows.insert(next(numbers)),
        ],
        rounds,
    )
    bare_rows.remove()
    size = _size(BIG)
    return [
        Line("new leaf in a small tree", in_small, "bare INSERT of the row", bare),
        Line(f"new leaf in the tree of {size}", in_big, "bare INSERT of the row", bare),
        Line(f"new leaf in the tree of {size}", in_big, "new leaf in a small tree", in_small),
    ]


def _middle_agent() -> str:
    agents = max(_account(BIG).sub_account_count // 100, 1)
    return agent_id(BIG, agents // 2)


class _BareRows:
    """Copies of one account's row, each by one statement in a transaction of its own: what storing
    an account costs without a tree. `remove` takes them away again, for they belong to no tree.
    """

    _FIRST_TREE = 10_000_000

    def __init__(self, like: Account) -> None:
        self.table = connection.ops.quote_name(Account._meta.db_table)
        fields = [
            one
            for one in Account._meta.concrete_fields
            if not one.primary_key and not one.generated
        ]
        self.row = {
            str(one.column): one.get_db_prep_save(getattr(like, one.attname), connection)
            for one in fields
        }

    def insert(self, number: int) -> None:
        row = {**self.row, "account_id": f"Bare-{number}", "tree_id": self._FIRST_TREE + number}
        names = ", ".join(map(connection.ops.quote_name, row))
        marks = ", ".join(["%s"] * len(row))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.table} ({names}) VALUES ({marks})",  # noqa: S608 - own names
                list(row.values()),
            )

    def remove(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self.table} WHERE tree_id >= %s",  # noqa: S608 - own name
                [self._FIRST_TREE],
            )


def _pages(rounds: int) -> Iterator[Line]:
    """Pages of the large agent beside the same pages of an agent with 100 sub-accounts."""
    big, hundred = _client(BIG), _client(HUNDRED)
    staff = signed_in(
        staff_create(
            actor=SYSTEM, username="benchmark-staff", administrator=True, password=_PASSWORD
        ).user
    )
    size = _size(BIG)
    everything = f"{_accounts().count():,}"
    pairs: list[tuple[str, Callable[[], object], str, Callable[[], object]]] = [
        (
            f"All, first page, agent of {size}",
            opening(big, _list(BIG)),
            "agent of 101",
            opening(hundred, _list(HUNDRED)),
        ),
        (
            f"All, middle page, agent of {size}",
            opening(big, _list(BIG, middle=True)),
            "agent of 101",
            opening(hundred, _list(HUNDRED, middle=True)),
        ),
        (
            f"branch of the agent of {size}",
            opening(big, reverse("tree-branch", args=[BIG])),
            "agent of 101",
            opening(hundred, reverse("tree-branch", args=[HUNDRED])),
        ),
        (
            "all top-level agents (a page of them)",
            opening(staff, reverse("tree-roots")),
            "branch of the agent of 101",
            opening(hundred, reverse("tree-branch", args=[HUNDRED])),
        ),
        (
            f"search in {size} accounts",
            opening(big, reverse("search") + "?q=customer+7"),
            "search in 101 accounts",
            opening(hundred, reverse("search") + "?q=customer+7"),
        ),
        (
            f"search in {everything} accounts",
            opening(staff, reverse("search") + "?q=customer+7"),
            "search in 101 accounts",
            opening(hundred, reverse("search") + "?q=customer+7"),
        ),
    ]
    for what, first, beside, second in pairs:
        value, other = medians([first, second], rounds)
        yield Line(what, value, beside, other)
    yield from _bar(staff, everything, rounds)


def _bar(staff: Client, everything: str, rounds: int) -> Iterator[Line]:
    """The command bar over all accounts: what many hold, what none holds, a number, a deed."""
    asked = ("customer 7", "nothing-like-this", "8801711000001", "pay t0000 50")
    address = f"{reverse('search')}?bar=1&"
    works = [opening(staff, address + urlencode({"q": one})) for one in asked]
    for text, value in zip(asked, medians(works, rounds), strict=True):
        missed = "" if value <= _BAR_LIMIT else "MISSED "
        what = f"{missed}command bar, {everything} accounts, “{text}”"
        yield Line(what, value, f"aim ({_BAR_LIMIT:.0f} ms)", _BAR_LIMIT)


def _client(account_id: str) -> Client:
    return signed_in(
        login_create(
            actor=SYSTEM,
            account=_account(account_id),
            username=f"benchmark-{account_id}".lower(),
            password=_PASSWORD,
        ).user
    )


def _list(account_id: str, *, middle: bool = False) -> str:
    agent = _account(account_id)
    asked: dict[str, str | int] = {"show": "all", "size": _ROWS}
    if middle:
        # The rows before the middle, asked for in one page, end where the measured page begins.
        below = _accounts().below(agent.pk)
        half = agent.sub_account_count // 2
        asked["cursor"] = page(below, TREE_ORDER, descending=False, size=half).after or ""
    return f"{reverse('accounts:sub-accounts', args=[account_id])}?{urlencode(asked)}"


def _writers(seconds: float) -> Iterator[Line]:
    """Accounts created a second by many processes at once, beside one process alone."""
    trees = [_account(small(number % _small_trees())) for number in range(_WRITERS)]
    together = [_account(_middle_agent())] * _WRITERS
    for what, agents in (
        ("in trees of their own", trees),
        (f"in the tree of {_size(BIG)}", together),
    ):
        alone = throughput(agents[:1], seconds)
        crowd = throughput(agents, seconds)
        note = f", {crowd.busy} answered “busy”" if crowd.busy else ""
        yield Line(
            f"{_WRITERS} writers {what}{note}",
            crowd.made / seconds,
            "one writer there",
            alone.made / seconds,
            "accounts/s",
        )


def _small_trees() -> int:
    roots = _accounts().filter(parent=None, account_id__startswith="T")
    return max(1, roots.count())
