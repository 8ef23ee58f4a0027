"""The fields of a list's filters are made when they are opened; until then what is set stays."""

import re

import pytest
from django.test import Client

from tests.factories import ResellerTree
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
LISTS = ("/accounts/", "/payments/", "/phones/", "/gateways/", "/audit/", "/cards/")
SET = "/accounts/?show=all&status=locked&level=2"


def test_a_page_holds_what_is_set_and_no_field(admin: Client, reseller_tree: ResellerTree) -> None:
    body = admin.get(SET).content.decode()
    assert '<input type="hidden" name="status" value="locked">' in body
    assert '<input type="hidden" name="level" value="2">' in body
    assert 'name="type"' not in body
    assert "Apply filters" not in body


@pytest.mark.parametrize("address", LISTS)
def test_the_fields_come_when_they_are_asked_for(
    admin: Client, reseller_tree: ResellerTree, address: str
) -> None:
    opens = re.search(r'hx-get="(\?[^"]*panel=filters[^"]*)"', admin.get(address).content.decode())
    assert opens
    answer = admin.get(f"{address}{opens[1].replace('&amp;', '&')}", headers=HTMX)
    body = answer.content.decode()
    assert "<html" not in body
    assert "Apply filters" in body
    assert body.count('class="field"') >= 1


def test_they_hold_what_is_set(admin: Client, reseller_tree: ResellerTree) -> None:
    body = admin.get(f"{SET}&panel=filters", headers=HTMX).content.decode()
    assert '<option value="locked" selected>' in body
    assert re.search(r'name="level" value="2"', body)
    assert "Clear all" in body


def test_without_script_they_stand_in_the_page(admin: Client, reseller_tree: ResellerTree) -> None:
    link = re.search(
        r'<a href="([^"]*panel=filters[^"]*)">Choose filters', admin.get(SET).content.decode()
    )
    assert link is not None
    answer = admin.get(f"/accounts/{link[1].replace('&amp;', '&')}")
    body = answer.content.decode()
    assert '<details class="pop" open>' in body
    assert '<option value="locked" selected>' in body
    assert "Account ID" in text_of(answer)


def test_what_cannot_be_filtered_by_opens_them_with_the_reason(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    answer = admin.get("/accounts/?show=all&level=many")
    assert answer.status_code == 422
    body = answer.content.decode()
    assert '<details class="pop" open>' in body
    assert 'name="level" value="many"' in body
    assert "field-error" in body


def test_the_list_sorted_otherwise_asks_for_no_panel(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    body = admin.get("/accounts/?show=all&panel=filters").content.decode()
    sorts = re.findall(r'href="(\?[^"]*sort=[^"]*)"', body)
    assert len(sorts) > 3
    assert [one for one in sorts if "panel" in one] == []
