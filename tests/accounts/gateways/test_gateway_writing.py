"""Addresses and codecs as people and other systems write them: stored one way, or answered with the
place they belong to; and what gateways make of dialled numbers.
"""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.gateways.addresses import address_sought, split_addresses
from accounts.gateways.models import Gateway
from accounts.gateways.queries import gateways_of
from accounts.gateways.rewriting import is_taken, rewritten
from accounts.gateways.services.gateways import gateway_information_set
from accounts.gateways.signalling import networks, prefixes, rewrites
from accounts.kit.errors import Refused
from tests.factories import AccountFactory, GatewayFactory
from tests.support.pages import just_signed_in, sent_by_form, text_of


def stored(text: str, port: int | None = 5060, protocol: str | None = "sip") -> list[str]:
    return [one.text for one in networks(split_addresses(text), port=port, protocol=protocol)]


def refused(text: str, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        stored(text, **more)
    assert (caught.value.code, caught.value.field) == ("address", "addresses")
    return str(caught.value.message)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("203.0.113.22:5060", ["203.0.113.22"]),
        ("sip:203.0.113.22", ["203.0.113.22"]),
        ("<SIP:203.0.113.22:5060>", ["203.0.113.22"]),
        ("[2001:DB8::1]:5060", ["2001:db8::1"]),
        ("[2001:DB8:0:0::1]", ["2001:db8::1"]),
        ("203.0.113.22/32", ["203.0.113.22"]),
        ("203.0.113.22.", ["203.0.113.22"]),
        ("\u202a203.0.113.22\u202c", ["203.0.113.22"]),
        ("２０３.0.113.22", ["203.0.113.22"]),
        ("203.0.113.16/255.255.255.240", ["203.0.113.16/28"]),
        ("203.0.113.16 - 203.0.113.31", ["203.0.113.16/28"]),
        ("203.0.113.16–203.0.113.20", ["203.0.113.16/30", "203.0.113.20"]),
        ("203.0.113.5;203.0.113.6\n- 203.0.113.7", ["203.0.113.5", "203.0.113.6", "203.0.113.7"]),
    ],
)
def test_addresses_in_other_writing_are_stored_in_one(text: str, addresses: list[str]) -> None:
    assert stored(text) == addresses


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("203.0.113.22:5070", "The port has its own field: 5070. Write the address alone: 203.0"),
        ("[2001:db8::1]:5070", "The port has its own field: 5070"),
        ("sip:203.0.113.22:5070;transport=tcp", "“;transport=tcp” has no place"),
        ("sip:100@203.0.113.22", "The user name has its own field: 100"),
        ("h323:203.0.113.22", "The protocol has its own field: H.323"),
        ("sips:203.0.113.22", "“sips:” has no place"),
        ("udp://203.0.113.22", "“udp://” has no place"),
        ("203.0.113.22:5060/udp", "“/udp” has no place"),
        ("203.0.113.16-31", "Do you mean 203.0.113.16-203.0.113.31?"),
        ("203.0.113.*", "Write 203.0.113.0/24"),
        ("203.0.x.x", "Write 203.0.0.0/16"),
        ("203.000.113.022", "Write 203.0.113.22"),
        ("SBC.example.com.", "sbc.example.com is the name of a host"),
        ("sbc.example.com:5060", "sbc.example.com is the name of a host"),
        ("203.0.113.31-203.0.113.16", "neither an IP address nor a network"),
        ("203.0.113.22 203.0.113.22:5060", "203.0.113.22 is there twice"),
    ],
)
def test_what_belongs_elsewhere_is_answered_with_its_place(text: str, says: str) -> None:
    assert says in refused(text)


def test_a_port_is_taken_only_where_it_says_what_is_so_anyway() -> None:
    assert stored("203.0.113.22:5070", port=5070) == ["203.0.113.22"]
    assert "5060" in refused("203.0.113.22:5060", port=None)
    assert "SIP" in refused("sip:203.0.113.22", protocol="h323")


