"""Authorization management: one entry, its pages as tabs, and who holds what over a hierarchy."""

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, AuthorizationTemplate, User
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.pages import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MANAGE, PHONES = Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE
HERE = "/authorizations/"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Accounts and phones down to Dhaka, phones at Customer-001, the rest holds nothing."""
    for name in ("top", "agent"):
        grant(getattr(reseller_tree, name), MANAGE, PHONES)
    grant(reseller_tree.customer, PHONES)
    return reseller_tree


@pytest.fixture
def agent(tree: ResellerTree) -> Client:
    return signed_in(UserFactory(account=tree.agent))


@pytest.fixture
def admin(tree: ResellerTree, administrator: User) -> Client:
    return signed_in(administrator)


def listed(browser: Client, query: str = "") -> list[str]:
    return re.findall(r'<tr data-account="([^"]+)"', markup_of(browser.get(f"{HERE}{query}")))


def tabs(browser: Client, page: str = HERE) -> list[str]:
    markup = markup_of(browser.get(page))
    (strip,) = re.findall(r'<nav aria-label="Authorization management">(.*?)</nav>', markup, re.S)
    return re.findall(r'<a href="([^"]+)"', strip)


def test_what_has_to_do_with_rights_is_one_entry_with_tabs(admin: Client) -> None:
    page = markup_of(admin.get("/"))
    assert '<a href="/authorizations/"' in page
    for gathered in ("reviews", "templates"):
        assert f'href="/authorizations/{gathered}/"' not in page
    assert tabs(admin) == [
        "/authorizations/", "/authorizations/reviews/", "/authorizations/requests/",
        "/approvals/", "/authorizations/templates/", "/check-access/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "page", ["/authorizations/reviews/", "/approvals/", "/authorizations/templates/",
             "/check-access/"],
)  # fmt: skip
def test_every_tab_says_where_it_stands(admin: Client, page: str) -> None:
    assert tabs(admin, page) == tabs(admin)
    markup = markup_of(admin.get(page))
    assert f'<a href="{page}" aria-current="page">' in markup
    assert '<h1 tabindex="-1">Authorization management</h1>' in markup


def test_a_page_of_a_tab_is_none_itself(admin: Client) -> None:
    markup = markup_of(admin.get("/authorizations/templates/new/"))
    assert '<nav aria-label="Authorization management">' not in markup
    assert '<h1 tabindex="-1">New template</h1>' in markup


def test_who_may_not_keep_templates_has_no_tab_of_them(tree: ResellerTree) -> None:
    agent = signed_in(UserFactory(account=tree.sibling))
    assert tabs(agent) == [
        "/authorizations/", "/authorizations/requests/", "/approvals/", "/check-access/",
    ]  # fmt: skip


def test_it_begins_with_agents_and_who_holds_any(tree: ResellerTree, admin: Client) -> None:
    shown = listed(admin)
    assert {"BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Customer-001", "Sylhet-Retail-Sub"} <= set(
        shown
    )
    assert "Customer-101" not in shown
    assert "Customer-101" in listed(admin, "?who=all")
    assert "Customer-001" not in listed(admin, "?who=agents")
    assert set(listed(admin, "?who=holders")) == {
        "BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Customer-001",
    }  # fmt: skip


def test_an_agent_sees_its_own_hierarchy_alone(agent: Client) -> None:
    shown = listed(agent, "?who=all")
    assert shown[0] == "Dhaka-Retail-Sub"
    assert not {"BD-Wholesale-Agent", "Sylhet-Retail-Sub", "Customer-101"} & set(shown)
    # As the hierarchy nests.
    assert shown.index("Sub-Sub-Agent") < shown.index("Customer-301")


def test_a_foreign_id_finds_what_no_id_finds(agent: Client) -> None:
    assert listed(agent, "?who=all&q=Customer-101") == listed(agent, "?who=all&q=Nobody-1") == []
    assert listed(agent, "?who=all&q=customer-00")[0] == "Customer-001"


def test_heads_name_the_eight(admin: Client) -> None:
    words = text_of(admin.get(HERE))
    for head in ("1 Accounts", "2 Phones", "3 Phone cards", "4 Add gateways",
                 "5 Gateway information", "6 Gateway capacity", "7 Pay own account",
                 "8 Pay sub accounts"):  # fmt: skip
        assert head in words
    assert 'aria-label="2 Phones: granted"' in markup_of(admin.get(HERE))


def test_by_an_authorization(admin: Client) -> None:
    assert set(listed(admin, "?code=manage_account")) == {"BD-Wholesale-Agent", "Dhaka-Retail-Sub"}
    without = listed(admin, "?who=all&code=manage_phone&held=no")
    assert "Customer-101" in without
    assert not {"BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Customer-001"} & set(without)


def test_who_differs_from_its_agent(tree: ResellerTree, admin: Client, agent: Client) -> None:
    # Customer-001 lacks accounts; nothing below Sylhet can differ, as Sylhet holds nothing.
    found = set(listed(admin, "?who=all&differs=on"))
    assert {"Customer-001", "Sylhet-Retail-Sub", "Sub-Sub-Agent"} <= found
    assert not {"Dhaka-Retail-Sub", "BD-Wholesale-Agent", "Customer-101"} & found
    # What the level above the viewer's own holds is not told, not even by a filter.
    grant(tree.top, Authorization.MANAGE_GATEWAY)
    assert "Dhaka-Retail-Sub" in listed(admin, "?who=all&differs=on")
    assert "Dhaka-Retail-Sub" not in listed(agent, "?who=all&differs=on")


def test_it_says_the_template_and_what_differs_from_it(
    tree: ResellerTree, administrator: User, admin: Client
) -> None:
    made = AuthorizationTemplate.objects.create(name="Small", codes=["manage_phone"])
    codes = frozenset({PHONES})
    grants_set(actor=SYSTEM, account=tree.sub_agent, codes=frozenset(), reason="x")
    grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset(), reason="x")
    grants_set(actor=SYSTEM, account=tree.customer, codes=codes, template=made, reason="x")

    def row() -> str:
        page = markup_of(admin.get(HERE))
        return page.split('<tr data-account="Customer-001"')[1].split("</tr>")[0]

    assert "Small" in row()
    assert "than it" not in row()
    grant(tree.customer, MANAGE)
    assert "1 more than it" in row()


def test_nobody_reads_the_name_of_anothers_template(
    tree: ResellerTree, admin: Client, agent: Client
) -> None:
    """Its agent's own one is that agent's, and below it nobody knows of it."""
    made = AuthorizationTemplate.objects.create(
        name="To be dropped", codes=["manage_phone"], owner=tree.top
    )
    grants_set(actor=SYSTEM, account=tree.agent, codes=frozenset(), reason="x")
    grants_set(
        actor=SYSTEM,
        account=tree.agent,
        codes=frozenset({MANAGE, PHONES}),
        template=made,
        reason="x",
    )
    assert "To be dropped" in markup_of(admin.get(HERE))
    page = markup_of(agent.get(HERE))
    assert "To be dropped" not in page
    assert "a template you cannot see" in page


def test_it_is_a_file_too(admin: Client) -> None:
    answer: Any = admin.get("/authorizations/export/?who=holders&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0][:2] == ["Account ID", "1 Add/delete/modify account"]
    assert [one[0] for one in lines[1:]] == [
        "BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Customer-001",
    ]  # fmt: skip
    assert lines[3][1:3] == ["not granted", "granted"]
    assert AuditEntry.objects.filter(action="matrix.export").count() == 1


def test_it_costs_the_same_however_many_accounts_there_are(
    tree: ResellerTree, admin: Client
) -> None:
    counts = []
    for size in (2, 12):
        for _ in range(size):
            grant(AccountFactory(parent=tree.customer_2), PHONES)
        for query in ("", "?who=all&differs=on", "?code=manage_phone"):
            admin.get(f"{HERE}{query}")
            with CaptureQueriesContext(connection) as queries:
                admin.get(f"{HERE}{query}")
            counts.append((query, len(queries)))
    assert counts[:3] == counts[3:]


def test_pages_have_numbers(tree: ResellerTree, admin: Client) -> None:
    for _ in range(60):
        AccountFactory(parent=tree.customer_2)
    assert len(listed(admin, "?who=all")) == 50
    assert len(listed(admin, "?who=all&page=2")) > 10


def test_grants_of_an_account_stand_together_in_the_review(admin: Client) -> None:
    page = markup_of(admin.get("/authorizations/reviews/?show=all"))
    assert page.count('aria-label="Select all of Dhaka-Retail-Sub"') == 1
    (body,) = [one for one in page.split("<tbody>")[1:] if "Select all of Dhaka-Retail" in one]
    assert body.count('name="grant"') == 2
