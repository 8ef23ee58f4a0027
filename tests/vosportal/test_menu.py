"""The menu of the side panel: entries in groups that fold, and stay as somebody left them."""

import pytest
from django.test import Client

from accounts.core.models import User
from tests.factories import StaffFactory
from tests.factories.fixtures import signed_in
from tests.support.jobs import kind_of_work, start
from tests.support.pages import markup_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return StaffFactory(administrator=True)


def groups(client: Client, address: str) -> dict[str, bool]:
    """The groups of the page, in their order, and whether each comes unfolded."""
    parts = markup_of(client.get(address)).split('data-fold="')[1:]
    return {one.partition('"')[0]: one.partition(">")[0].endswith("open") for one in parts}


def test_an_administrator_has_its_groups_of_which_the_first_is_unfolded(
    administrator: User,
) -> None:
    client = signed_in(administrator)
    # The first time the words of every day are in sight.
    assert groups(client, "/jobs/") == {
        "work": True,
        "money": False,
        "equipment": False,
        "operation": False,
    }
    # A group of one page is that page.
    assert "Authorization management</span>" in markup_of(client.get("/jobs/"))
    assert '<span class="menu-here">Jobs</span>' in markup_of(client.get("/jobs/"))


def test_a_folded_group_names_the_page_one_is_on(administrator: User) -> None:
    client = signed_in(administrator)
    client.cookies["menu"] = "money"
    page = markup_of(client.get("/jobs/"))
    assert '<span class="menu-here">Jobs</span>' in page
    assert groups(client, "/jobs/") == {
        "work": False,
        "money": True,
        "equipment": False,
        "operation": False,
    }


def test_all_may_be_folded(administrator: User) -> None:
    client = signed_in(administrator)
    client.cookies["menu"] = ""
    assert not any(groups(client, "/jobs/").values())


@pytest.mark.parametrize("kept", ["<script>", "work.work.nothing", "." * 3000])
def test_whatever_a_browser_says_it_kept(administrator: User, kept: str) -> None:
    client = signed_in(administrator)
    client.cookies["menu"] = kept
    assert groups(client, "/jobs/")["operation"] is False


def test_a_group_says_how_much_waits_in_it(administrator: User) -> None:
    with kind_of_work(lambda work: None) as kind:
        for _ in range(2):
            start(administrator, kind)
        page = markup_of(signed_in(administrator).get("/accounts/"))
    operation = page.partition('data-fold="operation"')[2].partition("</summary>")[0]
    assert '<span class="n">2<span class="visually-hidden"> waiting</span></span>' in operation


def test_one_entry_is_no_group() -> None:
    """Of what somebody outside every hierarchy sees, the Django admin alone is left."""
    page = markup_of(signed_in(StaffFactory(operator=True)).get("/security/two-factor/"))
    assert "data-fold" not in page
    assert '<span class="word">Django admin</span>' in page
