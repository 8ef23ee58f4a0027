"""Pages as a signed-in person opens them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from accounts.core.models import User

_WARM_UP = 6  # templates are compiled, and PostgreSQL has decided how it runs the statements


def as_in_production() -> override_settings:
    """Settings under which pages are measured: no list of statements is kept, nobody is led away
    to a second factor.
    """
    return override_settings(
        DEBUG=False,
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=False,
        REQUIRE_SECOND_FACTOR=frozenset(),
    )


def signed_in(login: User) -> Client:
    client = Client()
    client.force_login(login, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def opening(client: Client, url: str) -> Callable[[], object]:
    """Opens the page; raises RuntimeError when it does not answer 200."""

    def get() -> None:
        answer = client.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}")

    return get


@dataclass
class Cost:
    """Of one answer: milliseconds of the process, milliseconds spent in calls of the database,
    statements, bytes.
    """

    cpu: float
    database: float
    statements: int
    size: int


def costs_of(pages: Sequence[tuple[Client, str]], rounds: int) -> list[Cost]:
    """The medians of each page. They take turns, so that whatever else the machine does meets all
    of them. Raises RuntimeError where one does not answer 200.
    """
    found: list[list[Cost]] = [[] for _page in pages]
    for turn in range(rounds + _WARM_UP):
        for (client, url), costs in zip(pages, found, strict=True):
            cost = _cost(client, url)
            if turn >= _WARM_UP:
                costs.append(cost)
    return [
        Cost(
            median(one.cpu for one in costs),
            median(one.database for one in costs),
            costs[-1].statements,
            costs[-1].size,
        )
        for costs in found
    ]


def _cost(client: Client, url: str) -> Cost:
    asked = _Asked()
    with connection.execute_wrapper(asked):
        started = process_time()
        answer = client.get(url)
        cpu = process_time() - started
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}")
    return Cost(cpu * 1000, asked.seconds * 1000, asked.statements, len(answer.content))


class _Asked:
    """Counts statements, and the seconds until their answers were there."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.statements = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += perf_counter() - started
            self.statements += 1
