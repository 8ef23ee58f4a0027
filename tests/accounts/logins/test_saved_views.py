"""Views of lists that people save for themselves: whose they are, how many, what becomes of what a
list does not know any more.
"""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.kit.errors import Refused
from accounts.logins.models import SavedView
from accounts.logins.services.saved_views import MOST_VIEWS, view_save
from tests.factories import ResellerTree, StaffFactory, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.pages import words_of

pytestmark = pytest.mark.django_db

SAVE, OWN = "/lists/phones/views/save/", "/lists/phones/views/"


@pytest.fixture
def login(reseller_tree: ResellerTree) -> User:
    return UserFactory(account=reseller_tree.agent)


@pytest.fixture
def browser(login: User) -> Client:
    return signed_in(login)


def save(browser: Client, name: str, asks: str = "lock=out&sort=-number", **more: str) -> Any:
    return browser.post(SAVE, {"name": name, "asks": asks, "next": "/phones/", **more})


def saved(login: User, name: str = "Mine", **asks: str) -> SavedView:
    return view_save(actor=actor_for(login), of_list="phones", name=name, asks=asks)


def labels(answer: Any) -> list[str]:
    return [str(one["label"]) for one in answer.context["views"]]


def current(answer: Any) -> list[str]:
    return [str(one["label"]) for one in answer.context["views"] if one["current"]]


def change(browser: Client, view: SavedView, deed: str, **more: str) -> Any:
    return browser.post(OWN, {"view": view.key, "deed": deed, "next": "/phones/", **more})


def test_a_view_is_saved_and_leads_back_to_what_it_shows(browser: Client, login: User) -> None:
    answer = save(browser, " Cut  off ")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/phones/?lock=out&sort=-number",
    )
    (view,) = login.saved_views.all()
    assert (view.of_list, view.name) == ("phones", "Cut off")
    assert view.asks == {"lock": "out", "sort": "-number"}
    shown = browser.get(answer.headers["Location"])
    assert labels(shown)[-1] == "Cut off"
    assert current(shown) == ["Cut off"]


def test_its_tab_opens_the_list_as_it_was(browser: Client, login: User) -> None:
    view = saved(login, lock="out", sort="-number")
    (tab,) = [one for one in browser.get("/phones/").context["views"] if one["label"] == "Mine"]
    answer = browser.get(f"/phones/{tab['url']}")
    assert tab["url"] == f"?view={view.key}"
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "/phones/?lock=out&sort=-number",
    )


def test_it_opens_on_the_list_of_any_account(
    browser: Client, login: User, reseller_tree: ResellerTree
) -> None:
    view = saved(login, lock="out")
    path = f"/accounts/{reseller_tree.customer.account_id}/phones/"
    assert browser.get(f"{path}?view={view.key}").headers["Location"] == f"{path}?lock=out"


def test_what_the_list_does_not_know_is_left_out_and_said(browser: Client, login: User) -> None:
    view = saved(login, lock="sideways", memo="desk", colour="red", sort="smell")
    answer = browser.get(f"/phones/?view={view.key}", follow=True)
    assert answer.redirect_chain == [("/phones/?memo=desk", 302)]
    assert "Left out of “Mine”" in (words := words_of(answer))
    assert "Lock, colour, sort" in words


def test_another_login_of_the_same_account_does_not_see_it(
    browser: Client, login: User, reseller_tree: ResellerTree
) -> None:
    view = saved(login)
    other = signed_in(UserFactory(account=reseller_tree.agent))
    assert "Mine" in labels(browser.get("/phones/"))
    assert "Mine" not in labels(other.get("/phones/"))
    assert other.get(OWN).context["rows"] == []
    assert other.get(f"/phones/?view={view.key}").status_code == 404
    for deed in ("rename", "left", "right", "delete"):
        assert change(other, view, deed, name="Taken").status_code == 404
    assert [one.name for one in login.saved_views.all()] == ["Mine"]


@pytest.mark.parametrize("key", ["1", "k3fj-9wq2-ab7x-m2cd"])
def test_a_view_that_does_not_exist_is_not_found(browser: Client, key: str) -> None:
    assert browser.get(f"/phones/?view={key}").status_code == 404
    assert browser.post(OWN, {"view": key, "deed": "delete"}).status_code == 404


def test_a_view_belongs_to_its_list(browser: Client, login: User) -> None:
    view = saved(login)
    assert browser.get(f"/gateways/?view={view.key}").status_code == 404
    assert "Mine" not in labels(browser.get("/gateways/"))


def test_there_are_views_of_lists_that_there_are(browser: Client) -> None:
    assert browser.get("/lists/nonsense/views/").status_code == 404
    assert browser.post("/lists/nonsense/views/save/", {"name": "Mine"}).status_code == 404


def test_a_name_is_there_once_whatever_its_case(browser: Client, login: User) -> None:
    saved(login, lock="out")
    answer = save(browser, "MINE", "lock=in")
    assert answer.status_code == 422
    assert "You have a view of this name." in words_of(answer, 422)
    assert "Replace “MINE”" in words_of(answer, 422)
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(login=login, of_list="phones", name="mine")


def test_a_view_of_the_same_name_is_replaced_where_that_is_asked(
    browser: Client, login: User
) -> None:
    saved(login, lock="out")
    assert save(browser, "mine", "lock=in", replaces="1").status_code == 303
    assert [(one.name, one.asks) for one in login.saved_views.all()] == [("Mine", {"lock": "in"})]


