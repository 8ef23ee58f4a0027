"""Check everything that is stored, whatever one of the checks finds or fails at, and keep what was
found.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection
from django.utils import timezone

from accounts.kit.findings import Findings
from accounts.portal.registry import registry
from accounts.portal.steps import DataCheck
from accounts.upkeep.models import CheckResult

log = structlog.get_logger(__name__)

# How long results are kept, and how many of their lines.
KEPT = timedelta(days=30)
_LINES = 20
_LONGEST = 200


@dataclass(frozen=True)
class Ran:
    """A check that ran; `is_kept` is false where its result could not be written."""

    name: str
    seconds: float
    findings: Findings
    is_kept: bool


def run_checks() -> Iterator[Ran]:
    """Run every check that packages registered, one after the other; what one raises is what it
    found. Reads everything; takes no lock.
    """
    for check in registry.data_checks:
        begun = time.monotonic()
        findings = _findings(check)
        seconds = time.monotonic() - begun
        yield Ran(check.name, seconds, findings, _keep(check, seconds, findings))


def _findings(check: DataCheck) -> Findings:
    try:
        return check.run()
    except Exception as error:
        log.exception("check failed", check=check.name)
        _connect_again()
        return Findings((f"It could not be checked: {type(error).__name__}: {error}",), False)


def _connect_again() -> None:
    """What comes next begins with a connection that works, if there is one."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _keep(check: DataCheck, seconds: float, findings: Findings) -> bool:
    lines = [line[:_LONGEST] for line in findings.lines[:_LINES]]
    left = len(findings.lines) - len(lines)
    if left:
        lines.append(f"… and {left} more lines")
    try:
        CheckResult.objects.create(
            name=check.name,
            seconds=round(seconds, 3),
            is_sound=findings.is_sound,
            # Words of a failure may be anything.
            found="\n".join(lines).replace("\x00", ""),
        )
    except Exception:
        log.exception("result of a check not kept", check=check.name)
        _connect_again()
        return False
    return True


def purge_results() -> int:
    """Delete results that are older than KEPT; return how many."""
    deleted, _each = CheckResult.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return deleted
