"""Where somebody goes on after a deed: a page of the portal, whatever the browser names."""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from accounts.portal.views.responses import SeeOther, way_back


def led_to(asked: str) -> str:
    return way_back(RequestFactory().get("/"), asked, "/otherwise/")


@pytest.mark.parametrize("asked", ["/", "/gateways/?q=gw", "http://testserver/tree/?open=A"])
def test_a_page_of_the_portal_is_gone_back_to(asked: str) -> None:
    assert led_to(asked) == asked


@pytest.mark.parametrize(
    "asked",
    ["", "9999-12-31", "dashboard", "forty", "http://[", "//[", "//evil.example/", "javascript:a/b",
     "http://evil.example/", "\x00/", "/" + "a" * 2000],
)  # fmt: skip
def test_anything_else_is_not(asked: str) -> None:
    assert led_to(asked) == "/otherwise/"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_whatever_is_named_can_be_led_to(asked: str) -> None:
    assert SeeOther(led_to(asked)).status_code == 303


def test_a_list_whose_filters_are_too_long_to_lead_there_is_shown_whole() -> None:
    assert SeeOther("/accounts/?q=" + "x" * 4000)["Location"] == "/accounts/"
    assert SeeOther("/accounts/?q=x")["Location"] == "/accounts/?q=x"
