"""Locking, unlocking, expiry and closing: what stops at run time, and what is final."""

from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.services.logins import login_create
from accounts.portal.registry import Blocker, registry
from accounts.tree.services.accounts import (
    account_edit,
    account_lock,
    account_unlock,
    accounts_set_status,
)
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree
from tests.support.refusals import refused, snapshot
from tests.support.sabotage import expire
from tests.support.trees import assert_sound

pytestmark = pytest.mark.django_db


def ids(rows: Any) -> set[str]:
    return set(rows.values_list("account_id", flat=True))


def test_locking_and_unlocking_are_audited_with_their_reason() -> None:
    account = AccountFactory()
    account_lock(actor=SYSTEM, account=account, reason="unpaid")
    account.refresh_from_db()
    assert account.status == "locked"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.reason) == ("account.lock", "unpaid")
    assert (entry.before, entry.after) == ({"status": "active"}, {"status": "locked"})
    account_unlock(actor=SYSTEM, account=account)
    account.refresh_from_db()
    assert account.status == "active"
    assert AuditEntry.objects.latest("pk").action == "account.unlock"


def test_a_lock_stops_everything_below_at_run_time_and_changes_none_of_it(
    reseller_tree: ResellerTree,
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.agent)
    assert ids(Account.objects.stopped_here()) == {"Dhaka-Retail-Sub"}
    assert ids(Account.objects.stopped_above()) == {
        "Customer-001",
        "Customer-002",
        "Sub-Sub-Agent",
        "Customer-301",
    }
    assert ids(Account.objects.running()) == {
        "BD-Wholesale-Agent",
        "Sylhet-Retail-Sub",
        "Customer-101",
        "Master-Agent-2",
        "Customer-201",
    }
    assert ids(Account.objects.stopped()) == {
        "Dhaka-Retail-Sub",
        "Customer-001",
        "Customer-002",
        "Sub-Sub-Agent",
        "Customer-301",
    }
    assert Account.objects.exclude(status="active").count() == 1


def test_a_lock_stops_nothing_in_other_trees(reseller_tree: ResellerTree) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top)
    assert ids(Account.objects.running()) == {"Master-Agent-2", "Customer-201"}


def test_closing_stops_like_a_lock(reseller_tree: ResellerTree) -> None:
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    assert ids(Account.objects.stopped_here()) == {"Customer-001"}
    assert "Customer-001" not in ids(Account.objects.running())


def test_expiry_stops_like_a_lock(reseller_tree: ResellerTree) -> None:
    expire(reseller_tree.sub_agent)
    assert ids(Account.objects.stopped_here()) == {"Sub-Sub-Agent"}
    assert ids(Account.objects.stopped_above()) == {"Customer-301"}
    assert ids(Account.objects.stopped()) == {"Sub-Sub-Agent", "Customer-301"}


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [("customer", "here"), ("agent", "above"), ("top", "above"), ("sibling", None)],
)
@pytest.mark.parametrize("how", ["lock", "expire"])
def test_people_learn_whether_they_are_blocked_here_or_above(
    reseller_tree: ResellerTree, agent_login: Any, stopped: str, expected: str | None, how: str
) -> None:
    login = agent_login(reseller_tree.customer)
    account = getattr(reseller_tree, stopped)
    if how == "lock":
        account_lock(actor=SYSTEM, account=account)
    else:
        expire(account)
    assert actor_for(login).blocked_by == expected


def test_unlocking_below_a_lock_leaves_it_blocked_above(reseller_tree: ResellerTree) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top)
    account_lock(actor=SYSTEM, account=reseller_tree.agent)
    account_unlock(actor=SYSTEM, account=reseller_tree.agent)
    assert "Dhaka-Retail-Sub" in ids(Account.objects.stopped_above())


def test_locking_twice_is_no_change_and_no_entry() -> None:
    account = AccountFactory(status="locked")
    before = snapshot()
    account_lock(actor=SYSTEM, account=account)
    assert snapshot() == before


