"""Sub-agent approval: what is asked for waits, is decided once, and is done as if it were new."""

import json

import pytest

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.queries import requests_of, requests_waiting_below, to_look_at
from accounts.approvals.services.asking import MOST_WAITING
from accounts.approvals.services.deciding import request_reject, request_seen, request_withdraw
from accounts.authorizations.rules.policies import NeedsApproval
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL
from accounts.core.models import AuditEntry, SubAgentPolicy, User
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.tree.services.accounts import account_create, account_lock
from accounts.tree.services.moving import account_move
from tests.factories import StaffFactory, UserFactory
from tests.support.asking import CARD, GATEWAY, MANAGE, PHONE, approve, ask, ask_move, exists
from tests.support.mails import mails_sent
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

TAKEN = {"username": "dhaka-desk", "email": "new@example.com"}
UNREACHABLE = {"username": "newdesk", "email": ""}


class TestFiling:
    def test_the_act_itself_does_not_happen(self, tree, agent) -> None:
        with refused("needs_approval", NeedsApproval):
            account_create(
                actor=actor_for(agent), parent=tree.customer, account_id="Counter-2", name="x"
            )

    def test_a_request_makes_nothing(self, tree, agent) -> None:
        request = ask(agent, tree.customer)
        assert request.status == "waiting"
        assert not exists()
        tree.refresh()
        assert not tree.customer.is_agent

    def test_a_first_login_is_neither_made_nor_mailed(self, tree, agent) -> None:
        ask(
            agent,
            tree.customer,
            first_login={"username": "newdesk", "full_name": "", "email": "new@example.com"},
        )
        assert not User.objects.called("newdesk").exists()
        assert [one for one in mails_sent() if "new@example.com" in one.to] == []

    def test_administrators_with_an_address_are_told(self, tree, agent, approver) -> None:
        StaffFactory(administrator=True)
        request = ask(agent, tree.customer, reason="second counter")
        assert [one.to for one in mails_sent()] == [["admin@example.com"]]
        assert "second counter" in mails_sent()[0].body
        assert f"/approvals/{request.key}/" in mails_sent()[0].body

    def test_it_is_recorded(self, tree, agent) -> None:
        request = ask(agent, tree.customer, reason="second counter")
        entry = AuditEntry.objects.get(action="request.file")
        assert (entry.actor, entry.account, entry.subject, entry.reason) == (
            "dhaka-desk",
            "Customer-001",
            str(request.pk),
            "second counter",
        )

    def test_nothing_kept_looks_like_a_password_or_a_way_in(self, tree, agent) -> None:
        request = ask(
            agent,
            tree.customer,
            codes=frozenset({PHONE}),
            first_login={
                "username": "newdesk",
                "full_name": "N",
                "email": "new@example.com",
                "password": "not wanted",
            },
        )
        kept = json.dumps([request.fields, request.codes]).lower()
        assert all(
            word not in kept for word in ("password", "pbkdf2", "argon", "token", "template")
        )
        assert set(request.fields) == {
            "account_id", "name", "type", "valid_until", "ctd_billing_model", "time_zone",
            "detail", "first_login",
        }  # fmt: skip
        assert set(request.fields["first_login"]) == {"username", "full_name", "email"}

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"account_id": "Customer-201"}, "not_available", "account_id"),
            ({"account_id": "new"}, "not_available", "account_id"),
            ({"type": "nonsense"}, "unknown_choice", "type"),
            ({"codes": frozenset({GATEWAY}), "reason": "x"}, "not_grantable", None),
            ({"codes": frozenset({CARD})}, "not_grantable", None),
            ({"codes": frozenset({MANAGE})}, "reason_required", "reason"),
            ({"first_login": TAKEN}, "not_available", "login_username"),
            ({"first_login": UNREACHABLE}, "email_required", "login_email"),
        ],
    )
    def test_every_rule_of_the_act_holds_for_the_request(
        self, tree, agent, change, code, field
    ) -> None:
        with pytest.raises(Refused) as caught:
            ask(agent, tree.customer, **change)
        assert (caught.value.code, caught.value.field) == (code, field)
        assert not SubAgentRequest.objects.exists()

    def test_where_no_approval_is_needed_there_is_no_request(self, tree, agent) -> None:
        with refused("no_approval_needed", Refused):
            ask(agent, tree.sub_agent)

    def test_an_administrator_asks_nobody(self, tree, approver) -> None:
        with refused("no_approval_needed", Refused):
            ask(approver, tree.customer)

    def test_below_a_locked_account_nothing_can_be_asked_for(self, tree, agent) -> None:
        account_lock(actor=SYSTEM, account=tree.customer, reason="test")
        with refused("stopped", Refused):
            ask(agent, tree.customer)

    def test_nor_below_a_level_in_between_that_is_locked(self, tree) -> None:
        above = UserFactory(account=tree.top)
        account_lock(actor=SYSTEM, account=tree.agent, reason="test")
        with refused("stopped", Refused):
            ask(above, tree.customer)

    def test_the_same_is_asked_for_once(self, tree, agent) -> None:
        ask(agent, tree.customer)
        with refused("already_requested", Refused):
            ask(agent, tree.customer_2, "COUNTER-2")

    def test_the_same_move_is_asked_for_once(self, tree, agent) -> None:
        ask_move(agent, tree)
        with refused("already_requested", Refused):
            ask_move(agent, tree)

    def test_an_account_cannot_flood_the_queue(self, tree, agent, monkeypatch) -> None:
        monkeypatch.setattr("accounts.approvals.services.asking.MOST_WAITING", 2)
        ask(agent, tree.customer, "One")
        ask(agent, tree.customer, "Two")
        with refused("too_many_requests", Refused):
            ask(agent, tree.customer, "Three")
        assert MOST_WAITING > 2

    def test_who_may_not_create_may_not_ask(self, tree) -> None:
        nobody = UserFactory(account=tree.sub_agent)
        with refused("not_authorized", NotAllowed):
            ask(nobody, tree.deep_customer)

    def test_foreign_accounts_do_not_exist(self, tree, agent) -> None:
        with refused("not_in_scope", NotInScope):
            ask(agent, tree.sibling_customer)


