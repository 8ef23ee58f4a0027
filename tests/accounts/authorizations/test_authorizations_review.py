"""Changing the boxes: the review, what it demands, what the server refuses, and the deed."""

import csv
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.templates import template_edit
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import (
    Account,
    AccountGrant,
    AppliedTemplate,
    AuditEntry,
    AuthorizationTemplate,
    GrantBatch,
    User,
)
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import AccountFactory, ResellerTree, StaffFactory, UserFactory, grant, revoke
from tests.factories.fixtures import signed_in, signed_in_long_ago
from tests.support.authorizing import page_of
from tests.support.pages import field_error, sent_by_form, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

A = Authorization
MANAGE, PHONES, GATEWAYS, PAY = (
    A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.MANAGE_GATEWAY, A.PAY_SUB_ACCOUNT,
)  # fmt: skip
HELD = MANAGE, PHONES, PAY


def boxes(*codes: Authorization, seen: Any = (), **more: Any) -> dict[str, Any]:
    """What the form of the editor sends with these boxes ticked."""
    return {
        **{code.value: "on" for code in codes},
        "boxes": [code.value for code in Authorization],
        "expected": " ".join(sorted(seen)),
        "review": "1",
        **more,
    }


def confirmed(*codes: Authorization, seen: Any = (), **more: Any) -> dict[str, Any]:
    """What the confirmation sends."""
    sent = boxes(*codes, seen=seen, **more)
    del sent["review"]
    return {"reason": "", **sent, "confirm": "1"}


@pytest.fixture
def admin(tree: ResellerTree) -> Client:
    return signed_in(StaffFactory(username="staff-login", administrator=True))


