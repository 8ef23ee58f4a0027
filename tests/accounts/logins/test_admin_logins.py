"""Logins, sessions and the audit log in the Django admin."""

import re
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.core.actor import ADMINISTRATORS, Kind, actor_for
from accounts.core.models import AuditEntry, User
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.admin import operator_with
from tests.support.answering import LEFT_OUT, submit
from tests.support.mails import mails_sent
from tests.support.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST = "/admin/accounts/user/"
CODE = re.compile(r"data-one-time-code>([A-Z0-9-]+)<")
LOGINS = ("view_account", "view_user", "add_user", "change_user")


def posted(client: Client, login: User | None, **values: Any) -> Any:
    """Send the form of a login as it is shown, with other values."""
    name = "admin:accounts_user_" + ("change" if login else "add")
    address = reverse(name, args=[login.pk] if login else [])
    return submit(client, address, values)


@pytest.fixture
def client(superuser: User) -> Client:
    return signed_in(superuser)


class TestList:
    def test_search_and_constant_queries(self, client: Client) -> None:
        queries = []
        for size in (2, 12):
            while User.objects.count() < size:
                UserFactory(account=AccountFactory(), full_name="Rina Das")
            client.get(LIST)
            with CaptureQueriesContext(connection) as captured:
                page = client.get(f"{LIST}?q=Rina")
            assert page.status_code == 200
            queries.append(len(captured))
        assert queries[0] == queries[1] <= 14
        assert client.get(f"{LIST}?q=%00").status_code == 200
        assert client.get(f"{LIST}?belongs=platform").status_code == 200

    def test_no_page_holds_a_password(self, client: Client) -> None:
        login = UserFactory(account=AccountFactory())
        for path in (LIST, f"{LIST}add/", f"{LIST}{login.pk}/change/", f"{LIST}{login.pk}/reset/"):
            page = markup_of(client.get(path))
            assert 'type="password"' not in page
            assert login.password not in page

    def test_what_writes_past_the_services_is_gone(self) -> None:
        names = {model.__name__ for model in admin.site._registry}
        assert not names & {"Group", "EmailAddress", "Authenticator"}


class TestAccountLogins:
    def test_add_shows_the_code_once(self) -> None:
        account = AccountFactory()
        client = signed_in(operator_with(*LOGINS))
        answer = posted(client, None, username="rina", account=account.pk, by_mail="")
        code = CODE.search(answer.content.decode())
        assert code, answer.content
        assert "no-store" in answer["Cache-Control"]
        login = User.objects.called("rina").get()
        assert login.account == account
        assert not login.has_usable_password()
        assert code[1] not in client.get(f"{LIST}{login.pk}/change/").content.decode()

    def test_an_invitation_is_mailed(self, client: Client) -> None:
        answer = posted(
            client, None, username="rina", account=AccountFactory().pk, email="r@example.com"
        )
        assert answer.status_code == 302
        assert mails_sent()[0].to == ["r@example.com"]

    def test_a_taken_name_is_a_field_error(self, client: Client) -> None:
        UserFactory(account=AccountFactory(), username="rina")
        answer = posted(client, None, username="RINA", account=AccountFactory().pk)
        assert answer.status_code == 200
        assert "username" in answer.context["adminform"].form.errors

    def test_name_and_account_stay_for_good(self, client: Client) -> None:
        login = UserFactory(account=AccountFactory(), username="rina")
        for another in ({"username": "other"}, {"account": AccountFactory().pk}):
            answer = posted(client, login, full_name="Rina Das", **another)
            assert "It never changes." in answer.content.decode()
        again = User.objects.get(pk=login.pk)
        assert (again.username, again.account, again.full_name) == (
            "rina", login.account, login.full_name,
        )  # fmt: skip
        assert posted(client, login, full_name="Rina Das").status_code == 302

    def test_lock_unlock_reset_and_sign_out(self, client: Client) -> None:
        login = UserFactory(account=AccountFactory())
        page = f"{LIST}{login.pk}/"
        assert "Say why" in client.post(f"{page}lock/", {"reason": " "}).content.decode()
        assert client.post(f"{page}lock/", {"reason": "left"}).status_code == 302
        assert not User.objects.get(pk=login.pk).is_active
        assert submit(client, f"{page}reset/").status_code == 403
        assert submit(client, f"{page}unlock/").status_code == 302
        assert CODE.search(submit(client, f"{page}reset/").content.decode())
        assert client.post(f"{page}sign-out/", {}).status_code == 302
        actions = AuditEntry.objects.filter(subject=login.username)
        assert {"login.lock", "login.unlock", "login.reset", "login.sessions_end"} <= set(
            actions.values_list("action", flat=True)
        )

    def test_no_login_is_deleted(self, client: Client) -> None:
        login = UserFactory(account=AccountFactory())
        assert client.post(f"{LIST}{login.pk}/delete/", {"post": "yes"}).status_code == 403
        client.post(LIST, {"action": "delete_selected", "_selected_action": [login.pk]})
        assert User.objects.filter(pk=login.pk).exists()

    def test_looking_is_not_changing(self) -> None:
        login = UserFactory(account=AccountFactory())
        client = signed_in(operator_with("view_account", "view_user"))
        assert client.get(f"{LIST}{login.pk}/change/").status_code == 200
        assert client.post(f"{LIST}{login.pk}/change/", {"full_name": "x"}).status_code == 403
        assert client.post(f"{LIST}{login.pk}/lock/", {"reason": "x"}).status_code == 403
        assert client.get(f"{LIST}add/").status_code == 403


