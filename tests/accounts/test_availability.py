"""What is unique across the platform and taken elsewhere: what is told of it, and how much in a day
(docs/domain.md 2).
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import SYSTEM, Actor, actor_for
from accounts.authorizations import Authorization
from accounts.errors import NotAllowed, Refused
from accounts.models import Account, AuditEntry, AvailabilityDay, GatewayAddress, Phone
from accounts.services.accounts import account_create
from accounts.services.approvals import request_create_filed
from accounts.services.availability import ACTION
from accounts.services.availability_releases import (
    alerts,
    availability_release,
    purge_availability,
)
from accounts.services.gateways import (
    gateway_create,
    gateway_information_set,
    information_change,
)
from accounts.services.logins import login_create, login_edit
from accounts.services.phone_import_plans import ImportPlan
from accounts.services.phone_imports import import_preview, phones_import
from accounts.services.phones import phone_create, phone_edit
from accounts.services.phones_many import phones_create, phones_preview
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
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

ONLY_A_NUMBER = (
    "Too many that are not available were asked for today to name further ones; an administrator "
    "can release your account for a day."
)


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Both sub-agents of BD-Wholesale-Agent hold everything."""
    grant(reseller_tree.agent)
    grant(reseller_tree.sibling)
    return reseller_tree


@pytest.fixture
def dhaka(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.agent, username="dhaka"))


@pytest.fixture
def sylhet(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.sibling, username="sylhet"))


def named(account: Account) -> int:
    return sum(AvailabilityDay.objects.filter(account=account).values_list("named", flat=True))


def taken_numbers(tree: ResellerTree, count: int, begin: int = 4470001) -> list[str]:
    """Numbers of Master-Agent-2's customer."""
    text = f"{begin} – {begin + count - 1}"
    phones_create(actor=SYSTEM, account=tree.other_customer, numbers=text)
    return [str(one) for one in range(begin, begin + count)]


def ask(actor: Actor, account: Account, *numbers: str) -> Any:
    return phones_preview(actor=actor, account=account, numbers="\n".join(numbers))


def told(plan: Any) -> list[str]:
    return [one.typed for one in plan.left_out]


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


@pytest.mark.parametrize(("asked", "field", "typed"), THINGS, ids=lambda one: str(one)[:14])
def test_the_21st_in_a_day_is_told_as_a_number_only(
    tree: ResellerTree, dhaka: Actor, theirs: None, asked: Any, field: str, typed: str
) -> None:
    assert len(told(ask(dhaka, tree.customer, *taken_numbers(tree, 30)))) == 20
    with pytest.raises(Refused) as caught:
        asked(tree, dhaka)
    assert (caught.value.code, caught.value.field) == ("not_available", field)
    assert str(caught.value.message) == f"1 more is not available. {ONLY_A_NUMBER}"
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


class TestAnImport:
    """1,000 numbers, of which 200 are taken elsewhere."""

    @pytest.fixture
    def rows(self, tree: ResellerTree) -> list[list[str]]:
        taken = set(taken_numbers(tree, 200, 4470400))
        numbers = [str(one) for one in range(4470000, 4471000)]
        assert len(taken & set(numbers)) == 200
        return [["number", "account_id"], *([one, "Customer-001"] for one in numbers)]

    def do(self, actor: Actor, rows: list[list[str]]) -> tuple[ImportPlan, Any]:
        plan = import_preview(actor=actor, rows=rows)
        return plan, phones_import(actor=actor, rows=rows, expected=plan.digest)

    def test_the_free_ones_are_not_held_up(
        self, tree: ResellerTree, dhaka: Actor, rows: list[list[str]]
    ) -> None:
        plan, done = self.do(dhaka, rows)
        assert (len(plan.new), len(plan.left_out), plan.told.more) == (800, 20, 180)
        assert f"180 more are not available. {ONLY_A_NUMBER}" == plan.told.more_words
        assert (len(done.issued), done.left_out) == (800, 200)
        assert Phone.objects.filter(account=tree.customer).count() == 800
        assert named(tree.agent) == 20

    def test_a_release_names_the_rest(
        self, tree: ResellerTree, dhaka: Actor, rows: list[list[str]]
    ) -> None:
        assert len(import_preview(actor=dhaka, rows=rows).left_out) == 20
        admin = actor_for(StaffFactory(administrator=True))
        for one in (tree.agent, tree.top):
            availability_release(actor=admin, account=one, reason="their porting list")
        plan, done = self.do(dhaka, rows)
        assert (len(plan.left_out), plan.told.more, len(done.issued)) == (200, 0, 800)
        shown = {one.number for one, _words in plan.left_out}
        assert shown == {str(one) for one in range(4470400, 4470600)}