@given(st.integers(0xCB007100, 0xCB0071FF), st.integers(0, 200))
def test_a_range_is_stored_as_its_addresses_and_no_others(first: int, more: int) -> None:
    last = min(first + more, 0xCB0071FF)
    found = stored(f"{ip_address(first)}-{ip_address(last)}")
    held = {one for text in found for one in ip_network(text)}
    assert held == {ip_address(one) for one in range(first, last + 1)}


@given(st.text(max_size=60))
def test_every_text_is_addresses_or_a_sentence(text: str) -> None:
    try:
        found = stored(text)
    except Refused as error:
        found = [] if str(error.message) else ["without a word"]
    assert found == [str(ip_network(one)).removesuffix("/32").removesuffix("/128") for one in found]


@pytest.mark.django_db
def test_a_gateway_is_found_by_an_address_in_any_writing() -> None:
    GatewayFactory(name="gw-6", addresses=["2001:db8::1"])
    GatewayFactory(name="gw-4", addresses=["203.0.113.22"])
    for text in ("2001:DB8:0:0::1", "[2001:db8::1]:5060", "2001:db8"):
        assert [one.name for one in gateways_of(SYSTEM).matching(text)] == ["gw-6"], text
    for text in ("203.0.113.22:5070", "sip:203.0.113.22;transport=tcp", "203.0.113"):
        assert [one.name for one in gateways_of(SYSTEM).matching(text)] == ["gw-4"], text
    assert address_sought("gw-1:x") == "gw-1:x"


@pytest.mark.django_db
def test_codecs_are_stored_by_one_name() -> None:
    gateway = GatewayFactory(codecs=["PCMA", "alaw", "g729ab", "PCMU/8000", "G.723.1"])
    assert gateway.codecs == ["G.711a", "G.729", "G.711u", "G.723"]
    with pytest.raises(Refused, match=r"G\.711 is the name of two codecs: write G\.711a or"):
        gateway_information_set(
            actor=SYSTEM, gateway=gateway, information={"codecs": ["G.711"]}, reason="test"
        )


@pytest.mark.django_db
def test_the_port_of_the_same_change_is_the_one_that_counts() -> None:
    gateway = GatewayFactory(account=AccountFactory(), port=5070, addresses=["203.0.113.22:5070"])
    assert [one.text for one in Gateway.objects.get(pk=gateway.pk).addresses.all()] == [
        "203.0.113.22"
    ]


@pytest.mark.django_db
def test_the_form_says_where_a_port_goes(administrator: Any) -> None:
    gateway = GatewayFactory(addresses=["203.0.113.5"])
    portal: Client = just_signed_in(administrator)
    page = gateway.get_absolute_url()
    sent = sent_by_form(portal.get(page), "port")
    chosen = {"protocol": "sip", "registration": "static", "addresses": "203.0.113.5:5070"}
    answer = portal.post(f"{page}information/", {**sent, **chosen})
    assert "The port has its own field: 5070." in text_of(answer)


# --- Rewriting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "rules", "becomes"),
    [
        ("01711", ["0>880"], "8801711"),
        ("001711", ["0>880", "00>"], "1711"),
        ("1711", ["0>880"], "1711"),
        ("1711", [">880", "44>"], "8801711"),
        ("441711", [">880", "44>"], "1711"),
        ("*991711", ["*99>"], "1711"),
        ("0", [], "0"),
    ],
)
def test_the_rule_that_knows_most_of_a_number_rewrites_it(
    number: str, rules: list[str], becomes: str
) -> None:
    assert rewritten(number, rules) == becomes


def test_dial_prefixes_take_what_begins_so() -> None:
    assert is_taken("01711", [])
    assert is_taken("01711", ["9", "01"])
    assert not is_taken("01711", ["9"])


def test_prefixes_and_rewriting_are_read_in_plain_signs() -> None:
    assert prefixes(["\u202a880\u202c", "８８１", "880"]) == ["880", "881"]
    assert rewrites(["００ => 880", "0 → 44"], "caller_rewrites") == ["00>880", "0>44"]
