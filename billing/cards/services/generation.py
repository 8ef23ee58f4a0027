"""Making the cards of a batch: thousands of them, all or none.

PINs are drawn and encrypted before the transaction, which only writes them: SQLite has one writer,
and nobody signs in while it is at it. A PIN that exists already is drawn again: it is looked for
under every key there is, so that a change of keys makes no PIN twice.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from accounts.core.actor import Actor
from accounts.core.availability_deeds import answering, answers
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.many import insert_many
from accounts.core.models import Account
from accounts.core.record import record
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.work import Work
from accounts.kit.encryption import encrypted, lookup_hashes
from accounts.kit.errors import Busy, NotInScope
from accounts.kit.text import tidied
from billing.cards import pins
from billing.cards.models import Card, CardBatch
from billing.cards.rules.batches import (
    BatchDraft,
    BatchPlan,
    check_draft,
    check_may_have_cards,
    may_manage,
    shaped,
)
from billing.cards.serials import Serials
from billing.cards.services.batches import (
    opening_noted,
    permitted,
    refuse_taken_serials,
    serials_not_available,
)
from billing.money import plain
from billing.wallets.models import RateGroup
from billing.wallets.rules import check_group

JOB = "card-batch"
_PORTION = 1000
_TRIES = 5
_COLUMNS = ("batch_id", "serial", "pin", "lookup_hash", "status", "locked_from")


@answers
def batch_request(*, actor: Actor, account: Account, draft: BatchDraft, key: str) -> Job:
    """Have a worker make a batch of `account`; `key` names the form, which sent twice makes one.

    Raises what `batch_generate` raises.
    """
    with transaction.atomic():
        actor = permitted(actor, account)
        account = Account.objects.get(pk=account.pk)
        planned = shaped(account, draft)
        check_draft(actor, account, draft)
        refuse_taken_serials(actor, planned.serials)
        return job_start(
            actor=actor,
            kind=JOB,
            input={"account": account.account_id, **draft.as_input()},
            total=draft.count,
            key=key,
        )


def generate(work: Work) -> None:
    """The work of a job of the kind "card-batch". One transaction: a worker that is killed leaves
    no batch, and another begins anew.
    """
    account = Account.objects.within(work.actor.scope).called(work.input["account"]).first()
    if account is None:
        raise NotInScope
    draft = BatchDraft.from_input(work.input)
    with answering(work.actor), said_busy():
        _planned(work.actor, account, draft)
        found = _in_order(_drawn(draft.pin_length, draft.count, work.progress))
        with work.commit():
            batch = _written(work.actor, account, draft, found)
            work.finish({"batch": batch.pk, "count": batch.count})


@answers
def batch_generate(*, actor: Actor, account: Account, draft: BatchDraft) -> CardBatch:
    """Make a batch with all its cards, which can do nothing before they are released.

    Raises Refused (with the field) for a batch that cannot be, PINs that could be guessed, serials
    that are not available, a closed account; NotInScope, NotAllowed, Busy.
    """
    _planned(actor, account, draft)
    found = _in_order(_drawn(draft.pin_length, draft.count))
    with transaction.atomic():
        return _written(actor, account, draft, found)


def _planned(actor: Actor, account: Account, draft: BatchDraft) -> tuple[Account, BatchPlan]:
    """The account as it is now, and what is to be made. Raises what `batch_generate` raises."""
    actor, account = may_manage(actor, account.pk)
    planned = shaped(account, draft)
    check_draft(actor, account, draft)
    refuse_taken_serials(actor, planned.serials, is_last=True)
    return account, planned


def _written(actor: Actor, account: Account, draft: BatchDraft, found: dict[str, str]) -> CardBatch:
    """Everybody else waits for this part: nothing is worked out in it that could be before."""
    account, planned = _planned(actor, account, draft)
    batch = _batch(account, planned)
    _insert(batch, found)
    # Last, and until the end: closing waits, or has come first.
    return in_locked_trees(
        lambda fresh: _made(actor, fresh[account.pk], batch), touching=[account.pk]
    )


def _made(actor: Actor, account: Account, batch: CardBatch) -> CardBatch:
    actor = permitted(actor, account)
    check_may_have_cards(account)
    # Nobody moves it any more: the owner of the group stands above it.
    check_group(actor, None, batch.rate_group, agent=account)
    record(
        actor=actor,
        action="card_batch.create",
        account=account,
        subject=batch.name,
        after={
            "batch": batch.pk,
            "cards": batch.count,
            "face_value": plain(batch.face_value),
            "first_serial": batch.serial_at(0),
            "expires_at": batch.expires_at,
            **opening_noted(batch),
        },
    )
    return batch


def _batch(account: Account, planned: BatchPlan) -> CardBatch:
    draft, run = planned.draft, planned.serials
    return CardBatch.objects.create(
        account=account,
        name=tidied(draft.name),
        count=draft.count,
        face_value=draft.face_value,
        pin_length=draft.pin_length,
        serial_prefix=run.prefix,
        serial_first=run.first,
        serial_digits=run.digits,
        valid_days=draft.valid_days,
        expires_at=draft.expires_at,
        memo=tidied(draft.memo),
        rate_group=RateGroup.objects.get(pk=draft.rate_group.pk) if draft.rate_group else None,
        ctd_billing_model=draft.ctd_billing_model,
        number_preset=draft.number_preset,
    )


def _insert(batch: CardBatch, found: dict[str, str]) -> None:
    """Write the cards, in the order of serials; `found` as `_drawn` gives it."""
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                insert_many(Card, _COLUMNS, _rows(batch, found))
            return
        except IntegrityError as error:
            # Somebody else made the same serials, or the same PIN, a moment ago.
            if _has_cards(batch):
                raise serials_not_available(_run(batch)) from error
            for one in _taken(list(found)):
                del found[one]
            found.update(_drawn(batch.pin_length, batch.count - len(found), have=found))
    raise Busy


def _has_cards(batch: CardBatch) -> bool:
    """Whether a card has one of the batch's serials."""
    serials = [batch.serial_at(place) for place in range(batch.count)]
    return any(
        Card.objects.filter(serial__in=serials[at : at + _PORTION]).exists()
        for at in range(0, len(serials), _PORTION)
    )


