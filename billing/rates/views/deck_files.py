"""Files of decks: a group as a deck, and the rows of one that were refused."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.exports import Export
from accounts.jobs.services.exports import MOST_IN_ALL
from accounts.kit.batches import batched
from accounts.kit.moments import asked_now
from accounts.kit.sheets_out import FORMATS
from accounts.portal.views.exports import ExportView
from billing.rates.deck_reading import OWN
from billing.rates.models import DeckRow, Rate, RateImport
from billing.rates.queries import imports_of, listed_rates, rows_of
from billing.rates.views.base import GroupPage, KeptGroupPage
from billing.wallets.models import RateGroup

_CHUNK = 1_000


class GroupExportView(ExportView, GroupPage):
    """The prices of a group as a deck: what counts now and what is to come. Handed in again it
    changes nothing.
    """

    authorization = None

    def exported(self, request: HttpRequest, pk: int) -> Export:
        group = self.seen(pk)
        rates = listed_rates(group, asked_now())

        def lines(keys: Sequence[int]) -> Iterator[list[Any]]:
            for some in batched(keys, _CHUNK):
                found = {one.pk: one for one in rates.filter(pk__in=some)}
                for key in some:
                    if key in found:
                        yield self._line(found[key])

        return Export(
            what="rate_group",
            account=group.owner if self.keeps(group) else None,
            filters={"group": group.name},
            name=f"rates-{group.name}",
            header=OWN,
            count=rates.order_by()[: MOST_IN_ALL + 1].count(),
            keys=lambda: list(
                rates.order_by("prefix", "effective_from", "pk").values_list("pk", flat=True)
            ),
            lines=lines,
        )

    def _line(self, one: Rate) -> list[Any]:
        zone = one.group.zone

        def told(at: Any) -> str:
            # With its offset, so that hours that come twice are told apart.
            return timezone.localtime(at, zone).isoformat(" ") if at else ""

        return [
            one.prefix,
            one.destination,
            one.price,
            one.connection_fee,
            one.first_block,
            one.increment,
            told(one.effective_from),
            told(one.effective_until),
            "yes" if one.is_locked else "no",
            str(one.period or ""),
        ]


class DeckRefusedView(ExportView, KeptGroupPage):
    """The rows of a deck that were refused, by line, with what to do."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        # Whether it may be taken comes before which kind is asked for.
        self._find(**address)
        if "format" not in request.GET:
            return redirect(f"{request.path}?format={FORMATS[0]}")
        return super().get(request, **address)

    def exported(self, request: HttpRequest, pk: int) -> Export:
        deck, group = self._find(pk)
        rows = rows_of(deck).filter(kind=DeckRow.Kind.REFUSED)

        def lines(keys: Sequence[int]) -> Iterator[list[Any]]:
            for some in batched(keys, _CHUNK):
                found = rows.filter(pk__in=some).order_by("line", "pk")
                yield from map(list, found.values_list("line", "prefix", "problem"))

        return Export(
            what="rate_import",
            account=group.owner,
            filters={"group": group.name, "file": deck.file_name},
            name=f"refused-{deck.file_name}",
            header=[_("Line"), _("Prefix"), _("What to do")],
            count=rows.count(),
            keys=lambda: list(rows.order_by("line", "pk").values_list("pk", flat=True)),
            lines=lines,
        )

    def _find(self, pk: int) -> tuple[RateImport, RateGroup]:
        deck = imports_of(self.actor).filter(pk=pk).first()
        if deck is None:
            raise Http404
        return deck, self.kept(deck.group_id)
