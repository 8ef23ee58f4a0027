"""Batches of phone cards before they are made: what is asked for, and whose the serials are
(docs/domain.md 8).

Authorization 3 on the batch's account, which may be the own one. Cards are made by
`generation`, released by `releasing`, used by `redeeming`.
"""

from typing import Any

from django.db.models import F

from accounts.core.actor import Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.availability import Holder, NotAvailable, Taken, Thing, answer
from accounts.core.availability_deeds import refuse_taken
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from billing.cards.models import MOST_CARDS, CardBatch
from billing.cards.rules.batches import (
    BatchDraft,
    BatchPlan,
    check_draft,
    may_manage,
    refuse_operator,
    shaped,
)
from billing.cards.serials import Serials
from billing.handing_out.services.rate_groups import group_noted


def batch_preview(*, actor: Actor, account: Account, draft: BatchDraft) -> BatchPlan:
    """What `batch_generate` would make; changes nothing. What it tells of serials of others counts
    (`availability`). Raises what it raises.
    """
    actor, account = may_manage(actor, account.pk)
    planned = shaped(account, draft)
    check_draft(actor, account, draft)
    try:
        refuse_taken_serials(actor, planned.serials)
    except NotAvailable as refusal:
        told = answer(actor, refusal.taken, is_preview=True)
        if told.named or not told.is_silent:
            refusal.answered(told)
            raise
    return planned


def opening_noted(batch: CardBatch) -> dict[str, Any]:
    """What the accounts have that its cards open, for records."""
    return {
        "rate_group": group_noted(batch.rate_group),
        "ctd_billing_model": batch.ctd_billing_model,
        "number_preset": batch.number_preset,
    }


def permitted(actor: Actor, account: Account) -> Actor:
    """The fresh actor, once authorization 3 covers the account. Raises NotAllowed, NotInScope.

    The use of 3 is recorded: who locks trees as well locks them before.
    """
    actor = require(actor, Authorization.MANAGE_PHONE_CARD, account)
    refuse_operator(actor)
    return actor


def refuse_taken_serials(actor: Actor, run: Serials, *, is_last: bool = False) -> None:
    """Raise NotAvailable where some of the serials are taken: they are unique on the whole
    platform. `is_last` as for `refuse_taken`.
    """
    taken = (
        CardBatch.objects.filter(
            serial_prefix=run.prefix,
            serial_digits=run.digits,
            serial_first__lte=run.last,
            serial_first__gt=run.first - MOST_CARDS,
        )
        .annotate(last=F("serial_first") + F("count") - 1)
        .filter(last__gte=run.first)
    )
    refused: list[Taken] = []
    if taken.exists():
        is_known = taken.filter(in_scope(actor.scope, "account")).exists()
        refused = [_taken(run, Holder.KNOWN if is_known else Holder.FOREIGN)]
    refuse_taken(refused, {"first_serial": [_typed(run)]}, is_last=is_last)


def serials_not_available(run: Serials) -> NotAvailable:
    """For a run of serials that somebody took at this very moment."""
    return NotAvailable([_taken(run, Holder.FOREIGN)], field="first_serial")


def _taken(run: Serials, holder: Holder) -> Taken:
    return Taken(_typed(run), Thing.SERIALS, holder)


def _typed(run: Serials) -> str:
    """Its ends as they were asked for."""
    return f"{run.at(0)} – {run.at(run.last - run.first)}"
