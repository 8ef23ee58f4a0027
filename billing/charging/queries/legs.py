"""Legs that were charged, and their charges, for whoever rates them anew."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.core.models import Account
from accounts.kit.batches import batched
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.rates.rating import prefixes_of

_AT_ONCE = 5000


@dataclass(frozen=True)
class Wanted:
    """Which legs: answered from a moment until before another one; of these accounts (none: of
    all) and, unless they are meant alone, all below them; to numbers with one of these prefixes
    (none: to all); charged at this rate group, by its key (None: at any).
    """

    begin: datetime
    end: datetime
    accounts: tuple[int, ...] = ()
    prefixes: tuple[str, ...] = ()
    is_alone: bool = False
    group: int | None = None


def legs_after(wanted: Wanted, after: int, most: int, until: int | None = None) -> list[Leg]:
    """The next legs of these that cost anything, by their key; none behind the key `until`."""
    legs = _legs(wanted).filter(pk__gt=after)
    if until is not None:
        legs = legs.filter(pk__lte=until)
    return list(legs.order_by("pk")[:most])


def legs_counted(wanted: Wanted, most: int) -> int:
    """How many they are, counted as far as one more than `most`."""
    return int(_legs(wanted).order_by()[: most + 1].count())


def _legs(wanted: Wanted) -> QuerySet[Leg]:
    # Nobody answers before a call begins.
    legs = Leg.objects.filter(
        answer__gte=wanted.begin, answer__lt=wanted.end, setup__lt=wanted.end, duration__gt=0
    )
    charges = Charge.objects.filter(leg_id=OuterRef("pk"), setup=OuterRef("setup"))
    if wanted.accounts and wanted.is_alone:
        legs = legs.filter(account_id__in=wanted.accounts)
    elif wanted.accounts:
        legs = legs.filter(Exists(charges.filter(account_id__in=wanted.accounts)))
    if wanted.group is not None:
        legs = legs.filter(Exists(charges.filter(group_id=wanted.group)))
    if wanted.prefixes:
        fits = Q()
        for prefix in wanted.prefixes:
            fits |= Q(number__startswith=prefix)
        legs = legs.filter(fits)
    return legs


def charged_prefixes(group: int, begun: Mapping[str, datetime], most: int) -> dict[str, int]:
    """Those of these prefixes, each with the moment since which it would cost something else, by
    which, or by a shorter one, legs were charged at the group since, and how many charges that
    were: so many at most. Each counts for the longest of its prefixes.
    """
    number = Leg.objects.filter(pk=OuterRef("leg_id"), setup=OuterRef("setup")).values("number")[:1]
    back = Charge.objects.filter(reverses_id=OuterRef("pk"), setup=OuterRef("setup"))
    charges = Charge.objects.filter(
        ~Exists(back), group_id=group, at__gte=min(begun.values()), reverses_id__isnull=True
    )
    # What a call was charged by begins its number, as the longer prefix does, and so begins that.
    # Of a whole deck nearly everything would fit.
    by = {one for prefix in begun for one in prefixes_of(prefix)}
    if len(by) <= _AT_ONCE:
        charges = charges.filter(prefix__among=sorted(by))
    rows = charges.annotate(number=Subquery(number)).values_list("number", "prefix", "at")
    found: Counter[str] = Counter()
    for called, matched, at in rows.iterator(chunk_size=_AT_ONCE):
        for prefix in prefixes_of(called or ""):
            since = begun.get(prefix)
            if since is not None and since <= at and len(matched) <= len(prefix):
                found[prefix] += 1
                most -= 1
                break
        if not most:
            break
    return dict(found)


def standing_charges(legs: Collection[int]) -> dict[int, list[Charge]]:
    """The charges of these legs that were not taken back."""
    found: dict[int, list[Charge]] = {}
    for pks in batched(legs, _AT_ONCE):
        back = Charge.objects.filter(reverses_id=OuterRef("pk"), setup=OuterRef("setup"))
        standing = Charge.objects.filter(~Exists(back), leg_id__in=pks, reverses_id__isnull=True)
        for one in standing.order_by("pk"):
            found.setdefault(one.leg_id, []).append(one)
    return found


def root_charges(legs: Collection[int]) -> dict[int, Charge]:
    """What roots pay for these legs, by leg."""
    return {
        leg: one
        for leg, charges in standing_charges(legs).items()
        for one in charges
        if one.account_id == one.root_id and not one.is_cost
    }


def names_of(pks: Collection[int]) -> dict[int, str]:
    """The account ids of these keys."""
    found: dict[int, str] = {}
    for some in batched(sorted(pks), _AT_ONCE):
        found.update(Account.objects.filter(pk__in=some).values_list("pk", "account_id"))
    return found
