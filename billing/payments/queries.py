"""Transactions as somebody may read them: those that moved an account within the scope."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.core.above import keys_above
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, GrantUse
from accounts.core.querysets import in_scope
from accounts.kit.prepared import Prepared
from billing.ledger.models import Entry, Transaction

# So long, and so many, top-ups of the own account stay on the dashboard of administrators.
DAYS = 7
_MOST = 8


def receipts_of(actor: Actor) -> QuerySet[Transaction]:
    """The transactions made to, or moving the balance of, an account the actor reaches."""
    transactions = Transaction.objects.select_related(
        "account", "login", "by_account", "reverses", "reversed_by"
    )
    scope = actor.scope
    if scope.everything:
        return transactions
    if scope.is_empty:
        return transactions.none()
    moved = Entry.objects.filter(
        in_scope(scope, "wallet__account"), transaction=OuterRef("pk"), wallet__isnull=False
    )
    return transactions.filter(Q(in_scope(scope, "account")) | Exists(moved))


def with_memos_of(actor: Actor) -> QuerySet[Transaction]:
    """Those of `receipts_of` whose memos the actor reads: of its own account, and what platform
    staff, somebody within reach or a level above noted. Not what an agent noted that an account had
    before it was moved.
    """
    transactions = receipts_of(actor)
    if actor.is_administrator:
        return transactions
    return transactions.filter(
        Q(account=actor.account_pk)
        | Q(by_account=None)
        | Q(by_account__in=keys_above(actor))
        | in_scope(actor.scope, "by_account")
    )


def sides_of(transaction: Transaction) -> list[Entry]:
    """The wallets a transaction moved, that of its own account first."""
    sides = transaction.entries.filter(wallet__isnull=False).select_related("wallet__account")
    return sorted(sides, key=lambda one: (one.wallet_id != transaction.account_id, one.pk))


def moved_by(account: Account, pks: Sequence[int]) -> "QuerySet[Entry]":
    """What these transactions moved of an account that was read within the scope."""
    moved = Entry.objects.filter(wallet=account.pk, transaction__in=pks)
    return moved.select_related("transaction")


def own_top_ups(actor: Actor) -> Sequence[Transaction]:
    """The latest of them within DAYS, newest first, for administrators; nobody else sees any."""
    if not actor.is_administrator:
        return []
    since = timezone.now() - timedelta(days=DAYS)
    # Uses are noted once a day.
    return _OWN_TOP_UPS.objects((), since, since - timedelta(days=1))


def _own_top_ups(_shape: Any, since: datetime, used_since: datetime) -> QuerySet[Transaction]:
    # Who used authorization 7 lately are few, and their payments lie in an index.
    used = GrantUse.objects.filter(code=Authorization.PAY_OWN_ACCOUNT, last_used_at__gt=used_since)
    payments = Transaction.objects.filter(
        by_account__in=used.values("account"), at__gt=since, account=F("by_account")
    )
    return payments.select_related("account", "reversed_by").order_by("-pk")[:_MOST]


_OWN_TOP_UPS = Prepared(_own_top_ups)


# Of so many of its last recharges it is worked out how an account is usually paid.
_LOOKED_AT = 10


@dataclass(frozen=True)
class Usual:
    """How an account is usually topped up: its last recharges, newest first, without what was taken
    back; the middle one of their amounts, and the days between two of them, where there are any.
    """

    last: Sequence[Transaction]

    @property
    def amount(self) -> Decimal | None:
        amounts = sorted(one.amount for one in self.last)
        return amounts[len(amounts) // 2] if amounts else None

    @property
    def days(self) -> int | None:
        if len(self.last) < 2:
            return None
        return round(
            (self.last[0].at - self.last[-1].at) / timedelta(days=1) / (len(self.last) - 1)
        )


def usual_of(account: Account) -> Usual:
    """Of an account that the actor reaches. One query."""
    return Usual(list(_recharges(account.pk)[:_LOOKED_AT]))


def usual_of_each(accounts: Collection[Account]) -> Mapping[int, Usual]:
    """As `usual_of`, by key of each of these accounts. One query, which reads of each account no
    more recharges than count.
    """
    found: dict[int, list[Transaction]] = {one.pk: [] for one in accounts}
    own = _recharges(OuterRef("pk")).values("pk")
    # A place at a time: neither database would stop at the tenth of each in a window over all of
    # them, and SQLite joins nothing that is limited for each row.
    asked = Account.objects.filter(pk__in=list(found)).order_by()
    first, *others = [asked.values(at_place=Subquery(own[at : at + 1])) for at in range(_LOOKED_AT)]
    latest = Transaction.objects.filter(pk__in=first.union(*others, all=True))
    for one in latest.order_by("-pk"):
        found[one.account_id].append(one)
    return {pk: Usual(last) for pk, last in found.items()}


def _recharges(account_pk: int | OuterRef) -> QuerySet[Transaction]:
    """Those of an account that count, newest first."""
    # Not as a join without a partner: PostgreSQL takes that for so rare that it reads all first.
    taken_back = Transaction.objects.filter(reverses=OuterRef("pk"))
    return Transaction.objects.filter(
        ~Exists(taken_back), account=account_pk, kind=Transaction.Kind.RECHARGE
    ).order_by("-pk")
