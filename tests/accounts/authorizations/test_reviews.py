"""Grants are looked at from time to time: kept with a note, or revoked with everything below."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.reviews import due_before, grants_due
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.reviews import review_keep, review_revoke
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountGrant, AuditEntry, GrantBatch, User
from accounts.kit.errors import NotAllowed, NotInScope
from accounts.kit.moments import as_of
from accounts.kit.object_keys import object_key
from accounts.portal.views.exports import export_of
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.pages import markup_of, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MANAGE, PHONES = Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE


def grant_long_ago(account: Account, *codes: Authorization, days: int = 120) -> Account:
    grants_set(
        actor=SYSTEM,
        account=account,
        codes=held(account) | frozenset(codes),
        reason="long ago",
        granted_at=timezone.now() - timedelta(days=days),
    )
    return account


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Old grants down to Customer-301, and a young one beside."""
    for name in ("top", "agent", "sub_agent", "deep_customer"):
        grant_long_ago(getattr(reseller_tree, name), MANAGE, PHONES)
    grant(reseller_tree.customer, PHONES)
    return reseller_tree


@pytest.fixture
def agent(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, username="dhaka-desk")


def rows(browser: Client, query: str = "") -> list[str]:
    """The account ids of the list, in order."""
    page = browser.get(f"/authorizations/reviews/{query}").content.decode()
    return [part.split('"')[0].split(": ")[0] for part in page.split('aria-label="')[1:]
            if ": " in part.split('"')[0] and 'name="grant"' in page
            and not part.startswith("Remove filter")]  # fmt: skip


def pk(account: Account, code: Authorization) -> int:
    return AccountGrant.objects.get(content_object=account, permission__codename=code).pk


def key_of(pk: int) -> str:
    """How a form names the grant."""
    return object_key(AccountGrant.key_kind, pk)


def test_what_was_never_used_for_long_is_listed(tree: ResellerTree, administrator: User) -> None:
    listed = rows(signed_in(administrator))
    assert listed.count("Customer-301") == 2
    assert "Customer-001" not in listed


def test_what_was_used_is_due_but_not_unused(
    tree: ResellerTree, agent: User, administrator: User
) -> None:
    account_edit(actor=actor_for(agent), account=tree.customer, name="Used")
    browser = signed_in(administrator)
    assert rows(browser).count("Dhaka-Retail-Sub") == 1
    assert rows(browser, "?show=due").count("Dhaka-Retail-Sub") == 2


def test_filters_narrow_the_list(tree: ResellerTree, administrator: User) -> None:
    browser = signed_in(administrator)
    assert set(rows(browser, "?show=all&agent=Sub-Sub-Agent")) == {"Sub-Sub-Agent", "Customer-301"}
    assert rows(browser, "?show=all&risk=high").count("Customer-301") == 1
    assert rows(browser, "?show=all&code=manage_phone").count("Customer-001") == 1
    assert set(rows(browser, "?show=all&q=customer-301")) == {"Customer-301"}
    assert "No grant matches" in words_of(browser.get("/authorizations/reviews/?agent=Nobody"))
    assert browser.get("/authorizations/reviews/?show=nonsense").status_code == 422


def test_a_filter_that_is_on_is_a_pill_that_takes_it_off(
    tree: ResellerTree, administrator: User
) -> None:
    browser = signed_in(administrator)
    answer = browser.get("/authorizations/reviews/?show=all&risk=high&agent=Sub-Sub-Agent")
    urls = [one["url"] for one in answer.context["pills"]]
    assert urls == [
        "?risk=high&agent=Sub-Sub-Agent",
        "?show=all&agent=Sub-Sub-Agent",
        "?show=all&risk=high",
    ]
    assert markup_of(answer).count('aria-label="Remove filter: ') == 3


