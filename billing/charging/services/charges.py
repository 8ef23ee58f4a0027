"""What accounts pay for the legs of a batch: gathered charge by charge, and written with the
movements of the ledger that they are lines of, whose wallets are locked by descending key.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from accounts.core.actor import SYSTEM
from accounts.core.many import Part, insert_parts, keys_for
from billing.charging.lines import Gathering, Lines, Place
from billing.charging.models import Charge
from billing.charging.tariffs import Priced, Terms
from billing.charging.totals import Ints, Totals
from billing.ledger.models import House, Transaction
from billing.ledger.services.batches import Charge as Posting
from billing.ledger.services.batches import post_charges

# The charge that is taken back, re-rating, gateway.
_Odd = tuple[int | None, int | None, str | None]
_ODD = ("reverses_id", "rerating_id", "gateway")


class ChargeLine(NamedTuple):
    """A charge that is to be written, as `Batch.charge` takes it."""

    leg: int
    setup: datetime
    at: datetime
    account: int
    agent: int | None
    root: int
    level: int
    is_cost: bool
    price: Priced
    reverses: int | None = None
    gateway: str | None = None

    @property
    def sign(self) -> int:
        return 1 if self.reverses is None else -1


@dataclass
class Batch:
    """What is gathered before anything is written."""

    now: datetime
    lines: Gathering = field(default_factory=Gathering)
    # What few lines have, by their place among all.
    odd: dict[int, _Odd] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    # Running calls that are over with this batch.
    calls: list[int] = field(default_factory=list)
    # What was held and is free again, by account; below zero: what is set aside.
    freed: Counter[int] = field(default_factory=Counter)
    # Closed once the transaction has ended, see `post_charges`.
    last: ExitStack | None = None

    def charge(
        self,
        leg: int,
        setup: datetime,
        at: datetime,
        account: int,
        agent: int | None,
        root: int,
        level: int,
        is_cost: bool,
        price: Priced,
        reverses: int | None = None,
        gateway: str | None = None,
        rerating: int | None = None,
    ) -> None:
        """What one account pays for a leg; with `reverses` the charge that is taken back, whose
        price it is; of a cost at another `gateway` than the leg names; by a `rerating`. It is
        counted by the caller.
        """
        if reverses is not None:
            price = price._replace(billed=-price.billed, amount=-price.amount)
        self.odd[len(self.lines)] = (reverses, rerating, gateway)
        place = self.lines.number(Place(account, agent, root, level, is_cost))
        self.lines.add(leg, setup, at, (place,), (price,))


def posted(batch: Batch, lines: Lines) -> None:
    """The charges, and the movements behind which they stand as lines: one for each account and
    house account, none of nothing.
    """
    sums = lines.sums
    due = sorted((whose for whose, amount in sums.items() if amount), reverse=True)
    pks = dict(zip(due, keys_for(Transaction, len(due)), strict=True))
    charged = np.flatnonzero(lines.of_terms)
    if len(charged):
        insert_parts(Charge, _parts(batch, lines, charged, pks))
    houses = {True: House.CALL_COST, False: House.CALL_REVENUE}
    postings = [
        Posting(pks[account, is_cost], account, sums[account, is_cost], houses[is_cost])
        for account, is_cost in due
    ]
    released = {account: amount for account, amount in batch.freed.items() if amount}
    post_charges(
        SYSTEM, postings, batch=uuid4().hex, at=batch.now, released=released, last=batch.last
    )


def _parts(
    batch: Batch, lines: Lines, charged: Ints, pks: Mapping[tuple[int, bool], int]
) -> list[Part]:
    """The rows of the charges: who pays, and at which price, is the same in many of them."""
    leg = lines.leg[charged]
    own = {
        "leg_id": lines.legs[leg],
        "setup": lines.setup[leg],
        "at": lines.at[leg],
        "billed": lines.billed[charged],
        "amount": lines.amount[charged],
    }
    return [
        Part(own),
        Part(_of_places(lines.places, pks), lines.place[charged].tolist()),
        Part(_of_prices(lines.terms[1:]), (lines.of_terms[charged] - 1).tolist()),
        Part({"posted_at": [batch.now]}),
        Part(_of_odd([batch.odd.get(at) for at in charged.tolist()] if batch.odd else [None])),
    ]


def _of_odd(odd: Sequence[_Odd | None]) -> dict[str, Sequence[Any]]:
    rows = [one or (None, None, None) for one in odd]
    return dict(zip(_ODD, zip(*rows, strict=True), strict=True))


def _of_places(
    places: Sequence[Place], pks: Mapping[tuple[int, bool], int]
) -> dict[str, Sequence[Any]]:
    return {
        "account_id": [one.account for one in places],
        "agent_id": [one.agent for one in places],
        "root_id": [one.root for one in places],
        "level": [one.level for one in places],
        "is_cost": [one.is_cost for one in places],
        "transaction_id": [pks.get((one.account, one.is_cost)) for one in places],
    }


def _of_prices(prices: Sequence[Terms]) -> dict[str, Sequence[Any]]:
    rates = [one.rate for one in prices]
    return {
        "group_id": [one.group for one in prices],
        "rate_id": [one.key for one in rates],
        "correction_id": [one.correction for one in prices],
        "prefix": [one.prefix for one in rates],
        "destination": [one.destination for one in rates],
        "price": [one.price for one in prices],
        "connection_fee": [one.fee for one in prices],
        "was_locked": [one.is_locked for one in rates],
    }
