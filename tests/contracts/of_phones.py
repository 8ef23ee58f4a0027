"""Phones (docs/domain.md 8): authorization 2 on the own account and below."""

from typing import Any

from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.jobs.models import Job, JobFile
from accounts.numbers.verdict import Purpose
from accounts.phones.models import Phone
from accounts.phones.rules.sheet_columns import layout_of
from accounts.phones.services.import_jobs import (
    import_check,
    import_check_again,
    import_start,
    passwords_issue,
)
from accounts.phones.services.imports import import_preview, phones_import
from accounts.phones.services.many import (
    phones_create,
    phones_lock,
    phones_move,
    phones_preview,
    phones_reset,
)
from accounts.phones.services.phones import (
    phone_create,
    phone_delete,
    phone_edit,
    phone_lock,
    phone_reset,
)
from accounts.phones.services.uses import dids_used
from tests.contracts.contract import NOBODY, OWN_AND_BELOW, Contract, needs
from tests.contracts.ground import Ground
from tests.factories import phone
from tests.support.numbers import limit

_PHONES = "accounts.phones.services"
_NUMBER, _OTHER = "8801755500001", "8801755500002"
_OF_PHONES: dict[str, Any] = {"needs": needs("manage_phone"), "reach": OWN_AND_BELOW}
# Live phones stand against closing an account.
_OF_ONE: dict[str, Any] = {**_OF_PHONES, "closed": None}
# A job, whose worker asks again for every account of the sheet.
_OF_JOBS: dict[str, Any] = {"needs": needs("manage_phone"), "reach": NOBODY}


def _phone(on: Ground) -> Phone:
    return phone(on.target, _NUMBER)


def _phone_with_did(on: Ground) -> Phone:
    """Its numbers are allocated: without that only administrators say what a DID is for."""
    limit(on.target.get_root(), "allow 88017555", purpose=Purpose.ALLOCATION)
    return phone(on.target, _NUMBER, dids=[_OTHER])


def _phone_of_mine(on: Ground) -> Phone:
    return phone(on.own.second, _NUMBER)


def _rows(on: Ground) -> list[list[str]]:
    return [["number", "account"], [_NUMBER, on.target.account_id]]


def _digest(on: Ground) -> str:
    """What somebody saw who looked at what the rows would do."""
    return import_preview(actor=SYSTEM, rows=_rows(on)).digest


def _problems(plan: Any) -> list[str]:
    return [one.problem for one in plan.rows]


def _job(on: Ground, kind: str, **more: Any) -> Job:
    return Job.objects.create(kind=kind, login=on.login, account=on.login.account, **more)


def _checked(on: Ground) -> Job:
    """A sheet that the login handed in, and that was checked."""
    job = _job(
        on,
        "phones-check",
        state=Job.State.DONE,
        input={"account": "", "columns": "", "said": ""},
        result={"is_ready": True, "digest": "seen", "new": 1, "changed": 0},
        total=1,
    )
    header, *rows = _rows(on)
    JobFile.objects.create(job=job, name="input", header=header, rows=rows, count=1)
    return job


def _imported(on: Ground) -> Job:
    """The job of the login that made a phone whose password nobody has seen."""
    begun = timezone.now()
    _phone(on)
    ended = timezone.now()
    job = _job(on, "phones-import", started_at=begun, committed_at=ended, state=Job.State.DONE)
    JobFile.objects.create(job=job, name="result", header=["number"], rows=[[_NUMBER]], count=1)
    return job


