"""Payments that logins made to their own account: administrators hear of each at once."""

from django.conf import settings
from django.urls import reverse

from accounts.logins.mails import administrators_with_address, mail_login
from billing.ledger.models import Transaction
from billing.money import shown


def mail_own_top_up(made: Transaction) -> None:
    """Tell the administrators who have an address. Call it once the payment is committed."""
    for user in administrators_with_address():
        mail_login(
            user,
            "own_top_up",
            folder="billing/payments/mail",
            payment=made,
            amount=f"{shown(made.amount)} {settings.CURRENCY}",
            link=settings.PORTAL_URL + reverse("billing:payment", args=[made.pk]),
        )
