"""What refuses a whole list, by its code."""

from decimal import Decimal

from billing.distributions.lines import MOST_LINES, read_list
from tests.support.carding import refused


def test_two_columns_that_could_be_the_amount_are_not_guessed_about() -> None:
    with refused("doubtful_columns", "lines"):
        read_list("Account;Sum;Credit\nCustomer-001;5;6")


def test_headings_that_name_no_amount_need_one_for_all() -> None:
    text = "Account,Reference\nCustomer-001,R-1"
    with refused("no_amount_column", "lines"):
        read_list(text)
    (line,) = read_list(text, Decimal(5)).lines
    assert (line.account, line.amount, line.reference) == ("Customer-001", Decimal(5), "R-1")


def test_a_list_has_an_end() -> None:
    longest = "\n".join(f"C-{at},1" for at in range(MOST_LINES))
    assert len(read_list(longest).lines) == MOST_LINES
    with refused("too_many_lines", "lines"):
        read_list(f"{longest}\nC-more,1")