class TestPolicies:
    def test_a_sub_login_does_not_get_round_what_was_forbidden_above(self, tree) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        policy_set(actor=SYSTEM, account=tree.customer, sub_agents=SubAgentPolicy.ALLOWED)
        own = UserFactory(account=tree.customer)
        with refused("sub_agents_forbidden", NotAllowed):
            ask(own, tree.customer)

    def test_a_sub_login_does_not_get_round_the_approval_above(self, tree) -> None:
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.APPROVAL)
        policy_set(actor=SYSTEM, account=tree.customer, sub_agents=SubAgentPolicy.ALLOWED)
        own = UserFactory(account=tree.customer)
        with refused("needs_approval", NeedsApproval):
            account_create(
                actor=actor_for(own), parent=tree.customer, account_id="Counter-2", name="x"
            )
        assert ask(own, tree.customer).status == "waiting"

    def test_a_move_that_would_promote_needs_approval_too(self, tree, agent) -> None:
        with refused("needs_approval", NeedsApproval):
            account_move(actor=actor_for(agent), account=tree.customer_2, parent=tree.customer)

    def test_what_was_forbidden_meanwhile_is_void(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.FORBIDDEN)
        done = approve(approver, request)
        assert (done.status, exists()) == ("void", False)


class TestRejecting:
    def test_it_takes_a_reason(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        with refused("reason_required", Refused, field="reason"):
            request_reject(actor=actor_for(approver), request=request, reason=" ")

    def test_who_asked_reads_it(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        request_reject(actor=actor_for(approver), request=request, reason="too many counters")
        assert "too many counters" in mails_sent()[0].body
        assert to_look_at(actor_for(agent).scope).count() == 1
        request_seen(actor=actor_for(agent), request=request)
        assert to_look_at(actor_for(agent).scope).count() == 0

    def test_only_administrators_do_it(self, tree, agent) -> None:
        request = ask(agent, tree.customer)
        with refused("administrators_only", NotAllowed):
            request_reject(actor=actor_for(agent), request=request, reason="x")

    def test_for_neighbours_there_is_nothing_to_reject(self, tree, agent) -> None:
        request, neighbour = ask(agent, tree.customer), UserFactory(account=tree.sibling)
        with refused("not_in_scope", NotInScope):
            request_reject(actor=actor_for(neighbour), request=request, reason="x")


class TestWithdrawing:
    def test_another_login_of_the_account_may(self, tree, agent) -> None:
        request = ask(agent, tree.customer)
        other = UserFactory(account=tree.agent)
        assert request_withdraw(actor=actor_for(other), request=request).status == "withdrawn"

    def test_the_level_above_may_not(self, tree, agent) -> None:
        request, above = ask(agent, tree.customer), UserFactory(account=tree.top)
        with refused("not_own_request", NotAllowed):
            request_withdraw(actor=actor_for(above), request=request)

    def test_the_account_it_is_about_does_not_even_know(self, tree, agent) -> None:
        request, below = ask(agent, tree.customer), UserFactory(account=tree.customer)
        with refused("not_in_scope", NotInScope):
            request_withdraw(actor=actor_for(below), request=request)

    def test_not_after_the_decision(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        approve(approver, request)
        with refused("already_decided", Refused) as caught:
            request_withdraw(actor=actor_for(agent), request=request)
        assert "admin-login" not in str(caught.value.message)


def test_everybody_sees_the_requests_from_their_own_account_downwards(tree, agent) -> None:
    request = ask(agent, tree.customer)
    sees = {
        name: requests_of(actor_for(UserFactory(account=getattr(tree, name)))).contains(request)
        for name in ("top", "agent", "customer", "sibling", "other_top")
    }
    assert sees == {
        "top": True, "agent": True, "customer": False, "sibling": False, "other_top": False
    }  # fmt: skip


@pytest.mark.sqlite
def test_what_waits_is_found_from_the_requests_however_many_accounts_there_are(tree, agent) -> None:
    """SQLite, which has no statistics, began with every account of both scopes: ten thousand
    sub-accounts took it twenty seconds.
    """
    actor = actor_for(agent)
    for found in (requests_of(actor), requests_waiting_below(actor.scope, tree.agent.pk)):
        assert "accounts_subagentrequest" in found.order_by().explain().splitlines()[0]


def test_all_eight_take_a_reason_as_everywhere(tree, agent) -> None:
    for account in (tree.top, tree.agent, tree.customer):
        grants_set(actor=SYSTEM, account=account, codes=ALL, reason="test")
    with refused("reason_required", Refused, field="reason"):
        ask(agent, tree.customer, codes=ALL)
