"""Whose clock an account goes by: its own for days that were entered for it, the viewer's for
moments (docs/domain.md 2).
"""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.core.querysets import chains
from accounts.logins.services.preferences import preference_remember
from accounts.portal.standing import standing
from accounts.tree.services.accounts import account_edit
from accounts.tree.views.list import COLUMNS_KEPT
from tests.factories import AccountFactory, ResellerTree, StaffFactory, UserFactory
from tests.support.answering import submit
from tests.support.pages import field_error, text_of
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db

EAST, WEST, DHAKA = "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Dhaka"
MOMENT = timedelta(microseconds=1)
# The 10th in Greenwich; the 11th has begun at +14, at −11 it is still the 9th.
NOW = datetime(2026, 3, 10, 10, 30, tzinfo=UTC)


def edited(client: Client, account: Account, day: str) -> Any:
    account.refresh_from_db()
    return submit(
        client,
        f"/accounts/{account}/edit/",
        {
            "version": account.version,
            "name": account.name,
            "type": account.type,
            "ctd_billing_model": account.ctd_billing_model,
            "time_zone": account.time_zone,
            "valid_until": day,
        },
    )


@pytest.mark.parametrize(
    ("zone", "over", "counts"),
    [(EAST, "2026-03-10", "2026-03-11"), (WEST, "2026-03-08", "2026-03-09")],
)
def test_the_last_day_is_judged_by_the_calendar_of_the_account(
    admin: Client, time_machine: Any, zone: str, over: str, counts: str
) -> None:
    time_machine.move_to(NOW, tick=False)
    account = AccountFactory(time_zone=zone)
    refused = edited(admin, account, over)
    assert refused.status_code == 422
    assert f"This day is over in {zone}." in field_error(refused, "valid_until")
    assert edited(admin, account, counts).status_code == 303


def test_what_lies_below_stops_at_the_very_instant_too(reseller_tree: ResellerTree) -> None:
    account_edit(actor=SYSTEM, account=reseller_tree.agent, valid_until=NOW)
    below = {"Customer-001", "Customer-002", "Sub-Sub-Agent", "Customer-301"}

    def ids(accounts: Any) -> set[str]:
        return set(accounts.values_list("account_id", flat=True))

    for at, here, above in ((NOW - MOMENT, set(), set()), (NOW, {"Dhaka-Retail-Sub"}, below)):
        assert ids(Account.objects.stopped_here(at)) == here
        assert ids(Account.objects.stopped_above(at)) == above
        assert ids(Account.objects.stopped(at)) == here | above
        assert ids(Account.objects.running(at)) == ids(Account.objects.all()) - here - above


@pytest.mark.parametrize("zone", [EAST, WEST, "Asia/Kathmandu", "UTC"])
def test_the_last_day_ends_with_midnight_where_the_account_is(
    admin: Client, time_machine: Any, zone: str
) -> None:
    time_machine.move_to(NOW, tick=False)
    account = AccountFactory(account_id="NP-Shop", time_zone=zone)
    edited(admin, account, "2026-03-15")
    account.refresh_from_db()
    local = account.valid_until.astimezone(account.zone)
    assert local.replace(tzinfo=None) == datetime(2026, 3, 16)
    assert f"Valid until 2026-03-15 {zone}" in text_of(admin.get("/accounts/NP-Shop/"))
    assert 'value="2026-03-15"' in admin.get("/accounts/NP-Shop/edit/").content.decode()


def test_another_zone_keeps_the_day_and_moves_its_end(admin: Client) -> None:
    account = AccountFactory(account_id="NP-Shop", time_zone="UTC")
    edited(admin, account, "2030-03-15")
    account.refresh_from_db()
    account.time_zone = EAST
    values = {
        "version": account.version, "name": account.name, "type": account.type,
        "ctd_billing_model": account.ctd_billing_model, "time_zone": EAST,
        "valid_until": "2030-03-15",
    }  # fmt: skip
    assert submit(admin, "/accounts/NP-Shop/edit/", values).status_code == 303
    account.refresh_from_db()
    assert account.valid_until == datetime(2030, 3, 15, 10, tzinfo=UTC)


