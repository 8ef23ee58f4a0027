"""Calls of every account of the small world: one that waits, for none of them has a rate group,
one that was not answered, which costs nothing, and one that runs; a re-rating; and the switch they
could come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Rerating
from billing.charging.queries.legs import Wanted
from billing.charging.services.reratings import rerate_now, rerating_new
from billing.rates.services.corrections import correction_add
from tests.factories import AccountFactory
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.switches import new_switch
from tests.support.buying import buys_at
from tests.support.switching import running_call


def rerating() -> int:
    """The key of a re-rating that changes nothing, for no call was charged."""
    now = timezone.now()
    return rerate_now(wanted=Wanted(now - timedelta(days=1), now), reason="why").pk


def wrongly_charged(call_id: str = "wrong") -> Wanted:
    """A call of a minute, of an account by itself; its price was 3 cents, and should be 2."""
    payer, group = AccountFactory(account_id="Payer-1"), rate_group(None, "Wrong")
    now = timezone.now()
    rate(group, "880", "0.03")
    buys_at(payer, group, since=LONG_AGO)
    charged(cdr(call_id, account="Payer-1"))
    correction_add(
        actor=SYSTEM, group=group, prefix="880", begins_at=now - timedelta(hours=2), ends_at=now,
        price=Decimal("0.02"), reason="wrong deck",
    )  # fmt: skip
    return Wanted(now - timedelta(hours=2), now, (payer.pk,))


def rerating_of_a_call(call_id: str = "wrong") -> Rerating:
    """The preview of that."""
    return rerating_new(actor=SYSTEM, wanted=wrongly_charged(call_id), zone="UTC", reason="Why")


@dataclass(frozen=True)
class Calls:
    """By the name of each account: a call that waits, one that costs nothing, and one that runs;
    and a re-rating and a switch, which are nobody's.
    """

    waiting: Mapping[str, int]
    unanswered: Mapping[str, int]
    running: Mapping[str, int]
    rerating: int
    switch: int

    def key(self, address: str, account: str) -> int:
        """Of what an address of calls is about."""
        if address.startswith("billing:rerating"):
            return self.rerating
        if address.startswith("switch"):
            return self.switch
        if address.startswith("billing:running-call"):
            return self.running[account]
        return (self.unanswered if address == "billing:call" else self.waiting)[account]


def calls_of_all(accounts: Mapping[str, Account]) -> Calls:
    """None of the accounts has a rate group."""
    found = rerating()
    switch = new_switch("sw-of-the-world").switch.pk
    running = {name: running_call(one, f"runs-{name}").pk for name, one in accounts.items()}
    waiting, unanswered = waiting_records(accounts), unanswered_calls(accounts)
    return Calls(waiting, unanswered, running, found, switch)


def waiting_records(accounts: Mapping[str, Account]) -> dict[str, int]:
    """The key of the record of each account."""
    charged(*(cdr(name, account=one.account_id) for name, one in accounts.items()), source="world")
    found = CallRecord.objects.waiting().filter(source="world")
    return {one.columns["call_id"]: one.pk for one in found}


def unanswered_calls(accounts: Mapping[str, Account]) -> dict[str, int]:
    """The key of the call of each account."""
    calls = (cdr(name, seconds=0, account=one.account_id) for name, one in accounts.items())
    charged(*calls, source="world-2")
    return dict(Leg.objects.filter(source="world-2").values_list("call_id", "pk"))
