"""The pages of switches: for administrators alone; a key is shown once, and what a new one breaks
is said before.
"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.models import AuditEntry
from accounts.switches.keys import is_key
from accounts.switches.models import DoorRefusal, Switch
from accounts.switches.services.refusals import door_refused
from accounts.switches.services.switches import switch_seen
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.factories.switches import new_switch
from tests.support.answering import answered, submit
from tests.support.pages import just_signed_in, markup_of, words_of

pytestmark = pytest.mark.django_db

LIST, NEW = "/switches/", "/switches/new/"
TYPED = {"name": "sw-1", "addresses": "203.0.113.7\n2001:db8::/64", "note": "Kamailio"}


@pytest.fixture
def nadia(db: None) -> Client:
    """An administrator who signed in a moment ago."""
    return just_signed_in(StaffFactory(username="nadia", administrator=True))


def key_on(answer: Any) -> str:
    page = markup_of(answer)
    return page.partition("<b data-key>")[2].partition("</b>")[0]


def test_without_any_it_says_what_one_is(nadia: Client) -> None:
    words = words_of(nadia.get(LIST))
    assert "No switches yet" in words
    assert "Nobody came without a key" in words
    assert "/switch/v1/credentials" in words


def test_a_key_is_shown_once_and_kept_nowhere(nadia: Client, caplog: Any, capfd: Any) -> None:
    made = submit(nadia, NEW, TYPED)
    assert made.status_code == 200
    key, switch = key_on(made), Switch.objects.get()
    assert is_key(key, switch.key_hash)
    assert made["Cache-Control"] == "no-store"
    assert (switch.addresses, switch.note) == (["203.0.113.7", "2001:db8::/64"], "Kamailio")
    secret = key.rpartition("_")[2]
    for page in (LIST, switch.get_absolute_url(), f"{switch.get_absolute_url()}key/", "/audit/"):
        shown = markup_of(nadia.get(page))
        assert "sw-1" in shown
        assert secret not in shown
    kept = [str(one.get_decoded()) for one in Session.objects.all()]
    kept += [str(one) for one in AuditEntry.objects.values()]
    assert secret not in " ".join(kept)
    assert secret not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Give the switch a name"),
        ("name", "a b", "Use 1 to 32 letters"),
        ("name", "file", "not available"),
        ("addresses", "", "Name at least one address"),
        ("addresses", "sip.example.com", "neither an IP address nor a network"),
        ("addresses", "0.0.0.0/0", "no address that a switch has"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(
    nadia: Client, field: str, value: str, words: str
) -> None:
    answer = submit(nadia, NEW, {**TYPED, field: value})
    assert answer.status_code == 422
    assert words in words_of(answer, 422)
    assert not Switch.objects.exists()


def test_states_are_said(nadia: Client) -> None:
    now = timezone.now()
    for name, ago in (("sw-heard", 29), ("sw-silent", 31), ("sw-away", 3 * 3600), ("sw-new", None)):
        switch = new_switch(name).switch
        if ago is not None:
            with time_machine.travel(now - timedelta(seconds=ago), tick=False):
                switch_seen(switch=switch, address="198.51.100.7")
    new_switch("sw-locked", is_locked=True)
    with time_machine.travel(now, tick=False):
        page = markup_of(nadia.get(LIST)).replace("\xa0", " ")
    rows = {one: page.partition(f">{one}</a>")[2].partition("</tr>")[0] for one in (
        "sw-heard", "sw-silent", "sw-away", "sw-new", "sw-locked",
    )}  # fmt: skip
    assert "Heard" in rows["sw-heard"]
    assert "198.51.100.7" in rows["sw-heard"]
    assert "Silent for" in rows["sw-silent"]
    assert "Silent for 3 hours" in rows["sw-away"]
    assert "Never heard" in rows["sw-new"]
    assert "Locked" in rows["sw-locked"]


def test_one_is_changed_and_locked(nadia: Client) -> None:
    switch = new_switch().switch
    at = switch.get_absolute_url()
    saved = submit(nadia, at, {"addresses": "203.0.113.9", "is_locked": "on", "note": "x"})
    assert (saved.status_code, saved["Location"]) == (303, LIST)
    switch.refresh_from_db()
    assert (switch.addresses, switch.is_locked, switch.note) == (["203.0.113.9"], True, "x")


def test_what_somebody_else_changed_is_shown_and_may_be_replaced(nadia: Client) -> None:
    switch = new_switch().switch
    at = switch.get_absolute_url()
    mine = answered(nadia.get(at), {"addresses": "203.0.113.8"})
    submit(nadia, at, {"addresses": "203.0.113.9"})
    clash = nadia.post(at, mine)
    assert clash.status_code == 409
    assert "203.0.113.9" in words_of(clash, 409)
    again = nadia.post(at, answered(clash, {}))
    assert again.status_code == 303
    assert Switch.objects.get().addresses == ["203.0.113.8"]


def test_a_new_key_says_what_it_breaks(nadia: Client) -> None:
    issued = new_switch()
    at = f"{issued.switch.get_absolute_url()}key/"
    assert "no call is allowed there" not in words_of(nadia.get(at))
    switch_seen(switch=issued.switch, address="127.0.0.1")
    assert "no call is allowed there" in words_of(nadia.get(at))
    made = submit(nadia, at, {})
    key, switch = key_on(made), Switch.objects.get()
    assert is_key(key, switch.key_hash)
    assert not is_key(issued.key.text, switch.key_hash)
    assert switch.key_made_at > issued.switch.key_made_at


def test_the_same_form_twice_makes_one_key(nadia: Client) -> None:
    """Whoever presses twice would take down a key that has ended already."""
    at = f"{new_switch().switch.get_absolute_url()}key/"
    sent = answered(nadia.get(at), {})
    assert nadia.post(at, sent).status_code == 200
    assert nadia.post(at, sent).status_code == 409


def test_one_that_was_never_heard_is_removed(nadia: Client) -> None:
    switch = new_switch().switch
    at = f"{switch.get_absolute_url()}remove/"
    assert "Remove" in words_of(nadia.get(switch.get_absolute_url()))
    assert submit(nadia, at, {}).status_code == 303
    assert not Switch.objects.exists()


def test_one_that_was_heard_is_not(nadia: Client) -> None:
    switch = new_switch().switch
    switch_seen(switch=switch, address="127.0.0.1")
    at = f"{switch.get_absolute_url()}remove/"
    assert at not in markup_of(nadia.get(switch.get_absolute_url()))
    assert nadia.get(at).status_code == nadia.post(at, {}).status_code == 422
    assert Switch.objects.exists()


class TestRefused:
    def test_who_was_refused_is_named(self, nadia: Client) -> None:
        new_switch("sw-1", ["203.0.113.7"])
        door_refused(address="192.0.2.61", why="unknown_key", times=214)
        door_refused(address="198.51.100.19", why="address", switch="sw-1", times=6)
        door_refused(address="203.0.113.7", why="unknown_key")
        door_refused(address="", why="limited", times=1_234)
        words = words_of(nadia.get(LIST))
        for told in (
            "192.0.2.61 a key of none of the switches 214 times",
            "sw-1 , 198.51.100.19 an address that is not on its list",
            "203.0.113.7 (an address of sw-1 )",
            "other addresses slowed down after many tries 1,234 times",
        ):
            assert told.replace(" ", "") in words.replace(" ", ""), told

    def test_what_strangers_send_is_escaped(self, nadia: Client) -> None:
        DoorRefusal.objects.create(
            hour=timezone.now(), address="<b>", why="address", switch="<script>alert(1)</script>"
        )
        page = markup_of(nadia.get(LIST))
        assert "&lt;b&gt;" in page
        assert "<script>alert" not in page

    def test_the_page_takes_as_many_questions_however_many_there_are(self, nadia: Client) -> None:
        counts = []
        for some in (range(2), range(2, 30)):
            for n in some:
                new_switch(f"sw-{n}", [f"203.0.113.{n}"])
                door_refused(address=f"192.0.2.{n}", why="no_key")
            nadia.get(LIST)
            with CaptureQueriesContext(connection) as queries:
                assert nadia.get(LIST).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]


def test_nobody_else_finds_them(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent)
    switch = new_switch().switch
    agent = signed_in(UserFactory(account=reseller_tree.agent))
    for page in (LIST, NEW, switch.get_absolute_url(), f"{switch.get_absolute_url()}key/"):
        assert agent.get(page).status_code == 403
    assert "/switches/" not in markup_of(agent.get("/"))
