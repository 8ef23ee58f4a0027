"""Archived months at their edges: which calls are of them, what keeps them, what is believed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Refused
from billing.calls.models import ArchivedMonth, ArchivedSum, Leg, LegKey
from billing.charging.models import Charge, Rerating, VolumeMark, VolumeRound
from billing.charging.months import Month
from billing.charging.queries.archive import (
    archived_until,
    archived_within,
    has_calls_in,
    why_not_yet,
)
from billing.charging.services import archiving, restoring
from billing.charging.services.archiving import month_archived, months_archived
from billing.charging.services.restoring import month_restored
from billing.charging.services.volumes import months_closed
from billing.rates.services.groups import tiers_set
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged
from tests.factories.trees import ResellerTree

pytestmark = pytest.mark.django_db

MARCH = Month(datetime(2027, 3, 1, tzinfo=UTC).date())
APRIL, LATER = datetime(2027, 4, 2, tzinfo=UTC), datetime(2027, 6, 10, tzinfo=UTC)
# From its setup until it is answered.
RINGS = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def _calls(
    tree: ResellerTree, groups: Groups, settings: Any, tmp_path: Path, time_machine: Any
) -> None:
    """Calls that are set up with the first moment of March, within it, and with the first one of
    April; it is June, and April is the first month that is kept.
    """
    settings.CALL_MONTHS = 2
    settings.ARCHIVE_DIR = str(tmp_path / "archive")
    time_machine.move_to(APRIL)
    setups = {"first": MARCH.begin, "within": MARCH.begin + timedelta(days=9), "next": MARCH.end}
    charged(
        *(cdr(name, account="Customer-001", at=at + RINGS) for name, at in setups.items()),
    )
    time_machine.move_to(LATER)


def archived() -> ArchivedMonth:
    return ArchivedMonth.objects.get(state="archived")


def left() -> set[str]:
    return set(Leg.objects.values_list("call_id", flat=True))


def refused_to(deed: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        deed()
    return refused.value


def archive() -> str:
    return month_archived(MARCH, LATER)


def test_a_month_has_its_first_moment_and_not_the_first_of_the_next() -> None:
    archive()
    assert left() == {"next"}
    month_restored(MARCH)
    assert left() == {"first", "within", "next"}


def test_a_month_is_one_of_utc() -> None:
    # In Dhaka it is the first of April already.
    assert Month.of(datetime(2027, 4, 1, 1, tzinfo=ZoneInfo("Asia/Dhaka"))) == MARCH


def test_months_are_archived_that_a_time_reaches_into() -> None:
    archive()
    long = timedelta(days=9)
    for begin, end, found in (
        (MARCH.begin - long, MARCH.begin, []),
        (MARCH.begin - long, MARCH.begin + RINGS, ["2027-03"]),
        (MARCH.end - RINGS, MARCH.end + long, ["2027-03"]),
        (MARCH.end, MARCH.end + long, []),
    ):
        assert list(map(str, archived_within(begin, end))) == found


def test_what_came_back_is_not_archived() -> None:
    archive()
    assert archived_until() == MARCH.end
    month_restored(MARCH)
    assert archived_within(MARCH.begin, MARCH.end) == []
    assert archived_until() is None


def test_what_came_back_stays_from_that_moment_on(time_machine: Any) -> None:
    archive()
    time_machine.move_to(LATER + timedelta(days=20))
    month_restored(MARCH)
    time_machine.move_to(LATER + timedelta(days=49))
    assert "2027-03" not in months_archived()
    time_machine.move_to(LATER + timedelta(days=51))
    assert "2027-03: 2 legs" in months_archived()


def test_keys_alone_are_something_of_a_month() -> None:
    july = Month(datetime(2026, 7, 1, tzinfo=UTC).date())
    assert not has_calls_in(july)
    LegKey.objects.create(month=july.first, key=b"k" * 16, content=b"c" * 16)
    assert has_calls_in(july)


# --- What keeps a month ---------------------------------------------------------------------------


def kept(**more: Any) -> Rerating:
    fields = {"begins_at": MARCH.begin, "ends_at": MARCH.end, "zone": "UTC", "reason": "x"}
    return Rerating.objects.create(**{**fields, **more})


def test_a_re_rating_of_another_month_keeps_nothing() -> None:
    kept(begins_at=MARCH.end, ends_at=LATER)
    kept(begins_at=MARCH.begin - timedelta(days=9), ends_at=MARCH.begin)
    assert why_not_yet(MARCH) == ""


def test_what_was_posted_keeps_a_month_as_long_as_its_lines_are_there() -> None:
    one = kept(state=Rerating.State.POSTED)
    assert why_not_yet(MARCH) == ""
    one.lines.create(
        leg_id=1, account_id=1, level=0, is_cost=False, is_root=False, before=1, after=2
    )
    assert "a re-rating of it is kept" in why_not_yet(MARCH)


def test_volumes_have_to_be_counted_since(groups: Groups) -> None:
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 500)])
    archiving_day = MARCH.end + timedelta(days=1)
    for month in (MARCH.begin, archiving_day):
        VolumeMark.objects.update_or_create(group_id=groups.customer.pk, defaults={"at": month})
        with_looked_at()
        assert why_not_yet(MARCH) == "volumes were not counted since"
    VolumeMark.objects.update(at=datetime(2027, 5, 2, tzinfo=UTC))
    assert why_not_yet(MARCH) == ""


def test_discounts_are_looked_at_before_though_their_tiers_are_gone(
    groups: Groups, time_machine: Any
) -> None:
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 500)])
    months_closed()
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
    assert why_not_yet(MARCH) == ""
    time_machine.move_to(datetime(2027, 5, 31, tzinfo=UTC))
    charged(cdr("late", account="Customer-001", at=MARCH.end - timedelta(days=9)))
    time_machine.move_to(LATER)
    assert why_not_yet(MARCH) == "volume discounts of it are still to be looked at"


def with_looked_at() -> None:
    """Every charge was looked at for volume discounts."""
    last = Charge.objects.order_by("-pk").values_list("pk", flat=True)[0]
    VolumeRound.objects.all().delete()
    VolumeRound.objects.create(last_charge=last, at=LATER)


# --- Two at a time, and what is believed ----------------------------------------------------------


def test_an_archived_month_is_not_archived_again() -> None:
    archive()
    refused = refused_to(archive)
    assert (refused.code, str(refused.message)) == (
        "archived_meanwhile", "2027-03 is archived already.",
    )  # fmt: skip


@pytest.mark.parametrize("changed", [{"state": "restored"}, {"folder": "/elsewhere"}])
def test_who_was_overtaken_drops_nothing(monkeypatch: Any, changed: dict[str, str]) -> None:
    read = archiving.read_back

    def overtaken(*given: Any, **more: Any) -> Any:
        ArchivedMonth.objects.update(**changed)
        return read(*given, **more)

    monkeypatch.setattr(archiving, "read_back", overtaken)
    assert refused_to(archive).code == "archived_meanwhile"
    assert left() == {"first", "within", "next"}


def test_what_an_earlier_try_left_elsewhere_is_not_removed(
    monkeypatch: Any, settings: Any, tmp_path: Path
) -> None:
    def killed(_month: Month) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "_drop", killed)
        with pytest.raises(KeyboardInterrupt):
            archive()
    before = Path(ArchivedMonth.objects.get().folder)
    settings.ARCHIVE_DIR = str(tmp_path / "another")
    archive()
    assert before.exists()


def test_what_came_back_does_not_come_back_again() -> None:
    archive()
    month_restored(MARCH)
    assert refused_to(lambda: month_restored(MARCH)).code == "not_archived"


def test_only_the_list_that_was_written_is_believed() -> None:
    archive()
    path = Path(archived().folder, "manifest.json")
    path.write_text(path.read_text() + "\n")
    refused = refused_to(lambda: month_restored(MARCH))
    assert refused.code == "archive_damaged"
    assert "is not the list that was written" in str(refused.message)


def test_files_that_do_not_add_up_to_what_is_kept_stay_where_they_are() -> None:
    archive()
    ArchivedSum.objects.filter(group_id__isnull=False).update(amount=F("amount") + Decimal(1))
    refused = refused_to(lambda: month_restored(MARCH))
    assert refused.code == "archive_damaged"
    assert "do not add up" in str(refused.message)


def test_what_did_not_come_back_whole_is_undone(monkeypatch: Any) -> None:
    archive()
    monkeypatch.setattr(restoring, "_read", lambda *given: None)
    assert refused_to(lambda: month_restored(MARCH)).code == "archive_damaged"
    assert archived().legs == 2


def test_a_folder_of_a_month_that_nobody_archived_here_does_not_come_back(tmp_path: Path) -> None:
    archive()
    said = json.loads(Path(archived().folder, "manifest.json").read_text())
    folder = tmp_path / "other"
    folder.mkdir()
    for changed, why in (
        ({"month": "2020-01", "files": {}}, "2020-01 is not archived"),
        ({"format": 2}, "is of another format"),
    ):
        (folder / "manifest.json").write_text(json.dumps({**said, **changed}))
        with pytest.raises(CommandError, match=why):
            call_command("restore_calls", str(folder))
