"""Requests within a call go to the other side of it as the switch knows it, wherever their sender
leads them (docs/switch/README.md).
"""

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.factories import GatewayFactory
from tests.sip.conftest import ANSWERED, Chain, Line, legs_of
from tests.support.sip_wire import Side, header, headers

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip

_COUNT = itertools.count(1)
METHODS = ("INFO", "OPTIONS", "UPDATE", "INVITE")


class Talk:
    """A call between two sides that say what a test wants; `elsewhere` is nobody's business."""

    def __init__(self, line: Line, side: Callable[[str], Side]) -> None:
        at = next(_COUNT)
        self.chain: Chain = line.chain()
        self.caller = side(self.chain.gateway.address)
        self.carrier, self.proxy = side(f"127.8.1.{at}"), side(f"127.8.2.{at}")
        self.elsewhere = side("127.7.7.7")
        self.number = f"{ANSWERED}9{at:03}000000"
        GatewayFactory(
            account=line.carrier, name=f"rt-wire-{at}", direction="routing",
            addresses=[self.carrier.address], port=self.carrier.socket.getsockname()[1],
            prefixes=[self.number[:7]], capacity=10, priority=1,
        )  # fmt: skip
        self.ways: list[str] = []

    def rings(self, more: str = "") -> None:
        self.caller.invite(self.number, more=more)
        self.asked = self.carrier.hears("INVITE")
        self.carrier.answers(self.asked, "180 Ringing", ways=self.ways)
        self.answer = self.caller.hears("SIP/2.0 180")

    def is_up(self) -> None:
        self.rings()
        self.carrier.answers(self.asked, "200 OK", ways=self.ways)
        self.answer = self.caller.hears("SIP/2.0 200")

    @property
    def routes(self) -> list[str]:
        """The way of the caller's requests as it should be."""
        return headers(self.answer, "Record-Route")[::-1]

    def astray(self, method: str) -> None:
        """A request of the caller that leads elsewhere, in both ways that there are."""
        ours = next(one for one in self.routes if f":{self.caller.switch};" in one)
        routes = [ours, f"<{self.elsewhere.uri};lr>"]
        self.caller.within(method, self.answer, self.elsewhere.uri, routes)

    def ends(self) -> None:
        self.caller.within("BYE", self.answer, self.carrier.uri, self.routes)
        self.caller.hears("SIP/2.0 200")
        (leg,) = legs_of(self.chain.customer)
        assert leg.answer is not None
        assert self.chain.held() == [0, 0, 0]


@pytest.fixture
def talk(line: Line) -> Iterator[Talk]:
    sides: list[Side] = []

    def side(address: str) -> Side:
        sides.append(Side(line.switch.port, address))
        return sides[-1]

    yield Talk(line, side)
    for one in sides:
        one.close()


def test_what_a_caller_leads_elsewhere_comes_to_the_carrier(talk: Talk) -> None:
    talk.is_up()
    talk.astray("ACK")
    assert talk.carrier.hears("ACK").startswith(f"ACK {talk.carrier.uri} ")
    for method in METHODS:
        talk.astray(method)
        heard = talk.carrier.hears(method)
        assert heard.startswith(f"{method} {talk.carrier.uri} ")
        assert headers(heard, "Route") == []
        talk.carrier.answers(heard, "200 OK")
        talk.caller.hears("SIP/2.0 200")
    talk.astray("ACK")
    talk.carrier.hears("ACK")
    assert talk.elsewhere.hears_nothing()
    talk.ends()


def test_what_a_carrier_leads_elsewhere_comes_to_the_caller(talk: Talk) -> None:
    talk.is_up()
    talk.caller.within("ACK", talk.answer, talk.carrier.uri, talk.routes)
    talk.carrier.hears("ACK")
    routes = [headers(talk.asked, "Record-Route")[0], f"<{talk.elsewhere.uri};lr>"]
    for method in METHODS:
        talk.carrier.within(method, talk.asked, talk.elsewhere.uri, routes)
        heard = talk.caller.hears(method)
        assert heard.startswith(f"{method} {talk.caller.uri} ")
        talk.caller.answers(heard, "200 OK")
        talk.carrier.hears("SIP/2.0 200")
    assert talk.elsewhere.hears_nothing()
    talk.ends()


def test_the_way_is_the_one_that_the_carrier_recorded(talk: Talk) -> None:
    talk.ways = [f"<{talk.proxy.uri};lr>"]
    talk.is_up()
    for method in ("ACK", "INFO"):
        talk.astray(method)
        heard = talk.proxy.hears(method)
        assert heard.startswith(f"{method} {talk.carrier.uri} ")
        assert headers(heard, "Route") == talk.ways
    assert talk.elsewhere.hears_nothing()
    talk.ends()


@pytest.mark.parametrize("begun", ["", "Record-Route: <sip:127.0.0.1:9;lr>"])
@pytest.mark.parametrize("has_proxy", [False, True])
def test_while_it_rings_it_is_the_same(talk: Talk, has_proxy: bool, begun: str) -> None:
    """Also where the caller's INVITE brings a way of its own."""
    talk.ways = [f"<{talk.proxy.uri};lr>"] * has_proxy
    talk.rings(begun)
    talk.astray("UPDATE")
    heard = (talk.proxy if has_proxy else talk.carrier).hears("UPDATE")
    assert heard.startswith(f"UPDATE {talk.carrier.uri} ")
    assert headers(heard, "Route") == talk.ways
    assert talk.elsewhere.hears_nothing()
    talk.carrier.answers(talk.asked, "486 Busy Here")
    talk.caller.hears("SIP/2.0 486")


def test_who_moves_is_heard_of(talk: Talk) -> None:
    """A re-INVITE that is answered gives a new address: what follows goes there."""
    talk.is_up()
    talk.caller.within("ACK", talk.answer, talk.carrier.uri, talk.routes)
    talk.carrier.hears("ACK")
    moved = talk.proxy
    moved.tag, moved.cseq = talk.caller.tag, talk.caller.cseq
    moved.within("INVITE", talk.answer, talk.carrier.uri, talk.routes)
    talk.carrier.answers(talk.carrier.hears("INVITE"), "200 OK")
    moved.within("ACK", moved.hears("SIP/2.0 200"), talk.carrier.uri, talk.routes)
    talk.carrier.hears("ACK")
    route = headers(talk.asked, "Record-Route")[:1]
    talk.carrier.within("INFO", talk.asked, talk.caller.uri, route)
    assert moved.hears("INFO").startswith(f"INFO {moved.uri} ")
    talk.caller.cseq = moved.cseq
    talk.ends()


@pytest.mark.parametrize("method", [*METHODS, "PRACK", "BYE"])
@pytest.mark.parametrize("wrong", ["From", "To", "Call-ID"])
def test_of_a_call_that_is_not_known_it_is_refused(talk: Talk, method: str, wrong: str) -> None:
    talk.is_up()
    known = header(talk.answer, wrong)
    other = talk.answer.replace(f"{wrong}: {known}", f"{wrong}: {known}x")
    talk.caller.within(method, other, talk.carrier.uri, talk.routes)
    talk.caller.hears("SIP/2.0 481")
    talk.ends()
