"""Many calls at once: what the switch counted, the records, the charges and the ledger agree."""

import re
import time
from decimal import Decimal

import pytest
from django.db.models import Sum

from accounts.core.actor import SYSTEM
from billing.charging.models import Charge
from billing.holds.models import RunningCall
from billing.holds.services.running import call_cut
from billing.ledger.models import Entry
from billing.wallets.models import Wallet
from tests.sip.conftest import ANSWERED, REST, Line, all_is_sound, legs_of, priced
from tests.support import sipp
from tests.support.depth import is_night
from tests.support.waiting import until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip

ENDED = 20
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


@pytest.mark.parametrize("ended", ["by hand", "by the timer"])
def test_every_call_that_the_switch_ends_leaves_its_record(line: Line, ended: str) -> None:
    """Both sides answer its BYE before it is done with the next one."""
    # For seconds of all of them: while the last ones begin, the first ones are given more.
    money = str(priced("agent", 12) * ENDED) if ended == "by the timer" else "100"
    chain = line.chain(agent=money, max_calls=100)
    steps = sipp.is_cut_off(chain.gateway, ANSWERED + REST)
    before = len(line.heard("rt-answers"))
    calling = line.calling(chain.gateway, steps, m=ENDED, r=100, l=ENDED)
    if ended == "by hand":
        up = RunningCall.objects.filter(account=chain.customer, answered_at__isnull=False)
        until(lambda: up.count() == ENDED)
        for one in up:
            call_cut(actor=SYSTEM, call=one, reason="Fraud")
    calling.done()
    assert len(legs_of(chain.customer, ENDED)) == ENDED
    assert chain.held() == [0, 0, 0]
    # The carrier's side of each is told, by the numbers that went out.
    begun = calls_of(line.heard("rt-answers"), "INVITE", before)
    until(lambda: calls_of(line.heard("rt-answers"), "BYE", before) == begun)
    assert len(begun) == ENDED


def calls_of(heard: str, method: str, since: int) -> set[str]:
    """The Call-IDs of the requests of this method that came since."""
    found = re.findall(
        rf"^{method} sip:[^\n]*\n.*?^Call-ID: (\S+)", heard[since:], re.M | re.S | re.I
    )
    return set(found)