class TestStaff:
    def test_a_superuser_makes_an_operator(self, client: Client) -> None:
        permission = Permission.objects.get(codename="view_account")
        answer = posted(
            client, None, username="opal", by_mail="", operator="on", permissions=[permission.pk]
        )
        assert CODE.search(answer.content.decode()), answer.content
        login = User.objects.called("opal").get()
        assert actor_for(login).kind is Kind.OPERATOR
        assert login.has_perm("accounts.view_account")

    def test_a_superuser_takes_powers_and_keeps_other_permissions(self, client: Client) -> None:
        held = list(Permission.objects.filter(codename__in=["view_user", "view_session"]))
        login = StaffFactory(operator=True, administrator=True, permissions=held)
        taken = {"administrator": LEFT_OUT, "permissions": LEFT_OUT}
        answer = posted(client, login, full_name="Opal", **taken)
        assert answer.status_code == 302
        again = User.objects.get(pk=login.pk)
        assert not again.groups.filter(name=ADMINISTRATORS).exists()
        assert [one.codename for one in again.user_permissions.all()] == ["view_session"]

    def test_the_last_superuser_stays(self, client: Client, superuser: User) -> None:
        answer = posted(client, superuser, superuser=LEFT_OUT, administrator=LEFT_OUT)
        assert answer.status_code == 200
        assert "last superuser" in str(answer.context["adminform"].form.errors)
        assert User.objects.get(pk=superuser.pk).is_superuser

    def test_an_accounts_login_is_never_staff(self, client: Client) -> None:
        account = AccountFactory()
        answer = posted(client, None, username="rina", account=account.pk, superuser="on")
        assert "account" in answer.context["adminform"].form.errors
        login = UserFactory(account=account)
        answer = posted(client, login, superuser="on", operator="on")
        assert "You cannot set this here." in answer.content.decode()
        again = User.objects.get(pk=login.pk)
        assert not again.is_superuser
        assert not again.is_staff


class TestNoWayUp:
    """An operator with every permission on logins stays what it is."""

    @pytest.fixture
    def operator(self) -> User:
        return operator_with(*LOGINS, "delete_user")

    def test_not_by_its_own_form(self, operator: User) -> None:
        client = signed_in(operator)
        powers = {"superuser": "on", "operator": "on", "administrator": "on", "is_superuser": "on"}
        answer = client.post(f"{LIST}{operator.pk}/change/", {"full_name": "x", **powers})
        assert answer.status_code == 403
        again = User.objects.get(pk=operator.pk)
        assert not again.is_superuser
        assert actor_for(again).kind is Kind.OPERATOR

    def test_not_by_a_new_login(self, operator: User) -> None:
        client = signed_in(operator)
        for account in ("", AccountFactory().pk):
            values = {"username": f"n{account}", "account": account, "superuser": "on"}
            submit(client, f"{LIST}add/", {**values, "operator": "on", "is_staff": "on"})
        assert not User.objects.filter(username__startswith="n", is_superuser=True).exists()
        assert not User.objects.filter(username__startswith="n", is_staff=True).exists()
        assert not User.objects.filter(username="n").exists()

    def test_not_over_platform_staff(self, operator: User, superuser: User) -> None:
        client = signed_in(operator)
        for deed in ("lock", "reset", "sign-out"):
            answer = client.post(f"{LIST}{superuser.pk}/{deed}/", {"reason": "x"})
            assert answer.status_code == 403, deed
        again = User.objects.get(pk=superuser.pk)
        assert again.is_active
        assert again.has_usable_password()

    def test_not_by_groups(self, operator: User) -> None:
        group = Group.objects.get(name=ADMINISTRATORS)
        client = signed_in(operator)
        client.post(f"{LIST}{operator.pk}/change/", {"groups": [group.pk]})
        assert not User.objects.get(pk=operator.pk).groups.exists()
        assert client.get("/admin/auth/group/").status_code == 404


