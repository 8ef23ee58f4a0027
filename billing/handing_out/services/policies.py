"""The funding rule and the limits of payments: set by administrators on an account, inherited by
everything below it, the strictest along the chain counting (docs/domain.md 3 and 6).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, in_scope
from accounts.core.record import changes, record
from accounts.core.scope import Scope
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from billing.ledger.models import Entry, Transaction
from billing.money import MAX_AMOUNT, plain, shown
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
    rows = PaymentPolicy.objects.filter(pk__in=[link.pk for link in way]).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    return strictest(way, rows)


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


def check_limits(
    actor: Actor, policy: Effective, amount: Decimal, *, paid: Decimal, field: str = "amount"
) -> None:
    """Raise Refused where a payment of `amount` would pass a limit; `paid` is what the same deed
    hands out altogether. Call it in the transaction that writes, with a policy read with `lock`.
    Limits of levels above the actor's own are kept without a figure.
    """
    visible = {link.pk for link in actor.visible_part(actor.chain)}
    hidden = _("This is more than %(above)s permits.") % {"above": actor.someone_above}
    if policy.per_payment is not None:
        link, limit = policy.per_payment
        if amount > limit:
            words = _("At most %(limit)s may be paid at once.") % {"limit": shown(limit)}
            raise Refused(
                words if link.pk in visible else hidden, code="over_payment_limit", field=field
            )
    for link, limit in policy.day_limits:
        left = limit - paid_today(link)
        if paid > left:
            words = _("At most %(left)s more may be paid today.") % {
                "left": shown(max(left, Decimal(0)))
            }
            raise Refused(
                words if link.pk in visible else hidden, code="over_day_limit", field=field
            )


def paid_today(link: ChainLink) -> Decimal:
    """What the logins of an account and of everything below it have handed out since midnight in
    the account's time zone: payments, raised credit limits, released cards.
    """
    zone = ZoneInfo(link.time_zone)
    midnight = datetime.combine(timezone.localdate(timezone=zone), time(), tzinfo=zone)
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


@transaction.atomic
def payment_policy_set(
    *,
    actor: Actor,
    account: Account,
    funding: str = "",
    per_payment: Decimal | None = None,
    per_day: Decimal | None = None,
    reason: str = "",
) -> None:
    """Set the payment policy of an account (empty: inherit). Administrators only.

    Raises NotAllowed, NotInScope, Refused with the field.
    """
    actor = fresh(actor)
    current = Account.objects.within(actor.scope).filter(pk=account.pk).first()
    if current is None:
        raise NotInScope
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Policies are set by administrators."), code="administrators_only")
    if current.status == Account.Status.CLOSED:
        raise Refused(_("A closed account is never changed."), code="closed")
    if funding not in ("", *Funding.values):
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="funding")
    for name, value in (("per_payment", per_payment), ("per_day", per_day)):
        if value is not None and not 0 <= value <= MAX_AMOUNT:
            raise Refused(_("Enter an amount of zero or more."), code="negative", field=name)
    before = own_policy(current)
    PaymentPolicy.objects.update_or_create(
        account=current,
        defaults={"funding": funding, "per_payment": per_payment, "per_day": per_day},
    )
    after = PaymentPolicy(
        account=current, funding=funding, per_payment=per_payment, per_day=per_day
    )
    was, became = changes(_state(before), _state(after))
    if became:
        record(
            actor=actor,
            action="payment_policy.set",
            account=current,
            before=was,
            after=became,
            reason=reason.strip()[:500],
        )


def _state(policy: PaymentPolicy | None) -> dict[str, str]:
    if policy is None:
        return {"funding": "", "per_payment": "", "per_day": ""}
    return {
        "funding": policy.funding,
        "per_payment": "" if policy.per_payment is None else plain(policy.per_payment),
        "per_day": "" if policy.per_day is None else plain(policy.per_day),
    }
