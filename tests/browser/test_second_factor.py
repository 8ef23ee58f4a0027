"""The second factor in a real browser: an app's codes, recovery codes, and passkeys of an
authenticator that the browser plays.
"""

import re
import time
from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from django.conf import settings
from django.core.cache import caches
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD, StaffFactory
from tests.support.browser import axe_violations
from tests.support.clicks import Clicks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Answers at once, as a device does whose owner just put a finger on it.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(transactional_db: None, open_window: Callable[..., Page]) -> Page:
    """A window in which nobody is signed in, of a machine with an authenticator."""
    caches["default"].clear()
    StaffFactory(username="admin", administrator=True, password=PASSWORD)
    page = open_window()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


def sign_in(page: Page) -> None:
    page.goto("/login/")
    page.get_by_label("User name or e-mail").fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/**")


def code_of(secret: str, ahead: int = 0) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30 + ahead):06}"


def give(page: Page, code: str) -> None:
    """In the second step of signing in, which takes what is typed at once."""
    expect(page.locator("#id_code")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def set_up_an_app(page: Page) -> tuple[str, list[str]]:
    """By the pages; returns the app's key and the recovery codes."""
    page.goto("/security/two-factor/app/")
    secret = page.get_by_role("textbox", name="Key").input_value()
    page.locator("#id_code").fill(code_of(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.wait_for_url("**/recovery-codes/**")
    return secret, page.locator("ul.rows.mono li").all_inner_texts()


def add_a_passkey(page: Page, *, alone: bool) -> None:
    page.goto("/security/two-factor/passkeys/add/")
    page.get_by_role("textbox", name="Name").fill("The desk's own")
    if alone:
        page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(lambda url: not url.endswith("/add/"))


def expect_inside(page: Page) -> None:
    """The dashboard of an administrator with no accounts yet."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up the platform")


@pytest.mark.axe
def test_an_app_is_set_up_and_asked_for_ever_after(page: Page) -> None:
    sign_in(page)
    secret, _codes = set_up_an_app(page)
    sign_out(page)
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    assert axe_violations(page) == []
    give(page, "000000")
    expect(page.locator(".error-summary, [role=alert]").first).to_be_visible()
    page.goto("/accounts/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    # The code that set it up is spent.
    give(page, code_of(secret, ahead=1))
    expect_inside(page)


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_password_and_code_by_mouse_and_by_keyboard(page: Page, way: str) -> None:
    """T1: two clicks, a password and a code."""
    sign_in(page)
    secret, _codes = set_up_an_app(page)
    sign_out(page)
    clicks = Clicks(page)

    def send() -> None:
        clicks.on("button", re.compile("^Sign in$")) if way == "mouse" else clicks.enter()

    page.get_by_label("User name or e-mail").fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("input[type=password]").focus()
    send()
    expect(page.locator("#id_code")).to_be_focused()
    page.keyboard.type(code_of(secret, ahead=1))
    send()
    expect_inside(page)
    clicks.within("T1")


def test_a_passkey_alone_by_mouse_and_by_keyboard(page: Page) -> None:
    """T1: one click where a passkey is enough."""
    sign_in(page)
    add_a_passkey(page, alone=True)
    for way in ("mouse", "keyboard"):
        sign_out(page)
        clicks = Clicks(page)
        if way == "mouse":
            clicks.on("button", "Use a passkey")
        else:
            clicks.tab_to("button", "Use a passkey")
            clicks.enter()
        expect_inside(page)
        clicks.within("T1")


def test_a_recovery_code_opens_once(page: Page) -> None:
    sign_in(page)
    _secret, codes = set_up_an_app(page)
    assert len(codes) == 10
    sign_out(page)
    sign_in(page)
    give(page, codes[0])
    expect_inside(page)
    sign_out(page)
    sign_in(page)
    give(page, codes[0])
    expect(page.locator(".error-summary, [role=alert]").first).to_be_visible()


@pytest.mark.smoke
@pytest.mark.axe
@pytest.mark.parametrize("alone", [False, True], ids=["as second factor", "without a password"])
def test_a_passkey_is_added_and_signs_in(page: Page, alone: bool) -> None:
    sign_in(page)
    add_a_passkey(page, alone=alone)
    page.goto("/security/two-factor/passkeys/")
    expect(page.get_by_text("The desk's own").first).to_be_visible()
    assert axe_violations(page) == []
    sign_out(page)
    if alone:
        page.goto("/login/")
    else:
        sign_in(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect_inside(page)


@pytest.mark.smoke
def test_a_passkey_is_proof_enough_later(page: Page) -> None:
    sign_in(page)
    add_a_passkey(page, alone=False)
    (key,) = (one["value"] for one in page.context.cookies() if one["name"] == "sessionid")
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    methods = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": 0} for one in methods]
    session.save()
    wanted = "/security/two-factor/recovery-codes/new/"
    page.goto(wanted)
    page.wait_for_url("**/reauthenticate/**")
    page.goto(f"/security/reauthenticate/passkey/?next={wanted}")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: urlsplit(url).path == wanted)


def test_a_removed_passkey_opens_nothing(page: Page) -> None:
    sign_in(page)
    add_a_passkey(page, alone=True)
    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect_inside(page)
    page.goto("/security/two-factor/passkeys/")
    page.get_by_role("link", name="Remove…").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("No passkeys yet")).to_be_visible()
    sign_out(page)
    page.goto("/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".error-summary, .notice.danger").first).to_be_visible()
    page.goto("/accounts/")
    page.wait_for_url("**/login/**")


@pytest.mark.axe
def test_a_browser_that_is_refused_says_so(page: Page) -> None:
    """Nobody puts a finger on anything: the page says what happened instead of doing nothing."""
    page.goto("/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("The browser did not use a passkey")).to_be_visible(timeout=20_000)
    assert axe_violations(page) == []
