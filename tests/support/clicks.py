"""The tasks people come for, and what they press for each: a click is a click, a tap, a double
click, Enter on a control, or a letter that is a command. What is typed comes on top, and so does
going to a control by Tab.
"""

import re

from playwright.sync_api import Locator, Page, expect

# The clicks of each task, from the page it begins on. What proves it says so: its docstring, or
# that of its class, begins with the task, and its name says by mouse or by keyboard.
BUDGETS = {
    "T1": 2,  # sign in, with a second factor too
    "T2": 2,  # find anything by a fragment
    "T3": 1,  # open an agent's sub-accounts from the tree
    "T4": 1,  # direct or all, an order, a filter, columns: each of them
    "T5": 2,  # create a sub-account
    "T6": 2,  # make an account an agent by its first sub-account
    "T7": 4,  # grant by a template
    "T8": 3,  # revoke, all that lose something seen before
    "T9": 2,  # why somebody may not
    "T10": 2,  # set number sections
    "T11": 3,  # pay
    "T12": 5,  # one deed on many
    "T13": 2,  # a statement
    "T14": 3,  # correct a wrong payment
    "T15": 2,  # give an account phones
    "T16": 3,  # make a batch of cards
    "T17": 2,  # add a gateway, or change its address
    "T18": 2,  # change a capacity: one and Enter
    "T19": 2,  # explain a call
    "T20": 2,  # from an alert to the evidence, and to the deed
    "T21": 2,  # decide a request
    "T23": 3,  # move an account
    "T24": 2,  # who changed what
}


class Clicks:
    """Counts what a person presses."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def on(self, role: str, name: str | re.Pattern[str]) -> None:
        self.at(self.page.get_by_role(role, name=name).first)  # type: ignore[arg-type]

    def at(self, control: Locator, *, double: bool = False) -> None:
        self.loaded()
        self.count += 1
        if double:
            control.dblclick()
        else:
            control.click()

    def enter(self) -> None:
        self.key("Enter")

    def key(self, key: str) -> None:
        self.loaded()
        self.count += 1
        self.page.keyboard.press(key)

    def within(self, task: str) -> None:
        """What was pressed is no more than the task may take."""
        assert 0 < self.count <= BUDGETS[task], f"{task} took {self.count} clicks"

    def loaded(self) -> None:
        """A page's scripts come last; nobody presses a button before them, a test would."""
        self.page.wait_for_load_state()

    def tab_to(self, role: str, name: str | re.Pattern[str]) -> None:
        """Tab from where the focus is until it stands on this control."""
        self.tab_on(self.page.get_by_role(role, name=name).first)  # type: ignore[arg-type]

    def tab_on(self, wanted: Locator) -> None:
        """As `tab_to`, to this one."""
        expect(wanted).to_be_visible()
        for _ in range(120):
            if wanted.evaluate("(one) => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way by Tab to {wanted}")
