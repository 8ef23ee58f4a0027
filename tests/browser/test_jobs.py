"""Following a job in a browser: it goes on by itself, stops when nobody looks, shuts nobody out."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.jobs.services.run import run_job
from tests.support.browser import axe_everywhere
from tests.support.jobs import kind_of_work, login_of_agent, start

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.race]


class Stepping:
    """Work that goes one step further whenever the test lets it."""

    def __init__(self) -> None:
        self.step = threading.Semaphore(0)
        self.is_over = False

    def run(self, work: Any) -> None:
        for at in range(1, 5):
            self.step.acquire(timeout=30)
            if self.is_over:
                break
            work.progress(at, 4)
        with work.commit():
            work.result(["Account"], [["A"]])
            work.result(["Line", "Why"], [[1, "It is wrong, " * 10]], errors=True)


@pytest.fixture
def stepping() -> Iterator[Stepping]:
    work = Stepping()
    with kind_of_work(work.run, title=lambda job: "Work on 4 accounts", unit="accounts"):
        yield work


@pytest.fixture
def login(transactional_db: None) -> User:
    return login_of_agent()


def working(job: Job) -> threading.Thread:
    """A worker at the job."""

    def work() -> None:
        try:
            run_job.call(str(job.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def started(login: User) -> Job:
    return start(login, "test-work", rows=(["a"], [["x"]] * 4))


def test_the_page_follows_the_job_to_its_end_and_then_asks_no_more(
    open_window: Callable[..., Page], login: User, stepping: Stepping
) -> None:
    job = started(login)
    page = open_window(login)
    page.goto(f"/jobs/{job.pk}/")
    expect(page.locator("#job-badge")).to_have_text("queued")
    worker = working(job)
    stepping.step.release()
    expect(page.locator("#job-badge")).to_have_text("running")
    expect(page.locator(".wallet-figure")).to_have_text("1 of 4 accounts")
    expect(page).to_have_title("25 %: Work on 4 accounts – VOS Portal")
    # What has the focus keeps it while the rest goes on.
    page.get_by_role("button", name="Cancel this job").focus()
    stepping.step.release(2)
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "3")
    expect(page.get_by_role("button", name="Cancel this job")).to_be_focused()
    stepping.step.release()
    expect(page.locator("#job-badge")).to_have_text("done with errors")
    expect(page.locator("#announce")).to_have_text("done with errors: Work on 4 accounts")
    expect(page.get_by_role("heading", name="Left out: 1 row")).to_be_visible()
    expect(page.get_by_role("link", name="CSV Errors")).to_be_visible()
    # The button is gone, and the focus is not lost with it.
    expect(page.locator("h1")).to_be_focused()
    worker.join()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert [url for url in asked if "/state/" in url] == []


def test_a_tab_that_nobody_sees_does_not_ask(
    open_window: Callable[..., Page], login: User, stepping: Stepping
) -> None:
    job = started(login)
    page = open_window(login)
    page.goto(f"/jobs/{job.pk}/")
    see = "is => Object.defineProperty(document, 'hidden', { value: is, configurable: true })"
    page.evaluate(see, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert [url for url in asked if "/state/" in url] == []
    page.evaluate(see, False)
    with page.expect_request("**/state/**", timeout=1000):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_without_script_the_person_looks_again_and_cancels(
    open_window: Callable[..., Page], login: User, stepping: Stepping
) -> None:
    job = started(login)
    page = open_window(login, scripts=False)
    page.goto(f"/jobs/{job.pk}/")
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Cancel this job").click()
    expect(page.locator("main")).to_contain_text("It was cancelled. Nothing was changed.")


@pytest.mark.axe
def test_nobody_is_shut_out(
    open_window: Callable[..., Page], login: User, stepping: Stepping
) -> None:
    page = open_window(login)
    found = axe_everywhere(page, "/jobs/")
    stepping.is_over = True
    done = started(login)
    stepping.step.release()
    working(done).join()
    paths = ["/jobs/", f"/jobs/{done.pk}/", f"/jobs/{started(login).pk}/"]
    found += [one for path in paths for one in axe_everywhere(page, path)]
    assert found == []
