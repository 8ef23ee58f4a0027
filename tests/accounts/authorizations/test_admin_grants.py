"""The eight boxes on the account form of the Django admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.authorizations.queries.grants import held
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account, AccountGrant, User
from tests.factories import ResellerTree, grant
from tests.factories.fixtures import signed_in
from tests.support.admin import operator_with, posted

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

A = Authorization
MANAGE, PHONES, GATEWAYS = A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.MANAGE_GATEWAY
HELD = MANAGE, PHONES


def form_of(client: Client, account: Account) -> Any:
    address = reverse("admin:accounts_account_change", args=[account.pk])
    return client.get(address).context["adminform"].form


@pytest.fixture
def client(superuser: User) -> Client:
    return signed_in(superuser)


@pytest.fixture
def operator_client(db: Any) -> Client:
    return signed_in(operator_with("view_account", "change_account", "change_accountgrant"))


def test_the_boxes_show_what_is_held(tree: ResellerTree, client: Client) -> None:
    form = form_of(client, tree.agent)
    assert {code for code in Authorization if form[code.value].value()} == {MANAGE, PHONES}


def test_an_operator_with_the_permission_grants(
    tree: ResellerTree, operator_client: Client
) -> None:
    answer = posted(operator_client, tree.customer, manage_phone="on")
    assert answer.status_code == 302
    assert held(tree.customer) == {PHONES}


def test_a_high_one_needs_a_reason(tree: ResellerTree, operator_client: Client) -> None:
    answer = posted(operator_client, tree.customer, manage_account="on")
    assert answer.context["adminform"].form.errors["grant_reason"]
    assert held(tree.customer) == frozenset()
    posted(operator_client, tree.customer, manage_account="on", grant_reason="sells on")
    row = AccountGrant.objects.get(content_object=tree.customer)
    assert row.reason == "sells on"


def test_without_the_permission_the_boxes_stay_as_they_are(tree: ResellerTree) -> None:
    client = signed_in(operator_with("view_account", "change_account"))
    assert all(form_of(client, tree.agent).fields[code.value].disabled for code in Authorization)
    answer = posted(client, tree.customer, manage_phone="on", name="New name")
    errors = answer.context["adminform"].form.errors
    assert errors == {"manage_phone": ["You may not grant authorizations."]}
    tree.customer.refresh_from_db()
    assert tree.customer.name != "New name", "nothing is dropped while success is reported"
    assert posted(client, tree.customer, name="New name").status_code == 302
    assert held(tree.customer) == frozenset()
    tree.customer.refresh_from_db()
    assert tree.customer.name == "New name"


def test_what_cannot_be_granted_is_shut_and_refused(
    tree: ResellerTree, operator_client: Client
) -> None:
    field = form_of(operator_client, tree.customer).fields[GATEWAYS.value]
    assert field.widget.attrs["disabled"]
    assert "its agent Dhaka-Retail-Sub does not hold it" in field.help_text
    answer = posted(operator_client, tree.customer, manage_gateway="on", grant_reason="x")
    assert "does not hold it" in str(answer.context["adminform"].form.errors)
    assert held(tree.customer) == frozenset()


def test_a_refused_grant_undoes_the_rest_of_the_form(
    tree: ResellerTree, operator_client: Client
) -> None:
    posted(operator_client, tree.customer, manage_gateway="on", name="New name")
    tree.customer.refresh_from_db()
    assert tree.customer.name != "New name"


def test_taking_cascades(tree: ResellerTree, operator_client: Client) -> None:
    grant(tree.deep_customer, PHONES)
    posted(operator_client, tree.sub_agent, manage_phone="", grant_reason="centrally")
    assert held(tree.sub_agent) == held(tree.deep_customer) == frozenset()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    tree: ResellerTree, operator_client: Client
) -> None:
    answer = posted(operator_client, tree.agent, seen_grants="manage_phone", grant_reason="x")
    assert "Somebody else changed" in str(answer.context["adminform"].form.errors)
    assert held(tree.agent) == {MANAGE, PHONES}


def test_who_may_only_look_reads_them(tree: ResellerTree) -> None:
    client = signed_in(operator_with("view_account"))
    page = client.get(reverse("admin:accounts_account_change", args=[tree.agent.pk]))
    assert "2 Add/delete/modify phone" in page.content.decode()
    assert 'name="manage_phone"' not in page.content.decode()


def test_a_new_account_has_no_boxes(tree: ResellerTree, client: Client) -> None:
    form = client.get(reverse("admin:accounts_account_add")).context["adminform"].form
    assert not ALL & set(form.fields)
