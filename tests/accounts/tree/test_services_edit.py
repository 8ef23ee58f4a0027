"""Editing accounts: only what is named changes, and nobody overwrites what somebody else saved."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree
from tests.support.refusals import refused, snapshot
from tests.support.sabotage import expire
from tests.support.trees import assert_sound

pytestmark = pytest.mark.django_db

UNTIL = datetime(2031, 1, 1, tzinfo=UTC)


def test_only_what_is_named_changes() -> None:
    account = AccountFactory(name="Old", detail={"memo": "kept", "company": "Old Ltd"})
    was = Account.objects.values().get(pk=account.pk)
    account_edit(actor=SYSTEM, account=account, name="New", detail={"company": "New Ltd"})
    now = Account.objects.values().get(pk=account.pk)
    assert now.pop("name") == "New"
    assert now.pop("version") == was.pop("version") + 1
    assert now.pop("updated_at") > was.pop("updated_at")
    was.pop("name")
    assert now == was
    detail = Account.objects.get(pk=account.pk).detail
    assert (detail.memo, detail.company) == ("kept", "New Ltd")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Other"),
        ("type", "phone_card"),
        ("valid_until", UNTIL),
        ("ctd_billing_model", "flow"),
        ("time_zone", "Asia/Dhaka"),
    ],
)
def test_every_editable_field_is_stored_and_audited(field: str, value: Any) -> None:
    account = AccountFactory()
    before = getattr(account, field)
    account_edit(actor=SYSTEM, account=account, **{field: value})
    account.refresh_from_db()
    assert getattr(account, field) == value
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.account) == ("account.edit", account.account_id)
    stored = value.isoformat() if isinstance(value, datetime) else value
    assert (entry.before, entry.after) == ({field: before}, {field: stored})


def test_an_expiry_can_be_taken_away_again() -> None:
    account = AccountFactory(valid_until=timezone.now() - timedelta(days=1))
    assert account.is_stopped
    account = account_edit(actor=SYSTEM, account=account, valid_until=None)
    assert not account.is_stopped


def test_changing_nothing_writes_nothing() -> None:
    account = AccountFactory(name="Same", detail={"memo": "m"})
    before = snapshot()
    account_edit(actor=SYSTEM, account=account, name=" Same ", detail={"memo": "m"})
    assert snapshot() == before


@pytest.mark.parametrize("field", ["account_id", "parent", "status", "lft", "version", "nonsense"])
def test_what_no_form_may_change_is_a_mistake_of_the_program(field: str) -> None:
    account = AccountFactory()
    with pytest.raises(TypeError):
        account_edit(actor=SYSTEM, account=account, **{field: "x"})


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": ""}, "name_required", "name"),
        ({"name": "a\x07b"}, "control_characters", "name"),
        ({"type": "nonsense"}, "unknown_choice", "type"),
        ({"ctd_billing_model": ""}, "unknown_choice", "ctd_billing_model"),
        ({"time_zone": "Nowhere"}, "unknown_time_zone", "time_zone"),
        ({"valid_until": datetime(2030, 1, 1)}, "naive_time", "valid_until"),
        ({"detail": {"phone": "1" * 33}}, "too_long", "phone"),
        ({"detail": {"email": "@"}}, "email", "email"),
    ],
)
def test_values_that_are_refused(fields: dict[str, Any], code: str, field: str) -> None:
    account = AccountFactory()
    with refused(code, Refused, field=field):
        account_edit(actor=SYSTEM, account=account, **fields)


def test_an_agent_stays_general(reseller_tree: ResellerTree) -> None:
    with refused("type_with_sub_accounts", Refused, field="type"):
        account_edit(actor=SYSTEM, account=reseller_tree.agent, type="phone_card")


def test_a_closed_account_is_never_changed() -> None:
    account = AccountFactory(status="closed")
    with refused("closed", Refused):
        account_edit(actor=SYSTEM, account=account, name="Other")


def test_saving_what_somebody_else_saved_first_clashes() -> None:
    account = AccountFactory()
    seen = account.version
    account_edit(actor=SYSTEM, account=account, name="First", expected_version=seen)
    with refused("changed_meanwhile", Clash):
        account_edit(actor=SYSTEM, account=account, name="Second", expected_version=seen)
    account.refresh_from_db()
    assert account.name == "First"


def test_an_edit_with_an_instance_from_before_a_move_keeps_the_move(
    reseller_tree: ResellerTree,
) -> None:
    stale = Account.objects.get(pk=reseller_tree.customer.pk)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.other_top)
    account_edit(actor=SYSTEM, account=stale, name="Edited")
    now = Account.objects.get(pk=stale.pk)
    assert now.parent == reseller_tree.other_top
    assert now.name == "Edited"
    assert_sound()


def test_an_account_that_is_gone_does_not_exist() -> None:
    with refused("not_in_scope", NotInScope):
        account_edit(actor=SYSTEM, account=Account(pk=987654), name="X")


def test_agents_and_customers_edit_nothing_yet(
    reseller_tree: ResellerTree, agent_login: Any
) -> None:
    actor = actor_for(agent_login(reseller_tree.agent))
    for mine in (reseller_tree.agent, reseller_tree.customer):
        with refused("not_authorized", NotAllowed):
            account_edit(actor=actor, account=mine, name="X")
    for foreign in (reseller_tree.top, reseller_tree.sibling, reseller_tree.other_customer):
        with refused("not_in_scope", NotInScope):
            account_edit(actor=actor, account=foreign, name="X")


def test_expiry_needs_no_job_to_take_effect() -> None:
    account = AccountFactory()
    expire(account)
    account.refresh_from_db()
    assert account.status == "active"
    assert account.is_expired
    assert account.is_stopped
