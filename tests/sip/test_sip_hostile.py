"""Callers that say what no telephone would: one Call-ID twice, passwords of challenges that nobody
gave, a PIN where none is expected.
"""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from billing.holds.models import RunningCall
from tests.sip.conftest import ANSWERED, REST, Line, legs_of
from tests.support import sipp
from tests.support.sip_wire import Side, headers
from tests.support.sipp import Caller

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip

NUMBER = ANSWERED + REST
# So many wrong passwords of an address within a minute are heard.
HEARD = 20


@pytest.fixture
def sides(line: Line) -> Iterator[list[Side]]:
    """Whatever a test puts here is closed behind it."""
    found: list[Side] = []
    yield found
    for one in found:
        one.close()


def caller_at(line: Line, sides: list[Side], address: str) -> Side:
    sides.append(Side(line.switch.port, address))
    return sides[-1]


def test_a_second_call_with_one_call_id_leaves_the_first_its_record_and_end(
    line: Line, sides: list[Side]
) -> None:
    """The agent's money is gone after six seconds: there the switch ends the first."""
    chain = line.chain(agent="0.004")
    caller = caller_at(line, sides, chain.gateway.address)
    caller.invite(NUMBER)
    answer = caller.hears("SIP/2.0 200")
    begun = time.monotonic()
    routes = headers(answer, "Record-Route")
    caller.within("ACK", answer, "sip:x@127.8.0.1", routes)
    caller.invite(NUMBER)
    assert caller.hears("SIP/2.0 482").startswith("SIP/2.0 482 Merged request")
    assert RunningCall.objects.filter(account=chain.customer).count() == 1
    bye = caller.hears("BYE")
    assert time.monotonic() - begun < 6 + 3
    caller.answers(bye, "200 OK")
    (leg,) = legs_of(chain.customer)
    assert 6 <= leg.duration <= 9
    own = [one for one in line.records() if one.get("gateway") == chain.gateway_name]
    assert [one["call_id"] for one in own] == [leg.call_id]
    assert chain.held() == [0, 0, 0]


def proof(user: str, nonce: str) -> str:
    """A digest that is wrong, over a challenge."""
    return (
        f'Proxy-Authorization: Digest username="{user}",realm="{settings.SIP_REALM}",'
        f'nonce="{nonce}",uri="sip:x",response="{"0" * 32}",qop=auth,nc=00000001,cnonce="a",'
        "algorithm=MD5"
    )


def test_forged_proofs_do_not_shut_a_trunk_out(line: Line, sides: list[Side]) -> None:
    """Whoever forges an address hears none of its challenges, and invents them."""
    chain = line.chain()
    forger = caller_at(line, sides, chain.gateway.address)
    heard = set()
    for at in range(HEARD + 5):
        forger.call_id = f"forged-{at}-{forger.tag}"
        forger.invite(NUMBER, more=proof(chain.phone.user, f"{at:032x}"))
        heard.add(forger.hears("SIP/2.0 4").partition("\r\n")[0])
    assert heard <= {"SIP/2.0 403 Forbidden", "SIP/2.0 407 Proxy Authentication Required"}
    line.talked(chain.gateway, NUMBER, 200)
    assert len(legs_of(chain.customer)) == 1


def test_wrong_passwords_do(line: Line) -> None:
    chain = line.chain()
    somewhere = Caller(chain.phone.shown, "127.6.6.6")
    wrong = replace(somewhere, user=chain.phone.user, password="wrong")
    steps = sipp.is_refused(wrong, NUMBER, 403)
    line.calling(wrong, steps, m=HEARD + 1, r=20, l=1).done()
    assert line.refused(somewhere, NUMBER, 403) == "Too many wrong passwords"
    # Elsewhere nobody minds.
    line.talked(chain.phone, NUMBER, 200)


@pytest.mark.parametrize(
    "dialled", ["*{pin}", "*{pin}*{number}", "**{pin}**{number}", "{pin}*{number}"]
)
def test_a_pin_behind_a_star_stands_in_no_log(line: Line, dialled: str) -> None:
    chain = line.chain()
    pin = f"73{chain.phone.user[-10:]}"
    before = line.switch.log.stat().st_size
    line.refused(chain.gateway, dialled.format(pin=pin, number=NUMBER), 404)
    log = line.switch.log.read_bytes()[before:].decode("utf-8", "replace")
    assert f"refused {chain.gateway_name} to " in log
    assert pin not in log
