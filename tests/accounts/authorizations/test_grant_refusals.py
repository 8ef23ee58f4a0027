"""What refuses changes of authorizations, by its code."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.restoring import grants_restore
from accounts.authorizations.services.reviews import MOST, review_keep, review_revoke
from accounts.core.actor import actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import GrantBatch, User
from accounts.kit.errors import NotAllowed
from accounts.portal.views.exports import export_of
from tests.factories import ResellerTree, grant
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


def test_nothing_is_given_back_to_an_account_that_is_gone(administrator: User) -> None:
    batch = GrantBatch.objects.create(kind=GrantBatch.Kind.EDIT, account_text="Gone-1")
    with refused("account_gone"):
        grants_restore(actor=actor_for(administrator), batch=batch, reason="x")


def test_no_person_grants_at_an_earlier_time(
    administrator: User, reseller_tree: ResellerTree
) -> None:
    with refused("granted_earlier", NotAllowed):
        grants_set(
            actor=actor_for(administrator),
            account=reseller_tree.top,
            codes=frozenset({Authorization.MANAGE_PHONE}),
            granted_at=timezone.now(),
        )


def test_a_review_is_of_some_grants_and_not_of_too_many(administrator: User) -> None:
    actor = actor_for(administrator)
    for chosen in ([], list(range(1, MOST + 2))):
        with refused("nothing_chosen"):
            review_keep(actor=actor, grants=chosen)
        with refused("nothing_chosen"):
            review_revoke(actor=actor, grants=chosen, note="x")


def test_no_file_is_made_of_boxes_that_nobody_can_mean(
    admin: Client, administrator: User, reseller_tree: ResellerTree
) -> None:
    """The page leads back; a job that makes the file later says why not."""
    page = "/accounts/Customer-001/authorizations/"
    asked = f"{page}review/?format=csv"
    answer = admin.get(asked)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    with refused("bad_boxes"):
        export_of(actor_for(administrator), asked)


def test_what_took_nothing_cannot_be_given_back(admin: Client, reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.top, Authorization.MANAGE_PHONE)
    batch = GrantBatch.objects.get(account=reseller_tree.top)
    url = f"/accounts/BD-Wholesale-Agent/authorizations/batches/{batch.key}/restore/"
    for answer in (admin.get(url), admin.post(url, {"reason": "x"})):
        assert answer.status_code == 422
        assert answer.context["error"].code == "took_nothing"
