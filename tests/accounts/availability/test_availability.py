"""What is unique across the platform and taken elsewhere: what is told of it, and how much in a day
(docs/domain.md 2).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.approvals.services.asking import request_create_filed
from accounts.availability.services import purge_availability
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.availability import ACTION, Taken, Thing, answer
from accounts.core.models import Account, AuditEntry, AvailabilityDay
from accounts.gateways.services.gateways import (
    gateway_create,
    gateway_information_set,
    information_change,
)
from accounts.kit.errors import NotAllowed, Refused
from accounts.logins.services.logins import login_create, login_edit
from accounts.phones.services.many import phones_create
from accounts.phones.services.phones import phone_create, phone_edit
from accounts.tree.services.accounts import account_create
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
    phone,
)
from tests.support.numbers import ALLOCATION, limit
from tests.support.probing import ONLY_A_NUMBER, ask, named, taken_numbers, told
from tests.support.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

# The kinds of things. Each asks for one that Master-Agent-2 has.


def _account(tree: ResellerTree, dhaka: Actor) -> None:
    account_create(actor=dhaka, account_id="customer-201", name="x", parent=tree.agent)


def _request(tree: ResellerTree, dhaka: Actor) -> None:
    request_create_filed(actor=dhaka, parent=tree.customer, account_id="customer-201", name="x")


def _login(tree: ResellerTree, dhaka: Actor) -> None:
    login_create(actor=dhaka, account=tree.customer, username="Rahim")


def _address(tree: ResellerTree, dhaka: Actor) -> None:
    one = UserFactory(account=tree.customer, username="karim")
    login_edit(actor=dhaka, user=one, email="rahim@example.com")


def _number(tree: ResellerTree, dhaka: Actor) -> None:
    phone_create(actor=dhaka, account=tree.customer, number="8801")


def _did(tree: ResellerTree, dhaka: Actor) -> None:
    phone_edit(actor=dhaka, phone=phone(tree.customer, "77"), dids=["8801"])


def _gateway(tree: ResellerTree, dhaka: Actor) -> None:
    gateway_create(actor=dhaka, account=tree.agent, name="GW-Theirs")


def _network(tree: ResellerTree, dhaka: Actor) -> None:
    one = GatewayFactory(account=tree.agent)
    information = {"addresses": ["203.0.113.0/28"], "is_locked": False}
    gateway_information_set(actor=dhaka, gateway=one, information=information, reason="x")


def _network_seen(tree: ResellerTree, dhaka: Actor) -> None:
    one = GatewayFactory(account=tree.agent)
    information = {"addresses": ["203.0.113.0/28"], "is_locked": False}
    information_change(actor=dhaka, gateway=one, information=information)


def _registration(tree: ResellerTree, dhaka: Actor) -> None:
    information = {"registration": "dynamic", "user_name": "THEIRS", "password": "Long-enough-1!"}
    gateway_create(actor=dhaka, account=tree.agent, name="gw-own", information=information)


THINGS = [
    (_account, "account_id", "customer-201"),
    (_request, "account_id", "customer-201"),
    (_login, "username", "Rahim"),
    (_address, "email", "rahim@example.com"),
    (_number, "number", "8801"),
    (_did, "dids", "8801"),
    (_gateway, "name", "GW-Theirs"),
    (_network, "addresses", "203.0.113.0/28"),
    (_network_seen, "addresses", "203.0.113.0/28"),
    (_registration, "user_name", "THEIRS"),
]


@pytest.fixture
def theirs(tree: ResellerTree) -> None:
    UserFactory(account=tree.other_customer, username="rahim", email="rahim@example.com")
    phone(tree.other_customer, "8801")
    GatewayFactory(account=tree.other_top, name="gw-theirs", addresses=["203.0.113.7"])
    GatewayFactory(
        account=tree.other_top,
        registration="dynamic",
        user_name="theirs",
        password="Long-enough-1!",
        is_locked=False,
    )


@pytest.mark.parametrize(("asked", "field", "typed"), THINGS, ids=lambda one: str(one)[:14])
def test_what_others_have_is_named_as_it_was_typed_recorded_and_counted(
    tree: ResellerTree, dhaka: Actor, theirs: None, asked: Any, field: str, typed: str
) -> None:
    with pytest.raises(Refused) as caught:
        asked(tree, dhaka)
    error = caught.value
    assert (error.code, error.field) == ("not_available", field)
    assert str(error.message) == str(error) == f"{typed} is not available."
    assert [named(tree.agent), named(tree.top)] == [1, 1]
    assert [named(tree.customer), named(tree.sibling), named(tree.other_top)] == [0, 0, 0]
    entry = AuditEntry.objects.get(action=ACTION)
    assert (entry.account, entry.actor, entry.is_refused) == ("Dhaka-Retail-Sub", "dhaka", True)
    assert (entry.after["asked"], entry.after["named"]) == ([typed], [typed])
    assert (entry.after["asked_count"], entry.after["unnamed"]) == (1, 0)


DEEDS = [one for one in THINGS if one[0] is not _network_seen]


@pytest.mark.parametrize(("asked", "field", "typed"), DEEDS, ids=lambda one: str(one)[:14])
def test_the_21st_in_a_day_is_told_as_a_number_only(
    tree: ResellerTree, dhaka: Actor, theirs: None, asked: Any, field: str, typed: str
) -> None:
    assert len(told(ask(dhaka, tree.customer, *taken_numbers(tree, 30)))) == 20
    with pytest.raises(Refused) as caught:
        asked(tree, dhaka)
    # A gateway is asked for by its name as well: neither which of them it is nor how many is told.
    is_several = asked is _registration
    words = "More of what was asked for is" if is_several else "1 more is"
    at = None if is_several else field
    assert (caught.value.code, caught.value.field) == ("not_available", at)
    assert str(caught.value.message) == f"{words} not available. {ONLY_A_NUMBER}"
    assert named(tree.agent) == 20


def test_a_taken_and_a_reserved_account_id_have_the_same_words(
    tree: ResellerTree, dhaka: Actor
) -> None:
    def words(account_id: str) -> str:
        with pytest.raises(Refused) as caught:
            account_create(actor=dhaka, account_id=account_id, name="x", parent=tree.agent)
        return str(caught.value.message).replace(account_id, "…")

    assert words("Customer-201") == words("search") == "… is not available."
    ask(dhaka, tree.customer, *taken_numbers(tree, 30))
    assert words("Customer-101") == words("bulk") == f"1 more is not available. {ONLY_A_NUMBER}"


def test_what_is_ones_own_is_said_plainly_and_does_not_count(
    tree: ResellerTree, dhaka: Actor
) -> None:
    phone(tree.deep_customer, "8801")
    with refused("not_available", field="account_id") as caught:
        account_create(actor=dhaka, account_id="Customer-301", name="x", parent=tree.agent)
    assert str(caught.value.message) == "Customer-301 is not available."
    with refused("not_available", field="number") as caught:
        phone_create(actor=dhaka, account=tree.customer, number="8801")
    assert "it is a phone of Customer-301" in str(caught.value.message)
    assert not AvailabilityDay.objects.exists()
    assert not AuditEntry.objects.filter(action=ACTION).exists()


@pytest.mark.parametrize("who", ["administrator", "command"])
def test_nothing_is_counted_for_administrators(tree: ResellerTree, who: str) -> None:
    actor = SYSTEM if who == "command" else actor_for(StaffFactory(administrator=True))
    for one in range(30):
        GatewayFactory(account=tree.other_top, name=f"theirs-{one}")
        with refused("not_available", field="name") as caught:
            gateway_create(actor=actor, account=tree.agent, name=f"theirs-{one}")
        assert str(caught.value.message) == f"theirs-{one} is not available."
    assert not AvailabilityDay.objects.exists()
    assert not AuditEntry.objects.filter(action=ACTION).exists()


def test_the_same_entry_counts_once_a_day_and_stays_named(tree: ResellerTree, dhaka: Actor) -> None:
    first, *others = taken_numbers(tree, 30)
    for _each in range(3):
        assert told(ask(dhaka, tree.customer, first)) == [first]
    assert named(tree.agent) == 1
    ask(dhaka, tree.customer, *others)
    assert named(tree.agent) == 20
    assert told(ask(dhaka, tree.customer, first, others[0], others[28])) == [first, others[0]]
    AvailabilityDay.objects.update(day=timezone.now().date() - timedelta(days=1))
    assert told(ask(dhaka, tree.customer, others[28])) == [others[28]]


def test_an_entry_in_other_letters_is_the_same(tree: ResellerTree, dhaka: Actor) -> None:
    for typed in ("Customer-201", "customer-201", "CUSTOMER-201"):
        with refused("not_available", field="account_id"):
            account_create(actor=dhaka, account_id=typed, name="x", parent=tree.agent)
    assert named(tree.agent) == 1


def test_nothing_is_counted_for_who_only_looks_on(tree: ResellerTree, dhaka: Actor) -> None:
    looking = replace(dhaka, read_only=True, viewer=StaffFactory(administrator=True))
    taken = [Taken(str(number), Thing.NUMBER) for number in range(30)]
    assert answer(looking, taken).named == tuple(taken)
    assert not AvailabilityDay.objects.exists()


def test_two_sub_agents_share_the_20_of_their_agent(
    tree: ResellerTree, dhaka: Actor, sylhet: Actor
) -> None:
    numbers = taken_numbers(tree, 40)
    assert len(told(ask(dhaka, tree.customer, *numbers[:12]))) == 12
    plan = ask(sylhet, tree.sibling_customer, *numbers[12:])
    assert (len(told(plan)), plan.told.more) == (8, 20)
    assert told(ask(dhaka, tree.customer, numbers[39])) == []
    assert [named(one) for one in (tree.agent, tree.sibling, tree.top)] == [12, 8, 20]
    # Whoever is not below them has twenty of its own.
    other = actor_for(UserFactory(account=grant(AccountFactory(account_id="Apart"))))
    assert len(told(ask(other, Account.objects.get(account_id="Apart"), *numbers))) == 20


class TestAllocation:
    def test_numbers_that_every_level_above_gave_do_not_count(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        numbers = taken_numbers(tree, 30)
        for account in (tree.top, tree.agent):
            limit(account, "allow 447", purpose=ALLOCATION)
        assert told(ask(dhaka, tree.customer, *numbers)) == numbers
        assert named(tree.agent) == 0
        assert AuditEntry.objects.get(action=ACTION).after["named"] == numbers

    @pytest.mark.parametrize("giver", ["top", "agent"])
    def test_a_level_that_gave_none_makes_them_count(
        self, tree: ResellerTree, dhaka: Actor, giver: str
    ) -> None:
        limit(getattr(tree, giver), "allow 447", purpose=ALLOCATION)
        assert len(told(ask(dhaka, tree.customer, *taken_numbers(tree, 30)))) == 20

    def test_of_numbers_outside_it_nothing_is_told(self, tree: ResellerTree, dhaka: Actor) -> None:
        taken = taken_numbers(tree, 1)
        limit(tree.top, "allow 880", purpose=ALLOCATION)
        plan = ask(dhaka, tree.customer, *taken, "4479")
        assert len({one.problem for one in plan.wrong}) == 1
        assert not plan.taken
        assert not AvailabilityDay.objects.exists()


class TestPreviewsThatChangeNothing:
    """Numbers of lists that are halved again and again would name as well."""

    def test_a_short_one_tells_nothing_more(self, tree: ResellerTree, dhaka: Actor) -> None:
        numbers = taken_numbers(tree, 30)
        ask(dhaka, tree.customer, *numbers[:20])
        taken = ask(dhaka, tree.customer, numbers[20])
        free = ask(dhaka, tree.customer, "4479001")
        assert [len(one.ready) for one in (taken, free)] == [1, 1]
        words = f"Whether any more are not available is told when it is done. {ONLY_A_NUMBER}"
        assert taken.told.more_words == free.told.more_words == words
        with refused("not_available", field="number") as caught:
            phone_create(actor=dhaka, account=tree.customer, number=numbers[20])
        assert str(caught.value.message) == f"1 more is not available. {ONLY_A_NUMBER}"
        # What was named is named again.
        assert told(ask(dhaka, tree.customer, numbers[0], numbers[21])) == [numbers[0]]

    def test_three_lists_are_told_a_number_and_told_it_again(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        numbers = taken_numbers(tree, 60)
        free = [str(4479000 + at) for at in range(20)]
        ask(dhaka, tree.customer, *numbers[:20])

        def more(at: int) -> int:
            plan = ask(dhaka, tree.customer, *free, *numbers[20 : 20 + at])
            assert len(plan.ready) == 20 + (at if plan.told.is_silent else 0)
            return int(plan.told.more)

        assert [more(at) for at in (4, 2, 2, 3)] == [4, 2, 2, 3]
        assert [more(at) for at in (1, 5, 4)] == [0, 0, 4]
        assert ask(dhaka, tree.customer, *free).told.is_silent
        # Whoever does it is told.
        text = "\n".join([*free, *numbers[20:25]])
        digest = ask(dhaka, tree.customer, *free, *numbers[20:25]).digest
        issued = phones_create(actor=dhaka, account=tree.customer, numbers=text, expected=digest)
        assert len(issued) == 20

    def test_a_network_passes_the_preview_and_not_the_deed(
        self, tree: ResellerTree, dhaka: Actor, theirs: None
    ) -> None:
        ask(dhaka, tree.customer, *taken_numbers(tree, 20))
        _network_seen(tree, dhaka)
        with pytest.raises(Refused) as caught:
            _network(tree, dhaka)
        assert str(caught.value.message) == f"1 more is not available. {ONLY_A_NUMBER}"


class TestAList:
    def test_a_range_is_named_as_it_was_typed_and_never_a_part_of_it(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        taken_numbers(tree, 2, 4470007)
        plan = ask(dhaka, tree.customer, "4470000 – 4470049", "4470060")
        assert told(plan) == ["4470000 – 4470049"]
        assert [one.number for one in plan.ready] == ["4470060"]
        assert named(tree.agent) == 1

    def test_what_is_available_goes_on(self, tree: ResellerTree, dhaka: Actor) -> None:
        numbers = [*taken_numbers(tree, 25), "4479001", "4479002"]
        plan = ask(dhaka, tree.customer, *numbers)
        assert (len(plan.left_out), plan.told.more, len(plan.ready)) == (20, 5, 2)
        text = "\n".join(numbers)
        with refused("wrong_numbers", field="numbers"):
            phones_create(actor=dhaka, account=tree.customer, numbers=text)
        issued = phones_create(
            actor=dhaka, account=tree.customer, numbers=text, expected=plan.digest
        )
        assert [one.phone.number for one in issued] == ["4479001", "4479002"]


def test_old_counts_are_deleted(tree: ResellerTree, dhaka: Actor) -> None:
    ask(dhaka, tree.customer, *taken_numbers(tree, 1))
    assert purge_availability() == 0
    AvailabilityDay.objects.update(day=timezone.now().date() - timedelta(days=31))
    assert purge_availability() == 2
    assert not AvailabilityDay.objects.exists()


def test_authorization_is_asked_first(tree: ResellerTree) -> None:
    phone(tree.other_customer, "8801")
    actor = actor_for(UserFactory(account=tree.customer))
    with pytest.raises(NotAllowed):
        phone_create(actor=actor, account=tree.customer, number="8801")
    assert Authorization.MANAGE_PHONE not in actor.effective
    assert not AvailabilityDay.objects.exists()
