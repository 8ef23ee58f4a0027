"""Requests for an authorization: who asks, who answers, what ends them, what each side is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AccountGrant, AuditEntry, User
from accounts.core.scope import Scope
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.requests.models import AuthorizationRequest
from accounts.requests.queries import asked_of, asked_to_grant
from accounts.requests.services import (
    authorization_ask,
    authorization_grant,
    authorization_refuse,
    authorization_withdraw,
)
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.moving import accounts_move
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, revoke
from tests.factories.fixtures import signed_in
from tests.support.mails import mails_sent
from tests.support.pages import field_error, markup_of, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

A = Authorization
MANAGE, PHONES, GATEWAYS = A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.MANAGE_GATEWAY
HERE = "/authorizations/requests/"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka holds accounts and phones; Customer-001 below it holds nothing."""
    for name in ("top", "agent"):
        grant(getattr(reseller_tree, name), MANAGE, PHONES)
    return reseller_tree


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-desk")


@pytest.fixture
def customer(tree: ResellerTree) -> User:
    return UserFactory(account=tree.customer, username="customer-desk")


def ask(login: User, code: Authorization = PHONES) -> AuthorizationRequest:
    return authorization_ask(actor=actor_for(login), code=code, reason="hands out numbers")


def refused(_why: str, _deed: Any, **sent: Any) -> None:
    with pytest.raises(Refused) as error:
        _deed(**sent)
    assert error.value.code == _why


class TestAsking:
    def test_it_waits_with_its_reason(self, customer: User) -> None:
        one = ask(customer)
        assert (one.status, one.code, one.reason) == (
            "waiting", "manage_phone", "hands out numbers",
        )  # fmt: skip
        entry = AuditEntry.objects.get(action="asked.file")
        assert (entry.account, entry.reason) == ("Customer-001", "hands out numbers")

    def test_a_reason_is_needed(self, customer: User) -> None:
        refused("reason_required", authorization_ask, actor=actor_for(customer), code=PHONES,
                reason=" ")  # fmt: skip

    def test_one_open_one_for_each(self, customer: User) -> None:
        ask(customer)
        refused("already_requested", ask, login=customer)
        assert ask(customer, GATEWAYS).status == "waiting"

    def test_not_for_what_is_held(self, agent: User) -> None:
        refused("already_held", ask, login=agent)

    def test_not_while_a_level_is_locked(self, tree: ResellerTree, customer: User) -> None:
        account_lock(actor=SYSTEM, account=tree.top, reason="x")
        refused("stopped", ask, login=customer)

    def test_who_has_no_account_asks_for_nothing(self, administrator: User) -> None:
        with pytest.raises(NotAllowed) as error:
            ask(administrator)
        assert error.value.code == "no_account"

    def test_what_was_refused_rests_for_seven_days(self, agent: User, customer: User) -> None:
        one = ask(customer)
        authorization_refuse(actor=actor_for(agent), request=one, answer="not yet")
        refused("refused_lately", ask, login=customer)
        ago = timezone.now() - timedelta(days=7, seconds=1)
        AuthorizationRequest.objects.update(decided_at=ago)
        assert ask(customer).status == "waiting"


