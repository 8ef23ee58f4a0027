"""Templates and tiers: who keeps which, what they are refused, and what their pages show."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.templates import templates_of, uses_of
from accounts.authorizations.rules.templates import may_keep
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.templates import (
    MOST_OWN,
    template_create,
    template_delete,
    template_edit,
)
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import AuditEntry, AuthorizationTemplate, User
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, ResellerTree, StaffFactory, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.answering import submit
from tests.support.pages import field_error, markup_of, sent_by_form, text_of

pytestmark = pytest.mark.django_db

A = Authorization
MANAGE, PHONES, CARDS = A.MANAGE_ACCOUNT, A.MANAGE_PHONE, A.MANAGE_PHONE_CARD
HELD = MANAGE, PHONES, CARDS
LIST, NEW = "/authorizations/templates/", "/authorizations/templates/new/"


@pytest.fixture
def staff(tree: ResellerTree) -> User:
    return StaffFactory(username="staff-login", administrator=True)


def own(login: User, name: str = "Call shop", **more: Any) -> AuthorizationTemplate:
    return template_create(
        actor=actor_for(login), name=name, **{"codes": frozenset({PHONES}), **more}
    )


def edited(login: User, one: AuthorizationTemplate, **more: Any) -> AuthorizationTemplate:
    values = {
        "name": one.name,
        "codes": frozenset({CARDS}),
        "kind": one.kind,
        "note": one.note,
        "expected_version": one.version,
    }
    return template_edit(actor=actor_for(login), template=one, **{**values, **more})


class TestKeeping:
    def test_an_administrators_is_the_platforms(self, staff: User) -> None:
        made = own(staff, "  Shop   owner ", note="a note")
        assert (made.owner, made.name, made.codes) == (None, "Shop owner", ["manage_phone"])
        entry = AuditEntry.objects.get(action="template.create")
        assert (entry.actor, entry.subject) == ("staff-login", "Shop owner")
        assert entry.after["codes"] == ["manage_phone"]

    def test_an_agents_is_its_own(self, tree: ResellerTree, agent: User) -> None:
        assert own(agent).owner == tree.agent
        assert AuditEntry.objects.get(action="template.create").account == "Dhaka-Retail-Sub"

    def test_it_may_name_what_the_agent_does_not_hold(
        self, tree: ResellerTree, agent: User
    ) -> None:
        made = own(agent, codes=ALL)
        page = signed_in(agent).get(f"/accounts/Customer-001/authorizations/?template={made.key}")
        assert "Left out, because it cannot be granted here" in text_of(page)

    def test_without_one_nobody_keeps_any(self, tree: ResellerTree) -> None:
        with pytest.raises(NotAllowed):
            own(UserFactory(account=tree.sibling))

    def test_operators_keep_none(self, tree: ResellerTree) -> None:
        with pytest.raises(NotAllowed):
            own(StaffFactory(operator=True))

    def test_editing_changes_no_grant(self, tree: ResellerTree, agent: User) -> None:
        one = own(agent)
        grants_set(
            actor=actor_for(agent), account=tree.customer, codes=frozenset({PHONES}), template=one
        )
        saved = edited(agent, one)
        assert saved.version == one.version + 1
        assert held(tree.customer) == {PHONES}
        entry = AuditEntry.objects.get(action="template.edit")
        assert (entry.before, entry.after) == (
            {"codes": ["manage_phone"]},
            {"codes": ["manage_phone_card"]},
        )

    def test_deleting_changes_no_grant(self, tree: ResellerTree, agent: User) -> None:
        one = own(agent)
        grants_set(
            actor=actor_for(agent), account=tree.customer, codes=frozenset({PHONES}), template=one
        )
        template_delete(actor=actor_for(agent), template=one, expected_version=1)
        assert held(tree.customer) == {PHONES}
        assert AuditEntry.objects.get(action="template.delete").before["name"] == "Call shop"
        page = signed_in(agent).get("/accounts/Customer-001/authorizations/")
        assert "The template itself is gone." in text_of(page)


class TestRefusing:
    @pytest.mark.parametrize(
        ("values", "code", "field"),
        [
            ({"name": " "}, "required", "name"),
            ({"name": "x" * 61}, "too_long", "name"),
            ({"name": "\u202e\u200b"}, "required", "name"),
            ({"name": "a\x00b"}, "control_characters", "name"),
            ({"note": "x" * 201}, "too_long", "note"),
            ({"codes": frozenset()}, "none_chosen", "codes"),
            ({"kind": "secret"}, "unknown_kind", "kind"),
            ({"name": "rEtAiL"}, "name_taken", "name"),
        ],
    )
    def test_what_makes_no_sense(
        self, staff: User, values: dict[str, Any], code: str, field: str
    ) -> None:
        before = AuthorizationTemplate.objects.count()
        with pytest.raises(Refused) as caught:
            own(staff, **{"name": "New one", **values})
        assert (caught.value.code, caught.value.field) == (code, field)
        assert AuthorizationTemplate.objects.count() == before

    def test_a_name_is_taken_once_per_agent(self, tree: ResellerTree, agent: User) -> None:
        grant(tree.sibling, MANAGE)
        own(agent, "Call shop")
        own(UserFactory(account=tree.sibling), "Call shop")
        with pytest.raises(Refused) as caught:
            own(agent, "call SHOP")
        assert caught.value.code == "name_taken"

    def test_an_agent_keeps_only_so_many(self, agent: User) -> None:
        for n in range(MOST_OWN):
            own(agent, f"Number {n}")
        with pytest.raises(Refused) as caught:
            own(agent, "One more")
        assert caught.value.code == "too_many"

    def test_somebody_else_was_faster(self, staff: User) -> None:
        one = own(staff)
        edited(staff, one)
        with pytest.raises(Clash):
            edited(staff, one, codes=ALL)
        with pytest.raises(Clash):
            template_delete(actor=actor_for(staff), template=one, expected_version=one.version)

    def test_the_platforms_are_not_an_agents_to_change(self, agent: User) -> None:
        with pytest.raises(NotAllowed):
            edited(agent, AuthorizationTemplate.objects.get(name="Retail"))

    def test_another_agents_do_not_exist(self, tree: ResellerTree, agent: User) -> None:
        boss = UserFactory(account=tree.top)
        one = own(agent)
        with pytest.raises(NotInScope):
            edited(boss, one)
        assert one not in templates_of(actor_for(boss))
        assert one not in templates_of(actor_for(UserFactory(account=tree.sub_agent)))
        assert one in templates_of(actor_for(UserFactory(account=tree.agent)))


class TestUse:
    def test_accounts_in_scope_are_counted_and_those_that_drifted(
        self, tree: ResellerTree, agent: User
    ) -> None:
        retail = AuthorizationTemplate.objects.get(name="Retail")
        for one in (tree.customer, tree.customer_2, tree.sibling_customer):
            grant(one, *retail.codes)
            grants_set(actor=SYSTEM, account=one, codes=held(one), template=retail)
        grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset({PHONES}), reason="x")
        mine = uses_of(actor_for(agent), [retail])[retail.pk]
        assert (mine.accounts, mine.drifted) == (2, 1)
        whole = uses_of(SYSTEM, [retail])[retail.pk]
        assert (whole.accounts, whole.drifted) == (3, 1)

    def test_one_that_holds_nothing_has_drifted(self, tree: ResellerTree, staff: User) -> None:
        one = own(staff)
        grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset({PHONES}), template=one)
        grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset())
        assert uses_of(SYSTEM, [one])[one.pk].drifted == 1

    def test_a_closed_one_is_not_counted(self, tree: ResellerTree, staff: User) -> None:
        one = own(staff)
        account = AccountFactory(parent=tree.agent)
        grants_set(actor=SYSTEM, account=account, codes=frozenset({PHONES}), template=one)
        assert uses_of(SYSTEM, [one])[one.pk].accounts == 1
        account_close(actor=SYSTEM, account=account, reason="left")
        assert one.pk not in uses_of(SYSTEM, [one])


class TestPages:
    def test_the_list_shows_templates_tiers_and_ones_own(
        self, tree: ResellerTree, agent: User
    ) -> None:
        own(agent)
        words = text_of(signed_in(agent).get(LIST))
        for name in ("Retail", "Full Access", "Silver", "Platinum", "Call shop"):
            assert name in words

    def test_an_agent_opens_only_its_own(self, tree: ResellerTree, agent: User) -> None:
        one = own(agent)
        body = signed_in(agent).get(LIST).content.decode()
        edits = re.findall(r"/authorizations/templates/([^/]+)/edit/", body)
        assert edits == [one.key]
        retail = AuthorizationTemplate.objects.get(name="Retail")
        for deed in ("edit", "delete"):
            path = f"{LIST}{retail.key}/{deed}/"
            assert signed_in(agent).get(path).status_code == 403
            assert submit(signed_in(agent), path, {"version": "1"}).status_code == 403
        assert AuthorizationTemplate.objects.filter(name="Retail").exists()

    def test_a_level_above_does_not_see_it(self, tree: ResellerTree, agent: User) -> None:
        one = own(agent)
        for login in (
            UserFactory(account=tree.top),
            UserFactory(account=tree.sub_agent),
            StaffFactory(administrator=True),
        ):
            answer = signed_in(login).get(f"{LIST}{one.key}/edit/")
            assert "Call shop" not in markup_of(answer, 404)

    def test_who_holds_nothing_is_sent_away(self, tree: ResellerTree) -> None:
        page = signed_in(UserFactory(account=tree.customer)).get(LIST)
        assert page.status_code == 403
        assert "authorization 1" in text_of(page)

    def test_authorization_management_leads_there_where_it_is_permitted(
        self, tree: ResellerTree, agent: User
    ) -> None:
        browser = signed_in(agent)
        assert 'href="/authorizations/"' in markup_of(browser.get("/"))
        assert f'href="{LIST}"' in markup_of(browser.get("/authorizations/"))
        customer = signed_in(UserFactory(account=tree.customer))
        assert f'href="{LIST}"' not in markup_of(customer.get("/"))
        assert f'href="{LIST}"' not in markup_of(customer.get("/authorizations/"))

    def test_who_only_looks_on_keeps_none(self, agent: User, staff: User) -> None:
        for login in (agent, staff):
            actor = actor_for(login)
            assert may_keep(actor)
            assert not may_keep(replace(actor, read_only=True))

    def test_nor_does_who_manages_no_accounts(self, tree: ResellerTree) -> None:
        assert not may_keep(actor_for(UserFactory(account=tree.customer)))

    def test_one_is_made_edited_and_deleted(self, tree: ResellerTree, agent: User) -> None:
        browser = signed_in(agent)
        sent = {"name": "Kiosk", "kind": "tier", "codes": ["manage_phone"], "note": ""}
        assert submit(browser, NEW, sent).headers["Location"] == LIST
        one = AuthorizationTemplate.objects.get(name="Kiosk")
        path = f"{LIST}{one.key}/edit/"
        seen = sent_by_form(browser.get(path), "codes")["version"]
        submit(browser, path, {**sent, "codes": ["manage_phone_card"], "version": seen[0]})
        one.refresh_from_db()
        assert one.codes == ["manage_phone_card"]
        path = f"{LIST}{one.key}/delete/"
        assert "Delete Kiosk" in text_of(browser.get(path))
        assert submit(browser, path, {"version": one.version}).status_code == 303
        assert not AuthorizationTemplate.objects.filter(pk=one.pk).exists()

    def test_a_taken_name_is_said_at_its_field(self, tree: ResellerTree, staff: User) -> None:
        sent = {"name": "Retail", "kind": "template", "codes": ["manage_phone"]}
        page = submit(signed_in(staff), NEW, sent)
        assert page.status_code == 422
        assert field_error(page, "name") == "There is a template of this name already."

    @pytest.mark.parametrize("codes", [[], ["root"]])
    def test_unknown_and_no_boxes_are_refused(
        self, tree: ResellerTree, staff: User, codes: list[str]
    ) -> None:
        page = submit(signed_in(staff), NEW, {"name": "X", "kind": "template", "codes": codes})
        assert page.status_code == 422
        assert not AuthorizationTemplate.objects.filter(name="X").exists()

    def test_a_clash_is_a_page_of_its_own(self, tree: ResellerTree, staff: User) -> None:
        one = own(staff)
        edited(staff, one)
        sent = {"name": "Other", "kind": "template", "codes": ["manage_phone"], "version": "1"}
        answer = submit(signed_in(staff), f"{LIST}{one.key}/edit/", sent)
        assert answer.status_code == 409
        assert AuthorizationTemplate.objects.get(pk=one.pk).name == "Call shop"

    @pytest.mark.wide
    def test_the_list_costs_the_same_however_many_there_are(
        self, tree: ResellerTree, agent: User
    ) -> None:
        browser = signed_in(agent)

        def queries() -> int:
            browser.get(LIST)
            with CaptureQueriesContext(connection) as caught:
                browser.get(LIST)
            return len(caught)

        few = queries()
        for n in range(20):
            one = own(agent, f"Number {n}")
            grants_set(actor=SYSTEM, account=tree.customer, codes=frozenset({PHONES}), template=one)
        assert queries() <= few