def _rows(batch: CardBatch, found: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    # What is the same for all is looked up once: everybody waits.
    key, new, run = batch.pk, Card.Status.NEW.value, _run(batch)
    for place, (one, pin) in enumerate(found.items()):
        yield key, run.at(place), pin, one, new, ""


def _run(batch: CardBatch) -> Serials:
    return Serials(batch.serial_prefix, batch.serial_first, batch.serial_digits, batch.count)


def _drawn(
    length: int,
    count: int,
    told: Callable[[int], None] = lambda _done: None,
    *,
    have: Collection[str] = (),
) -> dict[str, str]:
    """So many PINs nobody has, encrypted, by their hash; they are not in `have` either."""
    found: dict[str, str] = {}
    while len(found) < count:
        drawn: dict[str, tuple[str, list[str]]] = {}
        for _each in range(min(_PORTION, count - len(found))):
            pin = pins.drawn(length)
            hashes = lookup_hashes(pin, pins.PURPOSE)
            if hashes[0] not in found and hashes[0] not in have:
                drawn[hashes[0]] = (pin, hashes)
        taken = _taken([one for _pin, hashes in drawn.values() for one in hashes])
        found |= {
            first: encrypted(pin)
            for first, (pin, hashes) in drawn.items()
            if taken.isdisjoint(hashes)
        }
        told(len(found))
    return found


def _in_order(found: dict[str, str]) -> dict[str, str]:
    """By their hashes, as their index keeps them: written from left to right it takes a third less
    time. Nothing follows from that order: the hashes are keyed.
    """
    return dict(sorted(found.items()))


def _taken(hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that a card has."""
    taken: set[str] = set()
    for at in range(0, len(hashes), _PORTION):
        some = Card.objects.filter(lookup_hash__in=hashes[at : at + _PORTION])
        taken.update(some.values_list("lookup_hash", flat=True))
    return taken
