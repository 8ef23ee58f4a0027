"""What is done with a whole batch of cards: blocked, named otherwise, deleted (docs/domain.md 8).

Authorization 3 on the batch's account.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import changes, record
from accounts.kit.errors import NotInScope
from accounts.kit.text import tidied
from billing.cards.models import CardBatch
from billing.cards.queries import strayed_batches
from billing.cards.rules.batches import (
    check_keeps_group,
    check_opening,
    check_words,
    touched,
    was_touched,
)
from billing.cards.services.batches import opening_noted, permitted
from billing.handing_out.services.rate_groups import group_noted
from billing.money import plain
from billing.wallets.models import RateGroup
from billing.wallets.rules import required_reason

State = CardBatch.State
T = TypeVar("T")


def batch_block(*, actor: Actor, batch: CardBatch, reason: str) -> CardBatch:
    """Make every unused card of a batch useless, until it is unblocked; released ones keep their
    value handed out. Accounts that its cards opened stay as they are. Raises Refused without a
    reason, NotInScope, NotAllowed, Busy.
    """
    reason = required_reason(reason)

    def work(actor: Actor, batch: CardBatch) -> CardBatch:
        if batch.state != State.BLOCKED:
            was, batch.state = batch.state, State.BLOCKED
            batch.save(update_fields=["state"])
            record_batch_deed(actor, batch, "block", {"state": was}, {"state": batch.state}, reason)
        return batch

    return in_locked_batch(actor, batch, work)


def batch_unblock(*, actor: Actor, batch: CardBatch, reason: str) -> CardBatch:
    """Put a blocked batch back to what it was: released or not. Raises as `batch_block`."""
    reason = required_reason(reason)

    def work(actor: Actor, batch: CardBatch) -> CardBatch:
        if batch.state == State.BLOCKED:
            batch.state = State.ACTIVE if batch.activated_at else State.GENERATED
            batch.save(update_fields=["state"])
            record_batch_deed(
                actor, batch, "unblock", {"state": State.BLOCKED}, {"state": batch.state}, reason
            )
        return batch

    return in_locked_batch(actor, batch, work)


def batch_rename(*, actor: Actor, batch: CardBatch, name: str, memo: str) -> CardBatch:
    """Give a batch another name and memo, at any time. Raises Refused (with the field), NotInScope,
    NotAllowed, Busy.
    """
    name, memo = (tidied(text) for text in (name, memo))
    check_words(name, memo)

    def work(actor: Actor, batch: CardBatch) -> CardBatch:
        was = {"name": batch.name, "memo": batch.memo}
        after = {"name": name, "memo": memo}
        changed = [field for field in after if was[field] != after[field]]
        if changed:
            batch.name, batch.memo = name, memo
            batch.save(update_fields=["name", "memo"])
            before = {field: was[field] for field in changed}
            record_batch_deed(
                actor, batch, "rename", before, {field: after[field] for field in changed}, ""
            )
        return batch

    return in_locked_batch(actor, batch, work)


def batch_opening_set(
    *,
    actor: Actor,
    batch: CardBatch,
    rate_group: RateGroup | None,
    ctd_billing_model: str,
    number_preset: str,
) -> CardBatch:
    """Change what accounts have that cards of the batch open from now on. The rate group is one the
    actor may give below the batch's account, or the present one; once cards are released the batch
    has one. Raises Refused (with the field), NotInScope, NotAllowed, Busy.
    """

    def work(actor: Actor, batch: CardBatch) -> CardBatch:
        is_same = rate_group is None or rate_group.pk == batch.rate_group_id
        asked = None if is_same else rate_group
        check_opening(actor, batch.account, asked, ctd_billing_model, number_preset)
        check_keeps_group(batch, rate_group)
        was = opening_noted(batch)
        batch.rate_group = rate_group
        batch.ctd_billing_model, batch.number_preset = ctd_billing_model, number_preset
        before, after = changes(was, opening_noted(batch))
        if after:
            batch.save(update_fields=["rate_group", "ctd_billing_model", "number_preset"])
            record_batch_deed(actor, batch, "opening", before, after, "")
        return batch

    return in_locked_batch(actor, batch, work)


def groups_of_batches_lost(actor: Actor, accounts: Sequence[Account]) -> None:
    """After a move, under its lock: batches of these accounts, and of all below them, whose rate
    group is an agent's that does not stand above their cards any more have none.
    """
    strayed = CardBatch.objects.select_for_update(of=("self",)).order_by("pk")
    pks = list(strayed_batches(accounts).values_list("pk", flat=True))
    for batch in strayed.select_related("account").filter(pk__in=pks):
        before = {"rate_group": group_noted(batch.rate_group)}
        batch.rate_group = None
        batch.save(update_fields=["rate_group"])
        record_batch_deed(actor, batch, "opening", before, {"rate_group": None}, "")


def batch_delete(*, actor: Actor, batch: CardBatch, reason: str) -> None:
    """Delete a batch with all its cards, released or not, as long as none was sold or used. What
    the audit log says of it, and the records of PINs that were taken out, stay.

    Raises Refused for a batch with a card that was sold or used, or without a reason; NotInScope,
    NotAllowed, Busy.
    """
    reason = required_reason(reason)

    def work(actor: Actor, batch: CardBatch) -> None:
        before = {
            "cards": batch.count,
            "face_value": plain(batch.face_value),
            "first_serial": batch.serial_at(0),
            "last_serial": batch.serial_at(batch.count - 1),
            "released": batch.released,
        }
        record_batch_deed(actor, batch, "delete", before, {}, reason)
        # One statement looks and deletes: a card that is used meanwhile stops everything.
        gone, _each = batch.cards.exclude(touched()).delete()
        if gone != batch.count:
            raise was_touched()
        batch.delete()

    in_locked_batch(actor, batch, work)


def in_locked_batch(actor: Actor, batch: CardBatch, work: Callable[[Actor, CardBatch], T]) -> T:
    """Under the lock of the account's tree, then of the batch: no card comes to life while its
    account is closed.
    """

    def locked(fresh: dict[int, Account]) -> T:
        nonlocal actor
        account = fresh[batch.account_id]
        actor = permitted(actor, account)
        return work(actor, locked_batch(batch, account))

    return in_locked_trees(locked, touching=[batch.account_id])


def locked_batch(batch: CardBatch, account: Account) -> CardBatch:
    """The batch of this account, locked and read anew. Raises Refused where the account is closed,
    NotInScope where the batch is no more.
    """
    refuse_closed(account)
    one = CardBatch.objects.select_for_update().filter(pk=batch.pk, account=account).first()
    if one is None:
        raise NotInScope(_("There is no such batch."))
    one.account = account
    return one


def record_batch_deed(
    actor: Actor,
    batch: CardBatch,
    deed: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
) -> None:
    """The entry in the audit log of a deed on a batch."""
    record(
        actor=actor,
        action=f"card_batch.{deed}",
        account=batch.account,
        subject=batch.name,
        before=before,
        after={"batch": batch.pk, **after},
        reason=reason,
    )