class TestARelease:
    def test_lifts_the_bound_of_that_level_and_of_those_above(
        self, tree: ResellerTree, dhaka: Actor, sylhet: Actor, administrator: Any
    ) -> None:
        numbers = taken_numbers(tree, 90)
        ask(dhaka, tree.customer, *numbers[:20])
        availability_release(actor=actor_for(administrator), account=tree.agent, reason="asked")
        assert len(told(ask(dhaka, tree.customer, *numbers[20:60]))) == 40
        # The level above is not burdened with what an administrator let be named.
        assert [named(tree.agent), named(tree.top)] == [60, 20]
        assert told(ask(sylhet, tree.sibling_customer, numbers[70])) == []
        availability_release(actor=actor_for(administrator), account=tree.top, reason="asked")
        assert len(told(ask(sylhet, tree.sibling_customer, *numbers[60:]))) == 20

    def test_ends_after_24_hours(self, tree: ResellerTree, dhaka: Actor, settings: Any) -> None:
        numbers = taken_numbers(tree, 60)
        ask(dhaka, tree.customer, *numbers[:20])
        until = availability_release(actor=SYSTEM, account=tree.agent, reason="asked")
        assert timedelta(hours=23) < until - timezone.now() <= timedelta(hours=24)
        release = tree.agent.availability_release
        release.until = timezone.now() - timedelta(seconds=1)
        release.save()
        assert told(ask(dhaka, tree.customer, numbers[30])) == []

    def test_is_an_administrators_deed_with_a_reason(
        self, tree: ResellerTree, dhaka: Actor, administrator: Any
    ) -> None:
        with refused("administrators_only", NotAllowed):
            availability_release(actor=dhaka, account=tree.customer, reason="me")
        with refused("reason_required", field="reason"):
            availability_release(actor=SYSTEM, account=tree.agent, reason=" ")
        availability_release(actor=actor_for(administrator), account=tree.agent, reason="asked")
        entry = AuditEntry.objects.get(action="availability.release")
        assert (entry.account, entry.reason) == ("Dhaka-Retail-Sub", "asked")


class TestAlerts:
    def test_from_the_6th_on_there_is_one(
        self, tree: ResellerTree, dhaka: Actor, administrator: Any
    ) -> None:
        numbers = taken_numbers(tree, 30)
        ask(dhaka, tree.customer, *numbers[:5])
        assert alerts(actor_for(administrator)) == []
        for number in numbers[5:]:
            ask(dhaka, tree.customer, number)
        (one,) = alerts(actor_for(administrator))
        assert (one.account.account_id, one.named, one.unnamed) == ("Dhaka-Retail-Sub", 20, 10)
        assert one.is_stopped
        assert alerts(dhaka) == []

    def test_the_level_above_has_one_where_its_accounts_share_it(
        self, tree: ResellerTree, dhaka: Actor, sylhet: Actor, administrator: Any
    ) -> None:
        numbers = taken_numbers(tree, 30)
        ask(dhaka, tree.customer, *numbers[:4])
        ask(sylhet, tree.sibling_customer, *numbers[4:8])
        (one,) = alerts(actor_for(administrator))
        assert (one.account.account_id, one.named) == ("BD-Wholesale-Agent", 8)


class TestNetworks:
    @pytest.mark.parametrize("wide", ["198.51.0.0/16", "198.51.100.0/23", "2001:db8::/47"])
    def test_a_wide_one_is_for_administrators(
        self, tree: ResellerTree, dhaka: Actor, administrator: Any, wide: str
    ) -> None:
        one = GatewayFactory(account=tree.agent, name="gw-1")
        with refused("address", field="addresses") as caught:
            self.set(one, dhaka, addresses=[wide])
        assert "at least /24, with IPv6 /48" in str(caught.value.message)
        with refused("address", field="addresses"):
            gateway_create(
                actor=dhaka,
                account=tree.agent,
                name="gw-2",
                information={"addresses": [wide]},
            )
        self.set(one, actor_for(administrator), addresses=[wide])
        assert GatewayAddress.objects.get().text == wide

    @pytest.mark.parametrize("narrow", ["198.51.100.0/24", "2001:db8::/48"])
    def test_one_owners_is_everybodys(self, tree: ResellerTree, dhaka: Actor, narrow: str) -> None:
        self.set(GatewayFactory(account=tree.agent), dhaka, addresses=[narrow], is_locked=False)
        assert GatewayAddress.objects.get().text == narrow

    def test_what_is_stored_stays_and_does_not_stand_against_other_changes(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        one = GatewayFactory(account=tree.agent, addresses=["198.51.0.0/16"])
        self.set(one, dhaka, addresses=["198.51.0.0/16"], note="as it is")
        self.set(one, dhaka, port=5070)
        self.set(one, dhaka, addresses=["198.51.0.0/16", "203.0.113.0/24"])
        self.set(one, dhaka, addresses=["203.0.113.0/24"])
        with refused("address", field="addresses"):
            self.set(one, dhaka, addresses=["198.51.0.0/16"])

    def test_the_same_address_beside_another_port_is_another_question(
        self, tree: ResellerTree, dhaka: Actor
    ) -> None:
        for port in (5060, 5070):
            GatewayFactory(account=tree.other_top, addresses=["203.0.113.7"], port=port)
        one = GatewayFactory(account=tree.agent)
        for port in (5060, 5070, 5070):
            with refused("not_available", field="addresses"):
                self.set(one, dhaka, addresses=["203.0.113.7"], port=port, is_locked=False)
        assert named(tree.agent) == 2

    def set(self, one: Any, actor: Actor, **information: Any) -> None:
        gateway_information_set(actor=actor, gateway=one, information=information, reason="x")


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
