"""The funding rule and the limits of payments: set by administrators on an account, inherited by
everything below it, the strictest along the chain counting (docs/domain.md 3 and 6).
"""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.models import Account
from accounts.core.record import changes, record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied
from billing.handing_out.queries.policies import own_policy
from billing.money import MAX_AMOUNT, plain
from billing.wallets.models import Funding, PaymentPolicy


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
            reason=tidied(reason)[:500],
        )


def _state(policy: PaymentPolicy | None) -> dict[str, str]:
    if policy is None:
        return {"funding": "", "per_payment": "", "per_day": ""}
    return {
        "funding": policy.funding,
        "per_payment": "" if policy.per_payment is None else plain(policy.per_payment),
        "per_day": "" if policy.per_day is None else plain(policy.per_day),
    }
