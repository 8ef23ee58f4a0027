"""The rate group of an account: who may give which, how it is read, and what forms make of it
(docs/domain.md 7).
"""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.deciding import request_approve
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import NotAllowed
from accounts.tree.services.ending import account_close, account_delete
from billing.handing_out.services.rate_groups import rate_group_set_many
from billing.handing_out.services.terms import delete_blockers, terms_set
from billing.rates.services.groups import group_change, group_delete
from billing.wallets.models import RateGroup, Standing, Wallet
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.rates import rate_group
from tests.support.answering import answered
from tests.support.pages import words_of
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db
EDIT = "/accounts/Customer-001/edit/"
HIDDEN = "a group of a level above yours"
CHOOSE = "Choose one of your own rate groups, or one that is shared with you."


@pytest.fixture
def boss(reseller_tree: ResellerTree) -> User:
    """Of Dhaka-Retail-Sub, which holds 1."""
    grant(reseller_tree.agent, "manage_account")
    return UserFactory(account=reseller_tree.agent, username="boss")


def group_of(account: Account) -> RateGroup | None:
    return Wallet.objects.get(pk=account.pk).rate_group


def give(login: User | None, account: Account, group: RateGroup | None) -> None:
    actor = actor_for(login) if login else SYSTEM
    terms_set(actor=actor, account=account, rate_group=group)


def unshared(group: RateGroup) -> None:
    group_change(
        actor=SYSTEM, group=group, name=group.name, time_zone=group.time_zone, is_shared=False
    )


def test_an_agent_gives_its_own_groups_and_shared_ones(
    reseller_tree: ResellerTree, boss: User
) -> None:
    own = rate_group(reseller_tree.agent)
    of_platform = rate_group(name="World", is_shared=True)
    from_above = rate_group(reseller_tree.top, name="From above", is_shared=True)
    for one in (own, of_platform, from_above):
        give(boss, reseller_tree.customer, one)
        assert group_of(reseller_tree.customer) == one
    give(boss, reseller_tree.customer, None)
    assert group_of(reseller_tree.customer) is None


def test_foreign_groups_and_unknown_ones_are_refused_in_the_same_words(
    reseller_tree: ResellerTree, boss: User
) -> None:
    bought_at = rate_group(reseller_tree.top, name="Bought at")
    give(None, reseller_tree.agent, bought_at)
    foreign = [
        bought_at,
        rate_group(name="Kept by the platform"),
        rate_group(reseller_tree.top, name="Kept above"),
        rate_group(reseller_tree.sibling, is_shared=True),
        rate_group(reseller_tree.sub_agent, is_shared=True),
        rate_group(reseller_tree.other_top, is_shared=True),
        RateGroup(pk=99_999_999),
    ]
    for group in foreign:
        with refused("group_not_yours", field="rate_group") as found:
            give(boss, reseller_tree.customer, group)
        assert str(found.value.message) == CHOOSE
    assert group_of(reseller_tree.customer) is None


def test_what_is_shared_no_longer_stays_and_is_not_given_again(
    reseller_tree: ResellerTree, boss: User
) -> None:
    group = rate_group(name="World", is_shared=True)
    give(boss, reseller_tree.customer, group)
    unshared(group)
    terms_set(
        actor=actor_for(boss),
        account=reseller_tree.customer,
        rate_group=group,
        low_balance_threshold=5,
    )
    assert group_of(reseller_tree.customer) == group
    with refused("group_not_yours", field="rate_group"):
        give(boss, reseller_tree.customer_2, group)


def test_administrators_give_groups_of_the_platform_and_of_agents_above(
    reseller_tree: ResellerTree,
) -> None:
    for group in (rate_group(name="Kept"), rate_group(reseller_tree.top)):
        give(None, reseller_tree.customer, group)
        assert group_of(reseller_tree.customer) == group
    for owner in (reseller_tree.sibling, reseller_tree.customer, reseller_tree.other_top):
        foreign = rate_group(owner)
        with refused("group_not_yours", field="rate_group"):
            give(None, reseller_tree.customer, foreign)


