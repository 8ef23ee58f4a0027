"""Global search: what is found, in which order, by whom."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.core.models import User
from accounts.tree.queries.search import searchable
from tests.factories import AccountFactory, ResellerTree

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

Clients = Callable[[User], Client]
_HIT = re.compile(r'<li data-account="([^"]+)"')


def hits(client: Client, q: str) -> list[str]:
    answer = client.get("/search/", {"q": q})
    assert answer.status_code == 200
    return _HIT.findall(answer.content.decode())


class TestFinding:
    def test_by_a_part_of_account_id_or_name_in_any_case(self, admin_client: Client) -> None:
        AccountFactory(account_id="North-01", name="Acme Telecom")
        AccountFactory(account_id="Acme-South", name="Other")
        assert hits(admin_client, "aCmE") == ["Acme-South", "North-01"]

    def test_every_word_must_occur(self, admin_client: Client, reseller_tree: ResellerTree) -> None:
        assert hits(admin_client, "retail dhaka") == ["Dhaka-Retail-Sub"]
        assert hits(admin_client, "retail nowhere") == []

    def test_best_first(self, admin_client: Client) -> None:
        AccountFactory(account_id="A-Ace", name="x")
        AccountFactory(account_id="B-Two", name="Ace of spades")
        AccountFactory(account_id="Ace-2", name="x")
        assert hits(admin_client, "ace") == ["Ace-2", "B-Two", "A-Ace"]

    def test_signs_of_patterns_are_text(self, admin_client: Client) -> None:
        AccountFactory(account_id="Plain", name="Plain")
        AccountFactory(account_id="Percent", name="100% _off_")
        assert hits(admin_client, "0%") == ["Percent"]
        assert hits(admin_client, "%%") == []
        assert hits(admin_client, "_off") == ["Percent"]

    def test_nothing_found_offers_another_try(self, admin_client: Client) -> None:
        page = admin_client.get("/search/?q=zz-nothing").content.decode()
        assert "Nothing found" in page
        assert "“zz-nothing”" in page

    def test_names_are_text_and_never_markup(self, admin_client: Client) -> None:
        AccountFactory(account_id="Bold", name="<script>x</script>")
        page = admin_client.get("/search/", {"q": "<script>"}).content.decode()
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page


class TestJumping:
    def test_an_exact_account_id_leads_straight_there(
        self, agent_client: Client, reseller_tree: ResellerTree
    ) -> None:
        for typed in ("Customer-001", " customer-001 ", "CUSTOMER-001"):
            answer = agent_client.get("/search/", {"q": typed})
            assert (answer.status_code, answer["Location"]) == (302, "/accounts/Customer-001/")

    def test_even_one_letter(self, admin_client: Client) -> None:
        AccountFactory(account_id="Z")
        assert admin_client.get("/search/?q=z")["Location"] == "/accounts/Z/"

    def test_a_foreign_account_looks_like_none(self, agent_client: Client) -> None:
        def body(typed: str) -> str:
            answer = agent_client.get("/search/", {"q": typed})
            assert answer.status_code == 200
            text = answer.content.decode().replace(typed, "…")
            text = re.sub(r'(csrf-token" content|csrfmiddlewaretoken" value)="[^"]+"', "", text)
            return re.sub(r"\b[0-9a-f]{16,}\b", "", text)

        assert body("Sylhet-Retail-Sub") == body("No-Such-Account")


class TestScope:
    def test_only_what_is_in_scope(self, agent_client: Client) -> None:
        assert hits(agent_client, "customer") == ["Customer-001", "Customer-002", "Customer-301"]
        assert hits(agent_client, "BD-Wholesale") == []

    def test_the_way_counts_from_the_viewers_own_root(
        self, agent_client: Client, admin_client: Client
    ) -> None:
        page = agent_client.get("/search/?q=customer-30").content.decode()
        assert "Dhaka-Retail-Sub › Sub-Sub-Agent" in page
        assert "BD-Wholesale" not in page
        page = admin_client.get("/search/?q=customer-30").content.decode()
        assert "BD-Wholesale-Agent › Dhaka-Retail-Sub › Sub-Sub-Agent" in page

    def test_operators_and_strangers_search_nothing(
        self, operator: User, client_of: Clients, client: Client
    ) -> None:
        assert client_of(operator).get("/search/?q=customer").status_code == 403
        assert client.get("/search/?q=customer").status_code == 302


class TestPaging:
    def test_twenty_and_the_rest_exactly_once(self, admin_client: Client) -> None:
        expected = {AccountFactory(account_id=f"Same-{n:02}").account_id for n in range(30)}
        expected |= {AccountFactory(name=f"same {n}").account_id for n in range(15)}
        expected |= {AccountFactory(account_id=f"Not-Same-{n}").account_id for n in range(7)}
        address, seen = "?q=same", []
        while address:
            page = admin_client.get(f"/search/{address}").content.decode()
            found = _HIT.findall(page)
            assert len(found) <= 20
            seen += found
            more = re.search(r'class="panel-foot"><a [^>]*href="([^"]+)"', page)
            address = more[1].replace("&amp;", "&") if more else ""
        assert len(seen) == len(expected) == 52
        assert set(seen) == expected

    @pytest.mark.parametrize("after", ["x", "9.A", "1.", "1.%00", "' OR 1=1 --", "1." + "A" * 999])
    def test_a_malformed_place_begins_again(self, admin_client: Client, after: str) -> None:
        AccountFactory(account_id="Same-1")
        page = admin_client.get(f"/search/?q=same&after={after}").content.decode()
        assert _HIT.findall(page) == ["Same-1"]

    def test_nothing_behind_the_last(self, admin_client: Client) -> None:
        AccountFactory(account_id="Same-1")
        assert "No more" in admin_client.get("/search/?q=same&after=3.Zzz").content.decode()


class TestWhatIsTyped:
    @pytest.mark.parametrize("q", ["", " ", "a", "\x00\x01", "\t"])
    def test_too_little_to_search_for(self, admin_client: Client, q: str) -> None:
        page = admin_client.get(f"/search/?q={quote(q)}").content.decode()
        assert "Type at least 2 characters" in page

    def test_too_much_to_search_for(self, admin_client: Client) -> None:
        answer = admin_client.get("/search/?q=" + "x" * 10_000)
        assert answer.status_code == 200
        assert "at most 100 characters" in answer.content.decode()

    def test_control_characters_are_left_out(self, admin_client: Client) -> None:
        AccountFactory(account_id="Same-1")
        assert hits(admin_client, "\x00same\x07") == ["Same-1"]
        assert admin_client.get("/search/?q=%00Same-1%0A")["Location"] == "/accounts/Same-1/"

    def test_writing_is_no_way_to_search(self, admin_client: Client) -> None:
        assert admin_client.post("/search/", {"q": "x"}).status_code == 405


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  two   words ", "two words"),
        ("a\u200bb", "ab"),
        ("a\x00b", "a b"),
        ("x", ""),
        ("x" * 101, ""),
        ("x" * 100, "x" * 100),
        ("ঢাকা", "ঢাকা"),
    ],
)
def test_what_can_be_searched_for(typed: str, meant: str) -> None:
    assert searchable(typed) == meant
