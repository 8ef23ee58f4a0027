"""Months of calls that go into files and come back: money stays what it was, to the last charge."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from accounts.core.actor import SYSTEM, actor_for
from accounts.kit.errors import Refused
from billing.calls.models import ArchivedLine, ArchivedMonth, ArchivedSum, CallRecord, Leg, LegKey
from billing.charging.models import (
    Charge,
    DayTotal,
    QuarterTotal,
    Rerating,
    TopDay,
    VolumeCredit,
)
from billing.charging.months import Month
from billing.charging.queries.books import Tariffs
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.legs import Wanted
from billing.charging.services import archiving, restoring
from billing.charging.services.archiving import month_archived, months_archived
from billing.charging.services.partitions import NOT_OURS
from billing.charging.services.rerating import rerate_preview
from billing.charging.services.reratings import rerate_now, rerating_new
from billing.charging.services.restoring import month_restored
from billing.charging.services.volumes import months_closed, volumes_counted
from billing.charging.tables import record_url
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_found
from billing.rates.models import RateCorrection
from billing.rates.services.groups import tiers_set
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, StaffFactory
from tests.factories.calls import cdr, charged, waits
from tests.factories.fixtures import signed_in
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.calling import CALLS, browser_of, call_page
from tests.support.pages import markup_of, words_of
from tests.support.paying import balance
from tests.support.sabotage import tamper

pytestmark = pytest.mark.django_db

MARCH = Month(datetime(2027, 3, 1, tzinfo=UTC).date())
# The last of them begins in March and is answered in April.
OLD = (
    datetime(2027, 3, 15, 12, tzinfo=UTC),
    datetime(2027, 3, 20, 12, tzinfo=UTC),
    datetime(2027, 4, 1, 0, 0, 2, tzinfo=UTC),
)
APRIL, LATER = datetime(2027, 4, 2, tzinfo=UTC), datetime(2027, 6, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _calls(
    tree: ResellerTree, groups: Groups, settings: Any, tmp_path: Path, time_machine: Any
) -> None:
    """Three calls of March that a carrier took and one that nobody answered, and one of April, all
    charged in one batch; it is June, and April is the first month that is kept.
    """
    settings.CALL_MONTHS = 2
    settings.ARCHIVE_DIR = str(tmp_path / "archive")
    time_machine.move_to(APRIL)
    carrier = AccountFactory(account_id="Carrier", type="clearing")
    GatewayFactory(account=carrier, name="elbe", direction="routing")
    cost = rate_group(None, "Cost")
    rate(cost, "880", "0.01")
    buys_at(carrier, cost, since=LONG_AGO)
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 500)])
    said = {"account": "Customer-001", "routing_gateway": "elbe", "caller": 'a "name", ä\n\\N'}
    charged(
        *(cdr(f"old-{at}", at=moment, seconds=600, **said) for at, moment in enumerate(OLD)),
        cdr("none", account="Customer-001", seconds=0, at=OLD[0]),
        cdr("new", at=datetime(2027, 4, 1, 12, tzinfo=UTC), seconds=60, **said),
    )
    months_closed()
    volumes_counted()
    time_machine.move_to(LATER)
    volumes_counted()
    months_closed()


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that is archived, as it stands in the database."""
    models: list[Any] = [Leg, Charge, LegKey]
    return {
        one.__name__: [
            {name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items()}
            for row in one.objects.order_by("pk").values()
        ]
        for one in models
    }


def entries() -> list[dict[str, Any]]:
    return list(Entry.objects.order_by("pk").values())


def is_sound() -> bool:
    return calls_found().is_sound and ledger_found().is_sound


def archived() -> ArchivedMonth:
    return ArchivedMonth.objects.get(state="archived")


