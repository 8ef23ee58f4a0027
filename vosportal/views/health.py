"""Whether the process lives, and whether it can serve."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from accounts.core import guards, privileges
from accounts.jobs.queries import queues_without_worker
from accounts.kit.outage import outage_of
from accounts.kit.private_doors import said_already
from vosportal import timeouts
from vosportal.patience import at_most, patience, statements_end

log = structlog.get_logger(__name__)

# Seconds one check may take, and the connection of all of them may be silent.
_STATEMENT = 2
_SILENCE = 4.0
# Bytes that SQLite has to find on its disk.
_ROOM = 1 << 20
# How long a probe waits for the answer that another one asked for.
_QUEUE = 1.0


class ProbesMiddleware:
    """Probes are answered before anything that could wait: hosts, sessions, the actor, and the
    threads that requests wait in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = _PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        response = probe(request)
        add_never_cache_headers(response)
        return response


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _writing() -> str:
    # A standby, a full disk and a writer who does not end are noticed by whoever writes. This row
    # is always there, nobody waits for it, and it stays what it is.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_migrations SET name = name"
            " WHERE id = (SELECT MIN(id) FROM django_migrations)"
        )
    return _room()


def _room() -> str:
    # The row above fits where it was, on the fullest disk. What is asked here has no room in memory
    # and is kept, for a moment, in a file beside the tables.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('work_mem', '64kB', true),"
                " set_config('temp_tablespaces', '', true)"
            )
            cursor.execute("SELECT COUNT(*) FROM generate_series(1, 20000)")
        return ""
    free = shutil.disk_usage(Path(connection.settings_dict["NAME"]).parent).free
    return "" if free >= _ROOM else "failed: the disk is full"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} not applied: run manage.py migrate" if plan else ""


def _cache() -> str:
    # Limits of attempts are written there.
    cache.set("healthz", 1, 60)
    return "" if cache.get("healthz") == 1 else "does not keep what it is given"


def _guards() -> str:
    gone = guards.missing()
    return f"missing: {', '.join(gone)}; run manage.py migrate" if gone else ""


def _privileges() -> str:
    wrong = privileges.wrong_connection()
    return f"{'; '.join(wrong)}; run manage.py migrate as the owner of the tables" if wrong else ""


# Each check answers "" when all is well, else the reason in words. Whoever installs something that
# can be missing adds a check for it.
CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "writing": _writing,
    "migrations": _migrations,
    "cache": _cache,
    "guards": _guards,
    "privileges": _privileges,
}


def _workers() -> str:
    gone = queues_without_worker()
    return f"none seen for five minutes: {', '.join(gone)}" if gone else ""


# What should be put right and keeps nobody from serving.
ADVICE: dict[str, Callable[[], str]] = {"time-outs": timeouts.advice, "workers": _workers}


class _Kept:
    """The last answer of this process: probes of many balancers cost no more than those of one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._answers: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def answers(self) -> tuple[dict[str, str], dict[str, str]]:
        """Of all the checks, and of the advice that is to be given. Probes that come while another
        one still waits for the answer hold no threads.
        """
        if not self._lock.acquire(timeout=_QUEUE):
            return {"database": "failed: another probe waits for it"}, {}
        try:
            if time.monotonic() >= self._until:
                self._answers = _asked()
                self._until = time.monotonic() + settings.READINESS_KEPT
            return self._answers
        finally:
            self._lock.release()


_kept = _Kept()


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when every part works, else 503 with the reason of each part that does not. What an
    operator should change stands under "advice".
    """
    answers, advice = _kept.answers()
    well = all(answer == "ok" for answer in answers.values())
    said: dict[str, object] = {"status": "ok" if well else "failed", "checks": answers}
    if advice:
        said["advice"] = advice
    response = JsonResponse(said, status=200 if well else 503)
    said_already(response)  # Each part that failed has its line.
    return response


def _asked() -> tuple[dict[str, str], dict[str, str]]:
    over = time.monotonic() + _SILENCE
    with patience(_SILENCE):
        answers: dict[str, str] = {}
        for name, check in CHECKS.items():
            # Whoever waited in vain for one part learns nothing from waiting for the others too.
            is_late = time.monotonic() > over
            answers[name] = "not asked" if is_late else _answer(name, check) or "ok"
        if any(answer != "ok" for answer in answers.values()):
            return answers, {}
        advice = {name: _answer(name, check) for name, check in ADVICE.items()}
    return answers, {name: one for name, one in advice.items() if one}


def _answer(name: str, check: Callable[[], str]) -> str:
    try:
        with _briefly():
            return check()
    except Exception as error:
        # Details are for the log: anybody may ask here.
        outage = outage_of(error)
        if outage:
            log.warning("not ready", part=name, error=outage.error)
        else:
            log.warning("not ready", part=name, exc_info=True)
        return f"failed: {type(error).__name__}"


@contextmanager
def _briefly() -> Iterator[None]:
    """A statement inside takes two seconds at most, whatever others may take."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            statements_end(_STATEMENT)
            yield
        return
    with at_most(_STATEMENT):
        yield


_PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz/live": live,
    "/healthz/ready": ready,
}
