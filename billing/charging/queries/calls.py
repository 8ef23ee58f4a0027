"""Calls as somebody may see them (docs/domain.md 7): an agent those of accounts that stand below it
today, and of accounts that moved away those it paid for itself. How much of them it may know is
said by `billing.charging.queries.costs`.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import accounts_reached
from accounts.core.scope import Scope
from accounts.kit.prepared import Prepared
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge
from billing.charging.spans import SEARCHED, Span
from billing.wallets.models import Standing

# So many calls are looked through for what no index finds.
LOOKED_AT = 100_000
# So many accounts are named one by one.
_FEW = 100
# Legs of a session lie no further apart.
_SESSION = timedelta(hours=24)
_MOST_LEGS = 20


def calls_of(actor: Actor, span: Span) -> QuerySet[Leg]:
    """The calls of a time that the actor sees, those of its former sub-accounts included."""
    legs = _within(span)
    if actor.scope.everything:
        return legs
    reached = _of_reached(actor)
    if actor.account_pk is not None and former_accounts(actor.account_pk).exists():
        reached |= _former_calls(actor.account_pk)
    return legs.filter(reached)


def calls_on(actor: Actor, account: Account, span: Span, *, with_below: bool) -> QuerySet[Leg]:
    """The calls of an account within the scope; `with_below`: and of all below it, of former
    sub-accounts as well where it is the actor's own.
    """
    if with_below and account.pk == actor.account_pk:
        return calls_of(actor, span)
    legs = without_former(actor, _within(span))
    if not with_below:
        return legs.filter(account_id=account.pk)
    return legs.filter(account_id__in=Account.objects.within(Scope.of(account.pk)).values("pk"))


def call_seen(actor: Actor, pk: int) -> Leg | None:
    """One call, as far as the actor sees it."""
    leg: Leg | None = Leg.objects.filter(pk=pk).first()
    if leg is None or actor.scope.everything:
        return leg
    if accounts_reached(actor).filter(pk=leg.account_id).exists():
        return leg
    own = Charge.objects.filter(leg_id=pk, account_id=actor.account_pk or 0, is_cost=False)
    return leg if own.exists() else None


def _in_reach(actor: Actor) -> Q:
    """The calls of accounts in the scope, without a question that would name them."""
    if actor.scope.everything:
        return Q()
    return Q(account_id__in=accounts_reached(actor).values("pk"))


def without_former(actor: Actor, legs: QuerySet[Leg]) -> QuerySet[Leg]:
    """Only the calls of which the actor sees everything that is asked about."""
    return legs if actor.scope.everything else legs.filter(_of_reached(actor))


def _of_reached(actor: Actor) -> Q:
    """The calls of accounts in the scope. Where these are few they are named as well: a database
    then finds their calls in the index, and does not walk past those of everybody.
    """
    reached = accounts_reached(actor).values_list("pk", flat=True)
    few = list(reached[: _FEW + 1])
    named = Q(account_id__in=reached)
    return named if len(few) > _FEW else named & Q(account_id__in=few)


def begin_of_newest(legs: QuerySet[Leg], most: int) -> datetime | None:
    """When the newest `most` of these begin; None where there are no more than that."""
    setups = legs.order_by("-setup", "-pk").values_list("setup", flat=True)
    return next(iter(setups[most : most + 1]), None)


def with_call_id(actor: Actor, call_id: str) -> QuerySet[Leg]:
    """The legs of a call by its id, whenever it was; the latest first."""
    legs = Leg.objects.filter(call_id=call_id)
    return legs.filter(_in_reach(actor)).order_by("-setup", "-pk")


def newest_of(actor: Actor, now: datetime) -> QuerySet[Leg]:
    """The newest calls of the last days, so many as are looked through, of which the actor sees
    everything; the latest first.
    """
    span = Span(now - SEARCHED, now + SEARCHED)
    legs = without_former(actor, _within(span)).order_by("-setup", "-pk")
    # Said as a part of the same statement: the search makes one of all its questions.
    begin = Subquery(legs.values("setup")[LOOKED_AT : LOOKED_AT + 1])
    return legs.filter(setup__gte=Coalesce(begin, Value(span.begin)))


def last_of(account: Account, now: datetime, most: int) -> list[Leg]:
    """The newest calls of the last days of an account whose reader sees all of them. One query."""
    legs: list[Leg] = _LAST.objects(most, account.pk, now - SEARCHED, now + SEARCHED)
    return legs


def _last(most: int, account_pk: int, begin: datetime, end: datetime) -> QuerySet[Leg]:
    legs = _within(Span(begin, end)).filter(account_id=account_pk)
    return legs.order_by("-setup", "-pk")[:most]


_LAST = Prepared(_last)


def session_legs(leg: Leg) -> list[Leg]:
    """All legs of the session that a leg belongs to, in the order of their setup."""
    if not leg.session:
        return [leg]
    legs = Leg.objects.filter(
        account_id=leg.account_id,
        setup__gte=leg.setup - _SESSION,
        setup__lte=leg.setup + _SESSION,
        session=leg.session,
        source=leg.source,
    )
    return list(legs.order_by("setup", "pk")[:_MOST_LEGS])


def cost_records(leg: Leg) -> list[CallRecord]:
    """What waits in the queue of a carrier's cost; for administrators."""
    waiting = CallRecord.objects.waiting().filter(part=CallRecord.Part.COST, leg=leg.pk)
    return list(waiting.select_related("level"))