CONTRACTS = [
    Contract(
        service=f"{_PHONES}.phones.phone_create",
        call=lambda actor, on, _it: phone_create(actor=actor, account=on.target, number=_NUMBER),
        **_OF_PHONES,
    ),
    Contract(
        service=f"{_PHONES}.phones.phone_edit",
        make=_phone,
        call=lambda actor, _on, it: phone_edit(actor=actor, phone=it, memo="Other"),
        stale=lambda actor, _on, it: phone_edit(
            actor=actor, phone=it, memo="Other", expected_version=0
        ),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.phones.phone_lock",
        make=_phone,
        call=lambda actor, _on, it: phone_lock(actor=actor, phone=it, lock="all"),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.uses.dids_used",
        make=_phone_with_did,
        call=lambda actor, _on, it: dids_used(actor=actor, phone=it, uses={_OTHER: ("access", "")}),
        stale=lambda actor, _on, it: dids_used(actor=actor, phone=it, uses={}, expected_version=0),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.phones.phone_reset",
        make=_phone,
        call=lambda actor, _on, it: phone_reset(actor=actor, phone=it),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.phones.phone_delete",
        make=_phone,
        call=lambda actor, _on, it: phone_delete(actor=actor, phone=it),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.many.phones_create",
        call=lambda actor, on, _it: phones_create(
            actor=actor, account=on.target, numbers=f"{_NUMBER}\n{_OTHER}"
        ),
        entries=2,
        why="one for each of the two phones",
        # Only what is left out because it is taken takes a plan that was seen.
        stale=None,
        **_OF_PHONES,
    ),
    Contract(
        service=f"{_PHONES}.many.phones_preview",
        call=lambda actor, on, _it: phones_preview(actor=actor, account=on.target, numbers=_NUMBER),
        entries=0,
        why="a preview",
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.many.phones_lock",
        make=_phone,
        call=lambda actor, _on, it: phones_lock(actor=actor, phones=[it], lock="all"),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.many.phones_reset",
        make=_phone,
        call=lambda actor, _on, it: phones_reset(actor=actor, phones=[it]),
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.many.phones_move",
        make=_phone,
        call=lambda actor, on, it: phones_move(actor=actor, phones=[it], account=on.own.second),
        entries=2,
        why="said of both accounts: whoever looks after either reads it",
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.many.phones_move",
        case="the account they go to",
        make=lambda on: [_phone_of_mine(on)],
        ghost=lambda it: it,
        call=lambda actor, on, it: phones_move(actor=actor, phones=it, account=on.target),
        entries=2,
        why="said of both accounts: whoever looks after either reads it",
        **_OF_PHONES,
    ),
    Contract(
        service=f"{_PHONES}.imports.import_preview",
        call=lambda actor, on, _it: import_preview(actor=actor, rows=_rows(on)),
        shown=_problems,
        says_no=lambda plan: all(_problems(plan)),
        entries=0,
        why="a preview",
        **_OF_ONE,
    ),
    Contract(
        service=f"{_PHONES}.imports.phones_import",
        make=_digest,
        ghost=lambda it: it,
        call=lambda actor, on, it: phones_import(actor=actor, rows=_rows(on), expected=it),
        entries=2,
        why="one for the phone, one for the sheet",
        stale=lambda actor, on, _it: phones_import(
            actor=actor, rows=_rows(on), expected="what was seen once"
        ),
        **_OF_PHONES,
    ),
    Contract(
        service=f"{_PHONES}.import_jobs.import_check",
        call=lambda actor, on, _it: import_check(
            actor=actor, rows=_rows(on), layout=layout_of(_rows(on))
        ),
        **_OF_JOBS,
    ),
    Contract(
        service=f"{_PHONES}.import_jobs.import_check_again",
        make=_checked,
        call=lambda actor, _on, it: import_check_again(actor=actor, check=it),
        **_OF_JOBS,
    ),
    Contract(
        service=f"{_PHONES}.import_jobs.import_start",
        make=_checked,
        call=lambda actor, _on, it: import_start(actor=actor, check=it),
        **_OF_JOBS,
    ),
    Contract(
        service=f"{_PHONES}.import_jobs.passwords_issue",
        make=_imported,
        call=lambda actor, _on, it: passwords_issue(actor=actor, job=it),
        **_OF_ONE,
    ),
]
