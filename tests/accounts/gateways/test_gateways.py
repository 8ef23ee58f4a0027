"""Which gateways there are and what they are: the rules of the services."""

from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.gateways.models import Gateway
from accounts.gateways.queries import gateways_of
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from accounts.gateways.services.gateways import (
    gateway_create,
    gateway_delete,
    gateway_information_set,
)
from accounts.gateways.windows import Window
from accounts.kit import encryption
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.ending import account_close, account_delete
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
)
from tests.support import sabotage
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


def change(gateway: Gateway, actor: Actor = SYSTEM, **information: Any) -> Gateway:
    return gateway_information_set(
        actor=actor, gateway=gateway, information=information, reason="test"
    )


def test_a_new_gateway_stands_locked_with_the_codecs_of_its_account(
    reseller_tree: ResellerTree,
) -> None:
    account_edit(actor=SYSTEM, account=reseller_tree.agent, detail={"codecs": ["G.729", "G.711a"]})
    made = gateway_create(actor=SYSTEM, account=reseller_tree.agent, name="gw-1")
    assert (made.is_locked, made.capacity, made.codecs) == (True, 0, ["G.729", "G.711a"])
    assert not made.addresses.exists()
    entry = AuditEntry.objects.get(action="gateway.create")
    assert (entry.account, entry.subject) == ("Dhaka-Retail-Sub", "gw-1")


@pytest.mark.parametrize("name", ["gw-1", "GW-1", "new", "Export", "history"])
def test_a_taken_name_and_a_reserved_one_are_refused_in_the_same_words(
    reseller_tree: ResellerTree, name: str
) -> None:
    GatewayFactory(account=reseller_tree.other_top, name="Gw-1")
    with refused("not_available", Refused, field="name") as caught:
        gateway_create(actor=SYSTEM, account=reseller_tree.agent, name=name)
    assert str(caught.value.message) == f"{name} is not available."


@pytest.mark.parametrize("name", ["", "-gw", "a b", "gw/1", "g" * 33, "g\nw", "gwé"])
def test_a_name_has_the_shape_of_an_account_id(reseller_tree: ResellerTree, name: str) -> None:
    with refused("gateway_name", Refused, field="name"):
        gateway_create(actor=SYSTEM, account=reseller_tree.agent, name=name)


@pytest.mark.parametrize(
    ("information", "code", "field"),
    [
        ({"addresses": ["0.0.0.0/0"]}, "address", "addresses"),
        ({"port": 0}, "port", "port"),
        ({"port": 70_000}, "port", "port"),
        ({"port": True}, "port", "port"),
        ({"codecs": ["G.999"]}, "codec", "codecs"),
        ({"protocol": "iax"}, "unknown_choice", "protocol"),
        ({"registration": "never"}, "unknown_choice", "registration"),
        ({"prefixes": ["x"]}, "prefix", "prefixes"),
        ({"caller_rewrites": ["x"]}, "rewrite", "caller_rewrites"),
        ({"note": "x" * 501}, "too_long", "note"),
        ({"user_name": "a\nb"}, "control_characters", "user_name"),
        ({"password": "a\nb"}, "password", "password"),
        ({"is_locked": False}, "address_required", "addresses"),
        ({"is_locked": False, "registration": "dynamic"}, "registration_incomplete", "user_name"),
        (
            {"is_locked": False, "registration": "dynamic", "user_name": "x"},
            "registration_incomplete",
            "password",
        ),
    ],
)
def test_bad_information_is_refused_in_words(
    information: dict[str, Any], code: str, field: str
) -> None:
    gateway = GatewayFactory()
    with refused(code, Refused, field=field):
        change(gateway, **information)


@pytest.mark.parametrize(
    ("windows", "field"),
    [
        ([Window("daily", 600, 500, 1)], "windows"),
        ([Window("daily", 0, 600, 1), Window("monday", 500, 700, 1)], "windows"),
        ([Window("daily", 0, 600, -1)], "windows"),
    ],
)
def test_bad_windows_are_refused(windows: list[Window], field: str) -> None:
    gateway = GatewayFactory()
    with pytest.raises(Refused) as caught:
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=1, windows=windows)
    assert caught.value.field == field


