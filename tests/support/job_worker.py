"""A real worker, `manage.py db_worker`, that knows one more kind of work: it creates an account and
waits, at the point its input names, for a file. Run by `tests.accounts.jobs.test_jobs_workers`.
"""

import time
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.core.management import call_command

from accounts.core.actor import SYSTEM
from accounts.jobs import kinds
from accounts.jobs.services import run as jobs_run
from accounts.jobs.services import work as jobs_work
from accounts.tree.services.accounts import account_create

CODES = {"test-safe": True, "test-unsafe": False, "test-parts": True, "test-many": True}


def run(work: Any) -> None:
    """Create the account that the input names."""
    stop(work, "before")
    with work.commit():
        account_create(actor=SYSTEM, account_id=work.input["account"], name="Made by a job")
        work.result(["account"], [[work.input["account"]]])
        work.finish({"made": 1})
        stop(work, "inside")
    stop(work, "after")


def run_in_parts(work: Any) -> None:
    """Create three accounts under the name that the input has, a part each."""
    for at in range((work.position or {"made": 0})["made"], 3):
        if at == 1:
            stop(work, "between")
        with work.part({"made": at + 1}):
            name = f"{work.input['account']}-{at}"
            account_create(actor=SYSTEM, account_id=name, name="Made by a job")
            if at == 1:
                stop(work, "inside")


def run_in_many_parts(work: Any) -> None:
    """Create accounts, a part and a moment each, until the test has seen enough."""
    for at in count((work.position or {"made": 0})["made"]):
        if (Path(work.input["folder"]) / "go").exists():
            return
        with work.part({"made": at + 1}):
            name = f"{work.input['account']}-{at}"
            account_create(actor=SYSTEM, account_id=name, name="Made by a job")
        time.sleep(0.1)


def stop(work: Any, where: str) -> None:
    """In the first attempt, where the input says so: tell the test, and wait for it."""
    if work.input.get("stop") != where:
        return
    folder = Path(work.input["folder"])
    if (folder / "reached").exists():
        return
    (folder / "reached").touch()
    for step in range(1, 100_000):
        if (folder / "go").exists():
            return
        work.progress(step, 100_000)
        time.sleep(0.02)


IN_PARTS = {"test-parts": run_in_parts, "test-many": run_in_many_parts}


def register() -> None:
    for code, is_idempotent in CODES.items():
        in_parts = IN_PARTS.get(code)
        parts = {"in_parts": lambda job: "Some are made."} if in_parts else {}
        kinds.register_job(kinds.JobKind(code, code, in_parts or run, is_idempotent, **parts))


def work_on(*options: str) -> None:
    """Be a worker, started with these options."""
    register()
    jobs_work.EVERY = timedelta(seconds=0.2)
    jobs_run.PAUSE = timedelta(seconds=1)
    call_command("db_worker", *options, "--no-reload", "--no-startup-delay", "--interval=0.1")
