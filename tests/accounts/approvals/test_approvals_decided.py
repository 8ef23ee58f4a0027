"""What happens when a request is approved, and when it has lost its ground by then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.deciding import request_reject, request_withdraw
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import NotAllowed, Refused
from accounts.logins.services.logins import login_lock
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, UserFactory
from tests.support import sabotage
from tests.support.asking import MANAGE, PHONE, approve, ask, ask_move, exists
from tests.support.mails import mails_sent
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


class TestApproving:
    def test_it_happens(self, tree, agent, approver) -> None:
        done = approve(approver, ask(agent, tree.customer), reason="fine")
        account = Account.objects.get(account_id="Counter-2")
        tree.refresh()
        assert account.parent == tree.customer
        assert tree.customer.is_agent
        assert (done.status, done.decided_by_name, done.decision_reason) == (
            "approved",
            "admin-login",
            "fine",
        )

    def test_with_what_was_asked_for(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer, codes=frozenset({MANAGE, PHONE}), reason="sells")
        approve(approver, request)
        assert held(Account.objects.get(account_id="Counter-2")) == {MANAGE, PHONE}

    def test_or_with_less(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer, codes=frozenset({MANAGE, PHONE}), reason="sells")
        done = approve(approver, request, codes=frozenset({PHONE}))
        assert held(Account.objects.get(account_id="Counter-2")) == {PHONE}
        assert done.fields["granted"] == ["manage_phone"]

    def test_but_never_with_more(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer, codes=frozenset({PHONE}))
        with refused("not_asked", Refused):
            approve(approver, request, codes=frozenset({PHONE, MANAGE}))

    def test_every_value_arrives(self, tree, agent, approver):
        request = ask(
            agent,
            tree.customer,
            type="phone_card",
            time_zone="Asia/Dhaka",
            detail={"company": "Acme"},
            first_login={"username": "newdesk", "full_name": "N D", "email": "new@example.com"},
        )
        approve(approver, request)
        account = Account.objects.get(account_id="Counter-2")
        login = User.objects.get(username="newdesk")
        assert (account.type, account.time_zone, account.detail.company) == (
            "phone_card",
            "Asia/Dhaka",
            "Acme",
        )
        assert login.account == account
        assert not login.has_usable_password()
        assert ["new@example.com"] in [one.to for one in mails_sent()]

    def test_a_move_happens(self, tree, agent, approver) -> None:
        assert approve(approver, ask_move(agent, tree)).status == "approved"
        tree.refresh()
        assert tree.customer_2.parent == tree.customer

    def test_both_names_stand_in_the_record(self, tree, agent, approver) -> None:
        approve(approver, ask(agent, tree.customer))
        made = AuditEntry.objects.get(action="account.create", account="Counter-2")
        assert (made.actor, made.on_behalf_of) == ("dhaka-desk", "admin-login")
        assert AuditEntry.objects.get(action="request.approve").actor == "admin-login"

    def test_who_asked_is_told(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        approve(approver, request, reason="fine by us")
        (letter,) = mails_sent()
        assert letter.to == ["dhaka@example.com"]
        assert "fine by us" in letter.body
        assert "admin-login" not in letter.body

    def test_twice_is_once(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        approve(approver, request)
        with refused("already_decided", Refused) as caught:
            approve(approver, request)
        assert "admin-login" in str(caught.value.message)

    def test_a_rejected_one_is_not_approved(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        request_reject(actor=actor_for(approver), request=request, reason="too many counters")
        with refused("already_decided", Refused):
            approve(approver, request)

    def test_a_withdrawn_one_is_not_approved(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        request_withdraw(actor=actor_for(agent), request=request)
        with refused("already_decided", Refused):
            approve(approver, request)

    def test_agents_do_not_approve_their_own(self, tree, agent) -> None:
        request = ask(agent, tree.customer)
        with refused("administrators_only", NotAllowed):
            approve(agent, request)

    def test_nor_do_the_levels_above_them(self, tree, agent) -> None:
        request, above = ask(agent, tree.customer), UserFactory(account=tree.top)
        with refused("administrators_only", NotAllowed):
            approve(above, request)

    def test_a_name_that_was_taken_meanwhile_leaves_it_waiting(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        AccountFactory(account_id="counter-2", parent=tree.other_top)
        with refused("not_available", Refused, field="account_id"):
            approve(approver, request)
        request.refresh_from_db()
        assert request.status == "waiting"

    def test_what_the_requester_lost_is_not_granted(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer, codes=frozenset({PHONE}))
        grants_set(actor=SYSTEM, account=tree.agent, codes=frozenset({MANAGE}), reason="less")
        with refused("not_grantable", Refused) as caught:
            approve(approver, request)
        assert "Approve with fewer authorizations." in str(caught.value.message)
        assert approve(approver, request, codes=frozenset()).status == "approved"


class TestVoid:
    """What lost its ground is void, whoever approves it, and nothing happens."""

    def ended(self, request: SubAgentRequest, approver: User) -> str:
        """Why it is void, by the event or at the approval."""
        request.refresh_from_db()
        if request.status == "waiting":
            approve(approver, request)
            request.refresh_from_db()
        assert request.status == "void"
        assert not exists()
        assert AuditEntry.objects.filter(action="request.void", subject=str(request.pk)).exists()
        return request.decision_reason

    def test_the_requester_lost_authorization_1(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        grants_set(actor=SYSTEM, account=tree.agent, codes=frozenset({PHONE}), reason="x")
        assert "revoked" in self.ended(request, approver)

    def test_a_level_above_the_requester_lost_it(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        grants_set(actor=SYSTEM, account=tree.top, codes=frozenset(), reason="x")
        assert self.ended(request, approver)

    def test_the_login_that_asked_is_none_any_more(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        sabotage.plant_login(request.requester, is_active=False)
        assert self.ended(request, approver) == "The login that asked cannot sign in any more."

    @pytest.mark.parametrize("which", ["top", "agent", "customer"])
    def test_it_or_a_level_above_was_locked(self, tree, agent, approver, which) -> None:
        request = ask(agent, tree.customer)
        account_lock(actor=SYSTEM, account=getattr(tree, which), reason="x")
        assert "locked" in self.ended(request, approver)

    @pytest.mark.parametrize("which", ["top", "agent", "customer"])
    def test_it_expired(self, tree, agent, approver, which, time_machine) -> None:
        request = ask(agent, tree.customer)
        until = SubAgentRequest.objects.get(pk=request.pk).created_at
        account_edit(actor=SYSTEM, account=getattr(tree, which), valid_until=until)
        assert "expired" in self.ended(request, approver)

    def test_a_level_in_between_has_expired_by_then(self, tree, approver, time_machine) -> None:
        until = timezone.now() + timedelta(hours=1)
        account_edit(actor=SYSTEM, account=tree.agent, valid_until=until)
        request = ask(UserFactory(account=tree.top), tree.customer)
        time_machine.move_to(until)
        assert "expired" in self.ended(request, approver)

    def test_the_requester_moved(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        account_move(actor=SYSTEM, account=tree.agent, parent=tree.other_top)
        assert "moved" in self.ended(request, approver)

    def test_the_agent_moved(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.other_top)
        assert "moved" in self.ended(request, approver)

    def test_the_target_moved(self, tree, agent, approver) -> None:
        request = ask_move(agent, tree)
        account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sub_agent)
        assert "moved" in self.ended(request, approver)

    def test_the_agent_was_closed(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        account_close(actor=SYSTEM, account=tree.customer, reason="x")
        assert "closed" in self.ended(request, approver)

    def test_the_agent_was_deleted(self, tree, agent) -> None:
        ask(agent, tree.customer_2)
        account_delete(actor=SYSTEM, account=tree.customer_2, reason="x")
        assert "The account was deleted." in mails_sent()[0].body

    def test_the_login_was_locked(self, tree, agent, approver) -> None:
        request = ask(agent, tree.customer)
        login_lock(actor=SYSTEM, user=agent, reason="x")
        assert "was locked" in self.ended(request, approver)

    def test_who_asked_is_told_why(self, tree, agent, approver) -> None:
        ask(agent, tree.customer)
        account_lock(actor=SYSTEM, account=tree.customer, reason="x")
        (letter,) = mails_sent()
        assert letter.to == ["dhaka@example.com"]
        assert "The account was locked." in letter.body

    def test_another_request_about_the_moved_account_ends_with_the_move(
        self, tree, agent, approver
    ) -> None:
        other = ask(agent, tree.customer_2)
        approve(approver, ask_move(agent, tree))
        assert "moved" in self.ended(other, approver)
