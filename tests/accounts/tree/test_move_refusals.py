"""What refuses moves of whole branches, by its code."""

import pytest
from django.test import Client

from accounts.authorizations.services.policies import policy_set
from accounts.core.actor import SYSTEM
from accounts.core.models import Account, SubAgentPolicy
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in

pytestmark = pytest.mark.django_db


def test_who_has_no_sub_accounts_has_none_to_move(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    answer = admin.get("/accounts/Customer-001/move-sub-accounts/")
    assert answer.status_code == 422
    assert answer.context["error"].code == "no_sub_accounts"


def test_a_request_is_about_one_account(reseller_tree: ResellerTree) -> None:
    """Below an account that would become an agent only one at a time can be asked for."""
    tree = reseller_tree
    grant(tree.top, "manage_account")
    policy_set(actor=SYSTEM, account=tree.top, sub_agents=SubAgentPolicy.APPROVAL)
    agent = signed_in(UserFactory(account=tree.top))
    answer = agent.get("/accounts/Dhaka-Retail-Sub/move-sub-accounts/?parent=Customer-101")
    assert answer.status_code == 422
    (error,) = answer.context["form"].errors.as_data()["parent"]
    assert error.code == "one_at_a_time"
    assert Account.objects.get(pk=tree.customer.pk).parent_id == tree.agent.pk
