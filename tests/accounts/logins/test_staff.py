"""Platform staff: only superusers make and change administrators and operators."""

import re
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.core.actor import ADMINISTRATORS, SYSTEM, Kind, actor_for
from accounts.core.models import AuditEntry, User
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.services.staff import staff_create, staff_edit, staff_reset, staff_set_active
from tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


class TestAuthority:
    @pytest.mark.parametrize("who", ["administrator", "operator", "customer"])
    def test_only_superusers(self, who: str, request: Any) -> None:
        person = UserFactory() if who == "customer" else request.getfixturevalue(who)
        actor = actor_for(person)
        with pytest.raises(NotAllowed):
            staff_create(actor=actor, username="x", superuser=True)
        with pytest.raises(NotAllowed):
            staff_edit(actor=actor, user=person, superuser=True)
        with pytest.raises(NotAllowed):
            staff_reset(actor=actor, user=person)
        with pytest.raises(NotAllowed):
            staff_set_active(actor=actor, user=person, active=False, reason="x")

    def test_a_superuser_makes_an_administrator_who_chooses_a_password(
        self, superuser: User
    ) -> None:
        issued = staff_create(
            actor=actor_for(superuser), username="nadia", administrator=True, full_name="Nadia"
        )
        assert issued.code
        assert not issued.user.has_usable_password()
        assert actor_for(issued.user).kind is Kind.ADMINISTRATOR
        entry = AuditEntry.objects.get(action="staff.powers", subject="nadia")
        assert entry.after == {"administrator": True}

    def test_a_superuser_sets_nobodys_password(self, superuser: User) -> None:
        with pytest.raises(NotAllowed):
            staff_create(actor=actor_for(superuser), username="x", password="lime-tractor-44")

    def test_an_accounts_login_is_never_staff(self, superuser: User) -> None:
        with pytest.raises(NotInScope):
            staff_edit(actor=actor_for(superuser), user=UserFactory(), superuser=True)


class TestPowers:
    def test_operator_is_what_the_django_admin_asks_for(self, superuser: User) -> None:
        permission = Permission.objects.get(codename="view_account")
        operator = StaffFactory(operator=True, permissions=[permission])
        assert actor_for(operator).kind is Kind.OPERATOR
        assert operator.has_perm("accounts.view_account")
        staff_edit(actor=actor_for(superuser), user=operator, operator=False, permissions=[])
        again = User.objects.get(pk=operator.pk)
        assert actor_for(again).kind is Kind.NOBODY
        assert not again.has_perm("accounts.view_account")

    def test_leaving_the_group_ends_an_administrator(self, superuser: User) -> None:
        administrator = StaffFactory(administrator=True)
        staff_edit(actor=actor_for(superuser), user=administrator, administrator=False)
        assert actor_for(User.objects.get(pk=administrator.pk)).kind is Kind.NOBODY

    def test_the_last_superuser_stays(self, superuser: User) -> None:
        actor = actor_for(superuser)
        for deed in (
            lambda: staff_edit(actor=actor, user=superuser, superuser=False),
            lambda: staff_set_active(actor=actor, user=superuser, active=False, reason="x"),
        ):
            with pytest.raises(Refused) as caught:
                deed()
            assert caught.value.code == "last_superuser"
        StaffFactory(superuser=True)
        staff_edit(actor=actor, user=superuser, superuser=False)

    def test_a_lock_ends_the_sessions_of_staff(self, superuser: User) -> None:
        administrator = StaffFactory(administrator=True)
        client = Client()
        client.post("/login/", {"login": administrator.username, "password": PASSWORD})
        staff_set_active(actor=actor_for(superuser), user=administrator, active=False, reason="x")
        assert client.get("/security/").status_code == 302

    def test_a_reset_ends_password_and_sessions_of_staff(self, superuser: User) -> None:
        administrator = StaffFactory(administrator=True)
        issued = staff_reset(actor=actor_for(superuser), user=administrator)
        assert issued.code
        refused = Client().post("/login/", {"login": administrator.username, "password": PASSWORD})
        assert refused.status_code == 422

    def test_the_group_is_made_where_it_is_missing(self) -> None:
        Group.objects.filter(name=ADMINISTRATORS).delete()
        made = staff_create(actor=SYSTEM, username="x", administrator=True).user
        assert actor_for(made).kind is Kind.ADMINISTRATOR


class TestFirstPerson:
    def test_the_command_prints_a_code_that_works(self, capsys: Any) -> None:
        call_command("createsuperuser", "root")
        code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", capsys.readouterr().out)
        assert code
        client = Client()
        client.post("/login/", {"login": "root", "password": code[0]})
        assert client.session["_auth_user_id"]
        assert actor_for(User.objects.get()).kind is Kind.ADMINISTRATOR

    def test_a_taken_name_is_a_sentence(self) -> None:
        UserFactory(username="root")
        with pytest.raises(CommandError, match="not available"):
            call_command("createsuperuser", "ROOT")

    def test_the_group_of_administrators_comes_with_the_migrations(self) -> None:
        # Called as `migrate` calls it: a test that empties the tables may have run before.
        import_module("accounts.migrations.0002_database_rules").make_administrators(apps, None)
        assert Group.objects.filter(name=ADMINISTRATORS).exists()