def test_kept_with_a_note_it_is_no_longer_due(tree: ResellerTree, administrator: User) -> None:
    browser = signed_in(administrator)
    chosen = pk(tree.deep_customer, PHONES)
    answer = browser.post(
        "/authorizations/reviews/",
        {"grant": key_of(chosen), "decision": "keep", "note": "still sells"},
    )
    assert answer.status_code == 303
    kept = AccountGrant.objects.get(pk=chosen)
    assert (kept.reviewed_by, kept.review_note) == (administrator, "still sells")
    assert rows(browser).count("Customer-301") == 1
    assert "Customer-301" in rows(browser, "?show=reviewed")
    entry = AuditEntry.objects.get(action="grant.review")
    assert (entry.account, entry.reason) == ("Customer-301", "still sells")


def test_revoking_shows_who_loses_what_and_needs_a_note(
    tree: ResellerTree, administrator: User
) -> None:
    browser = signed_in(administrator)
    data: dict[str, Any] = {"grant": key_of(pk(tree.agent, PHONES)), "decision": "revoke"}
    page = browser.post("/authorizations/reviews/", data).content.decode()
    assert "and 3 grants below it" in page
    assert held(tree.agent) == {MANAGE, PHONES}
    data["confirmed"] = "1"
    assert browser.post("/authorizations/reviews/", data).status_code == 422
    answer = browser.post("/authorizations/reviews/", {**data, "reason": "not needed"})
    assert answer.status_code == 303
    for one in (tree.agent, tree.sub_agent, tree.deep_customer):
        assert held(one) == {MANAGE}
    assert held(tree.customer) == frozenset()
    assert GrantBatch.objects.get(kind=GrantBatch.Kind.REVIEW).reason == "not needed"


def test_an_agent_and_its_sub_account_revoked_together(tree: ResellerTree) -> None:
    chosen = [pk(tree.agent, PHONES), pk(tree.deep_customer, PHONES)]
    assert review_revoke(actor=SYSTEM, grants=chosen, note="x") == 2
    assert held(tree.deep_customer) == {MANAGE}


# As an agent


def test_an_agent_reviews_what_lies_below_it(tree: ResellerTree, agent: User) -> None:
    browser = signed_in(agent)
    listed = rows(browser)
    assert set(listed) == {"Sub-Sub-Agent", "Customer-301"}
    page = markup_of(browser.get("/authorizations/reviews/"))
    assert "BD-Wholesale-Agent" not in page
    assert "long ago" not in page


@pytest.mark.parametrize("name", ["agent", "top"])
def test_not_its_own_grants_and_none_above(tree: ResellerTree, agent: User, name: str) -> None:
    chosen = [pk(getattr(tree, name), PHONES)]
    for deed in (review_keep, review_revoke):
        with pytest.raises(NotInScope):
            deed(actor=actor_for(agent), grants=chosen, note="x")


def test_without_authorization_1_nobody_decides(tree: ResellerTree) -> None:
    other = UserFactory(account=tree.deep_customer)
    assert not grants_due(actor_for(other).scope, due_before()).exists()
    account_lock(actor=SYSTEM, account=tree.top, reason="x")
    login = UserFactory(account=tree.agent)
    with pytest.raises(NotAllowed):
        review_keep(actor=actor_for(login), grants=[pk(tree.sub_agent, PHONES)])


def test_reviews_are_no_tab_without_authorization_1(tree: ResellerTree) -> None:
    shown = {
        name: '<a href="/authorizations/reviews/"'
        in signed_in(UserFactory(account=getattr(tree, name)))
        .get("/authorizations/")
        .content.decode()
        for name in ("agent", "customer")
    }
    assert shown == {"agent": True, "customer": False}


def test_what_is_no_grant_stands_against_the_others(tree: ResellerTree, agent: User) -> None:
    grant(tree.customer, PHONES)
    one = AccountGrant.objects.get(content_object=tree.customer)
    sent = {"grant": [one.key, "not-a-key"], "decision": "keep", "note": ""}
    answer = signed_in(agent).post("/authorizations/reviews/", sent, follow=True)
    assert "Some of these grants are gone" in answer.content.decode()
    one.refresh_from_db()
    assert one.reviewed_at is None