def test_an_agent_never_sets_its_own(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    group = rate_group(reseller_tree.agent)
    with refused("not_authorized"):
        give(boss, reseller_tree.agent, group)
    assert client_of(boss).get("/accounts/Dhaka-Retail-Sub/edit/").status_code == 403


def test_what_changes_is_recorded_by_name(reseller_tree: ResellerTree) -> None:
    group = rate_group(reseller_tree.top)
    give(None, reseller_tree.customer, group)
    give(None, reseller_tree.customer, group)
    entry = AuditEntry.objects.get(action="wallet.terms")
    noted = {"group": group.pk, "name": "Retail", "owner": "BD-Wholesale-Agent"}
    assert (entry.before, entry.after) == ({"rate_group": None}, {"rate_group": noted})


AUDIT = "/accounts/Customer-001/audit/"


def test_the_audit_log_names_a_group_to_whom_may_know_it(
    reseller_tree: ResellerTree, boss: User, client_of: Any, admin: Client
) -> None:
    give(None, reseller_tree.customer, rate_group(reseller_tree.top, name="Secret of the top"))
    give(boss, reseller_tree.customer, rate_group(reseller_tree.agent, name="Of the agent"))
    by_agent = words_of(client_of(boss).get(AUDIT))
    assert HIDDEN in by_agent
    assert "Of the agent" in by_agent
    assert "Secret of the top" not in by_agent
    by_top = words_of(client_of(UserFactory(account=reseller_tree.top)).get(AUDIT))
    by_admin = words_of(admin.get(AUDIT))
    for page in (by_top, by_admin):
        assert "Secret of the top" in page
        assert "Of the agent" in page


def test_the_audit_log_still_names_a_group_that_is_gone(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    own, above = rate_group(reseller_tree.agent, name="Mine"), rate_group(reseller_tree.top)
    for group in (own, above, None):
        give(None, reseller_tree.customer, group)
    for group in (own, above):
        group_delete(actor=SYSTEM, group=group)
    page = words_of(client_of(boss).get(AUDIT))
    assert "Mine" in page
    assert HIDDEN in page


def test_the_form_offers_what_may_be_given_and_says_whose_it_is(
    reseller_tree: ResellerTree, boss: User, client_of: Any, admin: Client
) -> None:
    rate_group(reseller_tree.agent, name="Mine")
    rate_group(name="World", is_shared=True)
    rate_group(name="Kept")
    rate_group(reseller_tree.top, name="Hidden")
    choices = client_of(boss).get(EDIT).context["form"].fields["rate_group"].choices
    assert [str(label) for _value, label in choices] == [
        "None: no calls",
        "Mine",
        "World (shared with you)",
    ]
    choices = admin.get(EDIT).context["form"].fields["rate_group"].choices
    assert [str(label) for _value, label in choices] == [
        "None: no calls",
        "Hidden (BD-Wholesale-Agent)",
        "Kept",
        "Mine (Dhaka-Retail-Sub)",
        "World",
    ]


def test_the_form_sets_the_group(reseller_tree: ResellerTree, boss: User, client_of: Any) -> None:
    client, group = client_of(boss), rate_group(reseller_tree.agent)
    assert client.post(EDIT, answered(client.get(EDIT), {"rate_group": group.key})).status_code == (
        303
    )
    assert group_of(reseller_tree.customer) == group
    check = client.post(EDIT, answered(client.get(EDIT), {"rate_group": ""}))
    assert "Without a rate group Customer-001 cannot call." in words_of(check)
    assert group_of(reseller_tree.customer) == group


def test_a_group_that_may_not_be_known_stays_as_it_is_and_has_no_name(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    client, group = client_of(boss), rate_group(reseller_tree.top, name="Hidden")
    give(None, reseller_tree.customer, group)
    page = client.get(EDIT)
    assert HIDDEN in words_of(page)
    assert "Hidden" not in page.content.decode()
    assert group.key not in page.content.decode()
    assert client.post(EDIT, answered(page, {"low_balance_threshold": "7"})).status_code == 303
    one = Wallet.objects.get(pk=reseller_tree.customer.pk)
    assert (one.rate_group, one.low_balance_threshold) == (group, 7)


def test_a_foreign_group_that_is_posted_is_refused_at_its_field(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    client, group = client_of(boss), rate_group(reseller_tree.sibling, is_shared=True)
    unknown = RateGroup(pk=99_999_999)
    for key in (group.key, unknown.key):
        page = client.post(EDIT, answered(client.get(EDIT), {"rate_group": key}))
        assert page.status_code == 422
        assert page.context["form"].errors["rate_group"] == [CHOOSE]
    assert group_of(reseller_tree.customer) is None


def test_a_new_account_gets_its_group_with_it(reseller_tree: ResellerTree, admin: Client) -> None:
    url, group = "/accounts/new/?agent=Dhaka-Retail-Sub", rate_group(reseller_tree.agent)
    sent = {"name": "Fresh", "account_id": "Fresh-001", "rate_group": group.key}
    assert admin.post(url, answered(admin.get(url), sent)).status_code == 303
    assert group_of(Account.objects.get(account_id="Fresh-001")) == group


def test_the_pages_of_an_account_say_what_it_buys_at(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    client, url = client_of(boss), "/accounts/Customer-001/"
    before = words_of(client.get(url))
    assert "No rate group: no calls" in before
    give(None, reseller_tree.customer, rate_group(reseller_tree.agent, name="Mine"))
    after = words_of(client.get(url))
    assert "Mine" in after
    assert "No rate group" not in after


def test_its_owner_is_closed_and_not_deleted(reseller_tree: ResellerTree) -> None:
    one = AccountFactory(parent=reseller_tree.agent)
    rate_group(one)
    rate_group(one, name="Other")
    with refused("has_history"):
        account_delete(actor=SYSTEM, account=one, reason="over")
    assert [str(blocker.label) for blocker in delete_blockers(one)] == ["2 rate groups"]
    account_close(actor=SYSTEM, account=one, reason="over")


# --- Many at once


def test_many_get_a_group_each_with_its_entry(reseller_tree: ResellerTree, boss: User) -> None:
    group = rate_group(reseller_tree.agent)
    give(None, reseller_tree.customer, group)
    both = [reseller_tree.customer, reseller_tree.customer_2]
    changed = rate_group_set_many(actor=actor_for(boss), accounts=both, group=group, reason="New")
    assert changed == [reseller_tree.customer_2]
    entries = AuditEntry.objects.filter(action="wallet.terms", reason="New")
    assert [one.account for one in entries] == ["Customer-002"]
    assert [group_of(one) for one in both] == [group, group]
    version = Wallet.objects.get(pk=reseller_tree.customer_2.pk).version
    assert version == 2


def test_many_are_all_or_none(reseller_tree: ResellerTree) -> None:
    group = rate_group(reseller_tree.agent)
    both = [reseller_tree.customer, reseller_tree.sibling_customer]
    with refused("group_not_yours", field="rate_group"):
        rate_group_set_many(actor=SYSTEM, accounts=both, group=group)
    account_close(actor=SYSTEM, account=reseller_tree.customer_2, reason="over")
    with refused("closed"):
        rate_group_set_many(
            actor=SYSTEM, accounts=[reseller_tree.customer, reseller_tree.customer_2], group=group
        )
    assert group_of(reseller_tree.customer) is None


GIVE = "/rate-groups/give/"


def test_a_selection_gets_a_group_after_it_was_shown(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    client, group = client_of(boss), rate_group(reseller_tree.agent, name="Mine")
    give(None, reseller_tree.customer, group)
    sent = {
        "agent_list": "Dhaka-Retail-Sub",
        "query": "",
        "account": ["Customer-001", "Customer-002", "Customer-101"],
    }
    asked = client.post(GIVE, sent)
    assert "Rate group for 2 accounts" in words_of(asked)
    sent |= {"account": ["Customer-001", "Customer-002"], "rate_group": group.key}
    check = client.post(GIVE, sent)
    assert "It has this rate group already." in words_of(check)
    assert "Give 1 account the rate group Mine" in words_of(check)
    assert group_of(reseller_tree.customer_2) is None
    seen = dict(check.context["confirming"])["seen"]
    stale = client.post(GIVE, {**sent, "reason": "", "seen": "x"})
    assert stale.status_code == 409
    assert client.post(GIVE, {**sent, "reason": "", "seen": seen}).status_code == 303
    assert group_of(reseller_tree.customer_2) == group


def test_a_selection_is_not_given_a_foreign_group(
    reseller_tree: ResellerTree, boss: User, client_of: Any
) -> None:
    group = rate_group(reseller_tree.top)
    sent = {
        "agent_list": "Dhaka-Retail-Sub",
        "query": "",
        "account": "Customer-001",
        "rate_group": group.key,
    }
    page = client_of(boss).post(GIVE, sent)
    assert page.status_code == 422
    assert page.context["asked"].errors["rate_group"] == [CHOOSE]


# --- With an approval


@pytest.fixture
def filed(reseller_tree: ResellerTree, client_of: Any) -> tuple[SubAgentRequest, RateGroup]:
    """Customer-001 asks for its first sub-account, which buys at a shared group."""
    for one in (reseller_tree.top, reseller_tree.agent, reseller_tree.customer):
        grant(one, "manage_account")
    group = rate_group(name="World", is_shared=True)
    client = client_of(UserFactory(account=reseller_tree.customer))
    url = "/accounts/new/?agent=Customer-001"
    sent = {"name": "First", "account_id": "First-001", "rate_group": group.key}
    assert client.post(url, answered(client.get(url), sent)).status_code == 303
    return SubAgentRequest.objects.get(), group


def test_a_request_keeps_the_group_until_it_is_approved(
    filed: tuple[SubAgentRequest, RateGroup], admin: Client, administrator: User
) -> None:
    request, group = filed
    assert not Account.objects.filter(account_id="First-001").exists()
    assert "World" in words_of(admin.get(f"/approvals/{request.key}/"))
    request_approve(actor=actor_for(administrator), request=request)
    assert group_of(Account.objects.get(account_id="First-001")) == group


def test_an_approval_asks_again_whether_the_group_may_be_given(
    filed: tuple[SubAgentRequest, RateGroup], administrator: User
) -> None:
    request, group = filed
    unshared(group)
    with refused("group_not_yours", field="rate_group") as found:
        request_approve(actor=actor_for(administrator), request=request)
    assert "may not be given by who asked" in str(found.value.message)
    assert not Account.objects.filter(account_id="First-001").exists()
    request.refresh_from_db()
    assert request.status == SubAgentRequest.Status.WAITING


def test_no_person_sets_terms_at_an_earlier_time(
    administrator: User, reseller_tree: ResellerTree
) -> None:
    with refused("set_earlier", NotAllowed):
        terms_set(
            actor=actor_for(administrator),
            account=reseller_tree.top,
            low_balance_threshold=Decimal(5),
            at=timezone.now(),
        )


def test_a_command_sets_a_rate_group_from_the_first_day_on(reseller_tree: ResellerTree) -> None:
    account, group = reseller_tree.top, rate_group(None, "Retail")
    terms_set(actor=SYSTEM, account=account, rate_group=group, at=account.created_at)
    (standing,) = Standing.objects.filter(account=account)
    assert (standing.since, standing.rate_group) == (account.created_at, group)
    assert AuditEntry.objects.get(action="wallet.terms").at == account.created_at