class TestAnswering:
    def test_granting_is_an_ordinary_grant(
        self, tree: ResellerTree, agent: User, customer: User
    ) -> None:
        one = ask(customer)
        authorization_grant(actor=actor_for(agent), request=one, answer="sells")
        one.refresh_from_db()
        assert (one.status, one.decided_by_name) == ("granted", "dhaka-desk")
        assert held(tree.customer) == {PHONES}
        row = AccountGrant.objects.get(content_object=tree.customer)
        assert (row.granted_by, row.reason) == (agent, "sells")

    def test_what_was_asked_for_is_the_reason_where_none_is_said(
        self, tree: ResellerTree, administrator: User, customer: User
    ) -> None:
        grant(tree.top, GATEWAYS)
        grant(tree.agent, GATEWAYS)
        authorization_grant(actor=actor_for(administrator), request=ask(customer, GATEWAYS))
        row = AccountGrant.objects.get(content_object=tree.customer)
        assert row.reason == "hands out numbers"

    def test_never_more_than_the_granter_holds(
        self, tree: ResellerTree, agent: User, customer: User
    ) -> None:
        one = ask(customer, GATEWAYS)
        refused("not_grantable", authorization_grant, actor=actor_for(agent), request=one)
        one.refresh_from_db()
        assert (one.status, held(tree.customer)) == ("waiting", frozenset())

    def test_one_answer_only(self, agent: User, customer: User) -> None:
        one = ask(customer)
        authorization_refuse(actor=actor_for(agent), request=one, answer="no")
        for deed in (authorization_grant, authorization_refuse):
            refused("already_decided", deed, actor=actor_for(agent), request=one, answer="x")
        refused("already_decided", authorization_withdraw, actor=actor_for(customer), request=one)

    def test_refusing_needs_a_reason(self, agent: User, customer: User) -> None:
        refused("reason_required", authorization_refuse, actor=actor_for(agent),
                request=ask(customer), answer="")  # fmt: skip

    def test_only_who_could_grant_it_refuses(
        self, tree: ResellerTree, agent: User, administrator: User, customer: User
    ) -> None:
        one = ask(customer, GATEWAYS)
        with pytest.raises(NotAllowed) as error:
            authorization_refuse(actor=actor_for(agent), request=one, answer="no")
        assert error.value.code == "not_yours_to_answer"
        done = authorization_refuse(actor=actor_for(administrator), request=one, answer="no")
        assert done.status == "refused"

    def test_nobody_answers_its_own(self, tree: ResellerTree, agent: User) -> None:
        one = ask(agent, GATEWAYS)
        for deed in (authorization_grant, authorization_refuse):
            with pytest.raises(NotAllowed):
                deed(actor=actor_for(agent), request=one, answer="x")

    def test_nobody_answers_beside_or_above(self, tree: ResellerTree, customer: User) -> None:
        one = ask(customer)
        for account in (tree.sibling, tree.other_top, tree.deep_customer):
            with pytest.raises(NotInScope):
                authorization_grant(actor=actor_for(UserFactory(account=account)), request=one)

    def test_only_the_account_itself_withdraws(self, agent: User, customer: User) -> None:
        one = ask(customer)
        with pytest.raises(NotAllowed) as error:
            authorization_withdraw(actor=actor_for(agent), request=one)
        assert error.value.code == "not_own_request"
        done = authorization_withdraw(actor=actor_for(customer), request=one)
        assert done.status == "withdrawn"
        assert ask(customer).status == "waiting"


class TestVoid:
    def test_by_a_lock_above(self, tree: ResellerTree, customer: User) -> None:
        one = ask(customer)
        account_lock(actor=SYSTEM, account=tree.agent, reason="x")
        one.refresh_from_db()
        assert one.status == "void"
        assert AuditEntry.objects.filter(action="asked.void").count() == 1

    def test_by_a_move(self, tree: ResellerTree, customer: User) -> None:
        one = ask(customer)
        accounts_move(actor=SYSTEM, accounts=[tree.customer], parent=tree.sibling, reason="x")
        one.refresh_from_db()
        assert one.status == "void"

    def test_not_by_what_its_agent_can_no_longer_do(
        self, tree: ResellerTree, customer: User
    ) -> None:
        one = ask(customer)
        revoke(tree.agent, MANAGE)
        one.refresh_from_db()
        assert one.status == "waiting"


class TestElsewhere:
    def test_what_is_granted_on_another_page_waits_no_longer(
        self, tree: ResellerTree, agent: User, customer: User
    ) -> None:
        one, other = ask(customer), ask(customer, GATEWAYS)
        grants_set(
            actor=actor_for(agent), account=tree.customer, codes=frozenset({PHONES}), reason="x"
        )
        one.refresh_from_db()
        other.refresh_from_db()
        assert (one.status, one.decided_by, other.status) == ("granted", agent, "waiting")

    def test_who_asked_is_mailed_the_answer(self, tree: ResellerTree, agent: User) -> None:
        login = UserFactory(account=tree.customer, email="desk@customer.test")
        authorization_refuse(actor=actor_for(agent), request=ask(login), answer="not yet")
        (sent,) = [one for one in mails_sent() if "Refused" in one.subject]
        assert "Refused: 2 Add/delete/modify phone" in sent.subject
        assert "not yet" in sent.body


