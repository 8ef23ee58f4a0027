"""Seals on the audit log: digests of settled entries, each with the seal before it in it.

Writers take no lock for it: housekeeping seals what is settled, and `check_audit` verifies. An
entry altered, taken out or slipped in later no longer fits its seal.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.core.locks import alone
from accounts.core.models import AuditEntry, AuditSeal
from accounts.core.privileges import weaknesses
from accounts.kit.findings import Findings

_TASK = 1
_BATCH = 1000
# How old an entry is before it is sealed. Covers clocks that differ between workers.
SETTLED = timedelta(seconds=60)
# What a seal vouches for, in this order.
_FIELDS = (
    "id", "at", "actor", "actor_account_pk", "on_behalf_of", "action", "is_refused", "account",
    "account_pk", "subject", "before", "after", "reason", "address", "request_id",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a check of the seals found. `problems` is empty when the chain is whole."""

    problems: tuple[str, ...]
    seals: int
    sealed: int
    last_digest: str
    unsealed: int
    first_unsealed: int | None


def seal_settled() -> int:
    """Seal every settled entry that is not sealed yet; return how many. Safe to run many times and
    in many processes at once.
    """
    sealed = 0
    while made := _seal_one():
        sealed += made
    return sealed


@transaction.atomic
def _seal_one() -> int:
    alone(_TASK)
    last = AuditSeal.objects.order_by("-last_id").first()
    start = last.last_id if last else 0
    entries = AuditEntry.objects.filter(pk__gt=start).order_by("pk")
    # The first entry that may still be overtaken by one with a smaller key ends what is settled.
    unsettled = entries.filter(at__gte=_cut()).values_list("pk", flat=True).first()
    if unsettled is not None:
        entries = entries.filter(pk__lt=unsettled)
    keys = list(entries.values_list("pk", flat=True)[:_BATCH])
    if not keys:
        return 0
    digest, count = _digest(last.digest if last else "", start, keys[-1])
    AuditSeal.objects.create(first_id=start + 1, last_id=keys[-1], count=count, digest=digest)
    return count


def _cut() -> datetime:
    """Entries from before this moment are settled: whoever took an earlier key has committed or
    given up. On PostgreSQL a transaction that still runs may have taken one since it began.
    """
    cut = timezone.now() - SETTLED
    if connection.vendor != "postgresql":
        return cut
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        oldest: datetime | None = cursor.fetchone()[0]
    return min(cut, oldest - SETTLED) if oldest else cut


def _digest(previous: str, after: int, last: int) -> tuple[str, int]:
    """The digest over the entries with keys above `after` up to `last`, and how many they are."""
    digest = hashlib.sha256(previous.encode())
    count = 0
    for line in _lines(after, last):
        digest.update(line)
        count += 1
    return digest.hexdigest(), count


def _lines(after: int, last: int) -> Iterator[bytes]:
    """Each entry in one canonical form, the same on every database."""
    rows = AuditEntry.objects.filter(pk__gt=after, pk__lte=last).order_by("pk")
    for row in rows.values_list(*_FIELDS).iterator(chunk_size=_BATCH):
        values = [_plain(value) for value in row]
        text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        yield text.encode() + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def verify() -> Verdict:
    """Compute every seal anew. Reads the whole log; takes no lock."""
    problems: list[str] = []
    previous, start, sealed, seals = "", 0, 0, 0
    for seal in AuditSeal.objects.order_by("last_id").iterator():
        seals += 1
        name = f"seal {seal.pk} (entries {seal.first_id}–{seal.last_id})"
        if seal.first_id != start + 1:
            problems.append(f"{name}: the seal before it is missing")
        digest, count = _digest(previous, seal.first_id - 1, seal.last_id)
        if count != seal.count:
            problems.append(f"{name}: {seal.count} entries were sealed, {count} are there")
        elif digest != seal.digest:
            problems.append(f"{name}: an entry was altered")
        # Go on from what was sealed: one broken seal is not all of them.
        previous, start, sealed = seal.digest, seal.last_id, sealed + seal.count
    tail = AuditEntry.objects.filter(pk__gt=start).order_by("pk")
    return Verdict(
        problems=tuple(problems),
        seals=seals,
        sealed=sealed,
        last_digest=previous,
        unsealed=tail.count(),
        first_unsealed=tail.values_list("pk", flat=True).first(),
    )


def log_found() -> Findings:
    """What a check of the seals, the guards and the privileges found, for whoever runs the
    portal.
    """
    found = verify()
    told = [f"{found.sealed} entries in {found.seals} seals."]
    if found.last_digest:
        told.append(f"Digest of the last seal: {found.last_digest}")
    if found.unsealed:
        told.append(
            f"{found.unsealed} entries from number {found.first_unsealed} on are not sealed yet; "
            "housekeeping seals what is older than a minute."
        )
    return Findings.of([*found.problems, *weaknesses()], besides=told)
