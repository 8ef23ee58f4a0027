"""Re-ratings as administrators read them: what they are about, what they would change, and how much
of that was posted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Substr

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.jobs.models import Job
from billing.calls.models import Leg
from billing.charging.models import Rerating, ReratingLine, ReratingTotal
from billing.charging.queries.legs import Wanted

# What cannot be rated is told by so many causes, with so many digits of a number.
_MOST_CAUSES = 50
_BEGINS = 4
State = Rerating.State


def reratings_of(actor: Actor) -> QuerySet[Rerating]:
    """The re-ratings of the platform, for administrators, each with the legs that were posted."""
    rows = Rerating.objects.all() if actor.is_administrator else Rerating.objects.none()
    is_posted = Q(parts__posted_at__isnull=False)
    return rows.select_related("login", "check_job", "post_job").annotate(
        posted_legs=Sum("parts__changed", filter=is_posted, default=0)
    )


def totals_of(rerating: Rerating) -> QuerySet[ReratingTotal]:
    """What it changes, by account."""
    return ReratingTotal.objects.filter(rerating=rerating).select_related("account")


def lines_of(rerating: Rerating) -> QuerySet[ReratingLine]:
    """What it changes, leg by leg, and what it leaves."""
    return ReratingLine.objects.filter(rerating=rerating)


def legs_named(keys: Collection[int]) -> Mapping[int, Leg]:
    """The legs of lines, by their key."""
    return Leg.objects.defer("raw").in_bulk(set(keys))


def wanted_of(rerating: Rerating) -> Wanted:
    """Which legs it is about."""
    return Wanted(
        rerating.begins_at,
        rerating.ends_at,
        tuple(rerating.accounts),
        tuple(rerating.prefixes),
        rerating.is_alone,
        rerating.group_id,
    )


def digest_of(rerating: Rerating) -> str:
    """Of all that a preview has shown."""
    parts = rerating.parts.order_by("last_leg").values_list("last_leg", "digest")
    return sha256(repr(list(parts)).encode()).hexdigest()


def is_busy(rerating: Rerating) -> bool:
    """Whether a job is at it that has not ended."""
    jobs = {State.CHECKING: rerating.check_job, State.POSTING: rerating.post_job}
    job = jobs.get(State(rerating.state))
    return job is not None and job.state in Job.OPEN


def posted_until(rerating: Rerating) -> int:
    """The key of the last leg that was posted; 0 where none was."""
    done = rerating.parts.filter(posted_at__isnull=False)
    return int(done.aggregate(last=Max("last_leg"))["last"] or 0)


def posted_by(rerating: Rerating, totals: Sequence[ReratingTotal]) -> dict[int, Decimal]:
    """What of the difference of these accounts was posted, by the key of the total. One query."""
    accounts = {one.account_id for one in totals}
    rows = lines_of(rerating).filter(
        leg_id__lte=posted_until(rerating), account_id__in=accounts, reason=""
    )
    sums = {
        (one["account_id"], one["is_cost"]): one["is_now"] - one["was"]
        for one in rows.order_by()
        .values("account_id", "is_cost")
        .annotate(was=Sum("before"), is_now=Sum("after"))
    }
    return {one.pk: sums.get((one.account_id, one.is_cost), Decimal(0)) for one in totals}


@dataclass(frozen=True)
class LeftCause:
    """Legs, or their costs, that stay as they are: why, at which account, for numbers that begin
    how.
    """

    reason: str
    is_cost: bool
    account: str
    begins: str
    count: int


def causes_left(rerating: Rerating) -> list[LeftCause]:
    """Why legs stay as they are, the most frequent first. Two queries."""
    rows = list(
        lines_of(rerating)
        .exclude(reason="")
        .order_by()
        .annotate(begins=Substr("detail", 1, _BEGINS))
        .values("reason", "is_cost", "account_id", "begins")
        .annotate(number=Count("pk"))
        .order_by("-number", "reason", "account_id", "begins")[:_MOST_CAUSES]
    )
    names = dict(
        Account.objects.filter(pk__in={one["account_id"] for one in rows}).values_list(
            "pk", "account_id"
        )
    )
    return [
        LeftCause(
            one["reason"],
            one["is_cost"],
            names.get(one["account_id"], ""),
            one["begins"],
            one["number"],
        )
        for one in rows
    ]
