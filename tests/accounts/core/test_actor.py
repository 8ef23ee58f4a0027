"""Who acts in a request: the time zone of pages, the address in the audit log, ended authority."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission

from accounts.core.actor import NOBODY, SYSTEM, Kind, actor_for, allows, operator_actor, relation
from accounts.core.authorizations import Authorization, Level, effective
from accounts.core.decisions import Relation
from accounts.core.models import Account, AuditEntry
from accounts.core.querysets import ChainLink
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


class TestTimeZone:
    @pytest.fixture
    def account(self):
        return AccountFactory(
            account_id="Zoned",
            time_zone="Asia/Dhaka",
            valid_until=datetime(2030, 1, 1, 20, 0, tzinfo=UTC),
        )

    def test_pages_are_in_the_accounts_zone(self, account, client_of) -> None:
        page = client_of(UserFactory(account=account)).get("/accounts/Zoned/sub-accounts/")
        assert page.context["zone"] == "Asia/Dhaka"

    def test_the_logins_own_zone_goes_first(self, account, client_of) -> None:
        login = UserFactory(account=account, time_zone="Europe/Berlin")
        page = client_of(login).get("/accounts/Zoned/sub-accounts/")
        assert page.context["zone"] == "Europe/Berlin"


class TestAddress:
    def post(self, client, account, **headers):
        client.post(
            "/accounts/Seen/lock/", {"reason": "test", "version": account.version}, **headers
        )
        return AuditEntry.objects.get(action="account.lock").address

    def test_it_is_the_peers_without_a_proxy(self, administrator, client_of) -> None:
        account = AccountFactory(account_id="Seen")
        address = self.post(
            client_of(administrator),
            account,
            REMOTE_ADDR="192.0.2.7",
            HTTP_X_FORWARDED_FOR="203.0.113.9",
        )
        assert address == "192.0.2.7"

    def test_behind_one_proxy_it_is_what_the_proxy_added(
        self, administrator, client_of, settings
    ) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        account = AccountFactory(account_id="Seen")
        address = self.post(
            client_of(administrator),
            account,
            REMOTE_ADDR="127.0.0.1",
            HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9",
        )
        assert address == "203.0.113.9"


def test_closing_the_account_ends_its_sessions_at_the_next_request(client_of) -> None:
    account = AccountFactory(account_id="Ending")
    client = client_of(UserFactory(account=account))
    assert client.get("/accounts/Ending/").status_code == 200
    account_close(actor=SYSTEM, account=account, reason="end of contract")
    assert client.get("/accounts/Ending/").status_code == 302


def test_a_login_of_a_closed_account_is_nobody() -> None:
    account = AccountFactory()
    login = UserFactory(account=account)
    account_close(actor=SYSTEM, account=account, reason="end of contract")
    assert actor_for(login).kind is Kind.NOBODY


def test_nobody_reaches_nothing_however_it_was_read() -> None:
    account = AccountFactory()
    assert relation(NOBODY, Account.objects.get(pk=account.pk)) is Relation.OUTSIDE


def test_model_permissions_count_in_the_django_admin_alone(operator) -> None:
    account = AccountFactory()
    operator.user_permissions.add(Permission.objects.get(codename="change_account"))
    in_portal, in_admin = actor_for(operator), operator_actor(operator)
    assert in_portal.scope.is_empty
    assert not allows(in_portal, Authorization.MANAGE_ACCOUNT, account)
    assert in_admin.scope.everything
    assert allows(in_admin, Authorization.MANAGE_ACCOUNT, account)


PHONE, CARD = Authorization.MANAGE_PHONE, Authorization.MANAGE_PHONE_CARD


@pytest.mark.parametrize(
    ("levels", "counts"),
    [
        ([], set()),
        ([Level(False, frozenset({PHONE, CARD}))], {PHONE, CARD}),
        ([Level(True, frozenset({PHONE}))], set()),
        # From the root down: each must hold it, and none may be stopped.
        ([Level(False, frozenset({PHONE})), Level(False, frozenset({PHONE, CARD}))], {PHONE}),
        ([Level(False, frozenset({PHONE})), Level(False, frozenset({CARD}))], set()),
        ([Level(True, frozenset({PHONE})), Level(False, frozenset({PHONE}))], set()),
        ([Level(False, frozenset({PHONE})), Level(True, frozenset({PHONE}))], set()),
    ],
)
def test_an_authorization_counts_while_every_level_is_active_and_holds_it(levels, counts) -> None:
    assert effective(levels) == counts


@pytest.mark.parametrize(
    ("status", "is_stopped"), [("active", False), ("locked", True), ("closed", True)]
)
def test_what_is_locked_or_closed_is_stopped(status, is_stopped) -> None:
    assert ChainLink(1, "A", "A", status, None, None).is_stopped() is is_stopped


def test_a_move_takes_effect_at_the_next_request(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    assert client.get("/accounts/Customer-001/").status_code == 200
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    assert client.get("/accounts/Customer-001/").status_code == 404


def test_an_edit_is_recorded_with_both_values() -> None:
    account = AccountFactory(account_id="Edited", name="Before")
    account_edit(actor=SYSTEM, account=account, name="After")
    entry = AuditEntry.objects.get(action="account.edit")
    assert (entry.before, entry.after) == ({"name": "Before"}, {"name": "After"})
