"""Work beside the pages, and mails. Whoever works may start jobs and looks after the own ones; what
they do is asked for again by the worker, with the rights the login has by then.
"""

from typing import Any

from django.utils import timezone

from accounts.core.exports import Export
from accounts.jobs.models import Job
from accounts.jobs.services.exports import export_start
from accounts.jobs.services.jobs import job_cancel, job_retry, job_start
from accounts.mail.models import Mail
from accounts.mail.services.queue import mails_try_again
from tests.contracts.contract import ADMINISTRATORS, NOBODY, OWN, Contract
from tests.contracts.ground import Ground

_JOBS = "accounts.jobs.services"
_INPUT = {"name": "phones", "format": "csv"}
# Not ruled for accounts that are stopped: a job of theirs does nothing that takes an authorization.
_OF_JOBS: dict[str, Any] = {"needs": OWN, "reach": NOBODY, "own_stopped": None}


def waiting_job(on: Ground) -> Job:
    return Job.objects.create(kind="export", input=_INPUT, login=on.login, account=on.login.account)


def _failed(on: Ground) -> Job:
    job = waiting_job(on)
    job.state = Job.State.FAILED
    job.save()
    return job


def _export() -> Export:
    return Export("phones", None, {}, "phones", [], 1, list, lambda _keys: [])


CONTRACTS = [
    Contract(
        service=f"{_JOBS}.jobs.job_start",
        call=lambda actor, _on, _it: job_start(actor=actor, kind="export", input=_INPUT),
        **_OF_JOBS,
    ),
    Contract(
        service=f"{_JOBS}.jobs.job_cancel",
        make=waiting_job,
        call=lambda actor, _on, it: job_cancel(actor=actor, job=it),
        **_OF_JOBS,
    ),
    Contract(
        service=f"{_JOBS}.jobs.job_retry",
        make=_failed,
        call=lambda actor, _on, it: job_retry(actor=actor, job=it),
        **_OF_JOBS,
    ),
    Contract(
        service=f"{_JOBS}.exports.export_start",
        call=lambda actor, _on, _it: export_start(
            actor=actor,
            address="/phones/export/",
            kind="csv",
            export=_export(),
            asked_at=timezone.now(),
        ),
        **_OF_JOBS,
    ),
    Contract(
        service="accounts.mail.services.queue.mails_try_again",
        needs=ADMINISTRATORS,
        reach=NOBODY,
        make=lambda on: Mail.objects.create(
            kind="login.locked", login=on.login, state=Mail.State.GIVEN_UP
        ),
        call=lambda actor, _on, it: mails_try_again(actor=actor, mails=[str(it.pk)]),
    ),
]