def test_a_month_goes_into_files_and_comes_back(tree: ResellerTree) -> None:
    before, money, at = rows(), entries(), balance(tree.customer)
    said = months_archived()
    assert said.startswith("2027-03: 4 legs and 12 charges archived to ")
    assert list(Leg.objects.values_list("call_id", flat=True)) == ["new"]
    assert Charge.objects.count() == 4
    assert (entries(), balance(tree.customer)) == (money, at)
    assert is_sound()
    assert months_archived() == "nothing is due"
    call_command("restore_calls", "2027-03")
    assert rows() == before
    assert not ArchivedSum.objects.exists()
    assert not ArchivedLine.objects.exists()
    assert is_sound()


def cost_of_top(tree: ResellerTree) -> list[Decimal]:
    """What its totals say that carriers cost of its calls: by quarter, and by day twice."""
    rows = (
        model.objects.filter(account_id=tree.top.pk, bought__gt=0)
        for model in (QuarterTotal, DayTotal, TopDay)
    )
    return [one.aggregate(sum=Sum("bought", default=Decimal(0)))["sum"] for one in rows]


def test_what_carriers_cost_by_top_level_account_stays(tree: ResellerTree) -> None:
    """Three calls of ten minutes and one of a minute, at a cent."""
    assert cost_of_top(tree) == [Decimal("0.31")] * 3
    months_archived()
    kept = ArchivedSum.objects.filter(bought__gt=0)
    assert [(one.account_id, one.bought) for one in kept] == [(tree.top.pk, Decimal("0.3"))]
    assert cost_of_top(tree) == [Decimal("0.31")] * 3
    month_restored(MARCH)
    assert cost_of_top(tree) == [Decimal("0.31")] * 3
    assert is_sound()


def test_where_it_was_not_kept_it_is_counted_when_the_month_comes_back(
    tree: ResellerTree,
) -> None:
    months_archived()
    # As an update leaves a month that lies in files: nothing is known but of the last call.
    tamper(ArchivedSum.objects.all(), bought=0)
    for model, when in ((QuarterTotal, "quarter"), (DayTotal, "day"), (TopDay, "day")):
        rows = model.objects.filter(account_id=tree.top.pk)
        tamper(rows, bought=0)
        last = rows.filter(amount__gt=0).latest(when)
        tamper(rows.filter(pk=last.pk), bought=Decimal("0.01"))
    assert is_sound()
    month_restored(MARCH)
    assert cost_of_top(tree) == [Decimal("0.31")] * 3
    assert is_sound()


def test_what_came_back_stays_for_a_month_and_goes_again(time_machine: Any) -> None:
    months_archived()
    first = archived().folder
    call_command("restore_calls", first)
    assert months_archived() == "nothing is due"
    time_machine.move_to(datetime(2027, 7, 11, tzinfo=UTC))
    volumes_counted()
    assert "2027-03: 4 legs" in months_archived()
    again = ArchivedMonth.objects.get(month=MARCH.first)
    assert again.folder != first
    assert Path(first, "manifest.json").exists()
    assert is_sound()


def test_the_files_say_what_is_in_them(tree: ResellerTree) -> None:
    before = rows()["Leg"][0]
    months_archived()
    folder = Path(archived().folder)
    said = json.loads((folder / "manifest.json").read_text())
    counted = {name: one["rows"] for name, one in said["files"].items()}
    assert counted == {
        "billing_charge.csv.gz": 12, "billing_leg.csv.gz": 4, "billing_legkey.csv.gz": 4,
    }  # fmt: skip
    (customer,) = [one for one in said["accounts"] if one["account"] == "Customer-001"]
    # Three calls of ten minutes at 6 cents; three of four were answered.
    assert customer["charged"] == [1800, 1_800_000]
    assert customer["own"] == [4, 3, 1800]
    with gzip.open(folder / "billing_leg.csv.gz", "rt", encoding="utf-8") as text:
        assert before["call_id"] in text.read()