@pytest.mark.parametrize(("capacity", "code"), [(-1, "negative"), (10**9, "too_many")])
def test_a_capacity_is_a_number_of_calls(capacity: int, code: str) -> None:
    gateway = GatewayFactory()
    with refused(code, Refused, field="capacity"):
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=capacity)


def test_what_is_no_information_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        change(GatewayFactory(), capacity=9)


class TestTheSameAddress:
    def test_is_refused_by_name_within_the_scope_and_without_elsewhere(
        self, reseller_tree: ResellerTree
    ) -> None:
        GatewayFactory(account=reseller_tree.agent, name="gw-1", addresses=["203.0.113.0/28"])
        login = UserFactory(account=grant(reseller_tree.sibling))
        other = GatewayFactory(account=reseller_tree.sibling, name="gw-2")
        with refused("address_in_use", Refused, field="addresses") as caught:
            change(other, addresses=["203.0.113.5"], is_locked=False)
        assert "gw-1" in str(caught.value.message)
        with refused("not_available", Refused, field="addresses") as caught:
            change(other, actor_for(login), addresses=["203.0.113.5"], is_locked=False)
        assert str(caught.value.message) == "203.0.113.5 is not available."

    @pytest.mark.parametrize(
        "more",
        [
            {"port": 5061},
            {"protocol": "h323"},
            {"prefixes": ["91"]},
            {"addresses": ["203.0.113.6"]},
            {"is_locked": True},
        ],
        ids=str,
    )
    def test_may_be_used_where_the_switch_can_tell_them_apart(self, more: dict[str, Any]) -> None:
        GatewayFactory(addresses=["203.0.113.5"], prefixes=["880"])
        GatewayFactory(**{"addresses": ["203.0.113.5"], "prefixes": ["8801"], **more})

    @pytest.mark.parametrize("prefixes", [[], ["8"], ["880"], ["91", "8801"]], ids=str)
    def test_is_refused_where_a_number_could_be_either_s(self, prefixes: list[str]) -> None:
        GatewayFactory(addresses=["203.0.113.5"], prefixes=["880"])
        with pytest.raises(Refused) as caught:
            GatewayFactory(addresses=["203.0.113.5"], prefixes=prefixes)
        assert caught.value.code == "address_in_use"

    def test_is_asked_for_again_when_a_gateway_is_unlocked(self) -> None:
        GatewayFactory(addresses=["203.0.113.5"])
        locked = GatewayFactory(addresses=["203.0.113.5"], is_locked=True)
        with refused("address_in_use", Refused, field="addresses"):
            change(locked, is_locked=False)

    def test_does_not_matter_to_a_carrier(self) -> None:
        clearing = AccountFactory(type=Account.Type.CLEARING)
        GatewayFactory(account=clearing, direction="routing", addresses=["203.0.113.5"])
        GatewayFactory(addresses=["203.0.113.5"])


def test_who_registers_has_a_user_name_of_its_own() -> None:
    dynamic = {"registration": "dynamic", "password": "open-sesame", "is_locked": False}
    GatewayFactory(user_name="Trunk", **dynamic)
    other = GatewayFactory()
    with refused("not_available", Refused, field="user_name"):
        change(other, user_name="trunk", **dynamic)


def test_a_password_is_kept_encrypted_and_an_empty_one_changes_nothing() -> None:
    gateway = change(GatewayFactory(), user_name="x", password="open-sesame")
    assert "sesame" not in gateway.secret
    assert encryption.decrypted(gateway.secret) == "open-sesame"
    change(gateway, note="n", password="")
    gateway.refresh_from_db()
    assert encryption.decrypted(gateway.secret) == "open-sesame"
    entry = AuditEntry.objects.filter(action="gateway.information").order_by("pk")[0]
    assert entry.after == {"user_name": "x", "password_changed": True}


