"""The last movements of an account, on the start page of a customer and beside list and tree, where
also stands how its balance went.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.scope import Scope
from accounts.kit.addresses import address_of, object_address
from accounts.kit.choices import choice_words
from accounts.kit.moments import day_of_words, day_words, today
from accounts.portal.panel import Glance
from accounts.portal.registry import Card
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.balances import balances_by_day
from billing.ledger.queries.folding import last_lines, runs
from billing.ledger.queries.whole import page_of_own
from billing.ledger.tables import short_rows
from billing.money import shown, signed
from billing.reports.drawing import spark_drawn

_SHOWN = 5
_MOST = 6
# How many days a small curve shows.
DAYS = 30


def movements_part(glance: Glance) -> Mapping[str, Any]:
    """Payments, and calls as a line a day. One query."""
    account = glance.account
    zone = timezone.get_current_timezone()
    return {
        "lines": [
            _line(account, entry, amount, after)
            for entry, amount, after in last_lines(account.pk, zone, _SHOWN)
        ],
        "statement_url": address_of("billing:statement", account.account_id),
    }


def _line(account: Account, entry: Entry, amount: Decimal, after: Decimal) -> Mapping[str, Any]:
    made, day = entry.transaction, day_of_words(entry.at)
    url = object_address("billing:payment", Transaction.key_kind, made.pk)
    words = made.reference or choice_words(Transaction.Kind, made.kind)
    if made.kind == Transaction.Kind.CALL:
        asked = {"show": "direct", "kind": made.kind, "since": day, "until": day}
        url = f"{address_of('billing:account-payments', account.account_id)}?{urlencode(asked)}"
        words = _("Calls")
    return {
        "day": day,
        "words": words,
        "is_reference": bool(made.reference),
        "url": url,
        "amount": signed(amount),
        "is_in": amount > 0,
        "after": shown(after),
    }


def days_of(account: Account) -> Sequence[tuple[date, Decimal]]:
    """What an account of the scope had at the end of each of the last days. One query."""
    now = today()
    first, until = now - timedelta(days=DAYS - 1), now + timedelta(days=1)
    zone = timezone.get_current_timezone()
    return balances_by_day(account, first, until, zone, with_below=False)


def small_curve(
    points: Sequence[tuple[date, Decimal]], threshold: Decimal | None
) -> Mapping[str, Any]:
    """How the balance went, for templates/billing/ledger/_small_curve.html."""
    lowest = min(points, key=lambda one: one[1])
    words = _("Balance at the end of each of %(days)s days. The lowest was %(amount)s on %(day)s.")
    said = {"days": len(points), "amount": shown(lowest[1]), "day": day_words(lowest[0])}
    return {
        "drawing": spark_drawn(points, threshold),
        "summary": words % said,
        "first": day_words(points[0][0]),
        "last": day_words(points[-1][0]),
        "rows": [(day_words(day), shown(amount)) for day, amount in reversed(points)],
    }


def _movements(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """The last lines of the history of payments. Two queries."""
    if account is None:
        return None
    zone = timezone.get_current_timezone()
    page = page_of_own(Scope.of(account.pk), zone, size=_MOST, cursor="")
    return {
        "rows": short_rows(page.rows, runs(page.rows, zone)),
        "currency": settings.CURRENCY,
        "url": reverse("billing:account-payments", args=[account.account_id]),
        "statement_url": reverse("billing:statement", args=[account.account_id]),
    }


OWN_MOVEMENTS = Card("billing/ledger/_own.html", _movements, order=20)