class TestReviewing:
    def test_it_shows_the_differences_and_changes_nothing(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        grant(tree.customer, PHONES)
        page = browser.post(page_of(tree.customer), boxes(MANAGE, seen=[PHONES]))
        assert page.status_code == 200
        words = text_of(page)
        assert "1 Add/delete/modify account is granted High risk" in words
        assert "2 Add/delete/modify phone is taken away Medium risk" in words
        assert "8 Payment for sub accounts is" not in words
        assert held(tree.customer) == {PHONES}

    def test_nothing_ticked_differently_leads_back(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        grant(tree.customer, PHONES)
        answer = browser.post(page_of(tree.customer), boxes(PHONES, seen=[PHONES]), follow=True)
        assert answer.redirect_chain == [(page_of(tree.customer), 303)]
        assert "No box was changed." in text_of(answer)

    def test_the_forms_lead_from_the_boxes_to_the_deed(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        """As a browser without script sends them."""
        editor = browser.get(page_of(tree.customer))
        hidden = sent_by_form(editor, "expected")
        sent = {name: hidden[name] for name in ("expected", "boxes")}
        review = browser.post(page_of(tree.customer), {**sent, "manage_phone": "on", "review": "1"})
        answer = browser.post(page_of(tree.customer), sent_by_form(review, "confirm"))
        assert answer.status_code == 303
        assert held(tree.customer) == {PHONES}

    def test_a_medium_grant_needs_no_reason(self, tree: ResellerTree, browser: Client) -> None:
        answer = browser.post(page_of(tree.customer), confirmed(PHONES))
        assert answer.status_code == 303
        assert held(tree.customer) == {PHONES}

    def test_a_high_grant_needs_one(self, tree: ResellerTree, browser: Client) -> None:
        page = browser.post(page_of(tree.customer), confirmed(MANAGE))
        assert page.status_code == 422
        assert field_error(page, "reason") == "Give a reason."
        assert held(tree.customer) == frozenset()
        done = browser.post(page_of(tree.customer), confirmed(MANAGE, reason="sells on"))
        assert done.status_code == 303
        row = AccountGrant.objects.get(content_object=tree.customer)
        assert (row.reason, row.granted_by.username) == ("sells on", "dhaka-login")

    def test_what_happened_is_said_with_the_way_back(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        grant(tree.customer, PHONES)
        page = browser.post(page_of(tree.customer), confirmed(seen=[PHONES]), follow=True)
        batch = GrantBatch.objects.latest("pk")
        words = text_of(page)
        assert f"taken away 2 Add/delete/modify phone. Batch {batch.key}." in words
        restore = page_of(tree.customer, f"batches/{batch.key}/restore/")
        assert f'<a href="{restore}">Restore this batch</a>' in page.content.decode()

    def test_unknown_boxes_are_ignored(self, tree: ResellerTree, browser: Client) -> None:
        sent = confirmed(PHONES, be_superuser="on")
        assert browser.post(page_of(tree.customer), sent).status_code == 303
        assert held(tree.customer) == {PHONES}


class TestRefusing:
    @pytest.mark.parametrize("how", [boxes, confirmed])
    def test_a_disabled_box_is_refused_by_the_sentence(
        self, tree: ResellerTree, browser: Client, how: Any
    ) -> None:
        page = browser.post(page_of(tree.customer), how(PHONES, GATEWAYS, reason="please"))
        assert page.status_code == 422
        assert "Customer-001 cannot have it: you do not hold it." in text_of(page)
        assert 'aria-invalid="true"' in page.content.decode()
        assert held(tree.customer) == frozenset()

    def test_what_the_agent_above_lacks_is_refused(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        page = browser.post(page_of(tree.deep_customer), confirmed(PHONES))
        assert page.status_code == 422
        assert "its agent Sub-Sub-Agent does not hold it" in text_of(page)
        assert held(tree.deep_customer) == frozenset()

    @pytest.mark.parametrize("how", [boxes, confirmed])
    def test_the_own_account_is_not_ones_own_to_change(
        self, tree: ResellerTree, browser: Client, how: Any
    ) -> None:
        before = held(tree.agent)
        page = browser.post(page_of(tree.agent), how(*ALL, seen=before, reason="mine"))
        assert page.status_code == 403
        assert "not on your own account" in text_of(page)
        assert held(tree.agent) == before

    def test_without_one_nothing_is_changed(self, tree: ResellerTree) -> None:
        login = UserFactory(account=tree.sibling)
        page = signed_in(login).post(page_of(tree.sibling_customer), confirmed(PHONES))
        assert page.status_code == 403
        assert "authorization 1" in text_of(page)

    def test_a_foreign_account_does_not_exist(self, tree: ResellerTree, browser: Client) -> None:
        foreign = browser.post(page_of(tree.sibling_customer), confirmed(PHONES))
        assert foreign.status_code == 404

    def test_one_revoked_since_the_page_was_opened_stops_it(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        revoke(tree.agent, MANAGE)
        assert browser.post(page_of(tree.customer), confirmed(PHONES)).status_code == 403
        assert held(tree.customer) == frozenset()

    def test_a_closed_account_is_never_changed(self, tree: ResellerTree, admin: Client) -> None:
        closed = AccountFactory(parent=tree.agent, status="closed")
        assert admin.post(page_of(closed), confirmed(PHONES)).status_code == 422
        assert held(closed) == frozenset()

    def test_a_confirmation_without_what_was_seen_only_reviews(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        grant(tree.customer, PHONES)
        blind = confirmed(reason="blind")
        del blind["expected"]
        page = browser.post(page_of(tree.customer), blind)
        assert page.status_code == 200
        assert held(tree.customer) == {PHONES}


class TestMeanwhile:
    @pytest.mark.parametrize("how", [boxes, confirmed])
    def test_a_change_by_somebody_else_is_shown(
        self, tree: ResellerTree, browser: Client, how: Any
    ) -> None:
        grant(tree.customer, PHONES)
        page = browser.post(page_of(tree.customer), how(PAY, seen=[], reason="collects"))
        assert page.status_code == 409
        words = text_of(page)
        assert "Somebody else changed the authorizations of Customer-001" in words
        assert "Granted 2 Add/delete/modify phone" in words
        assert "You wanted 8 Payment for sub accounts" in words
        assert held(tree.customer) == {PHONES}

    def test_a_template_changed_since_is_shown_before_it_is_followed(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        retail = AuthorizationTemplate.objects.get(name="Retail")
        sent = confirmed(
            PHONES, template=retail.key, template_version=str(retail.version), reason="x"
        )
        template_edit(
            actor=actor_for(StaffFactory(administrator=True)),
            template=retail,
            name="Retail",
            codes=ALL,
            kind="template",
            note="",
            expected_version=retail.version,
        )
        page = browser.post(page_of(tree.customer), sent)
        assert page.status_code == 409
        assert "Retail was changed since you chose it." in text_of(page)
        assert held(tree.customer) == frozenset()
        again = sent_by_form(page, "confirm")
        assert browser.post(page_of(tree.customer), again).status_code == 303
        assert held(tree.customer) == {PHONES}


class TestTemplates:
    def test_the_template_is_remembered(self, tree: ResellerTree, browser: Client) -> None:
        retail = AuthorizationTemplate.objects.get(name="Retail")
        editor = browser.get(page_of(tree.customer, f"?template={retail.key}"))
        fields = sent_by_form(editor, "template_version")
        sent = confirmed(
            MANAGE, PHONES, PAY, reason="opens shops", template=fields["template"][0],
            template_version=fields["template_version"][0],
        )  # fmt: skip
        assert browser.post(page_of(tree.customer), sent).status_code == 303
        applied = AppliedTemplate.objects.get(account=tree.customer)
        assert (applied.template, applied.name) == (retail, "Retail")

    def test_a_foreign_template_is_nobodys(self, tree: ResellerTree, browser: Client) -> None:
        other = AuthorizationTemplate.objects.create(
            owner=tree.sibling, name="Sylhet special", codes=[PHONES]
        )
        sent = confirmed(PHONES, template=other.key, template_version="1")
        page = browser.post(page_of(tree.customer), sent)
        assert page.status_code == 422
        assert "There is no such template." in text_of(page)
        assert held(tree.customer) == frozenset()
        assert not AppliedTemplate.objects.filter(account=tree.customer).exists()

    def test_following_a_template_without_a_change_only_remembers_it(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        grant(tree.customer, MANAGE, PHONES, PAY)
        now = [MANAGE, PHONES, PAY]
        silver = AuthorizationTemplate.objects.get(name="Silver")
        chosen = {"template": silver.key, "template_version": str(silver.version)}
        page = browser.post(page_of(tree.customer), boxes(*now, seen=now, **chosen))
        assert "No box changes." in text_of(page)
        batches = GrantBatch.objects.count()
        browser.post(page_of(tree.customer), confirmed(*now, seen=now, **chosen))
        assert AppliedTemplate.objects.get(account=tree.customer).name == "Silver"
        assert GrantBatch.objects.count() == batches


class TestCascading:
    def below(self, tree: ResellerTree, count: int) -> None:
        """Customers below the sub-agent that hold 2, as the sub-agent does."""
        drafts = [Draft(f"Hit-{n:03}", "Hit", "Sub-Sub-Agent") for n in range(count)]
        accounts_load(actor=SYSTEM, drafts=drafts)
        grant(tree.sub_agent, PHONES)
        for one in Account.objects.filter(account_id__startswith="Hit-"):
            grants_set(actor=SYSTEM, account=one, codes=frozenset({PHONES}))

    def test_those_below_are_listed_with_what_they_lose(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        self.below(tree, 2)
        page = browser.post(page_of(tree.sub_agent), boxes(seen=[PHONES]))
        words = text_of(page)
        assert "2 accounts below lose authorizations at the same moment." in words
        assert "Dhaka-Retail-Sub › Sub-Sub-Agent" in words
        assert "BD-Wholesale" not in page.content.decode()
        assert re.findall(r'data-hit="([^"]+)"', page.content.decode()) == ["Hit-000", "Hit-001"]

    def test_a_reason_is_required_then(self, tree: ResellerTree, browser: Client) -> None:
        self.below(tree, 1)
        page = browser.post(page_of(tree.sub_agent), confirmed(seen=[PHONES]))
        assert field_error(page, "reason") == "Give a reason."
        assert held(tree.sub_agent) == {PHONES}
        sent = confirmed(seen=[PHONES], reason="Numbers are assigned centrally.")
        assert browser.post(page_of(tree.sub_agent), sent).status_code == 303
        assert not AccountGrant.objects.filter(content_object__account_id="Hit-000").exists()

    def test_who_signed_in_long_ago_proves_again_who_it_is(
        self, tree: ResellerTree, agent: User
    ) -> None:
        self.below(tree, 1)
        sent = confirmed(seen=[PHONES], reason="Numbers are assigned centrally.")
        for fields in (boxes(seen=[PHONES]), sent):
            answer = signed_in_long_ago(agent).post(page_of(tree.sub_agent), fields)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/security/reauthenticate/")
        assert held(tree.sub_agent) == {PHONES}

    def test_the_list_comes_in_pages_whose_cost_does_not_grow(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        self.below(tree, 60)
        path = page_of(tree.sub_agent)
        page = browser.post(path, boxes(seen=[PHONES]))
        assert "1–50 of 60" in text_of(page)
        older = re.search(r'rel="next" href="([^"]*)"', page.content.decode())
        assert older
        second = browser.get(older[1].replace("&amp;", "&"))
        assert "51–60 of 60" in text_of(second)
        assert len(re.findall(r"data-hit=", second.content.decode())) == 10
        # From there it is confirmed as well.
        assert sent_by_form(second, "confirm")["expected"] == ["manage_phone"]
        with CaptureQueriesContext(connection) as few:
            browser.get(older[1].replace("&amp;", "&"))
        with CaptureQueriesContext(connection) as many:
            browser.get(older[1].replace("&amp;", "&").replace("page=2", "page=1"))
        assert len(many) <= len(few)

    @pytest.mark.parametrize("asked", ["0", "-3", "999", "x", "٣", "9" * 30])
    def test_any_page_number_is_answered(
        self, tree: ResellerTree, browser: Client, asked: str
    ) -> None:
        self.below(tree, 1)
        path = page_of(tree.sub_agent, "review/")
        page = browser.get(path, {"expected": "manage_phone", "page": asked})
        assert page.status_code == 200
        assert "1–1 of 1" in text_of(page)

    def test_the_whole_list_is_a_file(self, tree: ResellerTree, browser: Client) -> None:
        self.below(tree, 60)
        account_edit(actor=SYSTEM, account=tree.sub_agent, name="=HYPERLINK(1)")
        path = page_of(tree.sub_agent, "review/")
        file = browser.get(path, {"expected": "manage_phone", "format": "csv"})
        text = b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        rows = list(csv.reader(text.splitlines()))
        assert rows[0] == ["Account ID", "Path", "Authorization", "Granted (UTC)", "Last used"]
        assert len(rows) == 61
        assert rows[1][:3] == [
            "Hit-000", "Dhaka-Retail-Sub › Sub-Sub-Agent", "2 Add/delete/modify phone",
        ]  # fmt: skip
        assert AuditEntry.objects.get(action="cascade.export").after["rows"] == 60

    def test_more_than_a_hundred_are_typed(self, tree: ResellerTree, browser: Client) -> None:
        self.below(tree, 100)
        sent = confirmed(seen=[PHONES], reason="centrally", typed="")
        page = browser.post(page_of(tree.sub_agent), sent)
        assert page.status_code == 422
        assert field_error(page, "typed") == "Type the number of accounts, 101, to confirm."
        assert held(tree.sub_agent) == {PHONES}
        done = browser.post(page_of(tree.sub_agent), {**sent, "typed": "101"})
        assert done.status_code == 303
        assert (
            AccountGrant.objects.filter(content_object__account_id__startswith="Hit").count() == 0
        )

    def test_the_review_address_without_boxes_leads_to_them(
        self, tree: ResellerTree, browser: Client
    ) -> None:
        answer = browser.get(page_of(tree.customer, "review/"))
        assert (answer.status_code, answer.headers["Location"]) == (303, page_of(tree.customer))