def test_others_and_other_lists_may_have_the_name(browser: Client, login: User) -> None:
    saved(login)
    saved(UserFactory(account=login.account))
    view_save(actor=actor_for(login), of_list="gateways", name="Mine", asks={})
    assert SavedView.objects.count() == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give the view a name."),
        (" \u200b ", "Give the view a name."),
        ("x" * 41, "at most 40 characters"),
    ],
)
def test_a_name_is_needed_and_short(browser: Client, name: str, words: str) -> None:
    assert words in words_of(save(browser, name), 422)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "required"), ("x" * 41, "too_long"), ("a\x07b", "control_characters")],
)
def test_a_name_is_refused_by_the_service_too(login: User, name: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        saved(login, name)
    assert refused.value.code == code


def test_filters_that_no_address_holds_are_not_kept(browser: Client) -> None:
    answer = save(browser, "Long", f"memo={'x' * 1600}")
    assert "too long to be kept" in words_of(answer, 422)


@pytest.mark.parametrize("asks", ["memo=%00", "%00=desk"])
def test_filters_that_no_database_holds_are_not_kept(browser: Client, asks: str) -> None:
    assert "characters that cannot be kept" in words_of(save(browser, "Odd", asks), 422)
    assert not SavedView.objects.exists()


def test_one_keeps_so_many_views_of_a_list(browser: Client, login: User) -> None:
    for number in range(MOST_VIEWS):
        saved(login, f"View {number}")
    assert f"Keep at most {MOST_VIEWS} views" in words_of(save(browser, "One more"), 422)
    assert save(browser, "View 3", replaces="1").status_code == 303
    assert login.saved_views.count() == MOST_VIEWS
    with pytest.raises(Refused) as refused:
        saved(login, "One more")
    assert refused.value.code == "too_many"


def test_a_view_is_renamed(browser: Client, login: User) -> None:
    view, other = saved(login), saved(login, "Other")
    assert change(browser, view, "rename", name="Desk").status_code == 303
    assert "You have a view of this name." in words_of(
        change(browser, other, "rename", name="desk"), 422
    )
    assert change(browser, view, "rename", name="DESK").status_code == 303
    assert [one.name for one in login.saved_views.all()] == ["DESK", "Other"]


def test_views_are_put_in_order(browser: Client, login: User) -> None:
    first, _second, third = [saved(login, name) for name in "abc"]
    change(browser, third, "left")
    assert labels(browser.get("/phones/"))[-3:] == ["a", "c", "b"]
    change(browser, first, "left")
    change(browser, first, "right")
    assert labels(browser.get("/phones/"))[-3:] == ["c", "a", "b"]


def test_a_view_is_deleted(browser: Client, login: User) -> None:
    answer = change(browser, saved(login), "delete")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/lists/phones/views/?next=%2Fphones%2F",
    )
    assert not login.saved_views.exists()


def test_what_is_no_deed_does_nothing(browser: Client, login: User) -> None:
    view = saved(login)
    assert change(browser, view, "burn").status_code == 422
    assert change(browser, view, "rename").status_code == 422
    assert [one.name for one in login.saved_views.all()] == ["Mine"]


def test_it_leads_to_no_other_host(browser: Client) -> None:
    answer = save(browser, "Mine", next="https://evil.example/phones/")
    assert answer.headers["Location"].startswith("/?")


def test_who_looks_as_somebody_else_has_no_views_and_changes_none(login: User) -> None:
    view = saved(login)
    staff = StaffFactory(username="staff", administrator=True)
    saved(staff, "Of staff")
    looking = signed_in(staff)
    page = f"/accounts/{login.account.account_id}/view-as/"
    chosen = {"login_name": login.username, "reason": "a call"}
    assert looking.post(page, chosen).status_code == 303
    shown = looking.get("/phones/")
    assert {"Mine", "Of staff"}.isdisjoint(labels(shown))
    assert shown.context["save_url"] == ""
    assert looking.get(OWN).context["rows"] == []
    assert looking.get(f"/phones/?view={view.key}").status_code == 404
    for answer in (save(looking, "New"), change(looking, view, "delete")):
        assert answer.status_code == 403
    assert SavedView.objects.count() == 2


def test_a_view_keeps_the_columns_it_was_saved_with(login: User) -> None:
    browser = signed_in(login)
    path = f"/accounts/{login.account.account_id}/sub-accounts/"
    shown = browser.get(f"{path}?columns=account_id,status&sort=-account_id")
    assert [one.name for one in shown.context["table"].columns][1:-1] == ["account_id", "status"]
    asks = shown.context["view_asks"]
    assert asks == "sort=-account_id&columns=account_id%2Cstatus"
    browser.post("/lists/accounts/views/save/", {"name": "Short", "asks": asks, "next": path})
    opened = browser.get(f"{path}?view={login.saved_views.get().key}", follow=True)
    assert [one.name for one in opened.context["table"].columns][1:-1] == ["account_id", "status"]
    assert current(opened) == ["Short"]
    # Of files as well, and of who has chosen others.
    (url, *_) = [url for _words, url in opened.context["exports"] if "format=csv" in url]
    written = b"".join(browser.get(url).streaming_content).decode("utf-8-sig")
    assert written.splitlines()[0].count(",") == 1
