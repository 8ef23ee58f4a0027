"""Seals on the audit log: what is settled is sealed once, and every tampering is found."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.audit import services as sealing
from accounts.audit.services import seal_settled, verify
from accounts.core import guards
from accounts.core.models import AuditEntry, AuditSeal
from tests.factories import AccountFactory
from tests.support import sabotage

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> list[AuditEntry]:
    """Five entries that are settled."""
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        for _ in range(5):
            AccountFactory()
    return list(AuditEntry.objects.order_by("pk"))


def check() -> str:
    out = StringIO()
    try:
        call_command("check_audit", stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def test_what_is_settled_is_sealed_once(log: list[AuditEntry]) -> None:
    assert seal_settled() == 5
    assert seal_settled() == 0
    seal = AuditSeal.objects.get()
    assert (seal.count, seal.last_id) == (5, log[-1].pk)
    assert "The audit log is sound." in check()


def test_what_is_new_waits(log: list[AuditEntry]) -> None:
    AccountFactory()
    assert seal_settled() == 5
    found = verify()
    assert found.unsealed == 1
    assert found.first_unsealed == AuditEntry.objects.latest("pk").pk
    assert "1 entries from number" in check()


def test_a_late_entry_is_not_overtaken(log: list[AuditEntry]) -> None:
    """A younger one in between keeps everything behind it unsealed, however old that says it is."""
    sabotage.tamper_audit(log[2], at=timezone.now())
    assert seal_settled() == 2


def test_seals_follow_each_other(log: list[AuditEntry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_BATCH", 2)
    assert seal_settled() == 5
    assert list(AuditSeal.objects.order_by("pk").values_list("count", flat=True)) == [2, 2, 1]
    assert verify().problems == ()


def test_an_altered_entry_is_found(log: list[AuditEntry]) -> None:
    seal_settled()
    sabotage.tamper_audit(log[1], actor="somebody else")
    answer = check()
    assert "an entry was altered" in answer
    assert "not sound" in answer


def test_an_entry_taken_out_is_found(log: list[AuditEntry]) -> None:
    seal_settled()
    sabotage.tamper_audit(log[1])
    assert "5 entries were sealed, 4 are there" in check()


def test_an_entry_slipped_in_is_found(log: list[AuditEntry]) -> None:
    sabotage.tamper_audit(log[1])
    seal_settled()
    sabotage.slip_in_audit(log[1])
    assert "4 entries were sealed, 5 are there" in check()


def test_a_broken_seal_does_not_hide_the_ones_after_it(
    log: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_BATCH", 1)
    seal_settled()
    sabotage.tamper_audit(log[0], actor="x")
    sabotage.tamper_audit(log[4], actor="x")
    assert len(verify().problems) == 2


def test_a_seal_taken_out_is_found(log: list[AuditEntry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_BATCH", 2)
    seal_settled()
    sabotage.take_seal_out(AuditSeal.objects.order_by("pk")[1])
    assert any("the seal before it is missing" in one for one in verify().problems)


def test_a_missing_guard_is_found() -> None:
    guards.remove()
    assert "guard_accounts_auditentry_update is missing" in check()


def test_housekeeping_seals_and_may_run_again(log: list[AuditEntry]) -> None:
    out = StringIO()
    call_command("housekeeping", stdout=out)
    call_command("housekeeping", stdout=out)
    assert "5 audit entries sealed" in out.getvalue()
    assert "0 audit entries sealed" in out.getvalue()
