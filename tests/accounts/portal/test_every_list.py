"""Every list with filters: what is on stands above it as pills, and its views are there for whom
they are meant.
"""

from typing import Any

import pytest
from django import forms
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.core.actor import actor_for
from accounts.core.authorizations import Authorization
from accounts.logins.services.saved_views import MOST_VIEWS, view_save
from accounts.portal.forms.counts import CountField
from accounts.portal.forms.days import DayField
from accounts.portal.lists.views.declared import lists_named
from billing.forms import AmountField
from tests.factories import AccountFactory, ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.factories.rates import rate_group
from tests.support.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

# Where each list is looked at; None: on a page of its own object.
PATHS = {
    "accounts": "/accounts/",
    "approvals": "/approvals/",
    "audit": "/audit/",
    "authorization_requests": "/authorizations/requests/",
    "call_queue": "/calls/queue/",
    "calls": "/calls/",
    "card_batches": "/cards/",
    "gateways": "/gateways/",
    "grants": "/authorizations/reviews/",
    "logins": None,
    "mails": "/mail/",
    "matrix": "/authorizations/",
    "payments": "/payments/",
    "phones": "/phones/",
    "rate_groups": "/rate-groups/",
    "rates": None,
    "running_calls": "/calls/running/",
    "switches": "/switches/",
    "templates": "/authorizations/templates/",
}
OF_ADMINISTRATORS = {"mails", "switches"}
LISTS = sorted(PATHS)


@pytest.fixture
def staff() -> Client:
    return signed_in(StaffFactory(username="staff", administrator=True))


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Client:
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT)
    return signed_in(UserFactory(account=reseller_tree.agent))


def path_of(name: str, owner: Any = None) -> str:
    if name == "logins":
        return reverse("accounts:logins", args=[(owner or AccountFactory()).account_id])
    return PATHS[name] or reverse("billing:rate-group", args=[rate_group(owner, "Prices").pk])


def entered(field: forms.Field) -> str:
    """Something to narrow a list by."""
    if isinstance(field, forms.ChoiceField):
        return str(next(value for value, _label in field.choices if value))
    if isinstance(field, DayField):
        return timezone.localdate().isoformat()
    return "5" if isinstance(field, CountField | AmountField) else "a1"


def test_all_lists_that_people_keep_views_of_are_looked_at_here() -> None:
    # Lists are known once the addresses are.
    assert get_resolver().url_patterns
    ours = {name for name, one in lists_named.items() if not one.__module__.startswith("tests.")}
    assert ours == set(PATHS)


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_that_is_on_is_a_pill_that_takes_it_off(staff: Client, name: str) -> None:
    path = path_of(name)
    filters = staff.get(path).context["state"].filter.filters
    assert filters
    for one, narrowing in filters.items():
        answer = staff.get(path, {one: entered(narrowing.field)})
        body = markup_of(answer)
        (pill,) = answer.context["pills"]
        assert (str(pill["name"]), pill["url"]) == (str(narrowing.label), "?"), one
        assert pill["value"], one
        assert f'aria-label="Remove filter: {narrowing.label} ' in body, one
        assert "Clear all" in body, one


@pytest.mark.parametrize("name", LISTS)
def test_its_views_are_tabs_that_open(staff: Client, name: str) -> None:
    path = path_of(name)
    first, *others = staff.get(path).context["views"]
    assert (first["current"], len(others) >= 2) == (True, True)
    for tab in others:
        answer = staff.get(path + tab["url"])
        assert answer.status_code == 200, tab
        assert [one["label"] for one in answer.context["views"] if one["current"]] == [tab["label"]]
        assert 'aria-current="true"' in markup_of(answer)
        # The way back to everything.
        assert answer.context["views"][0]["url"] == "?"


@pytest.mark.parametrize("name", [one for one in LISTS if one not in OF_ADMINISTRATORS])
def test_an_agent_has_the_views_whose_filters_it_has(
    agent: Client, reseller_tree: ResellerTree, name: str
) -> None:
    path = path_of(name, reseller_tree.agent)
    page = agent.get(path, follow=True)
    path = page.redirect_chain[-1][0] if page.redirect_chain else path
    assert len(page.context["views"]) >= 2
    for tab in page.context["views"]:
        assert agent.get(path + tab["url"]).status_code == 200, tab


def test_what_only_administrators_filter_by_is_no_view_of_others(
    staff: Client, agent: Client
) -> None:
    def labels(browser: Client) -> list[str]:
        return [str(one["label"]) for one in browser.get("/calls/queue/").context["views"]]

    assert "Written off" in labels(staff)
    assert "Written off" not in labels(agent)
    assert "No rate" in labels(agent)


def test_a_further_filter_is_set_beside_those_that_are_on(staff: Client) -> None:
    page = staff.get("/gateways/?state=locked&sort=-name")
    offered = dict(page.context["addable"])
    assert "State" not in offered
    url = offered["Protocol"]
    assert url == "?state=locked&sort=-name&panel=filters&add=protocol"
    form = staff.get(f"/gateways/{url}", headers={"HX-Request": "true"}).content.decode()
    assert '<input type="hidden" name="state" value="locked">' in form
    assert '<input type="hidden" name="sort" value="-name">' in form
    assert 'name="protocol"' in form
    assert "autofocus" in form
    # Without script the page opens with all filters, the cursor in this one.
    whole = markup_of(staff.get(f"/gateways/{url}"))
    assert whole.count("autofocus") == 1
    assert 'name="registration"' in whole


def test_own_views_cost_one_query_however_many(agent: Client) -> None:
    def queries(browser: Client) -> int:
        browser.get("/phones/")
        with CaptureQueriesContext(connection) as seen:
            browser.get("/phones/")
        assert sum('FROM "accounts_savedview"' in one["sql"] for one in seen) == 1
        return len(seen)

    none = queries(agent)
    login = agent.get("/phones/").wsgi_request.user
    for number in range(MOST_VIEWS):
        view_save(
            actor=actor_for(login), of_list="phones", name=f"View {number}", asks={"lock": "out"}
        )
    assert queries(agent) == none


def test_a_view_narrows_pages_order_and_files_alike(staff: Client) -> None:
    tabs = {str(one["label"]): one["url"] for one in staff.get("/phones/").context["views"]}
    page = staff.get(f"/phones/{tabs['Locked']}&sort=-number&size=25")
    assert "lock=locked" in page.context["pager"]["first_url"]
    assert all("lock=locked" in url for _words, url in page.context["exports"])
    heads = {one.name: one.url for one in page.context["table"].columns if one.url}
    assert all("lock=locked" in url for url in heads.values())
    assert "lock=locked" in page.context["pager"]["sizes"][0][1]
