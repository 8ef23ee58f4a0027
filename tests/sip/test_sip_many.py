"""Many calls at once: what the switch counted, the records, the charges and the ledger agree."""

import time
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.charging.models import Charge
from billing.ledger.models import Entry
from billing.wallets.models import Wallet
from tests.sip.conftest import ANSWERED, REST, Line, all_is_sound, legs_of, priced
from tests.support import sipp
from tests.support.depth import is_night

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip

CALLS, A_SECOND = (500, 25) if is_night() else (40, 10)


def test_every_call_is_recorded_and_charged_once(line: Line) -> None:
    chain = line.chain(money="100", max_calls=1000)
    steps = sipp.talks(chain.gateway, ANSWERED + REST, 1500)
    line.calling(chain.gateway, steps, m=CALLS, r=A_SECOND, l=CALLS).done(CALLS / A_SECOND + 60)
    legs = legs_of(chain.customer, CALLS)
    own = {one["call_id"] for one in line.records() if one["gateway"] == chain.gateway_name}
    assert len(own) == CALLS
    assert {one.call_id for one in legs} == own
    keys = ("customer", "agent", "top", "cost")
    charges = Charge.objects.filter(leg_id__in=[one.pk for one in legs])
    assert charges.count() == CALLS * len(keys)
    assert len(chain.levels) == 3
    for key, account in zip(keys, chain.levels, strict=False):
        due = sum((priced(key, one.duration) for one in legs), Decimal(0))
        assert charges.filter(account_id=account.pk).aggregate(n=Sum("amount"))["n"] == due
        entries = Entry.objects.filter(wallet=account.pk, amount__lt=0)
        assert -(entries.aggregate(n=Sum("amount"))["n"] or 0) == due
        assert Wallet.objects.get(pk=account.pk).balance == 100 - due
    assert chain.held() == [0, 0, 0]
    all_is_sound()


def test_no_level_pays_what_it_has_not(line: Line) -> None:
    """Twenty call at once; the agent has money for five calls of four seconds."""
    chain = line.chain(agent=str(priced("agent", 4) * 5), max_calls=100)
    steps = sipp.talks(chain.gateway, ANSWERED + REST, 1000)
    calling = line.calling(chain.gateway, steps, m=20, r=100, l=20)
    end = time.monotonic() + 30
    while calling.process.poll() is None and time.monotonic() < end:
        time.sleep(0.2)
    calling.end()
    legs = legs_of(chain.customer, 5)
    assert 5 <= len(legs) < 20
    assert Wallet.objects.get(pk=chain.agent.pk).balance >= 0
    assert chain.held() == [0, 0, 0]
