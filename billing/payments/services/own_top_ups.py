"""Payments that logins made to their own account: administrators hear of each at once."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import GrantUse
from accounts.logins.mails import administrators_with_address, mail_login
from billing.ledger.models import Transaction
from billing.money import shown

DAYS = 7
_MOST = 8


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


def own_top_ups(actor: Actor) -> Sequence[Transaction]:
    """The latest of them within DAYS, newest first, for administrators; nobody else sees any."""
    if not actor.is_administrator:
        return []
    since = timezone.now() - timedelta(days=DAYS)
    # Who used authorization 7 lately are few, and their payments lie in an index. Uses are noted
    # once a day.
    used = GrantUse.objects.filter(
        code=Authorization.PAY_OWN_ACCOUNT, last_used_at__gt=since - timedelta(days=1)
    )
    payments = Transaction.objects.filter(
        by_account__in=used.values("account"), at__gt=since, account=F("by_account")
    )
    return list(payments.select_related("account", "reversed_by").order_by("-pk")[:_MOST])
