"""Rules that may mean two things: asked about, answered with a button, saved only then."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.models import Account, User
from accounts.numbers.queries import rules_of
from accounts.numbers.rule_lists import lines_of, prefixes_of, rule_of
from accounts.numbers.services import fingerprint
from accounts.numbers.verdict import Section
from tests.factories import ResellerTree
from tests.factories.fixtures import signed_in
from tests.support.pages import field_error, markup_of, text_of

_BUTTON = re.compile(r'name="instead" value="([^"]*)">([^<]*)<')


def buttons(answer: Any) -> dict[str, str]:
    """What the buttons of a page say → what they send."""
    found = _BUTTON.findall(answer.content.decode())
    return {label.removeprefix("Use "): html.unescape(value) for value, label in found}


def texts(line: str) -> list[str]:
    (only,) = lines_of(line, is_allow=True)
    assert only.rule is None
    return [one.text for one in only.answers]


# --- Lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        (
            "block 8801711000060-69 # fraud",
            ["block 8801711000060–8801711000069 # fraud", "block 880171100006069 # fraud"],
        ),
        ("88017-88019", ["88017\n88018\n88019", "numbers 88017–88019"]),
        ("block 88010–88019, old", ["block 8801 # old", "block numbers 88010–88019 # old"]),
        ("880;881", ["880\n881", "numbers 880–881"]),
        ("88017-19", ["88017–88019", "8801719"]),
        ("880/881", ["880\n881", "880881"]),
        ("44-20", ["4420"]),
        ("+359 (0)2", ["3592"]),
        ("allow 8801711000060 8801711000069", ["allow 8801711000060\nallow 8801711000069"]),
        ("8801711000060; 8801711000069; 8801711000070",
         ["8801711000060\n8801711000069\n8801711000070"]),
    ],
)  # fmt: skip
def test_lines_that_may_mean_two_things(line: str, answers: list[str]) -> None:
    assert texts(line) == answers


@pytest.mark.parametrize(
    ("line", "section"),
    [
        ("numbers 88017-88019", Section("88017", "88019")),
        ("block numbers: 100..199 # short codes", Section("100", "199")),
        ("8801711-8801719", Section("8801711", "8801719")),
        ("tel:+880-1711", Section("8801711")),
        ("‪+880‬ 1711", Section("8801711")),
        ("٨٨٠", Section("880")),
    ],
)
def test_lines_that_mean_one(line: str, section: Section) -> None:
    assert rule_of(line, is_allow=True)[0].section == section


def test_short_numbers_are_a_section_or_nothing() -> None:
    (line,) = lines_of("numbers 880", is_allow=True)
    assert "stands before a section" in str(line.problem)


@given(st.integers(1, 6), st.data())
def test_the_prefixes_of_a_section_hold_what_begins_like_one_of_its_numbers(
    length: int, data: st.DataObject
) -> None:
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, 10**length - 1)] * 2)))
    section = Section(f"{first:0{length}d}", f"{last:0{length}d}")
    number = f"{data.draw(st.integers(0, 10**length - 1)):0{length}d}"
    begins = any(f"{number}77".startswith(one) for one in prefixes_of(section))
    assert begins == section.holds(number)
    assert len(list(prefixes_of(section))) <= 18 * length


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_cache")
class TestPage:
    def change(self, login: User, account: Account, add: str, **more: Any) -> Any:
        sent = {
            "boxes": ["replace", "remove"], "add": add, "effect": "allow",
            "purpose": "destination", "expected": fingerprint(rules_of(account)), **more,
        }  # fmt: skip
        return signed_in(login).post(f"/accounts/{account.account_id}/number-sections/", sent)

    def test_a_range_of_blocked_numbers_is_saved_only_when_confirmed(
        self, tree: ResellerTree, desk: User
    ) -> None:
        account, typed = tree.sub_agent, "block 8801711000060-69"
        asked = self.change(desk, account, typed, confirm="1")
        assert asked.status_code == 422
        assert "Do you mean 8801711000060–8801711000069?" in field_error(asked, "add")
        assert rules_of(account) == []
        press = buttons(asked)["8801711000060–8801711000069"]
        checked = self.change(desk, account, typed, instead=press)
        assert "block 8801711000060–8801711000069" in text_of(checked)
        assert 'name="add" value="block 8801711000060–8801711000069"' in checked.content.decode()

    def test_prefixes_are_offered_for_a_section_of_short_numbers(
        self, tree: ResellerTree, desk: User
    ) -> None:
        account, typed = tree.sub_agent, "880\r\n88017-88019"
        asked = self.change(desk, account, typed, confirm="1")
        assert "88017–88019 holds numbers of 5 digits only." in field_error(asked, "add")
        pressed = buttons(asked)
        assert set(pressed) == {"prefixes 88017, 88018, 88019", "numbers 88017–88019"}
        for label, rules in (
            ("prefixes 88017, 88018, 88019", ["allow 880", "allow 88017", "allow 88018",
                                              "allow 88019"]),
            ("numbers 88017–88019", ["allow 880", "allow 88017–88019"]),
        ):  # fmt: skip
            saved = self.change(
                desk, account, typed, instead=pressed[label], replace="on", confirm="1"
            )
            assert saved.status_code == 303
            assert [str(one) for one in rules_of(account)] == rules

    @pytest.mark.parametrize(
        "pressed",
        ["", "x", "[]", "{}", "[1]", '[[0,"880","1"]]', '[[9,"880","1"]]', '[[1,"77","1"]]',
         '[[1,"","1"]]', '[["1","880","1"]]', "[" * 100_000],
    )  # fmt: skip
    def test_a_button_that_fits_no_line_changes_nothing(
        self, tree: ResellerTree, desk: User, pressed: str
    ) -> None:
        checked = self.change(desk, tree.sub_agent, "880", instead=pressed)
        assert 'name="add" value="880"' in checked.content.decode()

    def test_enter_in_a_box_answers_nothing(self, tree: ResellerTree, desk: User) -> None:
        """Browsers press the first button of a form."""
        page = markup_of(self.change(desk, tree.sub_agent, "880/881"), 422)
        form = page.partition('id="rules-form"')[2]
        first = form.index("<button")
        assert "name=" not in form[first : form.index(">", first)]