class TestWhoKnows:
    def test_it_goes_to_who_could_grant_it(
        self, tree: ResellerTree, customer: User, agent: User, administrator: User
    ) -> None:
        ask(customer)
        ask(customer, GATEWAYS)

        def waits_for(actor: Actor) -> list[str]:
            return sorted(asked_to_grant(actor.scope).values_list("code", flat=True))

        assert waits_for(actor_for(administrator)) == ["manage_gateway", "manage_phone"]
        assert waits_for(actor_for(agent)) == ["manage_phone"]
        assert waits_for(actor_for(customer)) == []
        AccountGrant.objects.filter(
            content_object=tree.agent, permission__codename="manage_account"
        ).delete()
        assert waits_for(actor_for(agent)) == []

    def test_an_empty_scope_knows_nothing(self, customer: User) -> None:
        ask(customer)
        assert not asked_to_grant(Scope.NOTHING).exists()

    def test_it_is_counted_in_the_menu(self, agent: User, customer: User) -> None:
        page = signed_in(agent).get("/").content.decode()
        assert "Authorization management</span><span" not in page.replace("\n", "")
        ask(customer)
        page = signed_in(agent).get("/").content.decode()
        assert 'Authorization management</span><span class="n">1</span>' in page

    def test_others_are_not_told(self, tree: ResellerTree, customer: User) -> None:
        one = ask(customer)
        for account in (tree.sibling, tree.other_top):
            login = UserFactory(account=account)
            assert not asked_of(actor_for(login)).exists()
            assert signed_in(login).get(f"{HERE}{one.key}/").status_code == 404

    def test_who_decided_above_has_no_name(
        self, tree: ResellerTree, customer: User, administrator: User
    ) -> None:
        above = UserFactory(account=tree.agent, username="dhaka-secret")
        one = ask(customer)
        authorization_refuse(actor=actor_for(above), request=one, answer="not now")
        page = text_of(signed_in(customer).get(f"{HERE}{one.key}/"))
        assert "not now" in page
        assert "a level above yours" in page
        assert "dhaka-secret" not in page
        assert "dhaka-secret" in text_of(signed_in(administrator).get(f"{HERE}{one.key}/"))

    def test_what_a_former_agent_answered_is_not_for_the_new_one(
        self, tree: ResellerTree, customer: User, agent: User, administrator: User
    ) -> None:
        one = ask(customer)
        authorization_refuse(actor=actor_for(agent), request=one, answer="pays late")
        accounts_move(actor=SYSTEM, accounts=[tree.customer], parent=tree.sibling, reason="x")
        new = signed_in(UserFactory(account=tree.sibling))
        both = signed_in(UserFactory(account=tree.top))
        for url in (f"{HERE}?show=answered", f"{HERE}{one.key}/"):
            assert "former agent" in text_of(new.get(url))
            assert "pays late" not in words_of(new.get(url))
            for reader in (signed_in(administrator), both, signed_in(customer)):
                assert "pays late" in text_of(reader.get(url))

    def test_what_a_level_above_or_the_platform_answered_is(
        self, tree: ResellerTree, customer: User, administrator: User
    ) -> None:
        above = UserFactory(account=tree.top, username="top-desk")
        for login, code in ((above, PHONES), (administrator, GATEWAYS)):
            request = ask(customer, code)
            words = f"not now, says {login.username}"
            authorization_refuse(actor=actor_for(login), request=request, answer=words)
        accounts_move(actor=SYSTEM, accounts=[tree.customer], parent=tree.sibling, reason="x")
        new = signed_in(UserFactory(account=tree.sibling))
        page = text_of(new.get(f"{HERE}?show=answered"))
        for words in ("a level above yours", "says top-desk", "Administrator", "says admin-login"):
            assert words in page


