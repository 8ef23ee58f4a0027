"""PostgreSQL restarts, and crashes, under a portal at work: a pause, and nothing more."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accounts.core.actor import actor_for
from accounts.jobs.services.jobs import job_start
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.support import job_worker
from tests.support.databases import Server
from tests.support.paying import form, page_of
from tests.support.portals import Answer, Portal, Visitor, portal_on
from tests.support.waiting import until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race,
    pytest.mark.slow,
]  # fmt: skip


@pytest.fixture
def customer(empty_cache: None) -> Any:
    """An account below an agent whose login `kamal` may pay it; `rahim` signs in."""
    agent = grant(AccountFactory(account_id="Agent"))
    UserFactory(account=agent, username="kamal")
    UserFactory(account=agent, username="rahim")
    return AccountFactory(account_id="Customer", parent=agent)


@pytest.fixture
def portal(customer: Any, tmp_path: Path) -> Iterator[Portal]:
    """The portal on a server of its own, its worker about to do a job in many parts."""
    job_worker.register()
    job_start(
        actor=actor_for(StaffFactory(administrator=True)),
        kind="test-many",
        input={"account": "Made", "folder": str(tmp_path)},
    )
    server = Server()
    try:
        with portal_on(server, tmp_path, with_worker=True) as portal:
            yield portal
    finally:
        server.stop()
        for code in job_worker.CODES:
            del job_worker.kinds._kinds[code]


class Load:
    """People who sign in, pay and look, again and again; what each was answered."""

    def __init__(self, portal: Portal, customer: Any) -> None:
        self.portal = portal
        self.customer = customer
        self.answers: list[tuple[str, int, str]] = []
        # What each payment was answered, by the key of its form.
        self.paid: dict[str, int] = {}
        self._over = threading.Event()

    def counted(self) -> Counter[tuple[str, int, str]]:
        return Counter(self.answers)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        payer = self.portal.visitor()
        assert payer.sign_in("kamal").status == 302
        people = [self.sign_in, self.sign_in, self.look(payer), self.pay(payer), self.pay(payer)]
        with ThreadPoolExecutor(len(people)) as pool:
            running = [pool.submit(self._again_and_again, one) for one in people]
            try:
                yield
            finally:
                self._over.set()
        for one in running:
            one.result()

    def sign_in(self) -> None:
        self._note("sign in", self.portal.visitor().sign_in("rahim"))

    def look(self, visitor: Visitor) -> Callable[[], None]:
        return lambda: self._note("look", visitor.get("/"))

    def pay(self, visitor: Visitor) -> Callable[[], None]:
        def one() -> None:
            page, data = again(self.customer)
            answer = visitor.post(page, data)
            self.paid[data["idempotency_key"]] = answer.status
            self._note("pay", answer)

        return one

    def _note(self, what: str, answer: Answer) -> None:
        # Not where a receipt is, but whether it is one.
        self.answers.append((what, answer.status, answer.location[:10]))

    def _again_and_again(self, deed: Callable[[], None]) -> None:
        while not self._over.is_set():
            deed()


def made(portal: Portal) -> int:
    """How many parts of the job are done."""
    return sum(at["made"] for (at,) in portal.ask("SELECT position FROM accounts_job") if at)


def again(customer: Any, key: str = "") -> tuple[str, dict[str, str]]:
    """A payment like the one before, which is meant, and where it is sent."""
    return page_of(customer), form("1", key=key, confirmed="1", again="1")


WELL = {("sign in", 302, "/"), ("look", 200, ""), ("pay", 303, "/payments/")}
PAUSES = {(what, 503, "") for what, _status, _where in WELL}


def test_a_restart_and_a_crash_are_a_pause_for_people_and_for_a_job(
    portal: Portal, customer: Any, tmp_path: Path
) -> None:
    load, before = Load(portal, customer), portal.processes()
    with load.going_on():
        for how in ("fast", "immediate"):
            parts, answered = made(portal), len(load.answers)
            until(lambda p=parts, a=answered: made(portal) > p and len(load.answers) > a + 20)  # type: ignore[misc]
            portal.server.restart(how)
    assert set(load.counted()) - WELL - PAUSES == set()
    assert set(load.counted()) >= WELL

    # By the same processes.
    visitor = portal.visitor()
    assert visitor.sign_in("kamal").status == 302
    assert [visitor.get("/").status for _each in range(16)] == [200] * 16
    assert portal.processes() == before

    # The job goes on where it stood, at the same worker.
    parts = made(portal)
    until(lambda: made(portal) > parts)
    (tmp_path / "go").touch()
    until(lambda: portal.ask("SELECT state FROM accounts_job") == [("done",)])
    assert portal.worker
    assert portal.worker.poll() is None
    recorded = portal.ask(
        "SELECT count(*), count(DISTINCT account_pk) FROM accounts_auditentry"
        " WHERE action = 'account.create' AND account_pk IN"
        " (SELECT id FROM accounts_account WHERE starts_with(account_id, 'Made-'))"
    )
    assert recorded == [(made(portal), made(portal))]

    # Who was told that it is paid has paid; who sends the form again pays once.
    payer = portal.visitor()
    payer.sign_in("kamal")
    again = {
        payer.post(page_of(customer), form("1", key=key, confirmed="1", again="1")).status
        for key, status in load.paid.items()
        if status == 503
    }
    assert again <= {303}
    posted = portal.ask("SELECT idempotency_key FROM billing_transaction ORDER BY 1")
    assert [one for (one,) in posted] == sorted(load.paid)