def test_at_the_very_instant_every_reading_calls_it_expired(
    reseller_tree: ResellerTree, time_machine: Any
) -> None:
    customer, until = reseller_tree.customer, datetime(2030, 3, 15, 18, tzinfo=UTC)
    account_edit(actor=SYSTEM, account=customer, valid_until=until)
    login = UserFactory(account=customer)

    def readings() -> set[bool]:
        found = Account.objects.get(pk=customer.pk)
        return {
            not found.is_expired,
            Account.objects.running().filter(pk=customer.pk).exists(),
            not Account.objects.stopped_here().filter(pk=customer.pk).exists(),
            standing(SYSTEM, chains([customer.pk])[customer.pk]).is_running,
            not actor_for(login).blocked_by,
        }

    time_machine.move_to(until - MOMENT, tick=False)
    assert readings() == {True}
    time_machine.move_to(until, tick=False)
    assert readings() == {False}


class TestFiles:
    """A file says what its page says, by the same clock, and the head of the column says whose."""

    WHERE = "/accounts/DE-Agent/sub-accounts/"

    @pytest.fixture
    def viewer(self, client_of: Callable[..., Client]) -> Client:
        login = StaffFactory(administrator=True, time_zone=DHAKA)
        shown = ["account_id", "created", "expiry"]
        preference_remember(actor=actor_for(login), key=COLUMNS_KEPT, value=shown)
        return client_of(login)

    @pytest.fixture
    def agent(self, time_machine: Any) -> Account:
        """Two accounts around a midnight in Dhaka."""
        agent = AccountFactory(account_id="DE-Agent")
        midnight = datetime(2026, 3, 10, 18, tzinfo=UTC)
        for name, at in (("DE-Before", midnight - MOMENT), ("DE-After", midnight)):
            time_machine.move_to(at, tick=False)
            AccountFactory(account_id=name, parent=agent)
        time_machine.move_to(datetime(2026, 3, 20, tzinfo=UTC))
        return agent

    @pytest.mark.parametrize(("day", "found"), [("10", "DE-Before"), ("11", "DE-After")])
    def test_a_filter_by_a_day_exports_the_rows_of_the_page(
        self, viewer: Client, agent: Account, day: str, found: str
    ) -> None:
        days = {"created_from": f"2026-03-{day}", "created_until": f"2026-03-{day}"}
        page = viewer.get(self.WHERE, days)
        assert [line.key for line in page.context["table"].lines] == [found]
        rows = read_csv(viewer.get(f"{self.WHERE}export/", {**days, "format": "csv"}))
        assert [row["Account ID"] for row in rows] == [found]

    def test_page_csv_and_xlsx_tell_one_time(self, viewer: Client, agent: Account) -> None:
        asked = {"created_from": "2026-03-11", "columns": "all"}
        text = text_of(viewer.get(self.WHERE, asked))
        assert "Created Asia/Dhaka" in text
        assert "2026-03-11 00:00" in text
        (row,) = read_csv(viewer.get(f"{self.WHERE}export/", {**asked, "format": "csv"}))
        assert row["Created (Asia/Dhaka)"] == "2026-03-11T00:00:00+06:00"
        answer = viewer.get(f"{self.WHERE}export/", {**asked, "format": "xlsx"})
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        at = [cell.value for cell in sheet[1]].index("Created (Asia/Dhaka)")
        assert sheet[2][at].value == datetime(2026, 3, 11)

    def test_a_last_day_is_a_day_in_every_file(self, viewer: Client, agent: Account) -> None:
        until = datetime(2030, 3, 15, tzinfo=UTC)
        AccountFactory(account_id="DE-Ends", parent=agent, valid_until=until, time_zone="UTC")
        asked = {"q": "DE-Ends", "columns": "all"}
        (row,) = read_csv(viewer.get(f"{self.WHERE}export/", {**asked, "format": "csv"}))
        assert row["Valid until (account's zone)"] == "2030-03-14"
        answer = viewer.get(f"{self.WHERE}export/", {**asked, "format": "xlsx"})
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        at = [cell.value for cell in sheet[1]].index("Valid until (account's zone)")
        assert sheet[2][at].value == datetime(2030, 3, 14)
        assert sheet[2][at].number_format == "yyyy-mm-dd"
