"""Where the rules of grants just hold, and just do not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AccountGrant, User
from accounts.kit.errors import Clash, NotAllowed, Refused
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, grant, revoke
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

MANAGE, PHONES, CARDS = (
    Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE, Authorization.MANAGE_PHONE_CARD,
)  # fmt: skip


def test_a_medium_one_beside_a_high_one_needs_no_reason() -> None:
    account = AccountFactory()
    grant(account, MANAGE)
    grants_set(actor=SYSTEM, account=account, codes=frozenset({MANAGE, PHONES}))
    assert held(account) == {MANAGE, PHONES}


def test_a_reason_is_as_long_as_500_characters() -> None:
    account = AccountFactory()
    with refused("too_long", Refused, field="reason"):
        grants_set(actor=SYSTEM, account=account, codes=frozenset({MANAGE}), reason="x" * 501)
    grants_set(actor=SYSTEM, account=account, codes=frozenset({MANAGE}), reason="x" * 500)
    assert AccountGrant.objects.get(content_object=account).reason == "x" * 500


def test_administrators_grant_now_and_not_earlier(administrator: User) -> None:
    account = AccountFactory()
    with refused("granted_earlier", NotAllowed):
        grants_set(
            actor=actor_for(administrator),
            account=account,
            codes=frozenset({PHONES}),
            granted_at=timezone.now() - timedelta(days=9),
        )
    assert held(account) == frozenset()


def test_nothing_is_granted_to_a_closed_account() -> None:
    account = AccountFactory()
    account_close(actor=SYSTEM, account=account, reason="gone")
    with refused("closed", Refused):
        grants_set(actor=SYSTEM, account=account, codes=frozenset({PHONES}))
    assert held(account) == frozenset()


def test_a_form_that_shows_what_was_revoked_meanwhile_clashes() -> None:
    account = AccountFactory()
    grant(account, PHONES, CARDS)
    revoke(account, CARDS)
    with pytest.raises(Clash):
        grants_set(
            actor=SYSTEM,
            account=account,
            codes=frozenset({PHONES, CARDS}),
            expected=frozenset({PHONES, CARDS}),
        )
    assert held(account) == {PHONES}
