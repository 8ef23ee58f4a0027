"""Paying where an account is looked at: its part of the panel beside list and tree."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.core.models import Account
from accounts.kit.addresses import address_of, object_address
from accounts.portal.audit_terms import Line
from accounts.portal.panel import Glance
from billing.forms import new_key
from billing.ledger.models import Entry, Transaction
from billing.money import shown, signed
from billing.payments.actions import why_not
from billing.payments.queries import Usual, moved_by, usual_of
from billing.payments.rules import choices_for
from billing.payments.words import usual_shown


def pay_part(glance: Glance) -> Mapping[str, Any]:
    """The form that pays the account, or why its viewer may not. One query."""
    account = glance.account
    reason = why_not(glance.actor, account)
    shown_always = {
        "is_own": glance.is_own,
        "reason": reason,
        "url": address_of("billing:payment-new", account.account_id),
    }
    if reason or glance.is_own:
        return shown_always
    usual = usual_of(account)
    return {
        **shown_always,
        "account": account.account_id,
        "effect_url": address_of("billing:payment-effect", account.account_id),
        "may_transfer": Transaction.Kind.TRANSFER in choices_for(glance.actor, account),
        "usual": usual_shown(usual),
        "paid": _paid(usual, glance.asked.get("paid", "")),
        "balance": shown(account.wallet.balance),
        "key": new_key(),
        "currency": settings.CURRENCY,
    }


def payment_lines(account: Account, pks: Sequence[int]) -> Mapping[int, Line]:
    """What these payments moved of the account, for its overview. One query."""
    return {one.transaction_id: _line(one) for one in moved_by(account, pks)}


def _line(moved: Entry) -> Line:
    after = moved.balance_after or Decimal(0)
    url = object_address("billing:payment", Transaction.key_kind, moved.transaction_id)
    return Line(
        url,
        amount=signed(moved.amount),
        before=shown(after - moved.amount),
        after=shown(after),
        reference=moved.transaction.reference,
    )


def _paid(usual: Usual, key: str) -> Mapping[str, Any] | None:
    """The line of the receipt, where the panel was led to by paying."""
    made = next((one for one in usual.last if one.key == key), None)
    if made is None:
        return None
    return {
        "amount": shown(made.amount),
        "name": made.reference or made.key,
        "url": object_address("billing:payment", Transaction.key_kind, made.pk),
    }
