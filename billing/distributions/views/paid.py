"""A paid distribution: its totals and every payment of it, on screen, in print and as a file."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.exports import export_recorded
from accounts.kit.pagination import BY_KEY, BadCursor, page
from accounts.kit.sheets_out import FORMATS, download, kind_asked
from accounts.portal.views.base import PortalView
from billing.distributions.models import Distribution
from billing.distributions.queries import payer_sides, payments_of, result_header, reversed_count
from billing.distributions.services.drafts import distributions_of
from billing.distributions.views.hand_in import crumbs
from billing.ledger.models import Entry
from billing.ledger.tables import account_of
from billing.ledger.words import People
from billing.money import shown, signed

_PER_PAGE = 100
_CHUNK = 1000


class PaidDistributionView(PortalView):
    """Whoever made it, and whoever reaches the account of who made it. Accounts that left the
    viewer's scope since then have no name.
    """

    abstract = True

    def find(self, pk: UUID) -> Distribution:
        """The distribution of the address; 404 for one that is not to be seen."""
        one = distributions_of(self.actor).filter(pk=pk).first()
        if one is None:
            raise Http404
        return one

    def people(self, one: Distribution, entries: Sequence[Entry]) -> People:
        accounts = [account_of(entry) for entry in entries]
        by = [one.by_account] if one.by_account else []
        return People(self.actor, self.accounts, (), [*accounts, *by])


class DistributionView(PaidDistributionView):
    """What was paid to whom, and what it did to the balance it came from."""

    authorization = None

    def get(self, request: HttpRequest, distribution_id: UUID) -> HttpResponse:
        one = self.find(distribution_id)
        found, notice = payments_of(one), ""
        try:
            cursor = request.GET.get("cursor", "")
            shown_page = page(found, BY_KEY, descending=False, size=_PER_PAGE, cursor=cursor)
        except BadCursor:
            notice = _("That page cannot be found any more. This is the first page.")
            shown_page = page(found, BY_KEY, descending=False, size=_PER_PAGE)
        people = self.people(one, shown_page.rows)
        here = reverse("billing:distribution", args=[one.pk])
        export = reverse("billing:distribution-export", args=[one.pk])
        knows = people.knows_all or people.knows(one.by_account_id)
        context: dict[str, Any] = {
            "one": one,
            "notice": notice,
            "crumbs": crumbs(_("Distribution")),
            "currency": settings.CURRENCY,
            "total": shown(one.total),
            "count": number_format(one.count, force_grouping=True),
            "who": self._who(one, people),
            "by_account": one.by_account if one.by_account and knows else None,
            "payer": self._payer(one) if knows else None,
            "reversed": reversed_count(one),
            "zone": timezone.get_current_timezone_name(),
            "rows": [_row(entry, people) for entry in shown_page.rows],
            "exports": [(kind.upper(), f"{export}?format={kind}") for kind in FORMATS],
            "pager": {
                "text": _("%(shown)s of %(count)s shown, in the order of the list")
                % {
                    "shown": len(shown_page.rows),
                    "count": number_format(one.count, force_grouping=True),
                },
                "newer_url": _at(here, shown_page.before),
                "older_url": _at(here, shown_page.after),
                "first_url": here,
            },
        }
        return render(request, "billing/distributions/paid.html", context)

    def _who(self, one: Distribution, people: People) -> str:
        """The login, where the viewer may know it."""
        is_own = one.login_id == self.request.user.pk
        if people.knows_all or is_own or people.knows(one.by_account_id):
            return one.login.get_username()
        return _("Administrator")

    def _payer(self, one: Distribution) -> dict[str, Any] | None:
        sides = payer_sides(one)
        if sides is None:
            return None
        return {"before": shown(sides[0]), "after": shown(sides[1])}


class DistributionExportView(PaidDistributionView):
    """The payments as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, distribution_id: UUID) -> HttpResponseBase:
        one = self.find(distribution_id)
        kind = kind_asked(request)
        export_recorded(
            actor=self.actor,
            what="distribution",
            account=one.by_account,
            filters={"distribution": str(one.pk)},
            rows=one.count,
        )
        return download(kind, result_header(), self._lines(one), f"distribution-{str(one.pk)[:8]}")

    def _lines(self, one: Distribution) -> Iterator[list[Any]]:
        after = 0
        while entries := list(payments_of(one).filter(pk__gt=after).order_by("pk")[:_CHUNK]):
            people = self.people(one, entries)
            for entry in entries:
                made, knows = entry.transaction, people.knows(entry.wallet_id)
                balance = entry.balance_after if knows else None
                account = people.account(account_of(entry))
                yield [account, entry.amount, made.reference, made.key, balance]
            after = entries[-1].pk


def _row(entry: Entry, people: People) -> dict[str, Any]:
    made, account = entry.transaction, account_of(entry)
    knows = people.knows(account.pk)
    assert entry.balance_after is not None
    return {
        "key": made.key,
        "url": reverse("billing:payment", args=[made.pk]) if knows else "",
        "account": people.account(account),
        "account_url": account.get_absolute_url() if knows else "",
        "reference": made.reference,
        "amount": signed(entry.amount),
        "balance": shown(entry.balance_after) if knows else "",
        "reversed_by": getattr(made, "reversed_by", None),
    }


def _at(here: str, cursor: str | None) -> str:
    return f"{here}?{urlencode({'cursor': cursor})}" if cursor else ""
