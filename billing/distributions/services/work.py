"""Long distributions: a worker pays them, with the rights their login has by then."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.jobs.services.work import Work
from accounts.kit.errors import Refused
from billing.distributions.lines import ListLine
from billing.distributions.models import Distribution
from billing.distributions.queries import drafts_of, result_header, result_rows
from billing.distributions.services.drafts import own_draft, permitted
from billing.distributions.services.paying import ListRefused, Repeated, checked, post_plan
from billing.money import plain


def distribute(work: Work) -> None:
    """The work of a job of the kind "distribution". Begun again it pays nothing twice: a list that
    was paid is found so under its lock.

    Raises as `distribution_pay`. Where something stands against lines of the list, the job's error
    file names each of them.
    """
    draft = drafts_of(work.actor).filter(pk=UUID(work.input["distribution"])).first()
    if draft is None:
        raise Refused(_("The list of this distribution is gone. Nothing was paid."), code="gone")
    try:
        with said_busy(), work.commit():
            paid = _paid(work, work.actor, draft)
            work.result(result_header(), result_rows(paid))
            work.finish({"count": paid.count, "total": plain(paid.total)})
    except (ListRefused, Repeated) as refused:
        work.result(errors_header(), error_rows(refused), errors=True)
        raise


def _paid(work: Work, actor: Actor, one: Distribution) -> Distribution:
    actor = permitted(actor)
    one = own_draft(actor, one.pk, lock=True)
    if one.posted_at is not None:
        return one
    plan = checked(actor, one, work.input["expected"], work.input["is_repeat_meant"])
    return post_plan(actor, one, plan, told=work.progress)


def errors_header() -> list[str]:
    """The columns of an error file; such a file can be handed in again once it is corrected."""
    return [_("account"), _("amount"), _("reference"), _("line"), _("problem")]


def error_rows(refused: ListRefused | Repeated) -> Iterator[list[Any]]:
    """Every reason why nothing was paid."""
    plan = refused.plan
    for line in plan.wrong:
        yield error_row(line)
    for words in plan.refusals:
        yield ["", "", "", None, words]
    if plan.is_ready:
        again = _("The same amount went to this account a moment ago.")
        for line in plan.lines:
            if plan.account(line).pk in plan.repeats:
                yield error_row(replace(line, problem=again))


def error_row(line: ListLine) -> list[Any]:
    """A line as it was handed in, and what is wrong with it."""
    amount = line.typed or plain(line.amount or Decimal(0))
    return [line.account, amount, line.reference, line.number, line.problem]