def test_a_grant_that_is_gone_is_said(tree: ResellerTree, administrator: User) -> None:
    browser = signed_in(administrator)
    answer = browser.post(
        "/authorizations/reviews/",
        {"grant": key_of(999_999), "decision": "keep", "note": ""},
        follow=True,
    )
    assert "Some of these grants are gone" in answer.content.decode()


def test_the_evidence_is_a_file_without_formulas(tree: ResellerTree, administrator: User) -> None:
    review_keep(actor=SYSTEM, grants=[pk(tree.deep_customer, PHONES)], note="=1+1")
    answer: Any = signed_in(administrator).get(
        "/authorizations/reviews/export/?show=all&format=csv"
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    mine = next(one for one in lines if one[0] == "Customer-301" and one[1].startswith("2 "))
    assert mine[5] == "long ago"
    assert mine[9] == "'=1+1"
    assert AuditEntry.objects.filter(action="grants.export").count() == 1


def test_the_page_costs_the_same_however_many_rows_it_has(
    administrator: User, reseller_tree: ResellerTree
) -> None:
    browser = signed_in(administrator)
    counts = []
    for size in (2, 12):
        for _ in range(size):
            grant(AccountFactory(parent=reseller_tree.customer_2), PHONES)
        browser.get("/authorizations/reviews/?show=all")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/authorizations/reviews/?show=all")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Who below holds what


def test_the_matrix_tells_granted_from_counting_from_unavailable(
    tree: ResellerTree, administrator: User
) -> None:
    browser = signed_in(administrator)
    account_lock(actor=SYSTEM, account=tree.sub_agent, reason="x")
    page = browser.get("/accounts/Dhaka-Retail-Sub/authorizations/matrix/").content.decode()
    row = page.split('<tr data-account="Customer-301"')[1].split("</tr>")[0]
    assert row.count("granted, does not count now") == 2
    assert row.count("not available") == 6
    own = page.split('<tr data-account="Dhaka-Retail-Sub"')[1].split("</tr>")[0]
    assert own.count('class="mark8 on"') == 2


def test_the_matrix_of_an_agent_begins_at_its_own_account(agent: User) -> None:
    browser = signed_in(agent)
    page = markup_of(browser.get("/accounts/Dhaka-Retail-Sub/authorizations/matrix/"))
    assert "BD-Wholesale-Agent" not in page
    own = page.split('<tr data-account="Dhaka-Retail-Sub"')[1].split("</tr>")[0]
    # Whether the level above could grant it is not told.
    assert "not available" not in own
    assert browser.get("/accounts/Sylhet-Retail-Sub/authorizations/matrix/").status_code == 404


def test_the_matrix_is_a_file_too(tree: ResellerTree, administrator: User) -> None:
    answer: Any = signed_in(administrator).get(
        "/accounts/Dhaka-Retail-Sub/authorizations/matrix/export/?format=csv"
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[1][:3] == ["Dhaka-Retail-Sub", "granted", "granted"]
    beside = next(one for one in lines if one[0] == "Customer-001")
    assert beside[1:4] == ["not granted", "granted", "not available"]


def test_what_is_due_in_a_file_was_due_when_it_was_asked_for(
    tree: ResellerTree, administrator: User
) -> None:
    """Granted 120 days ago they are due, and were not 60 days ago."""
    where = "/authorizations/reviews/export/?show=due"
    due = export_of(actor_for(administrator), where)
    with as_of(timezone.now() - timedelta(days=60)):
        earlier = export_of(actor_for(administrator), where)
    assert (due.count, earlier.count) == (8, 0)


def test_who_granted_before_a_move_is_a_former_agent(tree: ResellerTree, agent: User) -> None:
    granted = frozenset({PHONES})
    grants_set(actor=actor_for(agent), account=tree.customer_2, codes=granted, reason="pays well")
    grant(tree.sibling, PHONES)
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    browser = signed_in(UserFactory(account=tree.sibling))
    page = browser.get("/authorizations/reviews/?show=all")
    assert "former agent" in text_of(page)
    assert "pays well" not in words_of(page)
