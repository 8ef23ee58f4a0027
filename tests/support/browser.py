"""A real Chromium for tests that carry the marker `browser`.

It is the system's (`apt-get install chromium`), or the one CHROMIUM names. Without it these tests
skip; with CI or REQUIRE_BROWSER set they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.factories.fixtures import signed_in
from tests.support.depth import is_night

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
# What the browser is told to do without: what Playwright names, for only the last such list counts,
# and the two pages that wait in every window's address bar, which cost half a second each to start.
WITHOUT = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(WITHOUT)}",
]
# What the accessibility checker must find in order.
ALL_RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# Those of them that look at colours.
COLOUR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# Those that look at where things are, and at the names of what only one width shows.
PLACE_RULES = {
    "type": "rule",
    "values": [
        "aria-command-name",
        "aria-input-field-name",
        "aria-toggle-field-name",
        "button-name",
        "css-orientation-lock",
        "image-alt",
        "input-button-name",
        "label",
        "link-name",
        "scrollable-region-focusable",
        "select-name",
        "summary-name",
        "svg-img-alt",
        "target-size",
    ],
}
# Once the page has been drawn in its size.
DRAWN = "async () => { for (const _frame of [1, 2]) await new Promise(requestAnimationFrame); }"
# The theme that the device was changed to, as the page takes it over a frame later. Colours on
# their way to it are nobody's choice.
THEMED = """() => {
    window.portal?.applyTheme();
    document.getAnimations().forEach((one) => one.finish());
}"""
# Whether markup, places and whatever else the other rules look at are what they were when this was
# asked last.
IS_SHAPED_AS_BEFORE = """() => {
    // What the style sheets go by is the one attribute that follows the theme.
    const shape = [document.documentElement.outerHTML.replace(/ data-bs-theme="\\w+"/, "")];
    for (const one of document.querySelectorAll("*")) {
        const {x, y, width, height} = one.getBoundingClientRect();
        const style = getComputedStyle(one);
        shape.push(x, y, width, height, style.display, style.visibility, style.opacity,
            style.overflow, style.position, style.zIndex, style.clip, style.clipPath,
            style.pointerEvents, style.fontSize, style.fontWeight, style.textDecorationLine,
            style.content);
    }
    const before = window.shapeBefore;
    window.shapeBefore = shape.join("\\n");
    return window.shapeBefore === before;
}"""
# Where screens are checked.
WIDTHS = (1440, 390)
THEMES = ("light", "dark")
# Where they must not be wider than the window.
FITTING = (1440, 1280, 390)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How pytest-playwright starts the browser."""
    if not CHROMIUM:
        reason = "no Chromium: apt-get install --no-install-recommends chromium libatomic1"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop running in this thread; Django's database code is not in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {"executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture
def open_window(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """`open_window(login, width=1440, dark=False, scripts=True)`: a window of its own, signed in;
    `touch`: one that is tapped on.

    Paths given to `goto` are the portal's. A message of the content security policy, an error of a
    script or a request to anybody else's server fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        text = message.text
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            complaints.append(text)

    def make(
        login: Any = None,
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        scripts: bool = True,
        touch: bool = False,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            has_touch=touch,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if login is not None:
            cookie = signed_in(login).cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on(
            "request",
            lambda request: (
                request.url.startswith((live_server.url, "data:", "about:"))
                or complaints.append(f"foreign request: {request.url}")
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints, complaints


# What a bar that stays at the bottom covers can be scrolled out from under it; the checker would
# take the rest of a box that shows above it for a box too small.
CHECKED = """async (options) => {
  const bars = [...document.querySelectorAll(".save-bar")];
  bars.forEach((one) => { one.style.position = "static"; });
  try { return (await axe.run(options)).violations; }
  finally { bars.forEach((one) => { one.style.position = ""; }); }
}"""


def axe_violations(page: Page, rules: dict[str, Any] = ALL_RULES) -> list[str]:
    """What the accessibility checker finds on the page as it is now, a line each."""
    options = {
        "runOnly": rules,
        # For style sheets that import others, as Django's do, preloading writes style elements of
        # its own into the page, and the policy complains about them.
        "preload": "/admin/" not in page.url,
        # Otherwise everything that passed is collected as well, which takes longer than checking.
        "resultTypes": ["violations"],
    }
    _bring_checker(page)
    found = page.evaluate(CHECKED, options)
    return [
        f"{page.url} {violation['id']}: {node['target']} {node['html'][:120]}"
        for violation in found
        for node in violation["nodes"]
    ]


def _bring_checker(page: Page) -> None:
    page.wait_for_load_state()  # or the portal's own scripts may not have run yet
    if page.evaluate("typeof axe === 'undefined'"):
        page.add_script_tag(url="/static/axe/axe.min.js")


def axe_and_fit(page: Page) -> list[str]:
    """What the accessibility checker finds on the page as it is now, and at which widths the whole
    of it would have to be moved sideways. The window has its width again afterwards.
    """
    found, size = axe_violations(page), page.viewport_size
    for width in FITTING:
        page.set_viewport_size({"width": width, "height": 900})
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{page.url} is wider than {width}")
    if size is not None:
        page.set_viewport_size(size)
    return found


def axe_everywhere(page: Page, path: str) -> list[str]:
    """What is wrong with this screen in any theme and width; nothing is wider than the window.

    All rules once; in the other theme what colours decide, as far as it changes nothing else; in
    the other width what places decide, and names. At night all rules in all of them. Begins with
    the theme and the width the window has, for each change costs the layout of a page.
    """
    page.goto(path)
    _bring_checker(page)
    found = []
    size = page.viewport_size
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    themes = THEMES[::-1] if is_dark else THEMES
    widths = sorted(WIDTHS, key=lambda one: size is None or one != size["width"])
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(DRAWN)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if too_wide > 0:
            found.append(f"{width}: {path} is {too_wide} pixels wider than the window")
        for theme in themes if width == widths[0] or is_night() else themes[:1]:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.evaluate(THEMED)
            if is_night():
                rules = ALL_RULES
            elif width != widths[0]:
                rules = PLACE_RULES
            else:
                rules = COLOUR_RULES if page.evaluate(IS_SHAPED_AS_BEFORE) else ALL_RULES
            found += [f"{width} {theme}: {one}" for one in axe_violations(page, rules)]
        themes = themes[::-1]
    return found