def test_killed_between_file_and_drop_it_begins_anew(monkeypatch: Any) -> None:
    before = rows()

    def killed(_month: Month) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "_drop", killed)
        with pytest.raises(KeyboardInterrupt):
            month_archived(MARCH, LATER)
    left = ArchivedMonth.objects.get()
    assert (left.state, rows()) == ("writing", before)
    assert is_sound()
    assert "2027-03: 4 legs" in months_archived()
    assert not Path(left.folder).exists()
    assert is_sound()


def test_calls_that_come_meanwhile_are_not_dropped(monkeypatch: Any) -> None:
    dropped = archiving._check_unchanged

    def late(*given: Any) -> None:
        LegKey.objects.create(month=MARCH.first, key=b"k" * 16, content=b"c" * 16)
        dropped(*given)

    monkeypatch.setattr(archiving, "_check_unchanged", late)
    with pytest.raises(Refused) as refused:
        month_archived(MARCH, LATER)
    assert refused.value.code == "archived_meanwhile"
    assert Leg.objects.count() == 5


def test_files_that_do_not_add_up_are_not_believed(monkeypatch: Any) -> None:
    read = archiving.read_back

    def less(*given: Any, **more: Any) -> Any:
        found = read(*given, **more)
        next(iter(found.accounts.values())).own[0] += 1
        return found

    monkeypatch.setattr(archiving, "read_back", less)
    with pytest.raises(Refused) as refused:
        month_archived(MARCH, LATER)
    assert refused.value.code == "archive_damaged"
    assert Leg.objects.count() == 5


