"""The audit log's pages: who reads what, how it is narrowed, and in how many queries."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.approvals.services.asking import request_create_filed
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.core.record import ORIGIN, Origin, record
from accounts.kit.errors import NotAllowed
from accounts.kit.object_keys import object_key, object_number
from accounts.tree.services.accounts import account_create, account_edit, account_lock
from accounts.tree.services.ending import account_delete
from accounts.tree.services.moving import account_move
from tests.factories import AccountFactory, UserFactory, grant
from tests.support.pages import markup_of, text_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

MOST_SELECTS = 12


def entries(answer: Any) -> list[int]:
    """The numbers of the entries a page lists, in order."""
    keys = re.findall(r'<tr data-entry="([0-9a-z-]+)"', answer.content.decode())
    return [object_number(AuditEntry.key_kind, key) or 0 for key in keys]


def shown(answer: Any) -> set[str]:
    """The account ids of the entries a page lists."""
    return set(AuditEntry.objects.filter(pk__in=entries(answer)).values_list("account", flat=True))


class TestWhoReadsWhat:
    def test_administrators_read_everything_newest_first(self, admin, reseller_tree) -> None:
        found = entries(admin.get("/audit/?size=250"))
        assert found == list(
            AuditEntry.objects.order_by("-at", "-pk").values_list("pk", flat=True)[:250]
        )

    def test_an_agent_reads_its_own_hierarchy(self, agent, reseller_tree) -> None:
        found = shown(agent.get("/audit/?size=250"))
        assert found == {
            getattr(reseller_tree, name).account_id
            for name in ("agent", "customer", "customer_2", "sub_agent", "deep_customer")
        }

    def test_a_customer_reads_its_own_account(self, reseller_tree, client_of) -> None:
        client = client_of(UserFactory(account=reseller_tree.customer))
        assert shown(client.get("/audit/")) == {reseller_tree.customer.account_id}
        answer = client.get(f"/accounts/{reseller_tree.customer.account_id}/audit/")
        assert answer.status_code == 200

    def test_operators_read_nothing_here(self, operator, client_of) -> None:
        assert client_of(operator).get("/audit/").status_code == 403

    def test_a_foreign_entry_does_not_exist(self, agent, reseller_tree) -> None:
        foreign = AuditEntry.objects.filter(account_pk=reseller_tree.sibling.pk).first()
        assert agent.get(f"/audit/{foreign.key}/").status_code == 404
        unknown = object_key(AuditEntry.key_kind, foreign.pk + 10**12)
        assert agent.get(f"/audit/{unknown}/").status_code == 404
        platform = record(actor=SYSTEM, action="numbers.set", subject="Of the platform")
        assert agent.get(f"/audit/{platform.key}/").status_code == 404

    def test_entries_go_with_the_account_that_moves_away(self, agent, reseller_tree) -> None:
        account_move(
            actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling, reason="x"
        )
        assert reseller_tree.customer.account_id not in words_of(agent.get("/audit/?size=250"))

    def test_direct_is_the_account_and_all_its_subtree(self, admin, reseller_tree) -> None:
        url = f"/accounts/{reseller_tree.agent.account_id}/audit/?size=250"
        assert shown(admin.get(url)) == {reseller_tree.agent.account_id}
        assert reseller_tree.deep_customer.account_id in shown(admin.get(url + "&show=all"))

    def test_a_deleted_account_keeps_its_entries(self, admin) -> None:
        gone = AccountFactory(account_id="Soon-Gone")
        admin.get("/audit/")
        entry = AuditEntry.objects.get(account="Soon-Gone", action="account.create")
        account_delete(actor=SYSTEM, account=gone, reason="x")
        answer = admin.get(f"/audit/{entry.key}/")
        assert "no longer there" in text_of(answer)

    def test_an_agent_reads_that_its_sub_account_was_deleted(self, agent, reseller_tree) -> None:
        account_delete(actor=SYSTEM, account=reseller_tree.customer_2, reason="x")
        text = text_of(agent.get("/audit/"))
        assert f"Sub-account {reseller_tree.customer_2.account_id} deleted" in text


class TestLevelsAbove:
    @pytest.fixture
    def boss(self, reseller_tree):
        grant(reseller_tree.top)
        return actor_for(UserFactory(account=reseller_tree.top, username="the.boss"))

    def test_nobody_above_is_named(self, agent, reseller_tree, boss, administrator) -> None:
        token = ORIGIN.set(Origin("request-of-the-boss", "198.51.100.7"))
        account_lock(actor=boss, account=reseller_tree.customer, reason="he pays late")
        ORIGIN.reset(token)
        account_lock(
            actor=actor_for(administrator), account=reseller_tree.customer_2, reason="dispute #118"
        )
        answer = agent.get("/audit/?size=250")
        text = text_of(answer)
        assert "a level above yours" in text
        assert "Administrator" in text
        for hidden in (
            "the.boss", "pays late", "198.51.100.7", "request-of-the-boss", "dispute",
            administrator.username, reseller_tree.top.account_id,
        ):  # fmt: skip
            assert hidden not in markup_of(answer), hidden
        entry = AuditEntry.objects.get(request_id="request-of-the-boss", action="account.lock")
        detail = agent.get(f"/audit/{entry.key}/").content.decode()
        for hidden in ("the.boss", "pays late", "198.51.100.7", "request-of-the-boss"):
            assert hidden not in detail
        assert "Locked" in detail

    @pytest.mark.parametrize(
        "query",
        ["q=the.boss", "actor=the.boss", "q=pays", "request_id=request-of-boss",
         "q=request-of-boss"],
    )  # fmt: skip
    def test_no_filter_finds_by_what_is_hidden(self, agent, reseller_tree, boss, query) -> None:
        token = ORIGIN.set(Origin("request-of-boss", "198.51.100.7"))
        account_lock(actor=boss, account=reseller_tree.customer, reason="he pays late")
        ORIGIN.reset(token)
        assert entries(agent.get(f"/audit/?{query}")) == []

    def test_what_a_level_above_was_refused_stays_its_own_affair(
        self, agent, reseller_tree, boss
    ) -> None:
        entry = record(
            actor=boss, action="refused.page", account=reseller_tree.customer,
            subject="/secret/place/", after={"message": "secret words"}, is_refused=True,
        )  # fmt: skip
        for url in ("/audit/", f"/audit/{entry.key}/"):
            page = markup_of(agent.get(url))
            assert "secret" not in page
        assert entries(agent.get("/audit/?q=secret")) == []

    def test_exports_of_a_level_above_do_not_show_what_it_looked_for(
        self, agent, reseller_tree, boss
    ) -> None:
        record(
            actor=boss, action="accounts.export", account=reseller_tree.agent,
            after={"rows": 3, "filters": {"q": "looked for"}},
        )  # fmt: skip
        assert "looked for" not in markup_of(agent.get("/audit/"))

    def test_agents_outside_the_hierarchy_are_not_named(self, agent, reseller_tree) -> None:
        account_move(
            actor=SYSTEM, account=reseller_tree.other_customer, parent=reseller_tree.agent,
            reason="x",
        )  # fmt: skip
        answer = agent.get("/audit/?size=250")
        assert "former agent" in text_of(answer)
        assert "Master-Agent-2" not in answer.content.decode()
        own = agent.get(f"/accounts/{reseller_tree.agent.account_id}/audit/")
        assert reseller_tree.top.account_id not in markup_of(own)

    def test_the_memo_on_the_own_account_stays_above(self, agent, reseller_tree) -> None:
        account_edit(actor=SYSTEM, account=reseller_tree.agent, detail={"memo": "Watch them"})
        assert "Watch them" not in markup_of(agent.get("/audit/"))

    def test_memos_from_before_a_move_stay_with_who_wrote_them(self, agent, reseller_tree) -> None:
        account_edit(
            actor=SYSTEM, account=reseller_tree.other_customer, detail={"memo": "Owes us a lot"}
        )
        account_move(
            actor=SYSTEM, account=reseller_tree.other_customer, parent=reseller_tree.agent,
            reason="x",
        )  # fmt: skip
        assert "Owes us a lot" not in markup_of(agent.get("/audit/?size=250"))

    def test_what_is_asked_for_below_an_account_is_not_its_affair(
        self, reseller_tree, client_of
    ) -> None:
        grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT)
        request_create_filed(
            actor=actor_for(UserFactory(account=reseller_tree.agent)),
            parent=reseller_tree.customer,
            account_id="Planned-001",
            name="A plan of the level above",
            detail={"memo": "They do not know yet"},
        )
        page = client_of(UserFactory(account=reseller_tree.customer)).get("/audit/")
        assert "Planned-001" not in markup_of(page)
        assert "They do not know yet" not in markup_of(page)

    def test_who_approved_is_an_administrator(self, agent, reseller_tree, administrator) -> None:
        asked = actor_for(UserFactory(account=reseller_tree.sub_agent, username="sub.desk"))
        entry = record(
            actor=replace(asked, approver=administrator), action="account.create",
            account=reseller_tree.deep_customer,
        )  # fmt: skip
        text = text_of(agent.get(f"/audit/{entry.key}/"))
        assert "Who sub.desk On behalf of Administrator" in text
        assert administrator.username not in text

    def test_logins_of_the_own_hierarchy_are_named(self, agent, reseller_tree) -> None:
        desk = actor_for(UserFactory(account=reseller_tree.agent, username="other.desk"))
        grant(reseller_tree.agent)
        account_lock(actor=desk, account=reseller_tree.customer, reason="asked by phone")
        text = text_of(agent.get("/audit/"))
        assert "other.desk" in text
        assert "asked by phone" in text


class TestFilters:
    @pytest.fixture
    def desk(self, reseller_tree):
        grant(reseller_tree.agent)
        return actor_for(UserFactory(account=reseller_tree.agent, username="dhaka.two"))

    @pytest.mark.parametrize(
        "query",
        ["q=Customer-002", "q=dhaka.TWO", "q=late+payer", "q=locked&group=accounts",
         "actor=DHAKA.two", "account=customer-002&q=late", "account=dhaka-retail-sub&q=late",
         "request_id=req-4711-x", "group=accounts&q=late"],
    )  # fmt: skip
    def test_it_finds(self, admin, reseller_tree, desk, query) -> None:
        token = ORIGIN.set(Origin("req-4711-x", "192.0.2.1"))
        account_lock(actor=desk, account=reseller_tree.customer_2, reason="late payer")
        ORIGIN.reset(token)
        wanted = AuditEntry.objects.get(action="account.lock").pk
        assert wanted in entries(admin.get(f"/audit/?{query}"))

    @pytest.mark.parametrize(
        "query",
        ["q=nothing+holds+this", "actor=nobody", "account=Nobody", "group=money", "refused=1",
         "request_id=x", "until=2020-01-01", "since=2099-12-31"],
    )  # fmt: skip
    def test_it_finds_nothing_and_says_so(self, admin, reseller_tree, query) -> None:
        answer = admin.get(f"/audit/?{query}")
        assert "No entry matches these filters" in words_of(answer)

    def test_what_no_text_can_hold_is_refused_in_words(self, admin, reseller_tree) -> None:
        answer = admin.get("/audit/?q=%00")
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        "query",
        [
            "since=yesterday",
            "since=9999-12-31",
            "until=0001-01-01",
            "group=%27",
            "refused=2",
            "until=0000-00-00",
        ],
    )
    def test_nonsense_is_said_at_its_field(self, admin, query) -> None:
        assert admin.get(f"/audit/?{query}").status_code == 422

    @pytest.mark.usefixtures("at_noon")
    def test_a_period_is_of_the_viewers_zone(self, reseller_tree, client_of) -> None:
        far = AccountFactory(time_zone="Pacific/Kiritimati")
        AuditEntry.objects.filter(account_pk=far.pk)
        client = client_of(UserFactory(account=far))
        today = timezone.now() + timedelta(hours=14)
        assert entries(client.get(f"/audit/?since={today:%Y-%m-%d}"))
        assert not entries(client.get(f"/audit/?until={today - timedelta(days=1):%Y-%m-%d}"))

    def test_refused_only(self, admin, agent, reseller_tree) -> None:
        agent.get("/accounts/Nobody/")
        (pk,) = entries(admin.get("/audit/?refused=1"))
        text = text_of(admin.get(reverse("audit-entry", args=[pk])))
        assert "refused" in text
        assert "/accounts/Nobody/" in text

    def test_older_and_newer(self, admin, reseller_tree) -> None:
        for n in range(30):
            record(actor=SYSTEM, action="account.edit", subject=str(n))
        first = admin.get("/audit/?size=25")
        older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1]
        second = admin.get("/audit/" + older.replace("&amp;", "&"))
        assert not set(entries(first)) & set(entries(second))
        newer = re.search(r'rel="prev" href="([^"]+)"', second.content.decode())[1]
        assert entries(admin.get("/audit/" + newer.replace("&amp;", "&"))) == entries(first)
        strange = admin.get("/audit/?cursor=nonsense")
        assert "This is the first page" in text_of(strange)


def test_an_empty_log_says_what_will_come(reseller_tree, client_of, monkeypatch) -> None:
    client = client_of(UserFactory(account=reseller_tree.customer))
    monkeypatch.setattr("accounts.audit.views.entries_of", lambda _a: AuditEntry.objects.none())
    assert "Nothing has happened yet" in text_of(client.get("/audit/"))


def test_one_entry_shows_everything_and_the_rest_of_its_request(admin, reseller_tree) -> None:
    token = ORIGIN.set(Origin("req-of-three", "192.0.2.9"))
    account_edit(
        actor=SYSTEM, account=reseller_tree.customer, name="New name", detail={"company": "ACME"}
    )
    account_lock(actor=SYSTEM, account=reseller_tree.customer_2, reason="x")
    ORIGIN.reset(token)
    entry = AuditEntry.objects.get(action="account.edit")
    text = text_of(admin.get(f"/audit/{entry.key}/"))
    assert "New name" in text
    assert "ACME" in text
    assert "192.0.2.9" in text
    assert "In the same request" in text
    assert "Locked" in text
    assert "not sealed yet" in text


def test_secrets_are_not_shown(admin) -> None:
    account = AccountFactory()
    entry = record(
        actor=SYSTEM, action="login.edit", account=account, subject="x",
        before={"password": "hunter2"}, after={"sip_secret": "hunter3", "pin": "4711"},
    )  # fmt: skip
    page = markup_of(admin.get(f"/audit/{entry.key}/"))
    for secret in ("hunter2", "hunter3", "4711"):
        assert secret not in page


def test_hostile_names_are_text(admin) -> None:
    account = account_create(actor=SYSTEM, account_id="Evil-One", name="<script>alert(1)</script>")
    entry = record(
        actor=SYSTEM, action="<b>odd</b>", account=account, subject="<i>",
        reason='"><img src=x onerror=alert(1)>', after={"<u>": "<svg/onload=1>"},
    )  # fmt: skip
    for url in ("/audit/", f"/audit/{entry.key}/", f"/accounts/{account.account_id}/audit/"):
        page = markup_of(admin.get(url))
        for mark in ("<script>alert", "<img src=x", "<svg/onload", "<b>odd", "<u>"):
            assert mark not in page


@pytest.mark.parametrize(
    "text",
    ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00+14:00", "2026-13-45T25:61", "2026-01-01T10:00"],
)
def test_a_text_that_looks_like_a_moment_and_is_none_is_text(admin, text) -> None:
    """Whoever typed it would have shut everybody out of the log."""
    account = account_create(
        actor=SYSTEM, account_id="Odd-One", name="Odd one", detail={"company": text}
    )
    entry = AuditEntry.objects.get(action="account.create", account="Odd-One")
    for url in ("/audit/", f"/audit/{entry.key}/", f"/accounts/{account.account_id}/audit/"):
        assert admin.get(url).status_code == 200
    assert text in text_of(admin.get(f"/audit/{entry.key}/"))


@pytest.mark.parametrize("path", ["/audit/", "/accounts/{}/audit/?show=all"])
@pytest.mark.parametrize("who", ["admin", "agent"])
def test_queries_do_not_grow_with_the_rows(request, reseller_tree, path, who) -> None:
    client = request.getfixturevalue(who)
    url = path.format(reseller_tree.agent.account_id)
    counts = []
    for _ in range(2):
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        selects = [one["sql"] for one in captured if re.match(r"(?i)select|with", one["sql"])]
        counts.append(len(selects))
        desk = actor_for(UserFactory(account=reseller_tree.sub_agent))
        for n in range(15):
            made = AccountFactory(parent=reseller_tree.sub_agent, account_id=f"More-{who}-{n}-{_}")
            record(actor=desk, action="account.edit", account=made, after={"name": "n"})
    assert counts[0] == counts[1]
    assert counts[0] <= MOST_SELECTS, selects


def test_refusals_of_services_reach_the_log_with_their_reason(admin, agent, reseller_tree) -> None:
    assert NotAllowed.status == 403
    agent.post(f"/accounts/{reseller_tree.customer.account_id}/lock/", {"reason": "x"})
    page = text_of(admin.get("/audit/?refused=1"))
    assert "1 Add/delete/modify account" in page
