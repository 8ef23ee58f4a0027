"""PINs that leave the portal: as a file, or on printed sheets. With a reason, on record, after a
sign-in that is not old; never by a link.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.kit.errors import Refused
from accounts.kit.moments import until_words
from accounts.kit.proof import Gain
from accounts.kit.sheets_out import download
from accounts.portal.forms.base import ReasonForm, add_domain_error
from billing.cards import pins
from billing.cards.forms.cards import PinFileForm, SheetForm
from billing.cards.models import CardBatch, PinsTaken
from billing.cards.queries import pins_taken_of
from billing.cards.services.secrets import SHEET_MOST, pins_take
from billing.cards.tables import figure, file_header, file_rows, opening_of
from billing.cards.views.batch import OneBatchView
from billing.cards.views.batches import batch_url
from billing.ledger.words import People
from billing.money import shown

_ON_A_SHEET = 10


class PinsView(OneBatchView):
    """What both ways have in common: who took the PINs before is said first."""

    abstract = True
    gain = Gain.CARD_SECRETS
    in_view_as = False
    template = ""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        batch = self.find(pk)
        return self.page(batch, self.form(batch))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        batch = self.find(pk)
        form = self.form(batch, request.POST)
        if not form.is_valid():
            return self.page(batch, form, status=422)
        try:
            response = self.take(batch, form)
        except Refused as error:
            add_domain_error(form, error)
            return self.page(batch, form, status=error.status)
        response["Cache-Control"] = "no-store"
        return response

    def form(self, batch: CardBatch, data: Any = None) -> ReasonForm:
        raise NotImplementedError

    def take(self, batch: CardBatch, form: ReasonForm) -> HttpResponseBase:
        raise NotImplementedError

    def page(self, batch: CardBatch, form: ReasonForm, status: int = 200) -> HttpResponse:
        before = list(pins_taken_of(batch)[:10])
        people = People(self.actor, before)
        context = {
            **self.shared(batch, self.heading()),
            "page_heading": f"{self.heading()}: {batch.name}",
            "form": form,
            "count": figure(batch.count),
            "most": figure(SHEET_MOST),
            "cancel_url": batch_url(batch),
            "before": [
                {
                    "what": one.get_kind_display(),
                    "at": one.at,
                    "who": people.who(one),
                    "reason": one.reason,
                    "count": figure(one.count),
                }
                for one in before
            ],
        }
        return render(self.request, self.template, context, status=status)

    def heading(self) -> str:
        raise NotImplementedError


class BatchExportView(PinsView):
    """All PINs of a batch as a file."""

    authorization = Authorization.MANAGE_PHONE_CARD
    template = "billing/cards/export.html"

    def heading(self) -> str:
        return _("Export PINs")

    def form(self, batch: CardBatch, data: Any = None) -> ReasonForm:
        return PinFileForm(data, actor=self.actor)

    def take(self, batch: CardBatch, form: ReasonForm) -> HttpResponseBase:
        values = form.cleaned_data
        name = f"cards-{batch.serial_at(0)}"
        # No job keeps PINs in clear for days: the file is made whole here, or nothing was taken.
        with transaction.atomic():
            cards = pins_take(
                actor=self.actor,
                batch=batch,
                kind=PinsTaken.Kind.FILE,
                reason=values["reason"],
            )
            rows = file_rows(cards, opening_of(self.actor, batch))
            return download(values["format"], file_header(batch), rows, name)


class BatchPrintView(PinsView):
    """Cards on sheets of ten, with marks to cut along."""

    authorization = Authorization.MANAGE_PHONE_CARD
    template = "billing/cards/print.html"

    def heading(self) -> str:
        return _("Print sheets")

    def form(self, batch: CardBatch, data: Any = None) -> ReasonForm:
        initial = {"first": batch.serial_at(0), "count": str(min(batch.count, 100))}
        return SheetForm(data, actor=self.actor, initial=initial)

    def take(self, batch: CardBatch, form: ReasonForm) -> HttpResponseBase:
        values = form.cleaned_data
        cards = pins_take(
            actor=self.actor,
            batch=batch,
            kind=PinsTaken.Kind.SHEET,
            reason=values["reason"],
            first=values["first"],
            count=values["count"],
        )
        prepared = [
            {
                "serial": card.serial,
                "pin": pins.grouped(pin),
                "ends": until_words(card.ends_at, batch.account.zone),
            }
            for card, pin in cards
        ]
        context = {
            **self.shared(batch, self.heading()),
            "page_heading": f"{self.heading()}: {batch.name}",
            "sheets": list(_sheets(prepared)),
            "count": figure(len(prepared)),
            "face_value": shown(batch.face_value),
            "currency": settings.CURRENCY,
            "valid_days": batch.valid_days,
            "agent": batch.account.name,
        }
        return render(self.request, "billing/cards/sheets.html", context)


def _sheets(cards: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    for start in range(0, len(cards), _ON_A_SHEET):
        yield cards[start : start + _ON_A_SHEET]