def test_a_file_that_was_altered_does_not_come_back() -> None:
    months_archived()
    path = Path(archived().folder, "billing_charge.csv.gz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(Refused) as refused:
        month_restored(MARCH)
    assert refused.value.code == "archive_damaged"
    with pytest.raises(CommandError, match="is not what it was"):
        call_command("restore_calls", "2027-03")
    assert archived().legs == 4


def test_only_what_is_archived_comes_back() -> None:
    with pytest.raises(Refused) as refused:
        month_restored(MARCH)
    assert refused.value.code == "not_archived"
    with pytest.raises(CommandError, match="neither an archived month"):
        call_command("restore_calls", "2027-03")


@pytest.mark.postgres
def test_only_the_owner_of_the_tables_brings_back(monkeypatch: Any) -> None:
    months_archived()
    monkeypatch.setattr(restoring, "owns_tables", lambda: False)
    monkeypatch.setattr(archiving, "owns_tables", lambda: False)
    with pytest.raises(Refused) as refused:
        month_restored(MARCH)
    assert refused.value.code == "not_owner"
    assert months_archived() == NOT_OURS


def test_without_a_folder_every_month_stays(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No folder is none, and not the one that the portal was begun in.
    monkeypatch.chdir(tmp_path)
    settings.ARCHIVE_DIR = ""
    assert months_archived() == "ARCHIVE_DIR is not set: every month stays"
    assert Leg.objects.count() == 5


def test_a_month_stays_while_a_cost_of_it_waits() -> None:
    leg = Leg.objects.get(call_id="none")
    waiting = CallRecord.objects.create(
        source="test", state="waiting", reason="no_rate", part="cost", leg=leg.pk
    )
    assert months_archived() == (
        "2027-03 stays, 1 costs of carriers wait in the queue: charge them or write them off"
    )
    waiting.delete()
    assert "2027-03: 4 legs" in months_archived()


def test_a_cost_that_was_written_off_leads_to_its_call_while_that_is_here() -> None:
    leg = Leg.objects.get(call_id="old-0")
    record = CallRecord.objects.create(
        source="test", state="written", reason="no_rate", part="cost", leg=leg.pk, at=leg.setup,
        written_off_at=LATER, written_off_why="x",
    )  # fmt: skip
    administrator = signed_in(StaffFactory(username="looks", administrator=True))
    call, page = call_page("old-0"), record_url(record)
    assert call in markup_of(administrator.get(page))
    months_archived()
    shown = markup_of(administrator.get(page))
    assert "Written off" in shown
    assert call not in shown


def test_a_month_stays_until_its_volumes_were_looked_at(time_machine: Any) -> None:
    time_machine.move_to(datetime(2027, 5, 31, tzinfo=UTC))
    charged(cdr("late", account="Customer-001", at=OLD[1], seconds=60))
    time_machine.move_to(LATER)
    assert months_archived() == "2027-03 stays, volume discounts of it are still to be looked at"
    months_closed()
    assert "2027-03: 5 legs" in months_archived()
    assert is_sound()


def test_a_month_stays_while_a_re_rating_of_it_is_kept() -> None:
    Rerating.objects.create(begins_at=MARCH.begin, ends_at=OLD[0], zone="UTC", reason="x")
    assert months_archived() == "2027-03 stays, a re-rating of it is kept, for 30 days at most"


def test_a_record_of_an_archived_month_waits_whatever_is_kept(settings: Any) -> None:
    months_archived()
    settings.CALL_MONTHS = 24
    charged(cdr("old-0", account="Customer-001", at=OLD[0], seconds=600))
    assert waits() == [("old", "")]
    assert Leg.objects.count() == 1
    assert is_sound()


def test_an_archived_month_is_not_rated_anew(groups: Groups) -> None:
    wanted = Wanted(datetime(2027, 3, 31, 23, tzinfo=UTC), APRIL)
    RateCorrection.objects.create(
        group=groups.customer, prefix="880", begins_at=LONG_AGO, ends_at=LATER,
        price=Decimal("0.05"), reason="x",
    )  # fmt: skip
    months_archived()
    with pytest.raises(Refused) as refused:
        rerate_now(wanted=wanted, reason="a wrong price")
    assert refused.value.code == "archived"
    with pytest.raises(Refused):
        rerate_preview(wanted, Tariffs())
    administrator = actor_for(StaffFactory(administrator=True))
    with pytest.raises(Refused) as refused:
        rerating_new(actor=administrator, wanted=wanted, zone="UTC", reason="a wrong price")
    assert refused.value.code == "archived"
    kept = Wanted(MARCH.end, APRIL)
    assert rerate_now(wanted=kept, reason="a wrong price").changed == 1
    assert is_sound()


def test_discounts_go_on_from_what_is_archived() -> None:
    """Of what April earns from, ten minutes began in March: they count after a late call too."""
    months_archived()
    late = datetime(2027, 4, 10, 12, tzinfo=UTC)
    charged(cdr("late", account="Customer-001", at=late, seconds=600))
    months_closed()
    credits = VolumeCredit.objects.filter(month=datetime(2027, 4, 1, tzinfo=UTC).date())
    # 5 % of 60 + 6 cents of April so far, and of 60 cents more.
    assert [one.posted for one in credits.order_by("revision")] == [
        Decimal("0.033"), Decimal("0.03"),
    ]  # fmt: skip
    assert is_sound()


def test_lists_say_where_the_calls_went(tree: ResellerTree) -> None:
    gone = call_page("old-0")
    months_archived()
    administrator = signed_in(StaffFactory(username="looks", administrator=True))
    customer = browser_of(tree.customer)
    reach = {"since": "2027-03-20", "until": "2027-04-05"}
    page = words_of(administrator.get(CALLS, reach))
    assert "Calls of March 2027 (UTC) are archived, in " + archived().folder in page
    assert "restore_calls 2027-03" in page
    page = words_of(customer.get(CALLS, reach))
    assert "Calls of March 2027 (UTC) are archived: ask your provider." in page
    assert archived().folder not in page
    page = words_of(customer.get(CALLS, {"since": "2027-04-01", "until": "2027-04-05"}))
    assert "Calls" in page
    assert "archived" not in page
    assert administrator.get(gone).status_code == 404
