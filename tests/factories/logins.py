"""Logins of accounts, and platform staff."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.logins.services.logins import login_create
from accounts.logins.services.staff import staff_create

PASSWORD = "tests-only-2026"


class UserFactory(DjangoModelFactory[User]):
    """A login of an account, with PASSWORD and nothing left to do at its first sign-in."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"login-{n:04}")
    account = factory.SubFactory("tests.factories.accounts.AccountFactory")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return login_create(actor=SYSTEM, by_mail=False, **kwargs).user


class StaffFactory(DjangoModelFactory[User]):
    """Platform staff: `administrator`, `operator`, `superuser` (booleans), `permissions=[…]`."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"staff-{n:04}")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return staff_create(actor=SYSTEM, by_mail=False, **kwargs).user
