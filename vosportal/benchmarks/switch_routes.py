"""Choosing the routes of a call among 500 gateways of 100 carriers, with 100 accounts that are kept
from some of them, beside five gateways and no rules.
"""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from statistics import median

from django.db import connection
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.gateways.services.gateways import gateway_create
from accounts.tree.services.accounts import account_create, account_lock
from billing.carriers.services import carrier_policy_set
from billing.handing_out.services.terms import terms_set
from billing.rates.drafts import RateDraft
from billing.rates.pricing import Price
from billing.rates.services.groups import group_create
from billing.rates.services.rates import rate_add
from vosportal.benchmarks.measure import Line
from vosportal.switch.queries.routes import choose

_NUMBER = "99912345678"
_FEW, _MANY, _CARRIERS, _RULED = 5, 500, 100, 100
# One gateway in so many carries the number.
_EACH = 100
_TIMES = 300
_OTHERS = ["880", "91", "1"]
_WHY = "Measured"


def line(names: Sequence[str], say: Callable[[str], None]) -> Line:
    """Among many beside among few, a choice each. Some of these customers get the rules."""
    ruled = list(Account.objects.filter(account_id__in=names[:_RULED]))
    links = chains([ruled[0].pk])[ruled[0].pk][::-1]
    carriers = _carriers()
    _gateways(carriers, 0, _FEW, 1)
    few = _choosing(links)
    say(f"Adding {_MANY} gateways and {len(ruled)} rules …")
    _gateways(carriers, _FEW, _MANY, _EACH)
    for at, one in enumerate(ruled):
        carrier_policy_set(
            actor=SYSTEM, account=one, uses="kept", carriers=[carriers[at % _CARRIERS]], reason=_WHY
        )
    with connection.cursor() as cursor:
        # What autovacuum does after so many new rows: plans of before are for few.
        cursor.execute("ANALYZE")
    what = f"a choice among {_MANY + _FEW} routing gateways, {len(ruled)} rules"
    found = Line(what, _choosing(links), f"among {_FEW} (aim 1.5)", few, "ms")
    # What is measured after this has its own carrier.
    for one in carriers:
        account_lock(actor=SYSTEM, account=one, reason=_WHY)
    return found


def _choosing(links: Sequence[ChainLink]) -> float:
    """How many milliseconds a choice takes."""
    times = []
    paid = Price(Decimal(1))
    for at in range(_TIMES):
        began = time.perf_counter()
        found = choose(_NUMBER, "", timezone.now(), links=links, paid=paid, call_id=str(at))
        times.append(time.perf_counter() - began)
        if not found.routes:
            raise RuntimeError("No gateway carries the number.")
    return median(times) * 1000


def _carriers() -> list[Account]:
    """Each with a rate group of its own, and money."""
    found = []
    for at in range(_CARRIERS):
        one = account_create(
            actor=SYSTEM, account_id=f"Benchmark-Way-{at}", name="x", type=Account.Type.CLEARING
        )
        group = group_create(actor=SYSTEM, name=f"Way {at}")
        rate_add(actor=SYSTEM, group=group, draft=RateDraft("999", Decimal("0.01")))
        terms_set(
            actor=SYSTEM, account=one, rate_group=group, payment_mode="postpaid", is_unlimited=True
        )
        found.append(one)
    return found


def _gateways(carriers: Sequence[Account], first: int, count: int, each: int) -> None:
    for at in range(first, first + count):
        gateway_create(
            actor=SYSTEM,
            account=carriers[at % _CARRIERS],
            name=f"benchmark-way-{at}",
            direction="routing",
            information={
                "addresses": [f"10.8.{at // 250}.{at % 250}"],
                "prefixes": ["44", "49", *(["999"] if (at - first) % each == 0 else _OTHERS)],
                "is_locked": False,
            },
            capacity=1_000,
        )
