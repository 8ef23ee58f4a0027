"""What a person presses: a click is a click, a tap, or Enter on a control."""

import re

from playwright.sync_api import Page, expect


class Clicks:
    """Counts what a person presses."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def on(self, role: str, name: str | re.Pattern[str]) -> None:
        self.loaded()
        self.count += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def enter(self) -> None:
        self.loaded()
        self.count += 1
        self.page.keyboard.press("Enter")

    def loaded(self) -> None:
        """A page's scripts come last; nobody presses a button before them, a test would."""
        self.page.wait_for_load_state()

    def tab_to(self, role: str, name: str | re.Pattern[str]) -> None:
        """Tab from where the focus is until it stands on this control."""
        wanted = self.page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        expect(wanted).to_be_visible()
        for _ in range(120):
            if wanted.evaluate("(one) => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way by Tab to {role} {name}")