def test_only_what_differs_is_recorded_and_nothing_where_nothing_does() -> None:
    gateway = GatewayFactory(addresses=["203.0.113.5"], port=5060)
    before = AuditEntry.objects.count()
    change(gateway, addresses=["203.0.113.5"], port=5060)
    assert AuditEntry.objects.count() == before
    changed = change(gateway, addresses=["203.0.113.6", "203.0.113.7"], port=5061)
    entry = AuditEntry.objects.latest("pk")
    assert entry.before == {"addresses": ["203.0.113.5"], "port": 5060}
    assert entry.after == {"addresses": ["203.0.113.6", "203.0.113.7"], "port": 5061}
    assert [one.text for one in changed.addresses.all()] == ["203.0.113.6", "203.0.113.7"]


def test_the_second_of_two_who_changed_the_same_is_told() -> None:
    gateway = GatewayFactory()
    change(gateway, note="first")
    gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=5, expected_version=1)
    with refused("changed_meanwhile", Clash):
        gateway_information_set(
            actor=SYSTEM,
            gateway=gateway,
            information={"note": "second"},
            reason="test",
            expected_version=1,
        )
    with refused("changed_meanwhile", Clash):
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=6, expected_version=1)


def test_changing_information_and_deleting_need_a_reason() -> None:
    gateway = GatewayFactory()
    with refused("reason_required", Refused, field="reason"):
        gateway_information_set(actor=SYSTEM, gateway=gateway, information={}, reason=" ")
    with refused("reason_required", Refused, field="reason"):
        gateway_delete(actor=SYSTEM, gateway=gateway, reason=" ")


class TestDirections:
    def test_routing_gateways_belong_to_clearing_accounts_and_mapping_ones_to_others(self) -> None:
        clearing = AccountFactory(type=Account.Type.CLEARING)
        general = AccountFactory()
        with refused("mapping_on_clearing", Refused, field="account"):
            gateway_create(actor=SYSTEM, account=clearing, name="gw-1")
        with refused("routing_needs_clearing", Refused, field="account"):
            gateway_create(actor=SYSTEM, account=general, name="gw-1", direction="routing")
        with refused("unknown_choice", Refused, field="direction"):
            gateway_create(actor=SYSTEM, account=general, name="gw-1", direction="both")
        GatewayFactory(account=clearing, direction="routing")
        with refused("type_with_gateways", Refused, field="type"):
            account_edit(actor=SYSTEM, account=clearing, type=Account.Type.GENERAL)

    def test_routing_gateways_exist_for_administrators_alone(
        self, reseller_tree: ResellerTree
    ) -> None:
        grant(reseller_tree.agent)
        clearing = AccountFactory(parent=reseller_tree.agent)
        # As older installations may still have one.
        sabotage.plant(clearing, type=Account.Type.CLEARING)
        routing = GatewayFactory(account=clearing, direction="routing", addresses=["203.0.113.5"])
        agent = actor_for(UserFactory(account=reseller_tree.agent))
        administrator = actor_for(StaffFactory(administrator=True))
        assert list(gateways_of(agent)) == []
        assert list(gateways_of(administrator)) == [routing]
        with refused("administrators_only", Refused, field="direction"):
            gateway_create(actor=agent, account=clearing, name="gw-9", direction="routing")
        with refused("not_in_scope", NotInScope):
            change(routing, agent, note="x")
        with refused("not_in_scope", NotInScope):
            gateway_capacity_set(actor=agent, gateway=routing, capacity=1)
        with refused("not_in_scope", NotInScope):
            gateway_delete(actor=agent, gateway=routing, reason="x")


