"""A paid distribution: its totals and every payment of it, on screen, in print and as a file."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.exports import Export
from accounts.kit.markup import joined
from accounts.kit.pagination import Page
from accounts.kit.sheets_out import offered
from accounts.portal.lists.cells import icon, link, on_card, quiet
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.exports import ExportView
from billing.distributions.models import Distribution
from billing.distributions.queries import (
    distributions_of,
    payer_sides,
    payments_of,
    result_header,
    reversed_count,
)
from billing.distributions.views.hand_in import crumbs
from billing.ledger.models import Entry
from billing.ledger.tables import account_of
from billing.ledger.words import People
from billing.money import shown, signed

_CHUNK = 1000


def _account(row: Mapping[str, Any]) -> Any:
    if not row["account_url"]:
        return quiet(row["account"])
    return link(row["account_url"], row["account"], "quiet-link")


def _receipt(row: Mapping[str, Any]) -> Any:
    key = link(row["url"], row["key"]) if row["url"] else row["key"]
    found = on_card(_("Receipt"), key)
    back = row["reversed_by"]
    if back is None:
        return found
    url = reverse("billing:payment", args=[back.pk])
    words = joined([icon("undo"), _("reversed by %(number)s") % {"number": back.key}])
    return joined([found, " ", link(url, words, "badge-soft warn")])


_COLUMNS = (
    Column("account", gettext_lazy("Account ID"), _account, css=""),
    Column("receipt", gettext_lazy("Receipt"), _receipt, css="tnum card-left"),
    Column(
        "reference",
        gettext_lazy("Reference"),
        lambda row: row["reference"],
        css="mono text-wrap card-skip",
    ),
    Column(
        "amount",
        gettext_lazy("Amount"),
        lambda row: row["amount"],
        is_number=True,
        css="fw-semibold card-top",
    ),
    Column(
        "balance",
        gettext_lazy("Balance after"),
        lambda row: on_card(_("balance"), row["balance"]) if row["balance"] else "",
        is_number=True,
        css="card-right",
    ),
)


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
        return People(self.actor, (), [*accounts, *by])


class DistributionView(PaidDistributionView, ListView):
    """What was paid to whom, and what it did to the balance it came from."""

    authorization = None
    heading = gettext_lazy("Payments")
    columns = _COLUMNS
    fixed_size = 100
    table_title = heading

    def get(self, request: HttpRequest, distribution_id: UUID) -> HttpResponse:
        self.one = one = self.find(distribution_id)
        context = self.list_context(request, self.state_of(request.GET))
        people = self.known
        knows = people.knows_all or people.knows(one.by_account_id)
        export = reverse("billing:distribution-export", args=[one.pk])
        context |= {
            "one": one,
            "crumbs": crumbs(_("Distribution")),
            "currency": settings.CURRENCY,
            "total": shown(one.total),
            "count": number_format(one.count, force_grouping=True),
            "who": self._who(one, people),
            "by_account": one.by_account if one.by_account and knows else None,
            "payer": self._payer(one) if knows else None,
            "reversed": reversed_count(one),
            "exports": offered(lambda kind: f"{export}?format={kind}"),
        }
        return render(request, "billing/distributions/paid.html", context)

    def base(self, is_all: bool) -> QuerySet[Entry]:
        return payments_of(self.one)

    def rows(self, objects: Sequence[Entry], names: Collection[str]) -> Any:
        self.known = self.people(self.one, objects)
        return [_row(entry, self.known) for entry in objects]

    def key(self, row: Mapping[str, Any]) -> str:
        return str(row["key"])

    def attributes(self, row: Mapping[str, Any]) -> Mapping[str, str]:
        return {"class": "muted"} if row["reversed_by"] else {}

    def caption(self, state: ListState) -> str:
        return _("Payments of this distribution")

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(shown)s of %(count)s shown, in the order of the list") % {
            "shown": len(found.rows),
            "count": number_format(self.one.count, force_grouping=True),
        }

    def first_use(self, state: ListState) -> Empty:
        return Empty(self.heading)

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


class DistributionExportView(ExportView, PaidDistributionView):
    """The payments as a file."""

    authorization = None

    def exported(self, request: HttpRequest, distribution_id: UUID) -> Export:
        one = self.find(distribution_id)
        payments = payments_of(one).order_by("pk")
        return Export(
            what="distribution",
            account=one.by_account,
            filters={"distribution": str(one.pk)},
            name=f"distribution-{str(one.pk)[:8]}",
            header=result_header(),
            count=one.count,
            keys=lambda: list(payments.values_list("pk", flat=True)),
            lines=lambda keys: self._lines(one, payments, keys),
        )

    def _lines(
        self, one: Distribution, payments: QuerySet[Entry], keys: Sequence[int]
    ) -> Iterator[list[Any]]:
        for start in range(0, len(keys), _CHUNK):
            entries = list(payments.filter(pk__in=keys[start : start + _CHUNK]))
            people = self.people(one, entries)
            for entry in entries:
                made, knows = entry.transaction, people.knows(entry.wallet_id)
                balance = entry.balance_after if knows else None
                account = people.account(account_of(entry))
                yield [account, entry.amount, made.reference, made.key, balance]


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
