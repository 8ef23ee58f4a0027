"""Long imports of phones: workers check what a sheet would do, and do it, with the rights their
login has by then. The sheet lies with the job that checked it.

No password is kept: the phones are made with ones nobody ever sees, and get others when whoever
started the job takes them down.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.core.actor import Actor, check_allowed, fresh
from accounts.core.authorizations import Authorization
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.jobs.models import Job, JobFile
from accounts.jobs.queries import file_of
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.work import Work
from accounts.kit.errors import NotInScope, Refused
from accounts.phones.models import Phone
from accounts.phones.queries import made_by, own_job
from accounts.phones.rules.import_plans import ImportPlan, ImportRefused, error_file
from accounts.phones.rules.sheet import read_rows
from accounts.phones.rules.sheet_columns import Layout, answered, layout_from
from accounts.phones.rules.values import IssuedPhone
from accounts.phones.services.imports import imported, plan_of, told
from accounts.phones.services.many import phones_reset

# The kinds of the jobs that look at a sheet, and that do what it says.
CHECK, IMPORT = "phones-check", "phones-import"
# More phones than this are a matter of jobs.
IN_REQUEST = 500


def import_check(
    *,
    actor: Actor,
    rows: Sequence[Sequence[str]],
    layout: Layout,
    account: Account | None = None,
    said: str = "",
) -> Job:
    """Have a worker say what a sheet would do; `said` is what is to be known of how it was read.
    Raises NotAllowed.
    """
    return job_start(
        actor=_may_import(actor),
        kind=CHECK,
        input={
            "account": account.account_id if account else "",
            "columns": layout.written,
            "said": said,
        },
        rows=(rows[0], rows[1:]),
        total=len(rows) - layout.first,
    )


def import_check_again(*, actor: Actor, check: Job) -> Job:
    """The same sheet once more: things have changed since. Raises NotInScope for a job of another
    login, NotAllowed.
    """
    actor = _may_import(actor)
    check = _own(actor, check)
    header, rows = _sheet(check)
    return job_start(
        actor=actor, kind=CHECK, input=check.input, rows=(header, rows), total=check.total
    )


def import_start(*, actor: Actor, check: Job) -> Job:
    """Have a worker do what a check found; asked for twice, it is done once. Raises NotInScope for
    a job of another login, NotAllowed, Refused where there is nothing to do.
    """
    actor = _may_import(actor)
    found = _own(actor, check).result
    if not found.get("is_ready"):
        raise Refused(_("There is nothing to import."), code="nothing_to_do")
    return job_start(
        actor=actor,
        kind=IMPORT,
        input={"check": str(check.pk), "expected": found["digest"]},
        total=found["new"] + found["changed"],
        key=f"{IMPORT}-{check.pk}",
    )


def check(work: Work) -> None:
    """The work of a job of the kind CHECK: counts, a list of what would become of each row, and one
    of the rows that have a problem. It writes nothing else, and may be begun again.
    """
    rows, layout, account = _handed_in(work, work.job)
    wanted = read_rows(rows, layout)
    actor = fresh(work.actor)
    plan = told(actor, plan_of(actor, wanted, account), is_preview=True)
    work.progress(work.job.total)
    header, lines = error_file(rows, layout, plan)
    if lines:
        work.result(header, lines, errors=True)
    # Beside rows that may not be named it would show which they are.
    if not plan.told.more:
        work.result([_("Number"), _("Account ID"), _("What happens")], _outcomes(plan))
    work.finish(
        {
            "new": len(plan.new),
            "changed": len(plan.changes),
            "same": plan.same,
            "wrong": len(plan.wrong),
            "taken": len(plan.taken),
            "unnamed": plan.told.more_words,
            "digest": plan.digest,
            "is_ready": not plan.wrong and bool(plan.new or plan.changes),
            "left_out": layout.left_out,
            "has_secrets": bool(layout.secrets),
        }
    )


def run(work: Work) -> None:
    """The work of a job of the kind IMPORT: all of it in one transaction, so that begun again it
    does nothing twice. Raises as `phones_import`; its error file names each row that refuses it.
    """
    before = own_job(work.actor, UUID(work.input["check"]))
    if before is None or before.kind != CHECK:
        raise Refused(_("The sheet of this import is gone. Nothing was imported."), code="gone")
    rows, layout, account = _handed_in(work, before)
    wanted = read_rows(rows, layout)
    try:
        with said_busy(), work.commit():
            done, plan = imported(
                work.actor, wanted, work.input["expected"], account, work.progress
            )
            work.result([_("Number"), _("Account ID"), _("What happened")], _outcomes(plan, True))
            work.finish({"new": len(done.issued), "changed": done.changed, "same": done.same})
    except ImportRefused as refused:
        # What could not have been done anyway tells what a preview does.
        plan = told(work.actor, refused.plan, is_preview=True)
        work.result(*error_file(rows, layout, plan), errors=True)
        raise
    # What was left out is an answer as well.
    plan = told(work.actor, plan)
    if plan.taken:
        work.result(*error_file(rows, layout, plan), errors=True)


def passwords_issue(*, actor: Actor, job: Job, again: bool = False) -> list[IssuedPhone]:
    """Passwords for the phones an import made, to be shown once: for those that never got one that
    anybody saw, or (`again`) for all of them. Raises Refused where there are none, NotInScope, also
    for a job of another login, NotAllowed, Busy.
    """
    actor = _may_import(actor)
    phones = phones_of_import(actor, _own(actor, job), again=again)
    if not phones:
        raise Refused(_("No phone of this import waits for its password."), code="nothing_to_do")
    return phones_reset(actor=actor, phones=phones)


def phones_of_import(actor: Actor, job: Job, *, again: bool = False) -> list[Phone]:
    """The phones an import made that are still there, within reach; without `again` those whose
    password nobody has seen.
    """
    found = file_of(job, JobFile.Name.RESULT)
    if job.committed_at is None or job.started_at is None or found is None:
        return []
    numbers = [str(row[0]) for row in found[1]]
    phones = made_by(actor, numbers, job.started_at, job.committed_at)
    return list(phones if again else phones.filter(password_set_at__lte=job.committed_at))


def _may_import(actor: Actor) -> Actor:
    """The fresh actor, once it holds authorization 2 at all: the rows of a sheet may be of many
    accounts, and each is asked for as well. Raises NotAllowed.
    """
    actor = fresh(actor)
    own = Account.objects.within(actor.scope).reached(actor.own.pk) if actor.own else None
    check_allowed(actor, Authorization.MANAGE_PHONE, own)
    return actor


def _own(actor: Actor, job: Job) -> Job:
    """The job, which this very login started: what lies with it is nobody else's."""
    found = own_job(actor, job.pk)
    if found is None:
        raise NotInScope(_("There is no such job."))
    return found


def _handed_in(work: Work, job: Job) -> tuple[list[list[str]], Layout, Account | None]:
    """(rows, layout, account of the rows that name none) as they were handed in. Raises NotInScope
    where the account is out of reach by now.
    """
    header, lines = _sheet(job)
    rows = [header, *lines]
    account, named = None, job.input["account"]
    if named:
        account = Account.objects.within(work.actor.scope).called(named).first()
        if account is None:
            raise NotInScope(_("There is no such account."))
    return rows, answered(rows, *layout_from(job.input["columns"])), account


def _sheet(job: Job) -> tuple[list[str], list[list[str]]]:
    found = file_of(job, JobFile.Name.INPUT)
    if found is None:
        raise Refused(_("The sheet of this import is gone. Nothing was imported."), code="gone")
    return found


def _outcomes(plan: ImportPlan, is_done: bool = False) -> list[list[Any]]:
    """The rows that do something, in their order, in words."""
    made, changed = (_("added"), _("changed")) if is_done else (_("new"), _("changes"))
    rows = [(one, made) for one in plan.new] + [(one, changed) for one in plan.changes]
    rows.sort(key=lambda pair: pair[0].line)
    return [
        [one.number, one.account.account_id if one.account else "", words] for one, words in rows
    ]
