"""`has_perm` as pages, templates and the Django admin ask it."""

from collections.abc import Callable

import pytest

from accounts.core.authorizations import Authorization
from accounts.core.models import User
from billing.wallets.models import Wallet
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("code", list(Authorization))
def test_an_administrator_holds_every_authorization_everywhere(
    administrator: User, code: Authorization
) -> None:
    assert administrator.has_perm(f"accounts.{code}", AccountFactory())


@pytest.mark.parametrize("perm", ["accounts.change_account", "billing.manage_account", "nonsense"])
def test_what_is_no_authorization_is_never_granted_on_an_account(
    administrator: User, perm: str
) -> None:
    assert not administrator.has_perm(perm, AccountFactory())


def test_without_an_account_the_answer_is_no(administrator: User) -> None:
    assert not administrator.has_perm("accounts.manage_account")


def test_of_anything_but_an_account_the_answer_is_no(administrator: User) -> None:
    """Its key may be that of an account as well."""
    account = AccountFactory()
    wallet = Wallet.objects.get(pk=account.pk)
    assert not administrator.has_perm("accounts.manage_account", wallet)


def test_an_agent_holds_nothing_outside_its_hierarchy(agent_login: Callable[..., User]) -> None:
    login = agent_login(AccountFactory())
    assert not login.has_perm("accounts.manage_account", AccountFactory())
