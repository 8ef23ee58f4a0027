"""The kit for lists, with a list as somebody would add one: its columns, its filters, its view."""

import csv
from typing import Any

import django_filters
import pytest
from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from accounts.core.models import Account, AuditEntry
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.moments import moment_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import link
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Bulk, Deed, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.tables import RowStyle, write_table
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.factories.fixtures import signed_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.accounts.portal.test_list_kit"),
    pytest.mark.wide,
]

# --- The list: places accounts have, as a capability of its own would show them ----------------

BY_PLACE = SortKey(Lower("account_id"))


class PlaceFilter(django_filters.FilterSet):
    """By name and by type."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label="Name")
    type = django_filters.ChoiceFilter(
        choices=Account.Type.choices, label="Type", empty_label="Any"
    )

    class Meta:
        model = Account
        fields: list[str] = []


class PlacesList(ListView):
    """Accounts, as if each were a place."""

    abstract = True
    what = "places"
    heading = "Places"
    tab = "places"
    filter_class = PlaceFilter
    first_order = ("place", BY_PLACE, False)
    tick_name = "place"
    has_asof = True
    columns = (
        Column(
            "place",
            "Place",
            lambda row: link(row.get_absolute_url(), row.account_id),
            lambda row: row.account_id,
            BY_PLACE,
        ),
        Column("name", "Name", lambda row: row.name, lambda row: row.name, css="card-left"),
        Column("agent", "Agent", lambda row: row.parent, only_all=True, hint="Whose it is"),
        Column(
            "depth", "Depth", lambda row: row.level, lambda row: row.level, is_number=True,
            sort=SortKey(F("level"), int),
        ),
        Column("made", "Made", value=lambda row: row.created_at),
        Column("seen", "Seen", lambda row: moment_words(row.updated_at)),
    )  # fmt: skip
    words = Words(search="Search places", find="Name", no_match="No place matches")

    def base(self, is_all: bool) -> QuerySet[Account]:
        places = self.accounts.select_related("parent")
        if self.subject is None:
            return places
        if is_all:
            return places.filter(in_scope(Scope.of(self.subject.pk)))
        return places.filter(parent=self.subject)

    def key(self, row: Account) -> str:
        return row.account_id

    def bulk(self, state: ListState) -> Bulk:
        return Bulk("/places/do/", [Deed("paint", "Paint")], total=state.count)

    def first_use(self, state: ListState) -> Empty:
        return Empty("No places yet", "They come with accounts.")

    def export_url(self) -> str:
        return f"/places/{self.subject}/export/" if self.subject else "/places/export/"


class PlacesView(ListPage, PlacesList):
    authorization = None


class PlacesExportView(ListExport, PlacesList):
    authorization = None


class NoPlacesView(PlacesView):
    authorization = None

    def base(self, is_all: bool) -> QuerySet[Account]:
        return super().base(is_all).none()


urlpatterns = [
    path("places/", PlacesView.as_view()),
    path("places/none/", NoPlacesView.as_view()),
    path("places/export/", PlacesExportView.as_view()),
    path("places/<str:account_id>/", PlacesView.as_view()),
    path("places/<str:account_id>/export/", PlacesExportView.as_view()),
    path("", include("vosportal.urls")),
]

# --- What it does ---------------------------------------------------------------------------------


@pytest.fixture
def agent(reseller_tree: ResellerTree) -> Client:
    return signed_in(UserFactory(account=reseller_tree.agent))


def keys(answer: HttpResponse) -> list[str]:
    return [line.key for line in answer.context["table"].lines]


def shown_columns(answer: HttpResponse) -> list[str]:
    return [one.name for one in answer.context["table"].columns]


def test_it_holds_what_lies_within_the_viewers_scope(agent: Client, reseller_tree: Any) -> None:
    found = keys(agent.get("/places/"))
    assert reseller_tree.deep_customer.account_id in found
    assert reseller_tree.sibling.account_id not in found


def test_direct_is_one_level_and_all_brings_the_columns_for_several(
    agent: Client, reseller_tree: Any
) -> None:
    url = f"/places/{reseller_tree.agent.account_id}/"
    direct, whole = agent.get(url), agent.get(url + "?show=all")
    assert reseller_tree.deep_customer.account_id not in keys(direct)
    assert reseller_tree.deep_customer.account_id in keys(whole)
    assert "agent" not in shown_columns(direct)
    assert "agent" in shown_columns(whole)


def test_all_says_in_which_order_it_stands(agent: Client, reseller_tree: Any) -> None:
    url = f"/places/{reseller_tree.agent.account_id}/?show=all"
    assert "By Place" in agent.get(url).content.decode()
    assert "By Depth" in agent.get(url + "&sort=-depth").content.decode()


def test_a_column_of_files_is_on_no_page_and_one_of_pages_in_no_file(agent: Client) -> None:
    assert {"made"}.isdisjoint(shown_columns(agent.get("/places/")))
    text = b"".join(agent.get("/places/export/?format=csv").streaming_content).decode("utf-8-sig")
    assert next(csv.reader(text.splitlines())) == ["Place", "Name", "Depth", "Made"]


def test_a_head_sorts_and_turns_the_order(agent: Client) -> None:
    def head(query: str) -> Any:
        columns = agent.get(f"/places/{query}").context["table"].columns
        return next(one for one in columns if one.name == "depth")

    assert (head("").order, head("").url) == ("", "?sort=depth")
    assert (head("?sort=depth").order, head("?sort=depth").url) == ("ascending", "?sort=-depth")
    assert (head("?sort=-depth").order, head("?sort=-depth").url) == ("descending", "?sort=depth")


def test_what_is_no_order_leaves_the_first_one(agent: Client) -> None:
    assert keys(agent.get("/places/?sort=seen")) == keys(agent.get("/places/"))


def test_a_filter_is_a_pill_that_takes_it_off(agent: Client) -> None:
    answer = agent.get("/places/?type=phone_card&sort=depth")
    (pill,) = answer.context["pills"]
    assert (pill["name"], pill["value"], pill["url"]) == ("Type", "Phone card", "?sort=depth")


def test_a_filter_that_cannot_be_read_is_said(agent: Client) -> None:
    answer = agent.get("/places/?type=castle")
    assert answer.status_code == 422
    assert keys(answer) == []


def test_pages_follow_one_another_and_keep_the_filters(agent: Client, reseller_tree: Any) -> None:
    for number in range(40):
        AccountFactory(parent=reseller_tree.agent, account_id=f"P-{number:02}", name="Pagoda")
    first = agent.get("/places/?q=pagoda&size=25")
    second = agent.get("/places/" + first.context["pager"]["older_url"])
    assert keys(first) + keys(second) == [f"P-{number:02}" for number in range(40)]
    assert "25 of 40 shown" in first.content.decode()
    back = agent.get("/places/" + second.context["pager"]["newer_url"])
    assert keys(back) == keys(first)


@pytest.mark.parametrize("size", ["0100" + "9" * 30, "9" * 5000, "-25", "0", "²", "forty", "025"])
def test_a_size_that_is_none_is_the_usual_one(agent: Client, size: str) -> None:
    usual = agent.get("/places/")
    answer = agent.get("/places/", {"size": size})
    assert answer.status_code == 200
    assert keys(answer) == keys(usual)


def test_a_cursor_that_is_none_shows_the_first_page_and_says_so(agent: Client) -> None:
    answer = agent.get("/places/?cursor=nonsense")
    assert keys(answer) == keys(agent.get("/places/"))
    assert "cannot be found any more" in answer.content.decode()


def test_rows_are_ticked_by_their_key_for_the_bulk_bar(agent: Client, reseller_tree: Any) -> None:
    body = agent.get("/places/").content.decode()
    name = reseller_tree.customer.account_id
    assert f'name="place" value="{name}" form="bulk" aria-label="Select {name}"' in body
    assert 'name="deed" value="paint"' in body


def test_nothing_at_all_and_nothing_for_these_filters_are_told_apart(agent: Client) -> None:
    assert "No places yet" in agent.get("/places/none/").content.decode()
    narrowed = agent.get("/places/?q=nowhere").content.decode()
    assert "No place matches" in narrowed
    assert "Clear all filters" in narrowed


def test_where_direct_finds_nothing_all_is_offered(agent: Client, reseller_tree: Any) -> None:
    url = f"/places/{reseller_tree.agent.account_id}/"
    answer = agent.get(f"{url}?q={reseller_tree.deep_customer.name}")
    assert "Search in All" in answer.content.decode()
    found = keys(agent.get(url + answer.context["empty"].secondary_url))
    assert found == [reseller_tree.deep_customer.account_id]


def test_an_export_leaves_one_record_with_what_was_asked(agent: Client) -> None:
    b"".join(agent.get("/places/export/?format=csv&q=customer").streaming_content)
    entry = AuditEntry.objects.get(action="places.export")
    assert entry.after["filters"] == {"q": "customer", "show": "all", "sort": "place"}


def test_a_kind_of_file_there_is_not_leaves_none(agent: Client) -> None:
    assert agent.get("/places/export/?format=exe").status_code == 404
    assert not AuditEntry.objects.filter(action="places.export").exists()


def test_what_a_cell_says_is_text() -> None:
    columns = [Column("word", "Word", lambda row: row, css="")]
    style = RowStyle(lambda row: row, lambda row: {"data-word": row})
    table = write_table(
        ["<b>"], columns, style, order=("", False), sort_url=lambda name: "", caption=""
    )
    assert '<tr data-word="&lt;b&gt;"><th scope="row">&lt;b&gt;</th></tr>' in table.body


def test_rows_stand_under_their_headings() -> None:
    columns = [Column("word", "Word", lambda row: row, css="")]
    style = RowStyle(str, lambda row: {}, group=lambda row: row[0].upper())
    table = write_table(
        ["ant", "ape", "bee"], columns, style, order=("", False), sort_url=str, caption=""
    )
    assert table.groups == [("A", ["ant", "ape"]), ("B", ["bee"])]
    assert table.body.count('<tr class="day">') == 2
