"""The head of statements and receipts: who sends them, as published, and to whom."""

from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AccountDetail
from accounts.tree.queries.letterhead import Party, addressee_of, letterhead_of
from accounts.tree.services.accounts import account_edit
from tests.factories import ResellerTree, UserFactory
from tests.support.answering import submit
from tests.support.pages import just_signed_in, markup_of, text_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

DHAKA = {"company": "Dhaka Retail Ltd.", "address": "House 12\nBanani", "email": "a@dhaka.example"}
TOP = {"company": "BD Wholesale Ltd.", "phone": "+880 2 5501", "contact_person": "Nadia"}
STATEMENT = "/accounts/Customer-001/statement/?from=2026-01-01"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    return reseller_tree


@pytest.fixture
def customer(tree: ResellerTree) -> Client:
    return just_signed_in(UserFactory(account=tree.customer, username="cust"))


def about(account: Account, **detail: Any) -> None:
    account = Account.objects.get(pk=account.pk)
    account_edit(actor=SYSTEM, account=account, detail=detail)


def head_of(page: Any) -> str:
    return markup_of(page).split('<header class="letterhead')[1].split("</header>")[0]


def test_the_nearest_published_level_above_sends(tree: ResellerTree) -> None:
    about(tree.top, **TOP, is_published=True)
    about(tree.agent, **DHAKA)
    # What is not published is skipped, and its own never counts.
    about(tree.customer, company="Rahman", is_published=True)
    assert letterhead_of(tree.customer) == Party("BD Wholesale Ltd.", ["+880 2 5501"])
    about(tree.agent, is_published=True)
    assert letterhead_of(tree.customer) == Party(
        "Dhaka Retail Ltd.", ["House 12", "Banani", "a@dhaka.example"]
    )
    assert letterhead_of(tree.agent).name == "BD Wholesale Ltd."


def test_how_many_levels_there_are_costs_nothing(
    tree: ResellerTree, django_assert_num_queries: Any
) -> None:
    about(tree.top, **TOP, is_published=True)
    for account in (tree.agent, tree.customer):
        with django_assert_num_queries(2):
            letterhead_of(account)


def test_without_any_the_platform_sends(tree: ResellerTree, settings: Any) -> None:
    settings.LETTERHEAD = "Example Telecom Ltd | 1 Market Street|London"
    sender = Party("Example Telecom Ltd", ["1 Market Street", "London"])
    assert letterhead_of(tree.customer) == letterhead_of(tree.top) == sender


def test_documents_go_to_the_contact_of_the_account(tree: ResellerTree) -> None:
    assert addressee_of(tree.customer) == Party(tree.customer.name, [])
    about(tree.customer, company="Rahman Traders", contact_person="Abdur", address="Shop 14\nDhaka")
    assert addressee_of(Account.objects.get(pk=tree.customer.pk)) == Party(
        "Rahman Traders", ["Abdur", "Shop 14", "Dhaka"]
    )
    about(tree.customer, company="")
    assert addressee_of(Account.objects.get(pk=tree.customer.pk)) == Party(
        "Abdur", ["Shop 14", "Dhaka"]
    )


def test_a_customer_sees_of_its_agent_what_is_published_and_nothing_else(
    tree: ResellerTree, customer: Client
) -> None:
    about(tree.top, **TOP)
    about(tree.agent, **DHAKA, contact_person="Imran", memo="Pays late", is_published=True)
    one = pay(tree.customer, "5")
    for path in (STATEMENT, f"/payments/{one.key}/"):
        page = customer.get(path)
        assert "Dhaka Retail Ltd." in head_of(page)
        assert "Banani" in head_of(page)
        shown = markup_of(page)
        for secret in ("Imran", "Pays late", "Dhaka-Retail-Sub", "BD Wholesale", "BD-Wholesale"):
            assert secret not in shown


def test_a_statement_says_of_what_it_is(tree: ResellerTree, customer: Client) -> None:
    words = text_of(customer.get(f"{STATEMENT}&to=2026-01-31&zone=UTC"))
    assert "Account Customer-001 Period 2026-01-01 to 2026-01-31" in words
    assert "Times UTC Amounts USD" in words


def test_whoever_lost_the_account_has_no_head_of_it(tree: ResellerTree, administrator: Any) -> None:
    one = pay(tree.customer, "5")
    other = just_signed_in(UserFactory(account=tree.sibling, username="sylhet"))
    assert other.get(f"/payments/{one.key}/").status_code == 404
    assert "VOS Portal" in head_of(just_signed_in(administrator).get(f"/payments/{one.key}/"))


def test_publishing_is_a_tick_of_the_account_form(tree: ResellerTree, administrator: Any) -> None:
    browser = just_signed_in(administrator)
    answer = submit(
        browser, "/accounts/Dhaka-Retail-Sub/edit/", {"company": "Dhaka", "is_published": "on"}
    )
    assert answer.status_code == 303
    assert AccountDetail.objects.get(account=tree.agent).is_published
    assert letterhead_of(tree.customer).name == "Dhaka"