class TestCeilings:
    def test_the_smallest_on_the_way_bounds_the_figure_and_every_window(
        self, reseller_tree: ResellerTree
    ) -> None:
        ceiling_set(actor=SYSTEM, account=reseller_tree.top, calls=60)
        ceiling_set(actor=SYSTEM, account=reseller_tree.agent, calls=40)
        gateway = GatewayFactory(account=reseller_tree.customer)
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=40)
        with refused("over_ceiling", Refused, field="capacity") as caught:
            gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=41)
        assert "40" in str(caught.value.message)
        assert "Dhaka-Retail-Sub" in str(caught.value.message)
        with refused("over_ceiling", Refused, field="windows"):
            gateway_capacity_set(
                actor=SYSTEM, gateway=gateway, capacity=1, windows=[Window("daily", 0, 60, 41)]
            )
        with refused("over_ceiling", Refused, field="calls"):
            ceiling_set(actor=SYSTEM, account=reseller_tree.agent, calls=61)

    def test_a_level_above_yours_has_neither_name_nor_figure(
        self, reseller_tree: ResellerTree
    ) -> None:
        login = UserFactory(account=grant(reseller_tree.agent, "modify_gateway_capacity"))
        ceiling_set(actor=SYSTEM, account=reseller_tree.top, calls=60)
        gateway = GatewayFactory(account=reseller_tree.customer)
        with refused("over_ceiling", Refused, field="capacity") as caught:
            gateway_capacity_set(actor=actor_for(login), gateway=gateway, capacity=61)
        assert str(caught.value.message) == "This is more than a level above yours permits."

    def test_nobody_sets_the_own_one(self, reseller_tree: ResellerTree) -> None:
        login = UserFactory(account=grant(reseller_tree.agent, "modify_gateway_capacity"))
        actor = actor_for(login)
        with refused("own_ceiling", Refused):
            ceiling_set(actor=actor, account=reseller_tree.agent, calls=9)
        ceiling_set(actor=actor, account=reseller_tree.customer, calls=9)
        with refused("not_in_scope", NotInScope):
            ceiling_set(actor=actor, account=reseller_tree.sibling, calls=9)

    def test_a_figure_above_a_later_ceiling_stays_and_can_be_lowered(
        self, reseller_tree: ResellerTree
    ) -> None:
        gateway = GatewayFactory(account=reseller_tree.agent, capacity=50)
        ceiling_set(actor=SYSTEM, account=reseller_tree.agent, calls=10)
        gateway.refresh_from_db()
        assert gateway.capacity == 50
        gateway_capacity_set(actor=SYSTEM, gateway=gateway, capacity=10)


class TestTheAccount:
    def test_with_a_gateway_is_neither_closed_nor_deleted(
        self, reseller_tree: ResellerTree
    ) -> None:
        gateway = GatewayFactory(account=reseller_tree.customer)
        for code, end in (("close_blocked", account_close), ("has_history", account_delete)):
            with refused(code, Refused) as caught:
                end(actor=SYSTEM, account=reseller_tree.customer, reason="test")
            assert [str(one.label) for one in caught.value.items] == ["1 gateway"]
        gateway_delete(actor=SYSTEM, gateway=gateway, reason="test")
        account_delete(actor=SYSTEM, account=reseller_tree.customer, reason="test")

    def test_that_is_closed_takes_no_gateway(self) -> None:
        closed = AccountFactory(status="closed")
        with refused("closed", Refused):
            gateway_create(actor=SYSTEM, account=closed, name="gw-1")

    def test_that_is_locked_or_below_a_locked_one_changes_nothing(
        self, reseller_tree: ResellerTree
    ) -> None:
        actor = actor_for(UserFactory(account=grant(reseller_tree.agent)))
        gateway = GatewayFactory(account=reseller_tree.agent)
        account_lock(actor=SYSTEM, account=reseller_tree.top, reason="test")
        with refused("not_authorized", NotAllowed):
            change(gateway, actor, note="x")
        with refused("not_authorized", NotAllowed):
            gateway_create(actor=actor, account=reseller_tree.agent, name="gw-9")
