"""Statements by mail, made from the ledger when they are sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.kit.moments import day_begin, day_words
from accounts.mail.kinds import MailKind, NotSent
from accounts.mail.models import Mail
from accounts.tree.queries.letterhead import addressee_of, letterhead_of
from billing.ledger.models import StatementMailed, StatementMailing
from billing.ledger.queries.statements import statement_of
from billing.ledger.services.mailing import MAIL
from billing.money import shown, signed
from billing.reports.figures import summed
from billing.reports.periods import Period
from billing.reports.queries.figures import paid_by_destination

_FOLDER = "billing/ledger/mail"
_DAY = timedelta(days=1)


def _statement(mail: Mail) -> Mapping[str, Any]:
    """The figures of the period. Raises NotSent where they are not wanted any more."""
    sent = StatementMailed.objects.select_related("account").filter(pk=mail.keys["statement"])
    one = sent.first()
    if one is None:
        raise NotSent(_("The account is gone."))
    account = one.account
    if account.status == Account.Status.CLOSED:
        raise NotSent(_("The account is closed."))
    wanted = StatementMailing.objects.filter(pk=account.pk).first()
    if wanted is None or mail.address not in wanted.addresses.split(", "):
        raise NotSent(_("Statements are not mailed to this address any more."))
    zone, last = one.zone, one.until - _DAY
    statement = statement_of(account, day_begin(one.first, zone), day_begin(one.until, zone))
    found = paid_by_destination(account, Period.of_days(one.first, one.until, zone))
    calls = summed(found.values())
    by_amount = sorted(found.items(), key=lambda pair: (-pair[1].amount, pair[0]))
    page = reverse("billing:statement", args=[account.account_id])
    asked = f"from={one.first}&to={last}&zone={zone.key}"
    return {
        "account": account,
        "sender": letterhead_of(account),
        "addressee": addressee_of(account),
        "period": day_words(one.first)
        if one.first == last
        else _("%(first)s to %(last)s") % {"first": day_words(one.first), "last": day_words(last)},
        "first": one.first,
        "zone": zone.key,
        "currency": settings.CURRENCY,
        "opening": shown(statement.opening),
        "closing": shown(statement.closing),
        "kinds": [
            {"label": kind.kind.label, "count": kind.count, "net": signed(kind.net)}
            for kind in statement.movements
        ],
        "calls": calls.legs,
        "calls_amount": shown(calls.amount),
        "destinations": [
            {
                "name": name or _("Not answered, or free"),
                "calls": figures.legs,
                "minutes": f"{figures.billed_minutes:,.1f}",
                "amount": shown(figures.amount),
            }
            for name, figures in by_amount
        ],
        "link": f"{settings.PORTAL_URL}{page}?{asked}",
        "stop": settings.PORTAL_URL + reverse("billing:statement-mail", args=[account.account_id]),
    }


def _name_of_file(shown: Mapping[str, Any]) -> str:
    return f"statement-{shown['account'].account_id}-{shown['first']}.pdf"


KINDS = (
    MailKind(
        MAIL,
        gettext_lazy("Statement"),
        f"{_FOLDER}/statement.txt",
        _statement,
        find=lambda mail: None,
        html=f"{_FOLDER}/statement.html",
        pdf=_name_of_file,
    ),
)
