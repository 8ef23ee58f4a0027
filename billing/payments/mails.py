"""Payments that logins made to their own account: administrators hear of each at once."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.logins.mails import administrators_with_address, mail_logins
from accounts.mail.kinds import MailKind, NotSent
from accounts.mail.models import Mail
from billing.ledger.models import Transaction
from billing.money import shown


def mail_own_top_up(made: Transaction) -> None:
    """Tell the administrators who have an address, once the payment is committed."""
    mail_logins(administrators_with_address(), "payment.own_top_up", payment=made.pk)


def _own_top_up(mail: Mail) -> Mapping[str, Any]:
    rows = Transaction.objects.select_related("account")
    made = rows.filter(pk=mail.keys["payment"]).first()
    if made is None:
        raise NotSent(_("The payment is gone."))
    return {
        "payment": made,
        "amount": f"{shown(made.amount)} {settings.CURRENCY}",
        "link": settings.PORTAL_URL + reverse("billing:payment", args=[made.pk]),
    }


KINDS = (
    MailKind(
        "payment.own_top_up",
        gettext_lazy("Own top-up"),
        "billing/payments/mail/own_top_up.txt",
        _own_top_up,
    ),
)
