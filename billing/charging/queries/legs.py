"""Legs that were charged, and their charges, for whoever rates them anew."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.core.models import Account
from accounts.kit.batches import batched
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.rates.rating import prefixes_of

_AT_ONCE = 5000


@dataclass(frozen=True)
class Wanted:
    """Which legs: answered from a moment until before another one; of these accounts and all below
    them (none: of all), to numbers with one of these prefixes (none: to all).
    """

    begin: datetime
    end: datetime
    accounts: tuple[int, ...] = ()
    prefixes: tuple[str, ...] = ()


def legs_after(wanted: Wanted, after: int, most: int) -> list[Leg]:
    """The next legs of these that cost anything, by their key."""
    legs = Leg.objects.filter(
        pk__gt=after, answer__gte=wanted.begin, answer__lt=wanted.end, duration__gt=0
    )
    if wanted.accounts:
        charges = Charge.objects.filter(leg_id=OuterRef("pk"), account_id__in=wanted.accounts)
        legs = legs.filter(Exists(charges))
    if wanted.prefixes:
        fits = Q()
        for prefix in wanted.prefixes:
            fits |= Q(number__startswith=prefix)
        legs = legs.filter(fits)
    return list(legs.order_by("pk")[:most])


def charged_prefix(group: int, begun: Mapping[str, datetime]) -> str:
    """One of these prefixes, each with the moment since which it would cost something else, by
    which, or by a shorter one, a leg was charged at the group since; "" where none was.
    """
    number = Leg.objects.filter(pk=OuterRef("leg_id")).values("number")[:1]
    back = Charge.objects.filter(reverses_id=OuterRef("pk"))
    charges = Charge.objects.filter(
        ~Exists(back), group_id=group, at__gte=min(begun.values()), reverses_id__isnull=True
    )
    rows = charges.annotate(number=Subquery(number)).values_list("number", "prefix", "at")
    for called, matched, at in rows.iterator(chunk_size=_AT_ONCE):
        for prefix in prefixes_of(called or ""):
            since = begun.get(prefix)
            if since is not None and since <= at and len(matched) <= len(prefix):
                return prefix
    return ""


def standing_charges(legs: Collection[int]) -> dict[int, list[Charge]]:
    """The charges of these legs that were not taken back."""
    found: dict[int, list[Charge]] = {}
    for pks in batched(legs, _AT_ONCE):
        back = Charge.objects.filter(reverses_id=OuterRef("pk"))
        standing = Charge.objects.filter(~Exists(back), leg_id__in=pks, reverses_id__isnull=True)
        for one in standing.order_by("pk"):
            found.setdefault(one.leg_id, []).append(one)
    return found


def names_of(pks: Collection[int]) -> dict[int, str]:
    """The account ids of these keys."""
    found: dict[int, str] = {}
    for some in batched(sorted(pks), _AT_ONCE):
        found.update(Account.objects.filter(pk__in=some).values_list("pk", "account_id"))
    return found
