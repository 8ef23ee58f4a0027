"""Switches: their keys, where they call from, and what administrators do with them."""

from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.switches.keys import is_key, key_id_of, new_key
from accounts.switches.models import Switch
from accounts.switches.services.switches import (
    key_made,
    switch_changed,
    switch_new,
    switch_removed,
    switch_seen,
)
from accounts.switches.sources import comes_from, neighbourhood, sources
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.switches import new_switch

pytestmark = pytest.mark.django_db


class TestKeys:
    def test_no_two_are_alike(self) -> None:
        keys = [new_key() for _one in range(50)]
        assert len({one.text for one in keys}) == len({one.id for one in keys}) == 50
        for one in keys:
            # 192 bits behind the id.
            assert len(one.text.rpartition("_")[2]) * 4 >= 160
            assert key_id_of(one.text) == one.id
            assert is_key(one.text, one.hash)

    def test_whatever_is_not_the_key_is_none(self) -> None:
        one, other = new_key(), new_key()
        assert not is_key(one.text, other.hash)
        assert not is_key(one.text)
        assert not is_key("", "")
        assert key_id_of(f" {one.text}") == key_id_of(one.text.upper()) == ""

    def test_it_is_shown_nowhere_by_itself(self) -> None:
        issued = new_switch()
        secret = issued.key.text.rpartition("_")[2]
        assert secret not in f"{issued!r} {issued.switch!r} {issued.key!r}"
        assert secret not in str(Switch.objects.values().get())


class TestSources:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (["203.0.113.7"], ["203.0.113.7"]),
            (["203.0.113.7, 203.0.113.9"], ["203.0.113.7", "203.0.113.9"]),
            (["203.0.113.0/28"], ["203.0.113.0/28"]),
            (["127.0.0.1", "::1"], ["127.0.0.1", "::1"]),
            (["10.1.0.0/16"], ["10.1.0.0/16"]),
            (["::ffff:203.0.113.7"], ["203.0.113.7"]),
            (["2001:DB8::1"], ["2001:db8::1"]),
        ],
    )
    def test_they_are_kept_as_they_are_compared(self, typed: list[str], kept: list[str]) -> None:
        assert sources(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            [], [""], ["x"], ["0.0.0.0/0"], ["::/0"], ["10.0.0.0/8"], ["2001::/16"], ["224.0.0.1"],
            ["ff02::1"], ["203.0.113.7/28"], ["203.0.113.7", "203.0.113.0/28"],
            ["203.0.113.7", "203.0.113.7"], ["203.0.113.7:5060"], ["sip.example.com"],
            [f"203.0.113.{n}" for n in range(33)],
        ],
    )  # fmt: skip
    def test_what_no_switch_has_is_refused(self, typed: list[str]) -> None:
        with pytest.raises(Refused) as caught:
            sources(typed)
        assert (caught.value.code, caught.value.field) == ("address", "addresses")

    def test_one_is_in_it_or_not(self) -> None:
        kept = sources(["203.0.113.0/28", "2001:db8::/64"])
        assert all(comes_from(one, kept) for one in ("203.0.113.15", "2001:db8::ffff"))
        assert not any(comes_from(one, kept) for one in ("203.0.113.16", "::1", "", "x", "%"))

    def test_tries_are_counted_by_who_may_have_the_address(self) -> None:
        assert neighbourhood("203.0.113.7") == neighbourhood("::ffff:203.0.113.7") == "203.0.113.7"
        assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::2") == "2001:db8::/64"
        assert neighbourhood("no address") == ""


@pytest.mark.parametrize("name", ["", "a b", "sw/1", "x" * 33, "-sw", "ключ"])
def test_a_name_is_one_word(name: str) -> None:
    with pytest.raises(Refused) as caught:
        new_switch(name)
    assert (caught.value.code, caught.value.field) == ("switch_name", "name")


@pytest.mark.parametrize("name", ["sw-1", "SW-1", " sw-1 ", "file", "File"])
def test_a_name_is_given_once(name: str) -> None:
    """In any case; and not the one that records have which come as files."""
    new_switch("sw-1")
    with pytest.raises(Refused) as caught:
        new_switch(name)
    assert caught.value.code == "not_available"


def test_a_note_has_its_length() -> None:
    with pytest.raises(Refused) as caught:
        new_switch(note="x" * 501)
    assert caught.value.code == "too_long"


def test_only_administrators_look_after_them(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent)
    switch = new_switch().switch
    for login in (UserFactory(account=reseller_tree.agent), StaffFactory(operator=True)):
        actor = actor_for(login)
        with pytest.raises(NotAllowed) as caught:
            switch_new(actor=actor, name="sw-2", addresses=["203.0.113.7"])
        assert caught.value.code == "administrators_only"
        for deed in (key_made, switch_removed):
            with pytest.raises(NotAllowed):
                deed(actor=actor, switch=switch)


def test_deeds_are_on_record_without_a_secret() -> None:
    nadia = actor_for(StaffFactory(username="nadia", administrator=True))
    issued = switch_new(actor=nadia, name="sw-1", addresses=["203.0.113.7"], note="first")
    switch = switch_changed(
        actor=nadia, switch=issued.switch, addresses=["203.0.113.8"], is_locked=True
    )
    again = key_made(actor=nadia, switch=switch)
    switch_removed(actor=nadia, switch=again.switch)
    entries = AuditEntry.objects.filter(action__startswith="switch.").order_by("pk")
    assert [one.action for one in entries] == [
        "switch.new", "switch.change", "switch.key", "switch.remove",
    ]  # fmt: skip
    assert {(one.actor, one.subject) for one in entries} == {("nadia", "sw-1")}
    change = entries[1]
    assert change.before == {"addresses": ["203.0.113.7"], "is_locked": False, "note": "first"}
    assert change.after == {"addresses": ["203.0.113.8"], "is_locked": True, "note": ""}
    written = str([(one.before, one.after) for one in entries])
    assert again.key.id in written
    for key in (issued.key, again.key):
        assert key.hash not in written
        assert key.text.rpartition("_")[2] not in written


def test_what_changes_nothing_is_no_deed() -> None:
    switch = new_switch().switch
    how: dict[str, Any] = {"addresses": switch.addresses, "is_locked": False}
    again = switch_changed(actor=SYSTEM, switch=switch, **how)
    assert again.version == switch.version
    assert AuditEntry.objects.filter(action="switch.change").count() == 0


def test_what_somebody_else_changed_clashes() -> None:
    switch = new_switch().switch
    how: dict[str, Any] = {"addresses": ["203.0.113.7"], "expected_version": switch.version}
    switch_changed(actor=SYSTEM, switch=switch, is_locked=True, **how)
    with pytest.raises(Clash):
        switch_changed(actor=SYSTEM, switch=switch, is_locked=False, **how)
    with pytest.raises(Clash):
        key_made(actor=SYSTEM, switch=switch, expected_version=switch.version)


def test_one_that_has_asked_is_not_removed() -> None:
    """Its calls name it."""
    switch = new_switch().switch
    assert switch_seen(switch=switch, address="127.0.0.1")
    with pytest.raises(Refused) as caught:
        switch_removed(actor=SYSTEM, switch=switch)
    assert caught.value.code == "in_use"


def test_one_that_is_gone_is_not_there() -> None:
    switch = new_switch().switch
    switch_removed(actor=SYSTEM, switch=Switch.objects.get())
    for deed in (key_made, switch_removed):
        with pytest.raises(NotInScope):
            deed(actor=SYSTEM, switch=switch)