def test_a_selection_is_locked_as_a_whole_or_not_at_all(reseller_tree: ResellerTree) -> None:
    tree = reseller_tree
    accounts_set_status(
        actor=SYSTEM, accounts=[tree.customer, tree.other_customer, tree.customer], locked=True
    )
    assert ids(Account.objects.filter(status="locked")) == {"Customer-001", "Customer-201"}
    account_close(actor=SYSTEM, account=tree.customer_2, reason="gone")
    with refused("closed", Refused):
        accounts_set_status(
            actor=SYSTEM, accounts=[tree.sibling_customer, tree.customer_2], locked=True
        )


def test_a_selection_with_a_foreign_account_changes_nothing(
    reseller_tree: ResellerTree, agent_login: Any
) -> None:
    actor = actor_for(agent_login(reseller_tree.agent))
    with refused("not_in_scope", NotInScope):
        accounts_set_status(actor=actor, accounts=[reseller_tree.sibling_customer], locked=True)
    with refused("not_authorized", NotAllowed):
        account_lock(actor=actor, account=reseller_tree.customer)


def test_closing_is_final() -> None:
    account = AccountFactory()
    account_close(actor=SYSTEM, account=account, reason="contract ended")
    account.refresh_from_db()
    assert account.status == "closed"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.reason) == ("account.close", "contract ended")
    for deed in (
        lambda: account_unlock(actor=SYSTEM, account=account),
        lambda: account_lock(actor=SYSTEM, account=account),
        lambda: account_edit(actor=SYSTEM, account=account, name="X"),
        lambda: account_close(actor=SYSTEM, account=account, reason="again"),
        lambda: account_move(actor=SYSTEM, account=account, parent=AccountFactory(account_id="T")),
    ):
        with pytest.raises(Refused) as caught:
            deed()
        assert caught.value.code == "closed"


@pytest.mark.parametrize("reason", ["", "   "])
def test_closing_needs_a_reason(reason: str) -> None:
    account = AccountFactory()
    with refused("reason_required", Refused, field="reason"):
        account_close(actor=SYSTEM, account=account, reason=reason)


def test_open_sub_accounts_stand_against_closing(reseller_tree: ResellerTree) -> None:
    with refused("close_blocked", Refused) as caught:
        account_close(actor=SYSTEM, account=reseller_tree.agent, reason="x")
    assert [str(one.label) for one in caught.value.items] == ["3 open sub-accounts"]
    # Locked is still open.
    account_lock(actor=SYSTEM, account=reseller_tree.sibling_customer)
    with refused("close_blocked", Refused):
        account_close(actor=SYSTEM, account=reseller_tree.sibling, reason="x")


def test_an_agent_of_closed_sub_accounts_can_be_closed_and_stays_an_agent(
    reseller_tree: ResellerTree,
) -> None:
    account_close(actor=SYSTEM, account=reseller_tree.sibling_customer, reason="x")
    account_close(actor=SYSTEM, account=reseller_tree.sibling, reason="x")
    reseller_tree.sibling.refresh_from_db()
    assert reseller_tree.sibling.is_agent
    with refused("has_sub_accounts", Refused):
        account_delete(actor=SYSTEM, account=reseller_tree.sibling, reason="x")
    assert_sound()


def test_other_apps_can_stand_against_closing() -> None:
    account = AccountFactory()
    blocker = Blocker("a balance of 5.00", "/pay/")

    def ask(_account: Account) -> list[Blocker]:
        return [blocker]

    registry.close_blockers.append(ask)
    try:
        with refused("close_blocked", Refused) as caught:
            account_close(actor=SYSTEM, account=account, reason="x")
    finally:
        registry.close_blockers.remove(ask)
    assert caught.value.items == (blocker,)


def test_the_logins_of_a_closed_account_are_nobody_from_the_next_request_on(
    agent_login: Any,
) -> None:
    account = AccountFactory()
    login = agent_login(account)
    assert actor_for(login).kind == "account"
    account_close(actor=SYSTEM, account=account, reason="x")
    assert actor_for(login).kind == "nobody"
    assert actor_for(login).scope.is_empty
    with refused("account_closed", Refused):
        login_create(actor=SYSTEM, account=Account.objects.get(pk=account.pk), username="late")
