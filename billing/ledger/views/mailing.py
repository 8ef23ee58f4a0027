"""Statements by mail: how often, to whom, and which were sent."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.actor import check_allowed
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import Busy, Refused
from accounts.kit.moments import day_words, moment_words, zone_words
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.ledger.forms import MailingForm
from billing.ledger.models import Rhythm
from billing.ledger.queries.mailings import (
    addresses_hidden_until,
    decides_by_itself,
    mailed_of,
    mailing_of,
    why_not_mailing,
)
from billing.ledger.services.mailing import mailing_set

_SHOWN = 24


class StatementMailView(PortalView):
    """Whoever reaches the account looks; its own logins, agents above with 1 and administrators
    decide.
    """

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        one = mailing_of(account)
        initial = {"rhythm": one.rhythm, "addresses": one.addresses} if one else {}
        return self._page(account, MailingForm(actor=self.actor, initial=initial))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        if not decides_by_itself(self.actor, account):
            check_allowed(self.actor, Authorization.MANAGE_ACCOUNT, account)
        form = MailingForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(account, form, 422)
        clean = form.cleaned_data
        try:
            mailing_set(actor=self.actor, account=account, **clean)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, error.status)
        words = _("Statements are mailed.") if clean["rhythm"] else _("No statement is mailed.")
        messages.success(request, words)
        return SeeOther("billing:statement-mail", account.account_id)

    def _page(self, account: Account, form: MailingForm, status: int = 200) -> HttpResponse:
        one = mailing_of(account)
        hidden_until = addresses_hidden_until(self.actor, account)
        context: dict[str, Any] = {
            **account_head(self.request, account, current="payments", page=_("Statements by mail")),
            "form": form,
            "why_not": why_not_mailing(self.actor, account),
            "mailing": one,
            "due": moment_words(one.due_at) if one else "",
            "zone": account.time_zone,
            "own_zone": zone_words(),
            "mailed": [
                {
                    "rhythm": Rhythm(sent.rhythm).label,
                    "first": day_words(sent.first),
                    "until": day_words(sent.until),
                    "addresses": sent.addresses
                    if hidden_until is None or sent.queued_at > hidden_until
                    else "",
                    "at": moment_words(sent.queued_at),
                }
                for sent in mailed_of(account, _SHOWN)
            ],
        }
        return render(self.request, "billing/ledger/mailing.html", context, status=status)
