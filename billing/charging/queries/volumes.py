"""What months came to, for the volume discounts of their groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max, Min, Q, QuerySet, Sum

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import accounts_reached
from accounts.core.scope import Scope
from billing.calls.models import ArchivedSum
from billing.charging.models import Charge, VolumeCredit, VolumeMark, VolumeRound, VolumeTotal
from billing.charging.volumes import (
    begin_of,
    discount_of,
    earned,
    month_before,
    month_of,
    next_month,
    next_tier,
)
from billing.money import from_micros, to_micros
from billing.rates.models import VolumeTier
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_named


@dataclass(frozen=True)
class Volume:
    """Of an account in a month: billed seconds, and charges in micro-units."""

    account: int
    is_cost: bool
    billed: int
    charges: int


def months_to_close(now: datetime) -> tuple[int, list[tuple[RateGroup, date]]]:
    """The last charge there is, and the months that have ended and are to be looked at: of groups
    with tiers those that ended since the last round; of these, and of groups that had tiers when
    something was posted, those that had charges since.
    """
    groups = groups_discounted()
    before = VolumeRound.objects.order_by("-pk").first()
    known = before.last_charge if before else 0
    last = last_charge()
    new = Charge.objects.filter(pk__gt=known, pk__lte=last, group_id__in=groups).order_by()
    spans = new.values("group_id").annotate(first=Min("at"), until=Max("at"))
    found: set[tuple[int, date]] = set()
    for row in spans:
        zone = groups[row["group_id"]].zone
        month, end = month_of(row["first"], zone), month_of(row["until"], zone)
        while month <= end:
            found.add((row["group_id"], month))
            month = next_month(month)
    if before is not None:
        for pk, group in groups_with_tiers().items():
            month = month_of(before.at, group.zone)
            while month < month_of(now, group.zone):
                found.add((pk, month))
                month = next_month(month)
    ended = [
        (groups[pk], month) for pk, month in sorted(found)
        if begin_of(next_month(month), groups[pk].zone) <= now
    ]  # fmt: skip
    return last, ended


def groups_with_tiers() -> dict[int, RateGroup]:
    """The groups that have volume tiers, by their key."""
    return RateGroup.objects.in_bulk(
        VolumeTier.objects.order_by().values_list("group_id", flat=True).distinct()
    )


def groups_discounted() -> dict[int, RateGroup]:
    """These, and the groups without that discounts were posted for: they are corrected by the tiers
    of then.
    """
    tiers = VolumeTier.objects.order_by().values("group_id")
    credits = VolumeCredit.objects.order_by().values("group_id")
    found = RateGroup.objects.filter(Q(pk__in=tiers) | Q(pk__in=credits))
    return {one.pk: one for one in found}


def last_charge() -> int:
    """The key of the last charge there is. Charges are written by one at a time, so that none of
    those before it is still to come.
    """
    return Charge.objects.aggregate(last=Max("pk"))["last"] or 0


def volumes_of(
    group: RateGroup, month: date, *, after: int = 0, until: int | None = None
) -> list[Volume]:
    """What each account came to at a group in a month, by the answer of its calls, archived ones
    included. `after` and `until`: by the charges that are here, behind one and up to another one.
    """
    begin, end = begin_of(month, group.zone), begin_of(next_month(month), group.zone)
    charges = Charge.objects.filter(group_id=group.pk, at__gte=begin, at__lt=end, pk__gt=after)
    if until is not None:
        charges = charges.filter(pk__lte=until)
    rows = (
        charges.order_by()
        .values("account_id", "is_cost")
        .annotate(seconds=Sum("billed"), money=Sum("amount"))
    )
    found = {(row["account_id"], row["is_cost"]): (row["seconds"], row["money"]) for row in rows}
    if not after and until is None:
        # The rest of a month may be here: zones differ, and calls are answered after they begin.
        archived = ArchivedSum.objects.filter(group_month=month, group_id=group.pk)
        for account, is_cost, billed, amount in archived.values_list(
            "account_id", "is_cost", "billed", "amount"
        ):
            seconds, money = found.get((account, is_cost), (0, Decimal(0)))
            found[account, is_cost] = (seconds + billed, money + amount)
    return [Volume(*whose, seconds, to_micros(money)) for whose, (seconds, money) in found.items()]


def credits_of(group: RateGroup, month: date) -> Mapping[tuple[int, bool], list[VolumeCredit]]:
    """What was posted for a month, by account, the first revision first."""
    found: dict[tuple[int, bool], list[VolumeCredit]] = {}
    credits = VolumeCredit.objects.filter(group_id=group.pk, month=month)
    for one in credits.order_by("account_id", "revision"):
        found.setdefault((one.account_id, one.is_cost), []).append(one)
    return found


def has_credits(group: int) -> bool:
    """Whether anything was ever posted for months of the group with this key."""
    return VolumeCredit.objects.filter(group_id=group).exists()


def tiers_of(group: RateGroup) -> list[tuple[int, int]]:
    """(minutes, discount) of the tiers of a group today."""
    return list(VolumeTier.objects.filter(group=group).values_list("minutes", "discount"))


def all_tiers_of(groups: Sequence[RateGroup]) -> dict[int, list[tuple[int, int]]]:
    """The same of several groups, by their key. One query."""
    found: dict[int, list[tuple[int, int]]] = {}
    tiers = VolumeTier.objects.filter(group__in=groups)
    for group, *tier in tiers.values_list("group_id", "minutes", "discount"):
        found.setdefault(group, []).append((tier[0], tier[1]))
    return found


@dataclass(frozen=True)
class GoingOn:
    """What an account came to so far in the month that goes on at a group with tiers. `at`: until
    when it is counted, None where it was not yet; `charges` are in micro-units.
    """

    group: RateGroup
    month: date
    is_cost: bool
    billed: int
    charges: int
    tiers: Sequence[tuple[int, int]]
    at: datetime | None
    account: int

    @property
    def minutes(self) -> int:
        """Whole ones."""
        return self.billed // 60

    @property
    def discount(self) -> int:
        """That of the tier which is reached, in hundredths of a percent; 0: none."""
        return discount_of(self.tiers, self.billed)

    @property
    def earned(self) -> Decimal:
        """What it would be credited if the month ended now."""
        return from_micros(earned(self.charges, self.discount))

    @property
    def following(self) -> tuple[int, int] | None:
        """The tier (minutes, discount) that is reached next."""
        return next_tier(self.tiers, self.billed)

    @property
    def missing(self) -> int | None:
        """Minutes to it; what is begun of one counts as missing."""
        return None if self.following is None else (self.following[0] * 60 - self.billed + 59) // 60


def going_on(actor: Actor, account: Account, now: datetime) -> list[GoingOn]:
    """What an account that was found within the scope came to, at the group it buys at and at those
    it bought at this month, as far as the actor may know them. Four queries at most.
    """
    totals = VolumeTotal.objects.filter(account_id=account.pk).order_by("group_id", "is_cost")
    by_group: dict[int, list[VolumeTotal]] = {}
    for one in totals:
        by_group.setdefault(one.group_id, []).append(one)
    asked = Q(wallets=account.pk) | Q(pk__in=by_group)
    groups = groups_named(actor).filter(asked, tiers__isnull=False).distinct().order_by("pk")
    known = list(groups)
    if not known:
        return []
    tiers, at = all_tiers_of(known), _counted_at(known)
    found = []
    for group in known:
        month = month_of(now, group.zone)
        rows = [one for one in by_group.get(group.pk, []) if one.month == month]
        is_cost = account.type == Account.Type.CLEARING
        nothing = VolumeTotal(
            account_id=account.pk, is_cost=is_cost, billed=0, charges=Decimal(0), month=month
        )
        found += [_going_on(group, one, tiers, at) for one in rows or [nothing]]
    return found


def going_on_at(actor: Actor, group: RateGroup, now: datetime, most: int) -> list[GoingOn]:
    """The same of the accounts the actor reaches, its own among them, at a group it may see, those
    with most minutes first: so many, and one more where there are more. Three queries at most.
    """
    tiers = all_tiers_of([group])
    if not tiers:
        return []
    rows = VolumeTotal.objects.filter(group_id=group.pk, month=month_of(now, group.zone))
    if not actor.scope.everything:
        reached = Account.objects.within(actor.scope).order_by()
        rows = rows.filter(account_id__in=reached.values("pk"))
    at = _counted_at([group])
    top = rows.order_by("-billed", "account_id")[: most + 1]
    return [_going_on(group, one, tiers, at) for one in top]


@dataclass(frozen=True)
class Progress:
    """An account at a group with tiers: the month that goes on, and the one before with what was
    credited for it.
    """

    account: Account
    now: GoingOn
    before: int
    credited: Decimal


def progress(actor: Actor, whose: Account | None, now: datetime, most: int) -> list[Progress]:
    """Of an account that was found within the scope and of those below it (of all: of everybody the
    actor reaches), at the groups with tiers that the actor may know: whoever buys at one or did
    this month, those with most minutes first. At most so many accounts. Six queries at most.
    """
    groups = {one.pk: one for one in groups_named(actor).filter(tiers__isnull=False).distinct()}
    if not groups:
        return []
    months = {pk: month_of(now, one.zone) for pk, one in groups.items()}
    reached = accounts_reached(actor)
    totals = VolumeTotal.objects.filter(group_id__in=groups)
    posted = VolumeCredit.objects.filter(group_id__in=groups)
    if whose is not None or not actor.scope.everything:
        reached = reached.within(actor.scope if whose is None else Scope.of(whose.pk))
        below = reached.order_by().values("pk")
        totals, posted = totals.filter(account_id__in=below), posted.filter(account_id__in=below)
    buying = Q(wallet__rate_group__in=groups) & ~Q(status=Account.Status.CLOSED)
    called = totals.filter(month__in=set(months.values())).order_by().values("account_id")
    accounts = reached.filter(buying | Q(pk__in=called)).select_related("wallet")
    known = {one.pk: one for one in accounts.order_by("account_id")[:most]}
    counted = _totals_of(totals, months)
    credited = _credited(posted, months)
    # Who buys at a group and did not call yet is there with nothing.
    whoever = {whose for whose, is_now in counted if is_now and whose[0] in known}
    whoever |= {
        (one.pk, one.wallet.rate_group_id, one.type == Account.Type.CLEARING)
        for one in known.values()
        if one.wallet.rate_group_id in groups and one.status != Account.Status.CLOSED
    }
    tiers, at = all_tiers_of(list(groups.values())), _counted_at(list(groups.values()))
    found = []
    for each in whoever:
        account, group, is_cost = each
        total = counted.get((each, True)) or VolumeTotal(
            account_id=account, is_cost=is_cost, month=months[group], billed=0, charges=Decimal(0)
        )
        former = counted.get((each, False))
        found.append(
            Progress(
                known[account],
                _going_on(groups[group], total, tiers, at),
                former.billed // 60 if former else 0,
                credited.get(each, Decimal(0)),
            )
        )
    return sorted(
        found, key=lambda one: (-one.now.billed, one.account.account_id, one.now.group.name)
    )


# An account, a group, and whether it is a carrier's cost.
_Whose = tuple[int, int, bool]


def _totals_of(
    totals: QuerySet[VolumeTotal], months: Mapping[int, date]
) -> dict[tuple[_Whose, bool], VolumeTotal]:
    """Those of the months of their groups (true) and of the months before. One query."""
    found = {}
    for one in totals.filter(month__in=_with_before(months)):
        month = months[one.group_id]
        if one.month in (month, month_before(month)):
            whose = (one.account_id, one.group_id, one.is_cost)
            found[whose, one.month == month] = one
    return found


def _credited(posted: QuerySet[VolumeCredit], months: Mapping[int, date]) -> dict[_Whose, Decimal]:
    """What was credited for the months before these. One query."""
    found: dict[_Whose, Decimal] = {}
    for one in posted.filter(month__in=_with_before(months)):
        if one.month == month_before(months[one.group_id]):
            whose = (one.account_id, one.group_id, one.is_cost)
            found[whose] = found.get(whose, Decimal(0)) + one.posted
    return found


def _with_before(months: Mapping[int, date]) -> set[date]:
    return {each for one in months.values() for each in (one, month_before(one))}


def posted_to(account: Account, most: int) -> list[VolumeCredit]:
    """What was posted for the months of an account that was found within the scope, the latest
    first.
    """
    credits = VolumeCredit.objects.filter(account_id=account.pk)
    return list(credits.order_by("-month", "-posted_at", "-pk")[:most])


def miscounted() -> list[str]:
    """The groups whose volumes of the months that go on are not what their charges add up to."""
    groups = groups_with_tiers()
    found = []
    for mark in VolumeMark.objects.filter(group_id__in=groups).order_by("group_id"):
        group = groups[mark.group_id]
        month = month_of(mark.at, group.zone)
        months = [month_before(month), month, next_month(month)]
        if ArchivedSum.objects.filter(group_id=group.pk, group_month=months[0]).exists():
            # Some of its charges are not here any more.
            months = months[1:]
        for one in months:
            counted = sorted(
                VolumeTotal.objects.filter(group_id=group.pk, month=one).values_list(
                    "account_id", "is_cost", "billed", "charges"
                )
            )
            charged = sorted(
                (each.account, each.is_cost, each.billed, from_micros(each.charges))
                for each in volumes_of(group, one, until=mark.last_charge)
            )
            # What was counted on meanwhile is compared the next time.
            is_same = VolumeMark.objects.filter(pk=mark.pk, at=mark.at).exists()
            if counted != charged and is_same:
                found.append(f"{group.name} {one:%Y-%m}")
    return found


def _going_on(
    group: RateGroup,
    total: VolumeTotal,
    tiers: Mapping[int, Sequence[tuple[int, int]]],
    at: Mapping[int, datetime],
) -> GoingOn:
    return GoingOn(
        group,
        total.month,
        total.is_cost,
        total.billed,
        to_micros(total.charges),
        tiers.get(group.pk, ()),
        at.get(group.pk),
        total.account_id,
    )


def _counted_at(groups: Sequence[RateGroup]) -> dict[int, datetime]:
    """When the volumes of these groups were counted last. One query."""
    marks = VolumeMark.objects.filter(group_id__in=[one.pk for one in groups])
    return dict(marks.values_list("group_id", "at"))
