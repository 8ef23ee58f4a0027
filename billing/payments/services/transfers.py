"""Transfers: administrators correct a payment that went to the wrong account (docs/domain.md 6)."""

from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.errors import NotAllowed, Refused
from billing.handing_out.services.gate import Gate, Shortfall


def transfer_source(
    actor: Actor, payee: Account, source: Account | None, *, reason: str
) -> Account:
    """The account a transfer takes the money from, as it is now.

    Raises NotAllowed for anybody but administrators, Refused (with the field) for an account that
    cannot give it, or without a reason.
    """
    if not actor.is_administrator:
        raise NotAllowed(
            _("A transfer corrects a payment; administrators make it."), code="administrators_only"
        )
    giver = None
    if source is not None and source.pk != payee.pk:
        giver = Account.objects.within(actor.scope).filter(pk=source.pk).first()
    if giver is None:
        raise Refused(
            _("Choose the account the payment had gone to."), code="no_source", field="source"
        )
    if giver.status == Account.Status.CLOSED:
        raise Refused(
            _("%(account)s is closed: its balance stays zero.") % {"account": giver.account_id},
            code="closed",
            field="source",
        )
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="memo")
    return giver


def transfer_shortfalls(
    gate: Gate, source: Account, payee: Account, amount: Decimal
) -> tuple[Shortfall, ...]:
    """What a transfer leaves uncovered."""
    if source.pk == payee.parent_id:
        # The agent has less by it, and has handed out more.
        return gate.hand_out({payee.pk: 2 * amount})
    taken = gate.take_back(source, amount)
    if source.parent_id == payee.parent_id:
        # Between two accounts of one agent nothing is handed out.
        return taken
    return gate.hand_out({payee.pk: amount}) + taken


def source_recorded(source: Account | None) -> dict[str, str]:
    """What the audit log keeps of where a payment came from."""
    return {} if source is None else {"source": source.account_id}
