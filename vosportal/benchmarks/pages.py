"""What the main pages cost: processor time, the database, statements, bytes; beside the bare shell
in the same run, with the data of the demo and with many accounts more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.test.utils import override_settings
from django.urls import path, reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.logins.services.logins import login_create
from accounts.portal.views.base import PortalView
from accounts.tree.services.load import accounts_load
from vosportal import urls
from vosportal.benchmarks.browsing import Cost, as_in_production, costs_of, signed_in
from vosportal.benchmarks.forest import BIG, drafts, spread_over_years
from vosportal.benchmarks.measure import columns
from vosportal.demo.load import STAFF, load
from vosportal.demo.plan import PASSWORD

_CPU_AIM, _DATABASE_AIM, _DASHBOARD_AIM = 25.0, 5.0, 20.0  # milliseconds
_STATEMENTS_AIM = 15  # of a dashboard

_HEAD = ("page", "processor", "of it the shell", "database", "statements", "size", "aims")


class BareView(PortalView):
    """The shell of an administrator's page with nothing in it."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        page = engines["django"].from_string('{% extends "base.html" %}')
        return HttpResponse(page.render({}, request))


urlpatterns = [path("benchmark/bare/", BareView.as_view(), name="bare"), *urls.urlpatterns]


@dataclass(frozen=True)
class Aims:
    """What pages may cost at most, in milliseconds: processor and database of dashboards and lists
    of 50 rows, the database of dashboards. None: no aim.
    """

    cpu: float | None = None
    database: float | None = None
    dashboard: float | None = None


@dataclass(frozen=True)
class Page:
    """A page and what it may cost at most, in milliseconds and statements (None: it has no aim)."""

    what: str
    client: Client
    url: str
    cpu: float | None = None
    database: float | None = None
    statements: int | None = None


def run(accounts: int, *, rounds: int, say: Callable[[str], None]) -> list[str]:
    """Measure in the connected (scratch) database: medians of `rounds`, first with the demo, then
    with about `accounts` accounts beside it. Returns lines of text; `say` hears of progress.
    """
    say("Loading the demo …")
    load(lambda _words: None)
    agent, customer = _login("bd-wholesale"), _login("customer-001")
    _analyze()
    aims = Aims(_CPU_AIM, _DATABASE_AIM, _DATABASE_AIM)
    rows = [*_measured("the demo", agent, customer, rounds, aims, say)]
    planned = drafts(accounts)
    say(f"Loading {len(planned):,} accounts …")
    accounts_load(actor=SYSTEM, drafts=planned)
    spread_over_years()
    _analyze()
    largest = login_create(
        actor=SYSTEM,
        account=Account.objects.get(account_id=BIG),
        username="benchmark-big",
        password=PASSWORD,
    ).user
    words = f"{Account.objects.count():,} accounts"
    rows += _measured(words, largest, customer, rounds, Aims(dashboard=_DASHBOARD_AIM), say)
    return columns(_HEAD, rows)


def _login(username: str) -> User:
    return User.objects.get(username=username)


def _pages(agent: User, customer: User, aims: Aims) -> Iterator[Page]:
    """The twelve, after the shell alone."""
    staff, theirs, own = map(signed_in, (_login(STAFF), agent, customer))
    assert agent.account is not None
    below = reverse("accounts:sub-accounts", args=[agent.account.account_id])
    paid = reverse("billing:account-payments", args=[agent.account.account_id])
    yield Page("the bare shell", staff, reverse("bare"))
    for who, client in (("administrator", staff), ("agent", theirs), ("customer", own)):
        what = f"dashboard, {who}"
        yield Page(what, client, "/", aims.cpu, aims.dashboard, _STATEMENTS_AIM)
    for what, client, url in (
        ("accounts, All", staff, reverse("accounts:list")),
        ("payments", staff, reverse("billing:payments")),
        ("phones", staff, reverse("phones")),
        ("gateways", staff, reverse("gateways")),
        ("audit log", staff, reverse("audit")),
        ("sub-accounts, All, agent", theirs, below),
        ("payments below, agent", theirs, paid),
    ):
        yield Page(what, client, f"{url}?show=all&size=50", aims.cpu, aims.database)
    yield Page("page of an account", theirs, agent.account.get_absolute_url())
    yield Page("search", staff, reverse("search") + "?q=retail")


def _measured(
    size: str,
    agent: User,
    customer: User,
    rounds: int,
    aims: Aims,
    say: Callable[[str], None],
) -> Iterator[tuple[str, ...]]:
    say(f"Opening pages with {size} …")
    with as_in_production(), override_settings(ROOT_URLCONF=__name__):
        pages = list(_pages(agent, customer, aims))
        costs = costs_of([(one.client, one.url) for one in pages], rounds)
    shell = costs[0].cpu
    yield (f"-- with {size}", *[""] * (len(_HEAD) - 1))
    for one, cost in zip(pages, costs, strict=True):
        yield (
            one.what,
            f"{cost.cpu:,.1f} ms",
            f"{shell / cost.cpu:.0%}",
            f"{cost.database:,.1f} ms",
            str(cost.statements),
            f"{cost.size / 1024:,.0f} KiB",
            _judged(one, cost),
        )


def _judged(page: Page, cost: Cost) -> str:
    """Each aim, and whether it is met."""
    aims = (
        (page.cpu, cost.cpu, " ms"),
        (page.database, cost.database, " ms"),
        (page.statements, cost.statements, ""),
    )
    return ", ".join(
        f"{'≤' if found <= aim else 'MISSED'} {aim:.0f}{unit}" for aim, found, unit in aims if aim
    )


def _analyze() -> None:
    """What autovacuum does a minute after such a load."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
