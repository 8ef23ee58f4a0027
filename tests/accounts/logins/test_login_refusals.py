"""What refuses deeds of logins, by its code."""

from dataclasses import replace

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.kit.errors import NotAllowed
from accounts.logins.services.logins import login_create, login_lock
from accounts.logins.services.own import password_set_by_self
from accounts.logins.services.preferences import preference_remember
from accounts.logins.services.sessions import own_sessions_end
from accounts.logins.services.staff import staff_edit
from accounts.logins.services.view_as import view_as_start
from tests.factories import AccountFactory, UserFactory
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

CHOSEN = "A-long-pass-phrase-77"


def test_what_is_ones_own_is_left_alone_by_who_only_looks() -> None:
    login = UserFactory()
    for actor in (SYSTEM, replace(actor_for(login), read_only=True)):
        with refused("not_own_login", NotAllowed):
            password_set_by_self(actor=actor, password=CHOSEN)
        with refused("not_own_login", NotAllowed):
            own_sessions_end(actor=actor)
        with refused("not_own_login", NotAllowed):
            preference_remember(actor=actor, key="x", value=1)


def test_a_password_that_breaks_a_rule_is_refused_at_its_field() -> None:
    actor = actor_for(UserFactory())
    with refused("password_rules", field="password"):
        password_set_by_self(actor=actor, password="short")


def test_who_was_reset_meanwhile_chooses_nothing() -> None:
    login = UserFactory()
    actor = actor_for(User.objects.get(pk=login.pk))
    password_set_by_self(actor=actor_for(login), password=CHOSEN)
    with refused("reset_meanwhile", NotAllowed):
        password_set_by_self(actor=actor, password="Another-phrase-78")


def test_administrators_and_operators_change_no_staff(
    administrator: User, operator: User, superuser: User
) -> None:
    for login in (administrator, operator):
        with refused("not_superuser", NotAllowed):
            staff_edit(actor=actor_for(login), user=superuser, superuser=False)


def test_nobody_looks_as_staff_does(administrator: User, operator: User) -> None:
    with refused("staff_not_viewed", NotAllowed):
        view_as_start(actor=actor_for(administrator), login=operator, reason="x")


def test_nobody_looks_as_who_could_not_look(administrator: User) -> None:
    login = UserFactory()
    login_lock(actor=SYSTEM, user=login, reason="x")
    with refused("not_viewable"):
        view_as_start(actor=actor_for(administrator), login=login, reason="x")


def test_nobody_sets_the_password_of_another(administrator: User) -> None:
    account = AccountFactory()
    with refused("password_of_another", NotAllowed):
        login_create(
            actor=actor_for(administrator),
            account=account,
            username="new-one",
            password=CHOSEN,
        )


def test_a_name_is_one_line_and_an_address_is_one() -> None:
    account = AccountFactory()
    with refused("bad_full_name", field="full_name"):
        login_create(actor=SYSTEM, account=account, username="new-one", full_name="x" * 121)
    with refused("bad_email", field="email"):
        login_create(actor=SYSTEM, account=account, username="new-one", email="nobody")


@pytest.mark.parametrize("name", ["", "two words", "a/b", "x" * 200])
def test_a_user_name_has_its_shape(name: str) -> None:
    account = AccountFactory()
    with refused("username_shape", field="username"):
        login_create(actor=SYSTEM, account=account, username=name)
