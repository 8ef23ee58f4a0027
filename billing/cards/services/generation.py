"""Making the cards of a batch: thousands of them, all or none, in flat memory.

PINs are drawn, encrypted and inserted in portions; only one portion is ever held. A PIN that exists
already is drawn again: it is looked for under every key there is, so that a change of keys makes no
PIN twice.
"""

from collections.abc import Callable, Iterator

from django.db import IntegrityError, transaction

from accounts.core.actor import Actor
from accounts.core.availability_deeds import answering, answers
from accounts.core.locks import in_locked_trees, said_busy
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
    check_may_have_cards,
    may_manage,
    shaped,
)
from billing.cards.serials import Serials
from billing.cards.services.batches import permitted, refuse_taken_serials, serials_not_available
from billing.money import plain

JOB = "card-batch"
_PORTION = 1000
_TRIES = 5


@answers
def batch_request(*, actor: Actor, account: Account, draft: BatchDraft, key: str) -> Job:
    """Have a worker make a batch of `account`; `key` names the form, which sent twice makes one.

    Raises what `batch_generate` raises.
    """
    with transaction.atomic():
        actor = permitted(actor, account)
        refuse_taken_serials(actor, shaped(account, draft).serials)
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
    with answering(work.actor), said_busy(), work.commit():
        batch = batch_generate(
            actor=work.actor,
            account=account,
            draft=BatchDraft.from_input(work.input),
            told=work.progress,
        )
        work.finish({"batch": batch.pk, "count": batch.count})


@answers
@transaction.atomic
def batch_generate(
    *,
    actor: Actor,
    account: Account,
    draft: BatchDraft,
    told: Callable[[int], None] = lambda _done: None,
) -> CardBatch:
    """Make a batch with all its cards, which can do nothing before they are released.

    Raises Refused (with the field) for a batch that cannot be, PINs that could be guessed, serials
    that are not available, a closed account; NotInScope, NotAllowed, Busy.
    """
    actor, account = may_manage(actor, account.pk)
    planned = shaped(account, draft)
    refuse_taken_serials(actor, planned.serials, is_last=True)
    batch = _batch(account, planned)
    for done in _cards(batch):
        told(done)
    # Last, and until the end: closing waits, or has come first.
    return in_locked_trees(
        lambda fresh: _made(actor, fresh[account.pk], batch), touching=[account.pk]
    )


def _made(actor: Actor, account: Account, batch: CardBatch) -> CardBatch:
    actor = permitted(actor, account)
    check_may_have_cards(account)
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
    )


def _cards(batch: CardBatch) -> Iterator[int]:
    """Insert the cards portion by portion, in the order of serials; yields how many there are."""
    done = 0
    while done < batch.count:
        size = min(_PORTION, batch.count - done)
        _insert(batch, done, size)
        done += size
        yield done


def _insert(batch: CardBatch, start: int, size: int) -> None:
    for _try in range(_TRIES):
        cards = [
            Card(
                batch=batch, serial=batch.serial_at(start + at), pin=encrypted(pin), lookup_hash=one
            )
            for at, (one, pin) in enumerate(_new_pins(batch.pin_length, size).items())
        ]
        try:
            with transaction.atomic():
                Card.objects.bulk_create(cards, batch_size=_PORTION)
            return
        except IntegrityError as error:
            # Somebody else made the same PIN, or the same serials, a moment ago.
            if Card.objects.filter(serial__in=[one.serial for one in cards]).exists():
                run = Serials(
                    batch.serial_prefix, batch.serial_first, batch.serial_digits, batch.count
                )
                raise serials_not_available(run) from error
    raise Busy


def _new_pins(length: int, size: int) -> dict[str, str]:
    """PINs nobody has, by their hash."""
    free: dict[str, str] = {}
    while len(free) < size:
        drawn: dict[str, tuple[str, list[str]]] = {}
        for _each in range(size - len(free)):
            pin = pins.drawn(length)
            hashes = lookup_hashes(pin, pins.PURPOSE)
            drawn[hashes[0]] = (pin, hashes)
        every = [one for _pin, hashes in drawn.values() for one in hashes]
        taken = set(
            Card.objects.filter(lookup_hash__in=every).values_list("lookup_hash", flat=True)
        )
        free |= {
            first: pin for first, (pin, hashes) in drawn.items() if not taken.intersection(hashes)
        }
    return free
