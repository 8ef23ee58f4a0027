"""Fixtures of people and their browsers, and of what is remembered of them; for every test."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.test import Client
from django.utils.module_loading import import_string

from accounts.core.models import Account, User
from tests import factories
from tests.support.noon import noon_of_today


@pytest.fixture
def administrator(db: Any) -> User:
    """Works in the portal and reaches everything."""
    return factories.StaffFactory(username="admin-login", administrator=True)


@pytest.fixture
def admin(administrator: User) -> Client:
    """The administrator's browser."""
    return signed_in(administrator)


@pytest.fixture
def operator(db: Any) -> User:
    """Works in the Django admin, as far as its model permissions go: none yet."""
    return factories.StaffFactory(username="operator-login", operator=True)


@pytest.fixture
def superuser(db: Any) -> User:
    """Administrator, operator and master of platform staff."""
    return factories.StaffFactory(
        username="superuser-login", administrator=True, operator=True, superuser=True
    )


@pytest.fixture
def agent_login(db: Any) -> Callable[..., User]:
    """`agent_login(account)`: a login of this account (an agent's or a customer's)."""

    def make(account: Account, **more: Any) -> User:
        return factories.UserFactory(account=account, **more)

    return make


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """`client_of(login)`: a browser in which this login is signed in."""

    return signed_in


@pytest.fixture
def reseller_tree(db: Any) -> factories.ResellerTree:
    """See `tests.factories.trees.ResellerTree`."""
    return factories.reseller_tree()


@pytest.fixture
def client_of_long_ago() -> Callable[[User], Client]:
    """`client_of_long_ago(login)`: as `client_of`; the sign-in is no fresh proof any more."""

    return signed_in_long_ago


@pytest.fixture
def at_noon(time_machine: Any) -> None:
    """The clock goes on from noon: what is counted by day is counted on one day."""
    time_machine.move_to(noon_of_today())


@pytest.fixture
def empty_cache(db: Any) -> Iterator[None]:
    """No attempt is counted so far, and none of this test's is counted against the next one."""
    cache.clear()
    yield
    cache.clear()


def signed_in(login: User) -> Client:
    """A browser in which this login signed in a moment ago: what takes a fresh proof has it."""
    client = signed_in_long_ago(login)
    session = client.session
    session["account_authentication_methods_user"] = str(login.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "username": login.username}
    ]
    session.save()
    return client


def signed_in_long_ago(login: User) -> Client:
    """A browser in which this login is signed in, and nobody knows since when."""
    client = Client()
    client.force_login(login, backend=_sign_in_backend())
    return client


def _sign_in_backend() -> str:
    """The first backend that knows people: others only answer questions about permissions."""
    for path in settings.AUTHENTICATION_BACKENDS:
        if issubclass(import_string(path), ModelBackend):
            return path
    raise LookupError("AUTHENTICATION_BACKENDS holds no backend that signs people in.")
