"""What is said where authorizations are granted: warnings, and what suits which type of agent."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.authorizations.advice import RECOMMENDED, cautions
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import ALL, Authorization, Codes
from accounts.core.models import AccountGrant, AuthorizationTemplate, User
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.admin import posted
from tests.support.answering import submit
from tests.support.asking import ask
from tests.support.cautions import shown_cautions
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db

FULL = "All eight are full access: use it sparingly."
HELD = ALL


def codes(*numbers: int) -> Codes:
    return frozenset(code for code in Authorization if code.number in numbers)


def boxes(wanted: Codes) -> dict[str, str]:
    return {code.value: "on" for code in wanted}


@pytest.mark.parametrize(
    ("held_codes", "beginnings"),
    [
        (ALL, ["All eight are full access"]),
        (codes(1, 2, 8), []),
        (codes(1, 4, 5, 6, 8), []),
        (codes(4), ["4 without 5 and 6"]),
        (codes(1, 4, 6), ["4 without 5:"]),
        (codes(1, 4, 5), ["4 without 6:"]),
        (codes(5, 6), []),
        (codes(4, 8), ["4 without 5 and 6", "8 without 1"]),
        (frozenset(), []),
    ],
)
def test_which_sets_are_warned_about(held_codes: Codes, beginnings: list[str]) -> None:
    found = [str(words) for words in cautions(held_codes)]
    assert len(found) == len(beginnings)
    assert all(one.startswith(begin) for one, begin in zip(found, beginnings, strict=True))


def test_what_is_recommended() -> None:
    by_label = {str(one.label): one for one in RECOMMENDED}
    sets = {label: one.codes for label, one in by_label.items()}
    assert sets == {
        "Retail": codes(1, 2, 8),
        "Wholesale": codes(1, 4, 5, 6, 8),
        "Calling card": codes(1, 3, 8),
        "SIP trunk provider": codes(4, 5, 6, 8),
        "Multi-country: country agent": frozenset(),
        "Multi-country: city agent": codes(1, 2, 8),
    }
    assert by_label["Multi-country: country agent"].instead == "all that its agent holds"


def recommended_rows(page: Any) -> list[str]:
    """The numbers ticked in each row of the table."""
    found = re.findall(r"<tr data-recommended>(.*?)</tr>", page.content.decode(), flags=re.DOTALL)
    return [
        " ".join(
            str(at)
            for at, cell in enumerate(re.findall(r'<td class="fits">(.*?)</td>', row), 1)
            if ">yes<" in cell
        )
        for row in found
    ]


def test_it_stands_where_one_grants(tree: ResellerTree, admin: Client) -> None:
    rows = ["1 2 8", "1 4 5 6 8", "1 3 8", "4 5 6 8", "", "1 2 8"]
    agent = signed_in(UserFactory(account=tree.agent))
    for browser in (admin, agent):
        page = browser.get("/accounts/Customer-001/authorizations/")
        assert recommended_rows(page) == rows
        assert "all that its agent holds" in text_of(page)
        assert recommended_rows(browser.get("/accounts/new/?agent=Dhaka-Retail-Sub")) == rows
    # Who only looks grants nothing.
    assert not recommended_rows(agent.get("/accounts/Dhaka-Retail-Sub/authorizations/"))


class TestWhereItIsDone:
    def test_the_editor(self, tree: ResellerTree, admin: Client) -> None:
        address = "/accounts/Customer-001/authorizations/"
        assert shown_cautions(admin.get(address)) == []
        full = AuthorizationTemplate.objects.get(name="Full Access")
        assert shown_cautions(admin.get(f"{address}?template={full.key}")) == ["full"]
        grant(tree.customer, Authorization.MANAGE_GATEWAY)
        assert shown_cautions(admin.get(address)) == ["gateways-4"]

    def test_the_review(self, tree: ResellerTree, admin: Client) -> None:
        address = "/accounts/Customer-001/authorizations/"
        assert FULL in text_of(submit(admin, address, boxes(ALL)))
        words = text_of(submit(admin, address, boxes(codes(4))))
        assert "4 without 5 and 6" in words
        assert "sparingly" not in words

    def test_the_eighth_box_is_asked_for_its_reason(
        self, tree: ResellerTree, admin: Client
    ) -> None:
        grants_set(actor=SYSTEM, account=tree.agent, codes=ALL - codes(3), reason="test")
        address = "/accounts/Dhaka-Retail-Sub/authorizations/"
        sent = boxes(ALL) | {"expected": " ".join(ALL - codes(3)), "confirm": "1", "reason": ""}
        answer = admin.post(address, sent)
        assert answer.status_code == 422
        assert "reason" in answer.context["form"].errors
        assert held(tree.agent) == ALL - codes(3)

    def test_a_new_account(self, tree: ResellerTree, admin: Client) -> None:
        address = "/accounts/new/?agent=Dhaka-Retail-Sub"
        assert shown_cautions(admin.get(address)) == []
        values = {"name": "New", "account_id": "New-1"}
        ticked = {f"grant_{code.value}": "on" for code in ALL}
        answer = submit(admin, address, values | ticked)
        assert answer.status_code == 422
        assert "reason" in answer.context["form"].errors
        assert shown_cautions(answer) == ["full"]
        reason = {"reason": "runs it all"}
        answer = submit(admin, address, values | ticked | reason, follow=True)
        assert answer.redirect_chain
        assert FULL in text_of(answer)

    def test_an_approval(self, tree: ResellerTree, admin: Client) -> None:
        desk = UserFactory(account=tree.agent)
        grant(tree.customer)
        request = ask(desk, tree.customer, codes=ALL, reason="wants it all")
        assert shown_cautions(admin.get(f"/approvals/{request.key}/?deed=approve")) == ["full"]
        assert shown_cautions(admin.get(f"/approvals/{request.key}/?deed=fewer")) == ["full"]
        assert shown_cautions(admin.get(f"/approvals/{request.key}/?deed=reject")) == []

    def test_a_restoring(self, tree: ResellerTree, admin: Client) -> None:
        batch = grants_set(actor=SYSTEM, account=tree.agent, codes=ALL - codes(3), reason="oops")
        assert batch
        address = f"/accounts/Dhaka-Retail-Sub/authorizations/batches/{batch.key}/restore/"
        assert FULL in text_of(admin.get(address))

    def test_the_admin(self, tree: ResellerTree, superuser: User) -> None:
        browser = signed_in(superuser)
        address = f"/admin/accounts/account/{tree.customer.pk}/change/"
        assert "use it sparingly" in text_of(browser.get(address))
        grant(tree.customer, *(ALL - codes(3)))
        answer = posted(browser, tree.customer, manage_phone_card="on")
        assert answer.context["adminform"].form.errors["grant_reason"]
        answer = posted(
            browser, tree.customer, manage_phone_card="on", grant_reason="sells cards too"
        )
        assert answer.status_code == 302
        assert FULL in browser.get(answer["Location"]).content.decode()
        row = AccountGrant.objects.get(
            content_object=tree.customer, permission__codename="manage_phone_card"
        )
        assert row.reason == "sells cards too"
