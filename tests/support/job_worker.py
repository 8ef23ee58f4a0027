"""A real worker, `manage.py db_worker`, that knows one more kind of work: it creates an account and
waits, at the point its input names, for a file. Run by `tests.accounts.test_jobs_workers`.

    python -m tests.support.job_worker --batch
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from accounts import jobs  # noqa: E402
from accounts.access import SYSTEM  # noqa: E402
from accounts.services import jobs_work  # noqa: E402
from accounts.services.accounts import account_create  # noqa: E402

CODES = {"test-safe": True, "test-unsafe": False}


def run(work: Any) -> None:
    """Create the account that the input names."""
    stop(work, "before")
    with work.commit():
        account_create(actor=SYSTEM, account_id=work.input["account"], name="Made by a job")
        work.result(["account"], [[work.input["account"]]])
        work.finish({"made": 1})
        stop(work, "inside")
    stop(work, "after")


def stop(work: Any, where: str) -> None:
    """In the first attempt, where the input says so: tell the test, and wait for it."""
    if work.input.get("stop") != where or work.job.attempt > 1:
        return
    folder = Path(work.input["folder"])
    (folder / "reached").touch()
    for step in range(1, 100_000):
        if (folder / "go").exists():
            return
        work.progress(step, 100_000)
        time.sleep(0.02)


def register() -> None:
    for code, is_idempotent in CODES.items():
        jobs.register(jobs.JobKind(code, code, run, is_idempotent))


if __name__ == "__main__":
    register()
    jobs_work.EVERY = timedelta(seconds=0.2)
    call_command("db_worker", *sys.argv[1:], "--no-reload", "--no-startup-delay", "--interval=0.1")
