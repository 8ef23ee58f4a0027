"""Addresses, prefixes, rewrite rules and windows of gateways: what is understood, what is refused
in words, and when two of them meet. What they are compared with counts one by one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.gateways.signalling import network, networks, prefixes, prefixes_meet, rewrites
from accounts.gateways.windows import DAYS, Window, calls_at, clean_windows, minute
from accounts.kit.errors import Refused

MONDAY = datetime(2026, 11, 23)


def words_of(typed: str) -> str:
    with pytest.raises(Refused) as caught:
        network(typed)
    assert (caught.value.code, caught.value.field) == ("address", "addresses")
    return str(caught.value.message)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("203.0.113.22", "203.0.113.22"),
        (" 203.0.113.22/32 ", "203.0.113.22"),
        ("203.0.113.16/28", "203.0.113.16/28"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:1::/64", "2001:db8:0:1::/64"),
        # The same IPv4 address by another name.
        ("::ffff:203.0.113.22", "203.0.113.22"),
        ("10.1.2.3", "10.1.2.3"),
    ],
)
def test_addresses_and_networks_are_stored_in_one_way(typed: str, stored: str) -> None:
    assert network(typed).text == stored


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("0.0.0.0/0", "every address there is"),
        ("::/0", "every address there is"),
        ("0.0.0.0", "no address that anybody can have"),
        ("::", "no address that anybody can have"),
        ("255.255.255.255", "no address that anybody can have"),
        ("127.0.0.1", "way to itself"),
        ("::1", "way to itself"),
        ("::ffff:127.0.0.1", "way to itself"),
        ("224.0.0.1", "many at once"),
        ("ff02::1", "many at once"),
        ("64.0.0.0/2", "way to itself"),
        ("12.0.0.0/7", "too wide"),
        ("2000::/3", "too wide"),
        ("203.0.113.22/24", "203.0.113.0/24"),
        ("gw.example.com", "neither"),
        ("010.1.2.3", "neither"),
        ("fe80::1%eth0", "no address of a gateway"),
        ("203.0.113.22/255.255.255.0", "203.0.113.0/24"),
        ("1234", "neither"),
        ("", "neither"),
    ],
)
def test_what_no_gateway_can_have_is_refused_in_words(typed: str, says: str) -> None:
    assert says in words_of(typed)


@pytest.mark.parametrize(
    ("typed", "private"),
    [("10.1.2.3", True), ("192.168.0.0/24", True), ("fc00::1", True), ("203.0.113.1", False)],
)
def test_private_addresses_are_noticed(typed: str, private: bool) -> None:
    assert network(typed).is_private is private


@pytest.mark.parametrize("others", [["203.0.113.22"], ["203.0.113.16/28"], ["203.0.113.0/24"]])
def test_an_address_is_named_once(others: list[str]) -> None:
    with pytest.raises(Refused):
        networks(["203.0.113.22", *others])


NETS = some.tuples(some.integers(0, 2**32 - 1), some.integers(8, 32)).map(
    lambda one: ip_network(one, strict=False)
)


@given(NETS, NETS)
def test_ranges_meet_exactly_where_networks_overlap(one, other) -> None:  # type: ignore[no-untyped-def]
    try:
        mine, theirs = network(str(one)), network(str(other))
    except Refused:
        return
    assert mine.overlaps(theirs) == one.overlaps(other)


PREFIXES = some.lists(some.text("012", min_size=1, max_size=4), max_size=4)


@given(PREFIXES, PREFIXES)
def test_prefixes_meet_where_some_number_begins_with_both(
    mine: list[str], others: list[str]
) -> None:
    def dialled(numbers: Sequence[str], number: str) -> bool:
        return not numbers or any(number.startswith(one) for one in numbers)

    numbers = ["".join(digits) for digits in product("012", repeat=4)]
    meets = any(dialled(mine, one) and dialled(others, one) for one in numbers)
    assert prefixes_meet(mine, others) == meets


def test_prefixes_and_rules_keep_their_order() -> None:
    assert prefixes(["880", "+91", "123#", "880"]) == ["880", "+91", "123#"]
    typed = ["00>", " 0 -> 880", ">9", "", "11→22"]
    assert rewrites(typed, "caller_rewrites") == ["00>", "0>880", ">9", "11>22"]


@pytest.mark.parametrize("typed", ["88a", "²", "1" * 21, "00 11"])
def test_what_is_no_prefix_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as caught:
        prefixes([typed])
    assert caught.value.field == "prefixes"


@pytest.mark.parametrize("typed", [["00"], [">"], ["a>b"], ["00>00"], ["00>1", "00>2"], ["0>1>2"]])
def test_what_is_no_rule_is_refused(typed: list[str]) -> None:
    with pytest.raises(Refused) as caught:
        rewrites(typed, "callee_rewrites")
    assert caught.value.field == "callee_rewrites"


WINDOWS = some.builds(
    Window,
    some.sampled_from(list(DAYS)),
    some.integers(0, 23).map(lambda one: one * 60),
    some.integers(1, 24).map(lambda one: one * 60),
    some.integers(0, 50),
)


@given(some.lists(WINDOWS, max_size=5))
def test_windows_are_refused_exactly_where_a_minute_has_two_figures(windows: list[Window]) -> None:
    # Every boundary is a full hour, so every hour tells of all its minutes.
    week = [MONDAY + timedelta(hours=hour) for hour in range(7 * 24)]
    most = max((sum(one.holds(at) for one in windows) for at in week), default=0)
    is_sound = all(one.begins < one.ends for one in windows)
    if not is_sound or most > 1:
        with pytest.raises(Refused) as caught:
            clean_windows(windows)
        assert (caught.value.code, caught.value.field) == ("window", "windows")
        return
    kept = clean_windows(windows)
    assert sorted(map(str, kept)) == sorted(map(str, windows))
    assert [Window.read(str(one)) for one in kept] == kept
    assert len(week) == 168
    for at in week:
        found = [one.calls for one in windows if one.holds(at)]
        assert calls_at(99, kept, at) == (found[0] if found else 99)


def test_the_last_minute_of_a_window_lies_outside() -> None:
    window = Window("workdays", minute("07:00"), minute("22:00"), 40)
    assert str(window) == "workdays 07:00-22:00 40"
    assert window.holds(MONDAY.replace(hour=21, minute=59))
    assert not window.holds(MONDAY.replace(hour=22))
    assert not window.holds(MONDAY.replace(hour=6, minute=59))
    assert not window.holds(MONDAY + timedelta(days=5, hours=8))


@pytest.mark.parametrize("typed", ["24:01", "7", "12:60", "25:00", "-1:00", "", "ab:cd"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        minute(typed)
