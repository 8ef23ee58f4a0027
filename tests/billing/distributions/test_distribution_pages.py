"""Handing a list in by page: what is understood, and what is said of what is not."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.distributions.models import Distribution
from billing.ledger.models import Transaction
from tests.factories import ResellerTree
from tests.support.distributing import LIST, START, check, confirm, form
from tests.support.pages import field_error, markup_of, sent_by_form, text_of
from tests.support.paying import balance

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


class TestHandingIn:
    def test_the_form_has_these_fields(self, agent: Client) -> None:
        sent = sent_by_form(agent.get(START), "control_sum")
        assert {"boxes", "lines", "method", "each", "control_sum", "memo", "idempotency_key"} < set(
            sent
        )
        other = sent_by_form(agent.get(START), "control_sum")
        assert sent["idempotency_key"] != other["idempotency_key"]

    def test_a_list_leads_to_its_check_page_and_pays_nothing(self, agent: Client) -> None:
        text = text_of(check(agent, memo="Week 47"))
        for words in ("75.50 USD", "to 2 accounts", "Week 47", "Customer-001", "+25.50", "R-2"):
            assert words in text
        assert not Transaction.objects.exists()

    def test_a_wrong_control_sum_is_refused_with_both_figures(self, agent: Client) -> None:
        page = agent.post(START, form(control_sum="75.49"))
        assert page.status_code == 422
        assert field_error(page, "control_sum") == (
            "The lines add up to 75.50, the control sum says 75.49: 0.01 apart."
        )
        assert LIST in page.content.decode(), "what was typed is kept"
        assert not Distribution.objects.exists()

    @pytest.mark.parametrize("amount", ["", "NaN", "1,500", "1 2", "-1", "1e400", "0.0000001"])
    def test_a_control_sum_is_an_amount(self, agent: Client, amount: str) -> None:
        page = agent.post(START, form(control_sum=amount))
        assert page.status_code == 422
        assert field_error(page, "control_sum")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"lines": ""}, "lines"), ({"lines": "\n,,\n"}, "lines"), ({"each": "0"}, "each"),
         ({"method": "gold"}, "method"), ({"memo": "x" * 201}, "memo"),
         ({"lines": "A\x00,1"}, "lines")],
    )  # fmt: skip
    def test_what_is_wrong_stands_at_its_field(
        self, agent: Client, wrong: dict[str, str], field: str
    ) -> None:
        page = agent.post(START, form(**wrong))
        assert page.status_code == 422
        assert field_error(page, field)

    def test_more_than_ten_thousand_lines_are_refused_in_words(self, agent: Client) -> None:
        page = agent.post(START, form(lines="A,1\n" * 10_001))
        assert page.status_code == 422
        assert "more than 10,000 lines" in field_error(page, "lines")

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_a_file_is_a_list_as_well(self, agent: Client, separator: str, encoding: str) -> None:
        text = "account,amount,reference\r\nCustomer-001,50,Müller\r\n\r\nCustomer-002,25.5,\r\n"
        raw = text.replace(",", separator).encode(encoding)
        file = SimpleUploadedFile("list.csv", raw, "text/csv")
        assert "Müller" in text_of(check(agent, lines="", file=file))

    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            (b"\xff\xfeA", "CSV UTF-8"),
            (b"PK\x03\x04\x00\x01", "damaged"),
            ("Ä,1".encode("latin-1"), "CSV UTF-8"),
        ],
    )
    def test_a_file_that_is_no_list_is_refused(self, agent: Client, raw: bytes, words: str) -> None:
        page = agent.post(START, form(lines="", file=SimpleUploadedFile("list.xlsx", raw)))
        assert page.status_code == 422
        assert words in field_error(page, "file")

    def test_an_empty_file_is_an_empty_list(self, agent: Client) -> None:
        page = agent.post(START, form(lines="", file=SimpleUploadedFile("list.csv", b"")))
        assert page.status_code == 422
        assert field_error(page, "lines") == "The list is empty."

    def test_a_list_and_a_file_are_one_too_many(self, agent: Client) -> None:
        page = agent.post(START, form(file=SimpleUploadedFile("list.csv", b"A,1")))
        assert "not both" in field_error(page, "file")

    def test_a_refused_file_need_not_be_chosen_again(self, agent: Client) -> None:
        file = SimpleUploadedFile("list.csv", LIST.encode())
        page = agent.post(START, form(lines="", file=file, control_sum="1"))
        assert LIST in page.content.decode()

    def test_one_amount_for_every_account(self, agent: Client, tree: ResellerTree) -> None:
        page = check(agent, lines="Customer-001\nCustomer-002", each="7.25", control_sum="14.50")
        confirm(agent, page)
        assert balance(tree.customer_2) == Decimal("7.25")

    def test_change_leads_back_to_the_form_as_it_was(self, agent: Client) -> None:
        page = check(agent, memo="Week 47")
        link = re.search(r'href="(/payments/distribute/\?list=[^"]+)"', page.content.decode())
        assert link
        again = agent.get(link[1])
        assert LIST in again.content.decode()
        sent = {name: one[0] for name, one in sent_by_form(again, "control_sum").items()}
        assert (sent["memo"], sent["control_sum"]) == ("Week 47", "75.50")
        assert sent["idempotency_key"] in page.request["PATH_INFO"]

    def test_a_form_that_was_used_up_is_refused_and_renewed(self, agent: Client) -> None:
        key = str(uuid4())
        confirm(agent, check(agent, idempotency_key=key))
        page = agent.post(START, form("Customer-001,1", "1", idempotency_key=key))
        assert page.status_code == 422
        assert "used for another distribution" in text_of(page)
        assert sent_by_form(page, "control_sum")["idempotency_key"] != [key]


class TestProblems:
    def test_every_line_with_a_problem_says_what_it_says(self, agent: Client) -> None:
        page = check(agent, lines="Nobody-1,5\nCustomer-101,5\n\nCustomer-001,x y", control_sum="9")
        text = text_of(page)
        assert "3 lines have a problem" in text
        assert "1 Nobody-1,5 There is no such account." in text
        assert "2 Customer-101,5 There is no such account." in text
        assert "4 Customer-001,x y Enter an amount such as 1500.50." in text
        assert 'name="seen"' not in markup_of(page)

    def test_what_a_line_says_is_text_and_no_markup(self, agent: Client) -> None:
        page = check(agent, lines="<script>alert(1)</script>,5", control_sum="5")
        assert "<script>alert" not in markup_of(page)

    def test_they_come_in_pages_and_as_a_file(self, agent: Client) -> None:
        lines = "\n".join(f"Nobody-{n},1,=ref" for n in range(120))
        page = check(agent, lines=lines, control_sum="120")
        here = page.request["PATH_INFO"]
        assert "Nobody-49," in text_of(page)
        assert "Nobody-50," not in text_of(page)
        assert "Nobody-119," in text_of(agent.get(f"{here}?page=3"))
        for number in ("0", "-1", "99999999", "x", "٣"):
            assert agent.get(f"{here}?page={number}").status_code == 200
        file = b"".join(agent.get(f"{here}errors/").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        rows = file.splitlines()
        assert rows[0] == "account,amount,reference,line,problem"
        assert rows[1] == "Nobody-0,1,'=ref,1,There is no such account."
        assert len(rows) == 121
        assert agent.get(f"{here}errors/?format=xlsx").status_code == 200
        assert agent.get(f"{here}errors/?format=exe").status_code == 404

    def test_an_error_file_can_be_handed_in_again(self, agent: Client) -> None:
        page = check(agent, lines="Customer-00,50,R-1", control_sum="50")
        here = page.request["PATH_INFO"]
        raw = b"".join(agent.get(f"{here}errors/").streaming_content)  # type: ignore[attr-defined]
        file = SimpleUploadedFile("e.csv", raw.replace(b"Customer-00,", b"Customer-001,"))
        assert "to 1 account" in text_of(check(agent, lines="", file=file, control_sum="50"))

    def test_confirming_such_a_list_pays_nothing(self, agent: Client) -> None:
        page = check(agent, lines="Nobody-1,5", control_sum="5")
        answer = agent.post(page.request["PATH_INFO"], {"seen": "x"})
        assert answer.status_code == 422
        assert "1 line has a problem" in text_of(answer)
