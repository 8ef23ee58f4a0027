"""Whether the process lives, and whether it can serve."""

from collections.abc import Callable

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.core import guards, privileges

log = structlog.get_logger(__name__)


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} not applied: run manage.py migrate" if plan else ""


def _cache() -> str:
    # Reading is enough to miss the table or the server; writing would wait for SQLite's writers.
    cache.get("healthz")
    return ""


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
    "migrations": _migrations,
    "cache": _cache,
    "guards": _guards,
    "privileges": _privileges,
}


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503 with the reason of each part that does not."""
    answers = {}
    for name, check in CHECKS.items():
        try:
            answers[name] = check() or "ok"
        except Exception as error:
            # Details are for the log: anybody may ask here.
            log.warning("not ready", part=name, exc_info=True)
            answers[name] = f"failed: {type(error).__name__}"
    well = all(answer == "ok" for answer in answers.values())
    return JsonResponse(
        {"status": "ok" if well else "failed", "checks": answers}, status=200 if well else 503
    )
