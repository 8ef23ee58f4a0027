"""Sub account management: what the list shows, to whom, in which order, and how it is narrowed."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.pagination import page
from accounts.tree.columns import TREE_ORDER
from accounts.tree.services.accounts import account_lock
from tests.factories import AccountFactory
from tests.support.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


def rows(answer) -> list[str]:
    """The account ids of the rows, in order."""
    page = answer.content.decode()
    if '<table class="list' not in page:
        return []
    table = page.split('<table class="list')[1].split("</table>")[0]
    return re.findall(r'<tr[^>]* data-account="([^"]+)"', table)


class TestDirectAndAll:
    def test_direct_lists_the_first_level_only(self, admin, reseller_tree) -> None:
        answer = admin.get(f"/accounts/{reseller_tree.top.account_id}/sub-accounts/")
        assert rows(answer) == sorted(
            [reseller_tree.agent.account_id, reseller_tree.sibling.account_id], key=str.lower
        )

    def test_all_lists_every_level_and_never_the_agent_itself(self, admin, reseller_tree) -> None:
        url = f"/accounts/{reseller_tree.top.account_id}/sub-accounts/?show=all"
        found = rows(admin.get(url))
        assert reseller_tree.deep_customer.account_id in found
        assert reseller_tree.top.account_id not in found
        assert len(found) == 7

    @pytest.mark.postgres
    @pytest.mark.parametrize("behind", [0, 3], ids=["first page", "middle page"])
    def test_all_is_read_from_the_index_of_its_tree_without_sorting(
        self, admin, reseller_tree, behind
    ) -> None:
        url = f"/accounts/{reseller_tree.top.account_id}/sub-accounts/"
        cursor = ""
        if behind:
            below = Account.objects.below(reseller_tree.top.pk)
            cursor = page(below, TREE_ORDER, descending=False, size=behind).after
        with CaptureQueriesContext(connection) as asked:
            assert rows(admin.get(url, {"show": "all", "cursor": cursor}))
        (statement,) = (
            one["sql"]
            for one in asked.captured_queries
            if "sort_key" in one["sql"] and "LIMIT" in one["sql"]
        )
        with connection.cursor() as database:
            # What the planner does anyway as soon as there are more than a few accounts.
            database.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            database.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in database.fetchall())
        assert "account_tree_order" in plan
        assert "Sort" not in plan
        goes_on_behind = re.search(r"Index Cond: .*lft > \d", plan)
        assert bool(goes_on_behind) == bool(behind), plan

    def test_both_counts_stand_there_before_switching(self, admin, reseller_tree) -> None:
        answer = admin.get(f"/accounts/{reseller_tree.top.account_id}/sub-accounts/")
        assert (answer.context["direct"], answer.context["whole"]) == (2, 7)

    def test_level_and_path_count_from_the_viewers_own_root(
        self, reseller_tree, agent_login, client_of
    ) -> None:
        agent = reseller_tree.agent
        client = client_of(agent_login(agent))
        answer = client.get(f"/accounts/{agent.account_id}/sub-accounts/?show=all")
        table = answer.context["table"]
        deep = next(
            line.row for line in table.lines if line.key == reseller_tree.deep_customer.account_id
        )
        assert deep.level == 3
        assert deep.path == f"{agent.account_id} › {reseller_tree.sub_agent.account_id}"
        assert reseller_tree.top.account_id not in markup_of(answer)

    def test_an_administrator_sees_the_platform(self, admin, reseller_tree) -> None:
        assert rows(admin.get("/accounts/")) == sorted(
            [reseller_tree.top.account_id, reseller_tree.other_top.account_id], key=str.lower
        )

    def test_an_agents_accounts_are_the_own_list(
        self, reseller_tree, agent_login, client_of
    ) -> None:
        client = client_of(agent_login(reseller_tree.agent))
        answer = client.get("/accounts/")
        assert answer.url == f"/accounts/{reseller_tree.agent.account_id}/sub-accounts/"

    def test_a_customer_reads_that_there_are_none_yet(
        self, reseller_tree, agent_login, client_of
    ) -> None:
        client = client_of(agent_login(reseller_tree.customer))
        answer = client.get(f"/accounts/{reseller_tree.customer.account_id}/sub-accounts/")
        assert "No sub-accounts yet" in answer.content.decode()


class TestFilters:
    @pytest.fixture
    def agent(self):
        agent = AccountFactory(account_id="XX-Test-Agent")
        AccountFactory(account_id="XX-Card-One", parent=agent, type="phone_card")
        AccountFactory(account_id="XX-Flow-Two", parent=agent, ctd_billing_model="flow")
        AccountFactory(
            account_id="XX-Soon-Three",
            parent=agent,
            valid_until=timezone.now() + timedelta(days=5),
        )
        below = AccountFactory(account_id="XX-Sub-Agent", parent=agent)
        AccountFactory(account_id="odd", name="Off the pattern", parent=below)
        return agent

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("type=phone_card", ["XX-Card-One"]),
            ("billing=flow", ["XX-Flow-Two"]),
            ("expires_within=7", ["XX-Soon-Three"]),
            ("category=agent", ["XX-Sub-Agent"]),
            ("level=3", ["odd"]),
            ("level_from=3", ["odd"]),
            ("agent=xx-SUB-agent", ["odd"]),
            ("pattern=off", ["odd"]),
            ("q=off+the", ["odd"]),
            ("q=FLOW", ["XX-Flow-Two"]),
        ],
    )
    def test_it_narrows(self, admin, agent, query, expected) -> None:
        assert (
            rows(admin.get(f"/accounts/XX-Test-Agent/sub-accounts/?show=all&{query}")) == expected
        )

    @pytest.mark.parametrize(
        ("account_id", "is_off"),
        [
            ("BD-Wholesale-AcmeTel", False),
            ("BD-Retail-Acme-Tel-2", False),
            ("A-B-C", False),
            ("A-B--C", False),
            ("A-B--", False),
            ("1-2-3", False),
            ("BD", True),
            ("BD-Retail", True),
            ("BD-Retail-", True),
            ("BD--Acme", True),
            ("A--B-C", True),
            ("BD-Retail-Acme.Tel", True),
            ("BD_1-Retail-Acme", True),
            ("BD-Re.tail-Acme", True),
        ],
    )
    def test_the_pattern_is_region_type_and_name(self, account_id: str, is_off: bool) -> None:
        one = AccountFactory(account_id=account_id)
        assert Account.objects.get(pk=one.pk).is_off_pattern is is_off

    def test_blocked_by_a_level_above_is_not_the_own_lock(self, admin, agent) -> None:
        account_lock(actor=SYSTEM, account=agent.children.get(account_id="XX-Sub-Agent"))
        where = "/accounts/XX-Test-Agent/sub-accounts/?show=all&status="
        assert rows(admin.get(where + "above")) == ["odd"]
        assert rows(admin.get(where + "locked")) == ["XX-Sub-Agent"]
        assert "odd" not in rows(admin.get(where + "active"))

    def test_a_filter_shows_as_a_chip_that_takes_it_off(self, admin, agent) -> None:
        answer = admin.get("/accounts/XX-Test-Agent/sub-accounts/?show=all&type=phone_card&q=x")
        urls = {pill["name"]: pill["url"] for pill in answer.context["pills"]}
        assert "type=" not in urls["Type"]
        assert "q=x" in urls["Type"]

    def test_no_match_offers_all_levels(self, admin, agent) -> None:
        answer = admin.get("/accounts/XX-Test-Agent/sub-accounts/?q=odd")
        assert "Search in All" in answer.content.decode()
        assert rows(
            admin.get(
                f"/accounts/XX-Test-Agent/sub-accounts/{answer.context['empty'].secondary_url}"
            )
        ) == ["odd"]

    @pytest.mark.parametrize(
        "query", ["level=abc", "created_from=yesterday", "status=nonsense", "expires_within=-1"]
    )
    def test_a_filter_that_cannot_be_read_is_said(self, admin, agent, query) -> None:
        answer = admin.get(f"/accounts/XX-Test-Agent/sub-accounts/?{query}")
        assert answer.status_code == 422
        assert rows(answer) == []


class TestOrderAndPages:
    @pytest.fixture
    def agent(self):
        agent = AccountFactory(account_id="Big")
        for number in range(30):
            AccountFactory(account_id=f"N-{number:02d}", name=f"{99 - number}", parent=agent)
        return agent

    def test_a_link_reproduces_the_view(self, admin, agent) -> None:
        url = "/accounts/Big/sub-accounts/?sort=name&size=25"
        first = admin.get(url)
        assert rows(first)[0] == "N-29"
        assert len(rows(first)) == 25
        second = admin.get(
            f"/accounts/Big/sub-accounts/{first.context['table'].pager['older_url']}"
        )
        assert rows(second) == [f"N-{number:02d}" for number in range(4, -1, -1)]

    @pytest.mark.parametrize(
        "sort", ["account_id", "-name", "status", "expiry", "-created", "type"]
    )
    def test_every_order_shows_each_row_once(self, admin, agent, sort) -> None:
        url, found = f"/accounts/Big/sub-accounts/?size=25&sort={sort}", []
        while url:
            answer = admin.get(url)
            found += rows(answer)
            more = answer.context["table"].pager["older_url"]
            url = f"/accounts/Big/sub-accounts/{more}" if more else ""
        assert sorted(found) == [f"N-{number:02d}" for number in range(30)]

    def test_a_broken_cursor_shows_the_first_page_and_says_so(self, admin, agent) -> None:
        answer = admin.get("/accounts/Big/sub-accounts/?cursor=%00broken")
        assert answer.status_code == 200
        assert "cannot be found any more" in answer.content.decode()
        assert rows(answer)[0] == "N-00"


class TestColumns:
    def test_the_choice_is_kept_in_its_order(self, admin, administrator, reseller_tree) -> None:
        admin.post("/accounts/columns/", {"column": ["status", "name"], "up": "name"})
        answer = admin.get(f"/accounts/{reseller_tree.top.account_id}/sub-accounts/")
        names = [column.name for column in answer.context["table"].columns]
        assert names == ["tick", "account_id", "name", "status", "acts"]

    def test_standard_forgets_the_choice(self, admin, reseller_tree) -> None:
        admin.post("/accounts/columns/", {"column": ["memo"]})
        admin.post("/accounts/columns/", {"column": ["memo"], "standard": "1"})
        answer = admin.get(f"/accounts/{reseller_tree.top.account_id}/sub-accounts/")
        assert "category" in [column.name for column in answer.context["table"].columns]

    def test_it_leads_back_to_pages_of_the_portal_only(self, admin, reseller_tree) -> None:
        answer = admin.post(
            "/accounts/columns/", {"boxes": "column", "next": "https://evil.example/"}
        )
        assert answer.url == "/accounts/"
