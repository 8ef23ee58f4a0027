"""`check_all` runs every check, whatever one of them finds, says all and keeps it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.core.models import User
from accounts.kit.findings import Findings
from accounts.portal.registry import Additions, registry
from accounts.portal.steps import DataCheck
from accounts.upkeep.models import CheckResult
from accounts.upkeep.services import checks
from accounts.upkeep.services.checks import purge_results
from tests.factories import AccountFactory, ResellerTree
from tests.support import sabotage
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db

EVERY = ["guards", "tree", "authorizations", "audit", "ledger", "calls", "rates"]


def check_all(**options: Any) -> tuple[str, str]:
    """What it says, and what it ends with ("" = well)."""
    out = StringIO()
    try:
        call_command("check_all", stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def latest() -> dict[str, CheckResult]:
    return {one.name: one for one in CheckResult.objects.order_by("pk")}


@pytest.fixture
def added() -> Iterator[list[DataCheck]]:
    """Checks of one package more."""
    own = Additions()
    registry.add("notes", own)
    some: list[DataCheck] = []

    class Adding(list[DataCheck]):
        def append(self, one: DataCheck) -> None:
            registry.take_back("notes")
            own.data_checks.append(one)
            registry.add("notes", own)

    yield Adding(some)
    registry.take_back("notes")


def raises() -> Findings:
    raise RuntimeError("no such table")


def test_a_sound_platform_is_well(reseller_tree: ResellerTree) -> None:
    said, end = check_all()
    assert end == ""
    assert "All is well: 7 checks." in said
    assert list(latest()) == EVERY
    assert all(one.is_sound for one in latest().values())


def test_one_that_fails_keeps_no_other_from_running(reseller_tree: ResellerTree) -> None:
    sabotage.scramble(reseller_tree.agent)
    sabotage.forget_wallet(reseller_tree.customer)
    said, end = check_all()
    assert end == "Failed: tree, ledger."
    assert "boundaries with gaps" in said
    assert "an account without a wallet" in said
    results = latest()
    assert [name for name, one in results.items() if one.is_sound] == [
        "guards", "authorizations", "audit", "calls", "rates",
    ]  # fmt: skip
    assert "an account without a wallet" in results["ledger"].found


def test_one_that_cannot_be_done_is_one_that_failed(added: list[DataCheck]) -> None:
    added.append(DataCheck("notes", "Notes", raises, order=15))
    said, end = check_all()
    assert end == "Failed: notes."
    assert "It could not be checked: RuntimeError: no such table" in said
    assert list(latest()) == [EVERY[0], "notes", *EVERY[1:]]


def test_what_could_not_be_kept_is_said_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        @staticmethod
        def create(**_values: Any) -> None:
            raise RuntimeError("disk full")

    monkeypatch.setattr(checks.CheckResult, "objects", Full)
    said, end = check_all()
    assert end == f"Results that could not be kept: {', '.join(EVERY)}."
    assert "The ledger" not in end
    assert "ledger: all is well" in said


def test_only_the_first_lines_are_kept(added: list[DataCheck]) -> None:
    many = Findings.of(f"{at}: {'x' * 500}\x00" for at in range(1000))
    added.append(DataCheck("notes", "Notes", lambda: many))
    said, _end = check_all()
    assert "\n  999: " in said
    found = latest()["notes"].found
    assert len(found) < 5000
    assert found.endswith("… and 980 more lines")


def test_it_is_asked_for_once_a_day_where_it_is_due() -> None:
    assert "All is well" in check_all(if_due=True)[0]
    assert check_all(if_due=True)[0] == "Not due yet.\n"
    with time_machine.travel(timezone.now() + timedelta(hours=24)):
        assert "All is well" in check_all(if_due=True)[0]


def test_results_are_kept_for_thirty_days() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=31)):
        check_all()
    check_all()
    assert purge_results() == 7
    assert CheckResult.objects.count() == 7


class TestWhatAdministratorsRead:
    def test_nothing_was_checked(self, admin: Client) -> None:
        AccountFactory()
        for page in ("/", "/checks/"):
            assert "was not checked yet" in text_of(admin.get(page))
        assert "Never run" in text_of(admin.get("/checks/"))

    def test_a_platform_without_accounts_says_it_too(self, admin: Client) -> None:
        assert "was not checked yet" in text_of(admin.get("/"))

    def test_all_is_well(self, admin: Client, reseller_tree: ResellerTree) -> None:
        with time_machine.travel("2026-11-22 03:30:00Z"):
            check_all()
            assert "checked on 2026-11-22 03:30: all is well" in text_of(admin.get("/"))
            page = text_of(admin.get("/checks/"))
        assert "Ledger ledger All is well 2026-11-22 03:30" in page
        assert "Trial balance: 0.00" in page

    def test_which_failed(self, admin: Client, reseller_tree: ResellerTree) -> None:
        sabotage.scramble(reseller_tree.agent)
        sabotage.forget_wallet(reseller_tree.customer)
        check_all()
        text = text_of(admin.get("/"))
        assert "Checks of the stored data failed: Trees of accounts and Ledger" in text
        page = text_of(admin.get("/checks/"))
        assert "Failed" in page
        assert "an account without a wallet" in page

    def test_that_the_daily_job_stopped(self, admin: Client) -> None:
        with time_machine.travel(timezone.now() - timedelta(hours=37)):
            check_all()
        text = text_of(admin.get("/"))
        assert "was last checked on" in text
        assert "the daily job does not run" in text

    def test_a_check_that_came_with_an_upgrade_is_not_well_before_it_ran(
        self, admin: Client, added: list[DataCheck]
    ) -> None:
        check_all()
        added.append(DataCheck("notes", "Notes", lambda: Findings()))
        assert "or not all of it" in text_of(admin.get("/"))


def test_operators_look_at_them_in_the_django_admin(
    operator: User, client_of: Callable[[User], Client]
) -> None:
    check_all()
    page = "/admin/accounts/checkresult/"
    assert client_of(operator).get(page).status_code == 403
    sabotage.plant_model_permission(operator, "view_checkresult")
    text = text_of(client_of(operator).get(page))
    assert "ledger" in text
    assert "Trial balance: 0.00" in text
