"""Who may be paid at all, and how (docs/domain.md 6)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.errors import Refused
from billing.handing_out.queries.policies import effective_policy
from billing.ledger.models import Transaction
from billing.wallets.models import Funding

Kind = Transaction.Kind


def choices_for(actor: Actor, account: Account) -> Mapping[str, Any]:
    """The kinds of payment a form offers this actor for this account."""
    if account.pk == actor.account_pk:
        return {Kind.RECHARGE.value: Kind.RECHARGE.label}
    kinds = [Kind.RECHARGE, Kind.DEDUCTION, Kind.MAKE_ZERO, Kind.OPENING]
    if actor.is_administrator:
        kinds.append(Kind.TRANSFER)
    return {one.value: one.label for one in kinds}


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