def charged_at_least(legs: QuerySet[Leg], least: Decimal) -> QuerySet[Leg]:
    """Those of these calls for which their account pays so much."""
    back = Charge.objects.filter(reverses_id=OuterRef("pk"), setup=OuterRef("setup"))
    paid = Charge.objects.filter(
        ~Exists(back),
        leg_id=OuterRef("pk"),
        setup=OuterRef("setup"),
        level=0,
        is_cost=False,
        amount__gte=least,
    )
    return legs.filter(Exists(paid))


def called_though_locked(actor: Actor, legs: QuerySet[Leg]) -> QuerySet[Leg]:
    """Those of these calls that a level had locked which the actor may know of."""
    if actor.scope.everything:
        return legs.filter(was_locked=True)
    reached = accounts_reached(actor).values("pk")
    locked = Charge.objects.filter(
        leg_id=OuterRef("pk"), setup=OuterRef("setup"), was_locked=True, account_id__in=reached
    )
    return legs.filter(Exists(locked))


def behind_movement(legs: QuerySet[Leg], movement: int) -> QuerySet[Leg]:
    """Those of these calls that are lines behind a movement of the ledger."""
    return legs.filter(
        Exists(
            Charge.objects.filter(
                leg_id=OuterRef("pk"), setup=OuterRef("setup"), transaction_id=movement
            )
        )
    )


def _within(span: Span) -> QuerySet[Leg]:
    legs: QuerySet[Leg] = Leg.objects.filter(setup__gte=span.begin, setup__lt=span.end)
    return legs


def _former_calls(own: int) -> Q:
    """Calls of accounts that stood below an account and do not any more, and that it paid for."""
    charges = Charge.objects.filter(
        leg_id=OuterRef("pk"), setup=OuterRef("setup"), account_id=own, is_cost=False
    )
    return Q(Exists(charges)) & Q(account_id__in=former_accounts(own).values("pk"))


def former_accounts(own: int) -> QuerySet[Account]:
    """The accounts that once stood below an account, at whatever depth, and do not any more."""
    accounts = connection.ops.quote_name(Account._meta.db_table)
    standings = connection.ops.quote_name(Standing._meta.db_table)
    # Begins with those whose agent of some time stands below it today; whoever was below one that
    # left, left with it.
    ever = RawSQL(  # noqa: S611 - the texts are the models' table names and our own words.
        f"""
        WITH RECURSIVE left_with (id) AS (
            SELECT was.account_id FROM {accounts} own
                JOIN {accounts} agent ON agent.tree_id = own.tree_id
                    AND agent.lft >= own.lft AND agent.lft < own.rght AND agent.rght > agent.lft
                JOIN {standings} was ON was.agent_id = agent.id
                JOIN {accounts} one ON one.id = was.account_id
            WHERE own.id = %s AND NOT (
                one.tree_id = own.tree_id AND one.lft >= own.lft AND one.lft < own.rght)
            UNION
            SELECT was.account_id FROM left_with
                JOIN {standings} was ON was.agent_id = left_with.id
        ) SELECT id FROM left_with
        """,  # noqa: S608
        [own],
    )
    below = Account.objects.filter(pk__in=ever)
    now = Account.objects.filter(pk=own)
    return below.exclude(
        tree_id__in=now.values("tree_id"), lft__gte=now.values("lft")[:1],
        lft__lt=now.values("rght")[:1],
    )  # fmt: skip
