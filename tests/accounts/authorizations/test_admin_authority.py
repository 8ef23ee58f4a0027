"""Number sections, templates, approvals and reviews in the Django admin: to look at and no more;
risk and reasons beside the eight boxes.
"""

from typing import Any

import pytest
from django.test import Client

from accounts.approvals.models import SubAgentRequest
from accounts.authorizations.services.templates import template_create
from accounts.core.actor import actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AccountGrant, AuthorizationTemplate, User
from accounts.numbers.models import NumberRule
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.admin import operator_with
from tests.support.asking import ask
from tests.support.numbers import limit
from tests.support.pages import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MANAGE, PHONES = Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE
MODELS: dict[str, Any] = {
    "numberrule": NumberRule,
    "authorizationtemplate": AuthorizationTemplate,
    "subagentrequest": SubAgentRequest,
    "accountgrant": AccountGrant,
}
# What a search for the account finds on each page.
FOUND = {
    "numberrule": "allow 880",
    "authorizationtemplate": "Shops of Dhaka",
    "subagentrequest": "Counter-2",
    "accountgrant": "1 Add/delete/modify account",
}


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent, MANAGE, PHONES)
    desk = UserFactory(account=reseller_tree.agent, username="dhaka-desk")
    limit(reseller_tree.agent, "allow 880")
    limit(None, "block 882")
    template_create(
        actor=actor_for(desk), name="Shops of Dhaka", codes=frozenset({PHONES}), kind="template"
    )
    grant(reseller_tree.customer, PHONES)
    ask(desk, reseller_tree.customer, codes=frozenset({PHONES}), reason="growing")
    return reseller_tree


@pytest.fixture
def looking(tree: ResellerTree) -> Client:
    """An operator who may look at all of it."""
    return signed_in(operator_with("view_account", *(f"view_{name}" for name in MODELS)))


@pytest.mark.parametrize("name", MODELS)
def test_it_is_shown_and_cannot_be_changed(looking: Client, tree: ResellerTree, name: str) -> None:
    where = f"/admin/accounts/{name}/"
    page = looking.get(where)
    assert page.status_code == 200
    text = text_of(looking.get(where, {"q": "dhaka-retail-sub"}))
    assert all(word in text for word in FOUND[name].split())
    nothing = looking.get(where, {"q": "Sylhet-Retail-Sub"})
    assert not list(nothing.context["cl"].result_list)
    pk = page.context["cl"].result_list[0].pk
    before = list(MODELS[name].objects.order_by("pk").values())
    one = looking.get(f"{where}{pk}/change/")
    assert one.status_code == 200
    assert 'type="submit"' not in markup_of(one).split('id="content-main"')[-1]
    assert looking.get(f"{where}add/").status_code == 403
    assert looking.post(f"{where}add/", {"name": "x"}).status_code == 403
    assert looking.post(f"{where}{pk}/change/", {"name": "x", "reason": "x"}).status_code == 403
    assert looking.post(f"{where}{pk}/delete/", {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    looking.post(where, sent)
    assert list(MODELS[name].objects.order_by("pk").values()) == before


@pytest.mark.parametrize("name", MODELS)
def test_not_even_superusers_change_it_there(
    tree: ResellerTree, superuser: User, name: str
) -> None:
    browser = signed_in(superuser)
    where = f"/admin/accounts/{name}/"
    pk = browser.get(where).context["cl"].result_list[0].pk
    assert browser.get(f"{where}{pk}/change/").status_code == 200
    assert browser.post(f"{where}{pk}/change/", {}).status_code == 403
    assert browser.post(f"{where}{pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.get(f"{where}add/").status_code == 403


@pytest.mark.parametrize("name", MODELS)
def test_each_needs_its_own_permission_and_a_reach(tree: ResellerTree, name: str) -> None:
    where = f"/admin/accounts/{name}/"
    assert signed_in(operator_with("view_account")).get(where).status_code == 403
    blind = signed_in(operator_with(f"view_{name}")).get(where)
    assert blind.status_code == 200
    assert not list(blind.context["cl"].result_list)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "lookup",
    [
        "requester__password__startswith", "account__logins__password__startswith",
        "granted_by__password__startswith", "owner__logins__password__startswith",
        "group__user__password__startswith", "reason__startswith", "pk__gt", "begin__startswith",
    ],
)  # fmt: skip
def test_no_filter_reads_what_the_page_does_not_offer(
    looking: Client, name: str, lookup: str
) -> None:
    answer = looking.get(f"/admin/accounts/{name}/", {lookup: "a"})
    assert answer.status_code in (302, 400)
    assert "cl" not in (answer.context or {})


def test_the_boxes_say_risk_and_reasons(tree: ResellerTree, superuser: User) -> None:
    text = text_of(signed_in(superuser).get(f"/admin/accounts/account/{tree.customer.pk}/change/"))
    assert "1 Add/delete/modify account (high risk)" in text
    assert "2 Add/delete/modify phone (medium risk)" in text
    # When to grant, who granted it and why; why another one cannot be granted.
    assert "To who hands out numbers and caller ids." in text
    assert "Granted by system on" in text
    assert "“test”" in text
    assert "its agent Dhaka-Retail-Sub does not hold it" in text


def test_who_may_only_look_reads_them_as_well(tree: ResellerTree) -> None:
    browser = signed_in(operator_with("view_account"))
    text = text_of(browser.get(f"/admin/accounts/account/{tree.agent.pk}/change/"))
    assert "1 Add/delete/modify account (high risk). Granted by system on" in text


def test_a_page_costs_the_same_however_many_rows_it_has(
    looking: Client, tree: ResellerTree, django_assert_max_num_queries: Any
) -> None:
    grant(tree.deep_customer)
    limit(tree.customer, *(f"allow 88{n}" for n in range(10)))
    for name in MODELS:
        with django_assert_max_num_queries(16):
            looking.get(f"/admin/accounts/{name}/")
