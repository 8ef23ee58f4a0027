"""The funding rule and the limits of payments as they hold: the strictest along the chain
(docs/domain.md 3 and 6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains, in_scope
from accounts.core.scope import Scope
from accounts.kit.moments import day_begin, today
from accounts.kit.prepared import Prepared, padded
from billing.ledger.models import Entry, Transaction
from billing.wallets.models import Funding, Handing, PaymentPolicy

# Kinds that always hand out money: what day limits add up.
PAID_OUT = (Transaction.Kind.RECHARGE, Transaction.Kind.OPENING, Transaction.Kind.TRANSFER)


@dataclass(frozen=True)
class Effective:
    """What counts for the payments of an account's logins. `day_limits` are the accounts along the
    chain that limit what their hierarchy pays in a day.
    """

    funding: Funding = Funding.RECORD
    per_payment: tuple[ChainLink, Decimal] | None = None
    day_limits: tuple[tuple[ChainLink, Decimal], ...] = ()


def effective_policy(chain: Iterable[ChainLink], *, lock: bool = False) -> Effective:
    """The strictest of what was set along the chain. `lock` holds the rows with a day limit, so
    that two payments at once cannot pass it together.
    """
    way = tuple(chain)
    pks = [link.pk for link in way]
    if lock:
        rows = PaymentPolicy.objects.filter(pk__in=pks).order_by("pk")
        return strictest(way, rows.select_for_update())
    return strictest(way, _ruled(pks))


def _ruled(account_pks: Iterable[int]) -> list[PaymentPolicy]:
    """What was set on these accounts. One statement, or none for none of them."""
    pks = padded(sorted(account_pks))
    return _POLICIES.objects((), *pks) if pks else []


def _policies(_shape: Any, *pks: int) -> "QuerySet[PaymentPolicy]":
    return PaymentPolicy.objects.filter(pk__in=pks).order_by("pk")


_POLICIES = Prepared(_policies)


def policies_along(chain: Iterable[ChainLink]) -> dict[int, PaymentPolicy]:
    """What was set on each account of the chain, by its key."""
    return PaymentPolicy.objects.in_bulk([link.pk for link in chain])


def strictest(chain: Iterable[ChainLink], policies: Iterable[PaymentPolicy]) -> Effective:
    """The strictest of these policies of accounts of the chain."""
    links = {link.pk: link for link in chain}
    policies = list(policies)
    smallest = [one for one in policies if one.per_payment is not None]
    # Of equal ones the nearest: what an account sees of its own limit is its figure.
    depth = {pk: at for at, pk in enumerate(links)}
    by = min(smallest, key=lambda one: (one.per_payment, -depth[one.pk]), default=None)
    return Effective(
        funding=Funding.COVERED
        if any(one.funding == Funding.COVERED for one in policies)
        else Funding.RECORD,
        per_payment=None
        if by is None or by.per_payment is None
        else (links[by.pk], by.per_payment),
        day_limits=tuple(
            (links[one.pk], one.per_day) for one in policies if one.per_day is not None
        ),
    )


def own_policy(account: Account) -> PaymentPolicy | None:
    """What was set on this very account; None: it inherits everything."""
    return PaymentPolicy.objects.filter(pk=account.pk).first()


def paid_today(link: ChainLink) -> Decimal:
    """What the logins of an account and of everything below it have handed out since midnight in
    the account's time zone: payments, raised credit limits, released cards.
    """
    zone = ZoneInfo(link.time_zone)
    midnight = day_begin(today(zone), zone)
    # Making a debt zero hands out money as well.
    raised = Entry.objects.filter(
        transaction=OuterRef("pk"), wallet=OuterRef("account"), amount__gt=0
    )
    paid = Transaction.objects.filter(
        in_scope(Scope.of(link.pk), "by_account"),
        Q(kind__in=PAID_OUT) | Q(Exists(raised), kind=Transaction.Kind.MAKE_ZERO),
        at__gte=midnight,
    )
    given = Handing.objects.filter(in_scope(Scope.of(link.pk), "by_account"), at__gte=midnight)
    return sum(
        (rows.aggregate(total=Sum("amount"))["total"] or Decimal(0) for rows in (paid, given)),
        Decimal(0),
    )


def funding_of(account_pks: Iterable[int]) -> Mapping[int, Funding]:
    """How far each of these accounts hands out money: the strictest along its way. Two
    statements.
    """
    return funding_along(chains(account_pks))


def funding_along(ways: Mapping[int, Sequence[ChainLink]]) -> dict[int, Funding]:
    """As `funding_of`, where the ways are known. One statement."""
    everybody = {link.pk for way in ways.values() for link in way}
    ruled = {one.pk: one for one in _ruled(everybody)}
    return {
        pk: strictest(way, (ruled[link.pk] for link in way if link.pk in ruled)).funding
        for pk, way in ways.items()
    }
