"""`check_authorizations` finds what no service would write, and `--fix` takes it away."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from accounts.authorizations.queries.grants import held
from accounts.core.authorizations import Authorization
from accounts.core.models import AccountGroup, AuditEntry, GrantChange
from tests.factories import ResellerTree, UserFactory, grant
from tests.support import sabotage

pytestmark = pytest.mark.django_db


def check(*options: str) -> str:
    out = StringIO()
    try:
        call_command("check_authorizations", *options, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def assert_found_and_repaired(*words: str) -> None:
    found = check()
    for word in (*words, "not sound"):
        assert word in found
    assert "Repaired" in check("--fix")
    assert "sound" in check()
    assert "not sound" not in check()


def test_what_the_services_write_is_sound(reseller_tree: ResellerTree) -> None:
    UserFactory(account=reseller_tree.agent)
    grant(reseller_tree.deep_customer)
    assert check().strip() == "The authorizations are sound."


def test_a_sub_account_with_more_than_its_agent_is_cut(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.top, Authorization.MANAGE_PHONE)
    sabotage.plant_grant(reseller_tree.agent, "manage_gateway")
    sabotage.plant_grant(reseller_tree.customer, "manage_gateway")
    assert_found_and_repaired("does not hold", "Dhaka-Retail-Sub")
    assert held(reseller_tree.agent) == held(reseller_tree.customer) == frozenset()
    assert held(reseller_tree.top) == {Authorization.MANAGE_PHONE}


def test_a_repair_is_in_the_audit_log_and_in_the_history(reseller_tree: ResellerTree) -> None:
    sabotage.plant_grant(reseller_tree.agent, "manage_gateway")
    check("--fix")
    entry = AuditEntry.objects.get(action="grant.revoke")
    assert (entry.account, entry.before) == ("Dhaka-Retail-Sub", {"manage_gateway": True})
    assert GrantChange.objects.get(account=reseller_tree.agent).code == "manage_gateway"


def test_a_grant_on_a_closed_account_is_cut(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.customer, Authorization.MANAGE_PHONE)
    sabotage.plant(reseller_tree.customer, status="closed", version=F("version") + 1)
    assert_found_and_repaired("closed account", "Customer-001")
    assert held(reseller_tree.customer) == frozenset()


def test_orphan_groups_go(reseller_tree: ResellerTree) -> None:
    sabotage.plant_group("account:Nobody-001")
    assert_found_and_repaired("a group without", "account:Nobody-001")


def test_a_grant_of_a_group_that_is_not_the_accounts_own_goes(
    reseller_tree: ResellerTree,
) -> None:
    grant(reseller_tree.other_top, Authorization.MANAGE_PHONE)
    group = AccountGroup.objects.get(account=reseller_tree.other_top).group
    sabotage.plant_grant(reseller_tree.top, "manage_phone_card", group=group)
    assert_found_and_repaired("another group", "BD-Wholesale-Agent")
    assert held(reseller_tree.top) == frozenset()
    assert held(reseller_tree.other_top) == {Authorization.MANAGE_PHONE}


def test_memberships_follow_the_accounts(reseller_tree: ResellerTree) -> None:
    insider = UserFactory(account=reseller_tree.top)
    outsider = UserFactory(account=reseller_tree.other_top)
    grant(reseller_tree.top, Authorization.MANAGE_PHONE)
    group = AccountGroup.objects.get(account=reseller_tree.top).group
    insider.groups.clear()
    sabotage.plant_membership(outsider, group)
    assert_found_and_repaired("missing from", "not its own", outsider.username)
    assert list(insider.groups.all()) == [group]
    assert not outsider.groups.exists()


def test_permissions_of_staff_on_a_login_of_an_account_go(reseller_tree: ResellerTree) -> None:
    login = UserFactory(account=reseller_tree.top)
    sabotage.plant_model_permission(login, "change_user")
    assert_found_and_repaired("permissions of staff", login.username)
    assert not login.user_permissions.exists()
