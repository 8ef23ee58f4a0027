"""Who may be paid at all, and how (docs/domain.md 6)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.errors import Refused
from billing.handing_out.queries.policies import effective_policy
from billing.ledger.models import Transaction
from billing.money import shown
from billing.payments.queries import Usual
from billing.wallets.models import Funding

Kind = Transaction.Kind
# More than so many times the usual amount is looked at once more.
UNUSUAL = 10


def choices_for(actor: Actor, account: Account) -> Mapping[str, Any]:
    """The kinds of payment a form offers this actor for this account."""
    if account.pk == actor.account_pk:
        return {Kind.RECHARGE.value: Kind.RECHARGE.label}
    kinds = [Kind.RECHARGE, Kind.DEDUCTION, Kind.MAKE_ZERO, Kind.OPENING]
    if actor.is_administrator:
        kinds.append(Kind.TRANSFER)
    return {one.value: one.label for one in kinds}


def why_check_first(
    kind: str,
    amount: Decimal,
    usual: Usual,
    *,
    is_own: bool = False,
    is_repeat: bool = False,
    is_uncovered: bool = False,
) -> str:
    """Why a payment is made on the check page alone, and not where its amount is typed; "" = it
    need not be. `is_repeat`: the same went to the account a few minutes ago; `is_uncovered`: it
    hands out what only administrators may, who are told so there.
    """
    if kind != Kind.RECHARGE:
        return _("Only a recharge is paid without a look at what it does.")
    if is_own:
        return _("A payment to your own account is looked at first.")
    if is_repeat:
        return _("The same amount went to this account a moment ago.")
    if is_uncovered:
        return _("It is not covered.")
    return why_unusual(kind, amount, usual)


def why_unusual(kind: str, amount: Decimal, usual: Usual) -> str:
    """What is unusual about the amount of a recharge, for the check page to say; "" = nothing."""
    if kind != Kind.RECHARGE:
        return ""
    if usual.amount is None:
        return _("It is the first payment to this account.")
    if amount > UNUSUAL * usual.amount:
        return _("It is more than ten times the usual %(amount)s.") % {
            "amount": shown(usual.amount)
        }
    return ""


def refuse_unchecked(kind: str, amount: Decimal, usual: Usual, **more: bool) -> None:
    """Raise Refused for what has to be looked at first; as `why_check_first`."""
    if why := why_check_first(kind, amount, usual, **more):
        raise Refused(why, code="check_first")


def check_takes_payments(actor: Actor, account: Account) -> None:
    """Raise Refused where the account takes no payment of this actor, whatever its kind."""
    if account.status == Account.Status.CLOSED:
        raise Refused(_("A closed account takes no payments."), code="closed")
    if account.pk == actor.account_pk:
        refuse_own_below_covered(actor)


def refuse_own_below_covered(actor: Actor) -> None:
    """Raise Refused below an agent on *covered*: what a level above has handed out stays within
    what it has, and nobody below adds to it.
    """
    if effective_policy(actor.chain[:-1]).funding is Funding.COVERED:
        raise Refused(
            _("Your account is topped up by %(above)s: ask for a payment there.")
            % {"above": actor.someone_above},
            code="own_below_covered",
        )
