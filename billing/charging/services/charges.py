"""What accounts pay for the legs of a batch: gathered charge by charge, and written with the
movements of the ledger that they are lines of, whose wallets are locked by descending key.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from accounts.core.actor import SYSTEM
from accounts.core.many import Part, insert_parts, keys_for
from billing.charging.models import Charge
from billing.charging.tariffs import Priced, Terms
from billing.charging.totals import Totals
from billing.holds.services.running import held_by
from billing.ledger.models import House, Transaction
from billing.ledger.services.batches import Charge as Posting
from billing.ledger.services.batches import post_charges

# Account, agent, root, level, is cost.
_Place = tuple[int, int | None, int, int, bool]
# Leg, setup, moment of the price, who pays, price, billed seconds, micro-units, the charge that is
# taken back, re-rating, gateway.
_Charged = tuple[
    int, datetime, datetime, _Place, Priced, int, int, int | None, int | None, str | None
]


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
    charges: list[_Charged] = field(default_factory=list)
    # What they come to, by account and whether it is cost.
    sums: dict[tuple[int, bool], int] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    # Running calls that are over with this batch.
    calls: list[int] = field(default_factory=list)
    # What is free besides what they hold, by account; below zero: what is set aside.
    freed: Counter[int] = field(default_factory=Counter)

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
        price it is; of a cost at another `gateway` than the leg names; by a `rerating`.
        """
        sign, whose = 1 if reverses is None else -1, (account, is_cost)
        billed, amount = sign * price.billed, sign * price.amount
        self.sums[whose] = self.sums.get(whose, 0) + amount
        place = (account, agent, root, level, is_cost)
        self.charges.append(
            (leg, setup, at, place, price, billed, amount, reverses, rerating, gateway)
        )


def posted(batch: Batch) -> None:
    """The charges, and the movements behind which they stand as lines: one for each account and
    house account, none of nothing.
    """
    sums = batch.sums
    due = sorted((whose for whose, amount in sums.items() if amount), reverse=True)
    pks = dict(zip(due, keys_for(Transaction, len(due)), strict=True))
    if batch.charges:
        insert_parts(Charge, _parts(batch, pks))
    houses = {True: House.CALL_COST, False: House.CALL_REVENUE}
    postings = [
        Posting(pks[account, is_cost], account, sums[account, is_cost], houses[is_cost])
        for account, is_cost in due
    ]
    freed = Counter(held_by(batch.calls))
    freed.update(batch.freed)
    released = {account: amount for account, amount in freed.items() if amount}
    post_charges(SYSTEM, postings, batch=uuid4().hex, at=batch.now, released=released)


def _parts(batch: Batch, pks: Mapping[tuple[int, bool], int]) -> list[Part]:
    """The rows of the charges: who pays, and at which price, is the same in many of them."""
    leg, setup, at, place, price, billed, amount, reverses, rerating, gateway = zip(
        *batch.charges, strict=True
    )
    places: dict[_Place, int] = {}
    of_place = [places.setdefault(one, len(places)) for one in place]
    prices: dict[int, int] = {}
    different: list[Terms] = []
    of_price = []
    for one in price:
        number = prices.get(id(one.terms))
        if number is None:
            number = prices[id(one.terms)] = len(prices)
            different.append(one.terms)
        of_price.append(number)
    return [
        Part({"leg_id": leg, "setup": setup, "at": at, "billed": billed, "amount": amount}),
        Part(_of_places(list(places), pks), of_place),
        Part(_of_prices(different), of_price),
        Part({"posted_at": [batch.now]}),
        Part({"reverses_id": reverses, "rerating_id": rerating, "gateway": gateway}),
    ]


def _of_places(
    places: Sequence[_Place], pks: Mapping[tuple[int, bool], int]
) -> dict[str, Sequence[Any]]:
    names = ("account_id", "agent_id", "root_id", "level", "is_cost")
    columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*places, strict=True), strict=True))
    columns["transaction_id"] = [
        pks.get((account, is_cost)) for account, _agent, _root, _level, is_cost in places
    ]
    return columns


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