class TestPages:
    def test_asking_and_granting(self, tree: ResellerTree, agent: User, customer: User) -> None:
        browser = signed_in(customer)
        page = markup_of(browser.get(f"{HERE}new/?code=manage_phone"))
        assert '<option value="manage_phone" selected>' in page
        sent = {"code": "manage_phone", "reason": "hands out numbers"}
        answer = browser.post(f"{HERE}new/", sent)
        one = AuthorizationRequest.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"{HERE}{one.key}/")
        desk = signed_in(agent)
        assert "hands out numbers" in text_of(desk.get(HERE))
        assert "Grant it" in text_of(desk.get(f"{HERE}{one.key}/?deed=grant"))
        done = desk.post(f"{HERE}{one.key}/", {"deed": "grant", "answer": ""}, follow=True)
        assert "Granted: Customer-001 holds 2 Add/delete/modify phone." in text_of(done)
        assert held(tree.customer) == {PHONES}
        assert "dhaka-desk" not in words_of(browser.get(f"{HERE}?show=answered"))

    def test_refusing_without_a_reason_comes_back(self, agent: User, customer: User) -> None:
        one = ask(customer)
        page = signed_in(agent).post(f"{HERE}{one.key}/", {"deed": "refuse", "answer": ""})
        assert page.status_code == 422
        assert field_error(page, "answer") == "Say why: both sides see it."

    def test_what_cannot_be_granted_is_said(self, agent: User, customer: User) -> None:
        one = ask(customer, GATEWAYS)
        desk = signed_in(agent)
        assert "Grant…" not in words_of(desk.get(f"{HERE}{one.key}/"))
        page = desk.post(f"{HERE}{one.key}/", {"deed": "grant", "answer": "x"})
        assert page.status_code == 422

    def test_a_deed_there_is_none_of(self, agent: User, customer: User) -> None:
        one = ask(customer)
        assert signed_in(agent).post(f"{HERE}{one.key}/", {"deed": "dance"}).status_code == 400

    def test_withdrawing(self, customer: User) -> None:
        one = ask(customer)
        browser = signed_in(customer)
        assert "Withdraw the request" in text_of(browser.get(f"{HERE}{one.key}/?deed=withdraw"))
        assert browser.post(f"{HERE}{one.key}/", {"deed": "withdraw"}).status_code == 303
        one.refresh_from_db()
        assert one.status == "withdrawn"

    def test_asking_without_a_reason_comes_back(self, customer: User) -> None:
        page = signed_in(customer).post(f"{HERE}new/", {"code": "manage_phone", "reason": ""})
        assert page.status_code == 422
        assert field_error(page, "reason") == "Say what you need it for."

    def test_administrators_have_nothing_to_ask_for(self, administrator: User) -> None:
        answer = signed_in(administrator).get(f"{HERE}new/")
        assert (answer.status_code, answer["Location"]) == (303, HERE)
        sent = {"code": "manage_phone", "reason": "x"}
        assert signed_in(administrator).post(f"{HERE}new/", sent).status_code == 403

    def test_the_list_costs_the_same_however_long_it_is(
        self, tree: ResellerTree, administrator: User
    ) -> None:
        browser = signed_in(administrator)
        counts = []
        for size in (2, 12):
            for _ in range(size):
                ask(UserFactory(account=AccountFactory(parent=tree.customer_2)), PHONES)
            browser.get(HERE)
            with CaptureQueriesContext(connection) as queries:
                browser.get(HERE)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestRefusals:
    """A page that was refused says why once, and leads on."""

    def test_it_offers_to_ask_with_the_authorization_filled_in(
        self, tree: ResellerTree, agent: User
    ) -> None:
        page = signed_in(agent).get(
            "/gateways/new/?account=Customer-001",
            headers={"referer": "http://testserver/accounts/Customer-001/"},
        )
        markup = markup_of(page, 403)
        assert f'href="{HERE}new/?code=manage_gateway">Request it</a>' in markup
        assert 'href="/accounts/Customer-001/">Back</a>' in markup
        assert text_of(page).count("which your account does not hold") == 1

    def test_not_where_a_level_above_lacks_it(self, tree: ResellerTree, agent: User) -> None:
        AccountGrant.objects.filter(
            content_object=tree.top, permission__codename="manage_account"
        ).delete()
        page = signed_in(agent).get("/accounts/Customer-001/edit/")
        assert "Request it" not in words_of(page, 403)

    def test_a_foreign_way_back_is_none(self, agent: User) -> None:
        page = signed_in(agent).get(
            "/gateways/new/?account=Customer-001", headers={"referer": "https://evil.example/x"}
        )
        assert "evil.example" not in markup_of(page, 403)
        assert ">Back</a>" not in markup_of(page, 403)
