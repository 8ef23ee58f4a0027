"""Rate groups are copied with other prices: a short one while somebody waits, a long one by a job
(docs/domain.md 7). All of it or nothing.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.many import insert_many
from accounts.jobs.models import Job
from accounts.jobs.queries import open_jobs
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.work import Work
from accounts.kit.batches import batched
from accounts.kit.errors import NotInScope, Refused
from billing.money import from_micros, to_micros
from billing.rates.deck_sorting import Spill
from billing.rates.drafts import CopyDraft, MarkUp
from billing.rates.models import Rate
from billing.rates.queries import alive_rates, micros
from billing.rates.rules import check_mark_up, check_name_free, check_price, checked_name
from billing.rates.services.groups import made_group
from billing.rates.services.keeping import keeper, seen_group
from billing.wallets.models import RateGroup

COPY = "rates-copy"
# More rates than these are copied by a worker.
MOST_AT_ONCE = 5_000
_BATCH = 2_000
# A deck has hundreds of thousands of rates, and some thousand prices and moments.
_KEPT = 50_000
# How often a copy is begun of a group that changes meanwhile.
_TRIES = 3

# What a copied rate has of the one it is a copy of, besides moments and prices.
_SAME = (
    "prefix", "destination", "first_block", "increment", "is_locked", "days", "period_begin",
    "period_end",
)  # fmt: skip
_COLUMNS = (
    "group_id", "effective_from", "effective_until", "created_at", "version", "price",
    "connection_fee", *_SAME,
)  # fmt: skip
# All of them but the group, as the database and JSON take them.
_Row = Sequence[Any]


class _Changed(Exception):
    """The group is another one by now than the one that was read."""


def group_copy(
    *, actor: Actor, group: RateGroup, name: str, mark_up: MarkUp, memo: str = ""
) -> RateGroup:
    """Make a group of one's own out of one whose prices one may know: its rates that are in effect,
    from now on, and those that are to come, with other prices. Volume tiers are not copied.

    Raises Refused with the field, NotAllowed, NotInScope, Busy.
    """
    wanted = CopyDraft(checked_name(name, memo), mark_up, memo)
    with said_busy(), transaction.atomic():
        actor, source = _looked_at(actor, group.pk, wanted)
        # They are read before the first is written: one connection does not do both at once.
        rows = list(_priced(source, wanted.mark_up))
        return _copied(actor, source, wanted, rows)


def copy_start(
    *, actor: Actor, group: RateGroup, name: str, mark_up: MarkUp, memo: str = ""
) -> Job:
    """Have a worker do what `group_copy` does, for a group of many rates; asked for again while
    that waits or runs, it is the same job. Raises as `group_copy`.
    """
    wanted = CopyDraft(checked_name(name, memo), mark_up, memo)
    with said_busy(), transaction.atomic():
        actor, source = _looked_at(actor, group.pk, wanted)
        asked = {"group": source.pk, "source": source.name, **wanted.written}
        waiting = open_jobs(actor.user.pk).filter(kind=COPY) if actor.user else ()
        same = next((one for one in waiting if one.input == asked), None)
        total = alive_rates(source, timezone.now()).count()
        return same or job_start(actor=actor, kind=COPY, input=asked, total=total)


def copy(work: Work) -> None:
    """The work of a job of the kind COPY: it commits once, so that begun again it makes no second
    group.
    """
    wanted = CopyDraft.read(work.input)
    for _try in range(_TRIES):
        try:
            return _copy(work, wanted)
        except _Changed:
            continue
    raise Refused(
        _("%(name)s is being changed again and again. Copy it later.")
        % {"name": work.input["source"]},
        code="changes",
    )


def _copy(work: Work, wanted: CopyDraft) -> None:
    """Prices are worked out before the transaction: others write meanwhile. What may have changed
    since is looked at again in it.
    """
    key, name = work.input["group"], work.input["source"]
    _actor, source = _looked_at(work.actor, key, wanted, name)
    total = alive_rates(source, timezone.now()).count()
    with closing(Spill()) as kept:
        count = 0
        for some in batched(_priced(source, wanted.mark_up), _BATCH):
            kept.keep([("", json.dumps(some))])
            count += len(some)
            # A rate is half done when its price is known.
            work.progress(count // 2, max(total, count))
        with said_busy(), work.commit():
            actor, source_now = _looked_at(work.actor, key, wanted, name)
            if source_now.version != source.version:
                raise _Changed
            rows = chain.from_iterable(map(json.loads, kept.in_order()))
            made = _copied(actor, source_now, wanted, _noted(work, rows, count))
            work.progress(count, count)
            work.finish({"group": made.pk})


def _looked_at(
    actor: Actor, key: int, wanted: CopyDraft, name: str = ""
) -> tuple[Actor, RateGroup]:
    """The fresh actor and the group, if it can be copied as somebody wants. Raises Refused, with
    the field, NotAllowed, NotInScope; Refused for a group that is gone where its `name` is known.
    """
    check_mark_up(wanted.mark_up)
    actor, owner = keeper(actor, looks=True)
    try:
        source = seen_group(actor, key)
    except NotInScope as error:
        if not name:
            raise
        words = _("%(name)s is gone, or its prices are not for you any more.")
        raise Refused(words % {"name": name}, code="gone") from error
    check_name_free(owner, wanted.name)
    _check_prices(source, wanted.mark_up)
    return actor, source


def _check_prices(source: RateGroup, mark_up: MarkUp) -> None:
    """Raise BadAmount where a price would be none. A mark-up keeps the order of prices, so that the
    dearest says it for all.
    """
    dearest = alive_rates(source, timezone.now()).aggregate(
        price=Max("price"), fee=Max("connection_fee")
    )
    if dearest["price"] is not None:
        check_price(mark_up.of_price(dearest["price"]), "amount")
        check_price(mark_up.of_fee(dearest["fee"]), "percent")


def _copied(actor: Actor, source: RateGroup, wanted: CopyDraft, rows: Iterable[_Row]) -> RateGroup:
    actor, owner = keeper(actor)
    made = made_group(
        actor, owner, name=wanted.name, time_zone=source.time_zone, is_shared=False,
        memo=wanted.memo, copied_from=source.name,
    )  # fmt: skip
    insert_many(Rate, _COLUMNS, ((made.pk, *row) for row in rows))
    return made


def _priced(source: RateGroup, mark_up: MarkUp) -> Iterator[_Row]:
    """The rates of a copy as of this moment, which is when those in effect begin, as they are read.
    One query. Whoever writes them has nothing left to work out, since everybody waits then.
    """

    @lru_cache(maxsize=_KEPT)
    def price_of(value: int) -> int:
        return to_micros(mark_up.of_price(from_micros(value)))

    @lru_cache(maxsize=_KEPT)
    def fee_of(value: int) -> int:
        return to_micros(mark_up.of_fee(from_micros(value)))

    @lru_cache(maxsize=_KEPT)
    def written(moment: datetime) -> str:
        return str(connection.ops.adapt_datetimefield_value(moment))

    now = timezone.now()
    begun = written(now)
    rates = alive_rates(source, now).order_by("prefix", "effective_from", "pk")
    asked = rates.values_list(
        "effective_from", "effective_until", micros("price"), micros("connection_fee"), *_SAME
    )
    row: Any
    for row in asked.iterator(chunk_size=_BATCH):
        since, until, price, fee, *rest = row
        yield (
            written(since) if since > now else begun,
            until and written(until),
            begun,
            1,
            price_of(price),
            fee_of(fee),
            *rest,
        )


def _noted(work: Work, rows: Iterable[_Row], total: int) -> Iterator[_Row]:
    """The rows, while the job says how many of them are written."""
    for count, row in enumerate(rows, 1):
        if count % _BATCH == 0:
            work.progress((total + count) // 2)
        yield row
