"""The volumes of months (docs/domain.md 7): counted while a month goes on, for whoever looks at
what it has earned so far; and its close, with discounts credited once and corrected after late
records and re-rating.
"""

from collections import Counter
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.many import keys_for
from billing.charging.models import VolumeCredit, VolumeMark, VolumeRound, VolumeTotal
from billing.charging.queries.books import payers_of
from billing.charging.queries.volumes import (
    credits_of,
    groups_with_tiers,
    last_charge,
    months_to_close,
    tiers_of,
    volumes_of,
)
from billing.charging.volumes import discount_of, earned, month_before, month_of, next_month
from billing.ledger.models import House, Transaction
from billing.ledger.services.batches import Charge as Posting
from billing.ledger.services.batches import post_charges
from billing.money import from_micros, to_micros
from billing.wallets.models import RateGroup
from billing.wallets.services.standing import hold_charging


def months_closed() -> str:
    """Credit what the months that ended have earned, and the difference where one was closed before
    and something came late; nothing to closed accounts. Says how much it did. Each month is a
    transaction of its own.
    """
    now = timezone.now()
    last, months = months_to_close(now)
    done = [_close(group, month, now) for group, month in months]
    VolumeRound.objects.create(at=now, last_charge=last)
    posted, closed = (sum(counts) for counts in zip((0, 0), *done, strict=True))
    left = f", {closed} of closed accounts not posted" if closed else ""
    return f"{posted} volume discounts{left}"


def volumes_counted() -> str:
    """Count what accounts came to this month at groups with tiers, and to the one before, which
    stands beside it, by the charges that are new. Says how many groups. A group that has tiers
    since the last time is counted from the beginning of both.
    """
    now = timezone.now()
    groups = groups_with_tiers()
    VolumeMark.objects.exclude(group_id__in=groups).delete()
    VolumeTotal.objects.exclude(group_id__in=groups).delete()
    for group in groups.values():
        _count(group, now)
    return f"{len(groups)} groups"


def _count(group: RateGroup, now: datetime) -> None:
    """The one who counts holds the mark. What is charged meanwhile is counted the next time."""
    month = month_of(now, group.zone)
    with transaction.atomic():
        VolumeMark.objects.get_or_create(group_id=group.pk, defaults={"at": now})
        mark = VolumeMark.objects.select_for_update().get(group_id=group.pk)
        last = last_charge()
        before = month_before(month)
        VolumeTotal.objects.filter(group_id=group.pk, month__lt=before).delete()
        # A record may be late, or some minutes ahead of the clock.
        for one in (before, month, next_month(month)):
            _add(group, one, mark.last_charge, last)
        mark.last_charge, mark.at = last, now
        mark.save(update_fields=["last_charge", "at"])


def _add(group: RateGroup, month: date, after: int, until: int) -> None:
    rows = VolumeTotal.objects.filter(group_id=group.pk, month=month)
    known = {(one.account_id, one.is_cost): one for one in rows}
    counted = []
    for one in volumes_of(group, month, after=after, until=until):
        before = known.get((one.account, one.is_cost))
        counted.append(
            VolumeTotal(
                account_id=one.account,
                group_id=group.pk,
                is_cost=one.is_cost,
                month=month,
                billed=one.billed + (before.billed if before else 0),
                charges=from_micros(one.charges) + (before.charges if before else 0),
            )
        )
    VolumeTotal.objects.bulk_create(
        counted,
        batch_size=2_000,
        update_conflicts=True,
        unique_fields=["account_id", "group_id", "is_cost", "month"],
        update_fields=["billed", "charges"],
    )


def _close(group: RateGroup, month: date, now: datetime) -> tuple[int, int]:
    """How many discounts were posted, and how many were not, their accounts being closed."""
    with transaction.atomic():
        hold_charging()
        before = credits_of(group, month)
        # Whoever comes late gets what those got that the month was closed with.
        first = min((one[0] for one in before.values()), key=lambda one: one.pk, default=None)
        then = first.tiers if first else tiers_of(group)
        new: list[VolumeCredit] = []
        volumes = volumes_of(group, month)
        payers = payers_of({one.account for one in volumes})
        closed = 0
        for one in volumes:
            known = before.get((one.account, one.is_cost), [])
            tiers = known[0].tiers if known else then
            discount = discount_of([(minutes, part) for minutes, part in tiers], one.billed)
            whole = earned(one.charges, discount)
            posted = whole - sum(to_micros(credit.posted) for credit in known)
            if posted and payers[one.account].is_closed:
                closed += 1
            elif posted:
                new.append(
                    VolumeCredit(
                        account_id=one.account, group_id=group.pk, is_cost=one.is_cost, month=month,
                        revision=len(known) + 1, billed=one.billed,
                        charges=from_micros(one.charges), discount=discount, tiers=tiers,
                        earned=from_micros(whole), posted=from_micros(posted), posted_at=now,
                    )
                )  # fmt: skip
        _post(new, now)
        return len(new), closed


def _post(credits: list[VolumeCredit], now: datetime) -> None:
    sums: Counter[tuple[int, House]] = Counter()
    for one in credits:
        sums[_whose(one)] -= to_micros(one.posted)
    due = sorted(sums, reverse=True)
    pks = dict(zip(due, keys_for(Transaction, len(due)), strict=True))
    for one in credits:
        one.transaction_id = pks[_whose(one)]
    VolumeCredit.objects.bulk_create(credits, batch_size=2_000)
    postings = [Posting(pks[whose], whose[0], sums[whose], whose[1]) for whose in due]
    kind = Transaction.Kind.VOLUME
    post_charges(SYSTEM, postings, batch=uuid4().hex, at=now, kind=kind)


def _whose(one: VolumeCredit) -> tuple[int, House]:
    return one.account_id, House.CALL_COST if one.is_cost else House.CALL_REVENUE
