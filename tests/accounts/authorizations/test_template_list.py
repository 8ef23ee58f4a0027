"""The list of templates narrowed: what an agent sees of it, and what is in use in its scope."""

import pytest
from django.test import Client

from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.templates import template_create
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuthorizationTemplate, User
from tests.factories import ResellerTree
from tests.support.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

A = Authorization
PHONES, CARDS = A.MANAGE_PHONE, A.MANAGE_PHONE_CARD
HELD = A.MANAGE_ACCOUNT, PHONES, CARDS
LIST = "/authorizations/templates/"


def made(actor: object, name: str, *codes: Authorization, **more: str) -> AuthorizationTemplate:
    return template_create(actor=actor, name=name, codes=frozenset(codes), **more)  # type: ignore[arg-type]


@pytest.fixture
def templates(tree: ResellerTree, agent: User) -> None:
    """The platform's and the agent's own, one of which is in use."""
    AuthorizationTemplate.objects.all().delete()
    made(SYSTEM, "Shop", PHONES)
    made(SYSTEM, "Gold", PHONES, CARDS, kind="tier", note="For the best")
    own = made(actor_for(agent), "Mine", CARDS)
    grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset({CARDS}), template=own)


def listed(browser: Client, query: str) -> list[str]:
    answer = browser.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [line.row.template.name for line in answer.context["table"].lines]


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Gold", "Shop", "Mine"]),
        ("?owner=own", ["Mine"]),
        ("?owner=platform", ["Gold", "Shop"]),
        ("?kind=tier", ["Gold"]),
        ("?code=manage_phone_card", ["Gold", "Mine"]),
        ("?code=manage_phone", ["Gold", "Shop"]),
        ("?use=some", ["Mine"]),
        ("?use=none", ["Gold", "Shop"]),
        ("?q=best", ["Gold"]),
    ],
)
def test_it_is_narrowed(browser: Client, query: str, names: list[str]) -> None:
    assert sorted(listed(browser, query)) == sorted(names)


@pytest.mark.usefixtures("templates")
def test_they_stand_under_what_they_are(browser: Client) -> None:
    groups = browser.get(LIST).context["days"]
    names = {str(name): [one.template.name for one in rows] for name, rows in groups}
    assert names == {"Templates": ["Shop"], "Tiers": ["Gold"], "Yours": ["Mine"]}


@pytest.mark.usefixtures("templates")
def test_administrators_have_no_view_of_their_own_ones(admin: Client) -> None:
    page = admin.get(LIST)
    labels = [str(one["label"]) for one in page.context["views"]]
    assert labels == ["All templates", "Tiers", "In use", "Not in use"]
    assert "Mine" not in words_of(page)