class TestSecretsAreNotGuessed:
    """A list tells nothing about a field that it does not show, however its address is written."""

    @pytest.fixture
    def client(self, superuser: User) -> Client:
        signed_in(superuser).get("/security/")
        return signed_in(operator_with("view_user", "view_account", "view_auditentry"))

    @pytest.mark.parametrize(
        "lookup", ["password__startswith", "password", "totp__regex", "id__gt"]
    )
    def test_of_logins(self, client: Client, lookup: str) -> None:
        assert client.get(f"{LIST}?{lookup}=argon2").status_code == 400

    def test_of_sessions(self, client: Client, superuser: User) -> None:
        session = UserSession.objects.get(user=superuser)
        base = "/admin/usersessions/usersession/"
        right, wrong = (
            client.get(f"{base}?session_key__startswith={start}")
            for start in (session.session_key[:4], "?")
        )
        assert right.status_code == wrong.status_code == 400
        assert client.get(f"{base}?user__password__startswith=a").status_code == 400

    def test_of_the_audit_log(self, client: Client) -> None:
        assert client.get("/admin/accounts/auditentry/?after__contains=a").status_code == 400

    def test_the_filters_of_the_lists_work(self, client: Client) -> None:
        for query in ("is_active__exact=1", "must_change_password__exact=0", "belongs=account"):
            assert client.get(f"{LIST}?{query}").status_code == 200, query
        for query in (
            "status__exact=active",
            "type__exact=general",
            "agent=x&show=all",
            "branch=x",
        ):
            assert client.get(f"/admin/accounts/account/?{query}").status_code == 200, query


class TestRecords:
    def test_sessions_are_listed_without_their_keys_and_end(self, client: Client) -> None:
        login = UserFactory(account=AccountFactory())
        browser = signed_in(login)
        browser.get("/security/")
        session = UserSession.objects.get(user=login)
        base = "/admin/usersessions/usersession/"
        page = client.get(base)
        assert login.username in page.content.decode()
        for path in (base, f"{base}{session.pk}/change/"):
            assert session.session_key not in markup_of(client.get(path))
        assert client.post(f"{base}{session.pk}/end/", {}).status_code == 302
        assert browser.get("/security/").status_code == 302
        assert client.get(f"{base}{session.pk}/end/").status_code == 404

    def test_an_operator_ends_no_session_of_staff(self, superuser: User) -> None:
        signed_in(superuser).get("/security/")
        session = UserSession.objects.get(user=superuser)
        client = signed_in(operator_with(*LOGINS))
        address = f"/admin/usersessions/usersession/{session.pk}/end/"
        assert client.post(address, {}).status_code == 403

    def test_the_audit_log_is_read_only(self, client: Client) -> None:
        UserFactory(account=AccountFactory())
        entry = AuditEntry.objects.latest("pk")
        base = "/admin/accounts/auditentry/"
        assert client.get(base).status_code == 200
        assert client.get(f"{base}?q={entry.subject}").status_code == 200
        assert client.get(f"{base}{entry.pk}/change/").status_code == 200
        assert client.post(f"{base}{entry.pk}/change/", {"actor": "me"}).status_code == 403
        assert client.post(f"{base}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.get(f"{base}add/").status_code == 403
        assert signed_in(operator_with("view_account")).get(base).status_code == 403
