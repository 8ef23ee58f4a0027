"""Cards of a batch that are released or withdrawn: which ones, what that does, and the deed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.kit.errors import Busy, Refused
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.responses import SeeOther
from billing.cards.forms.deeds import PartForm, WithdrawForm
from billing.cards.models import CardBatch
from billing.cards.services.releasing import cards_release, release_preview
from billing.cards.services.withdrawing import cards_withdraw, withdrawal_preview
from billing.cards.tables import figure, opening_of
from billing.cards.views.batch import OneBatchView
from billing.cards.views.batches import batch_url
from billing.cards.views.extending import cover_context, expected
from billing.money import shown


class PartView(OneBatchView):
    """Sent once, it shows what the deed does; sent again with `confirmed`, it does it."""

    abstract = True
    form_class: type[PartForm] = PartForm
    template = ""
    check_template = ""
    # The refusal of what is done already.
    nothing = ""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.find(pk)
        first = request.GET.get("first", "")[:32]
        initial = {"first": first, "last": request.GET.get("last", "")[:32]}
        if first:
            initial["which"] = "range"
        return self._ask(batch, self._form(batch, initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.find(pk)
        form = self._form(batch, request.POST)
        if "change" in request.POST:
            form.is_valid()
            return self._ask(batch, form)
        if not form.is_valid():
            return self._ask(batch, form, status=422)
        try:
            if "confirmed" not in request.POST:
                return self._check(batch, form)
            messages.success(request, self.act(batch, form, expected(request)))
        except (Refused, Busy) as error:
            if error.code == "changed_meanwhile":
                return self._check(batch, form, changed=str(error.message))
            if error.code == self.nothing and "confirmed" in request.POST:
                # The same page sent twice.
                messages.info(request, str(error.message))
                return SeeOther(batch_url(batch))
            add_domain_error(form, error)
            return self._ask(batch, form, status=error.status)
        return SeeOther(batch_url(batch))

    def act(self, batch: CardBatch, form: PartForm, expected: int | None) -> str:
        """Do it; returns what to say."""
        raise NotImplementedError

    def plan(self, batch: CardBatch, form: PartForm) -> dict[str, Any]:
        """What the check page says; `count` is how many cards it is."""
        raise NotImplementedError

    def heading(self) -> str:
        raise NotImplementedError

    def all_label(self, batch: CardBatch) -> str:
        raise NotImplementedError

    def _form(self, batch: CardBatch, data: Any = None, **more: Any) -> PartForm:
        hint = _("The batch has %(first)s – %(last)s.") % {
            "first": batch.serial_at(0),
            "last": batch.serial_at(batch.count - 1),
        }
        label = self.all_label(batch)
        return self.form_class(data, actor=self.actor, all_label=label, hint=hint, **more)

    def _ask(self, batch: CardBatch, form: PartForm, status: int = 200) -> HttpResponse:
        context = {**self._context(batch), "form": form}
        return render(self.request, self.template, context, status=status)

    def _check(self, batch: CardBatch, form: PartForm, changed: str = "") -> HttpResponse:
        plan = self.plan(batch, form)
        context = {
            **self._context(batch),
            **plan,
            "count": figure(plan["number"]),
            "hidden": [*form.sent(), ("expected", str(plan["number"]))],
            "changed": changed,
        }
        return render(self.request, self.check_template, context, status=422 if changed else 200)

    def _context(self, batch: CardBatch) -> dict[str, Any]:
        return {
            **self.shared(batch, self.heading()),
            "page_heading": f"{self.heading()}: {batch.name}",
            "cancel_url": batch_url(batch),
        }


class ReleaseView(PartView):
    """From then on the cards can be used: it hands out their face value."""

    authorization = Authorization.MANAGE_PHONE_CARD
    template = "billing/cards/release.html"
    check_template = "billing/cards/release_check.html"
    nothing = "nothing_to_release"

    def heading(self) -> str:
        return _("Release cards")

    def all_label(self, batch: CardBatch) -> str:
        count = batch.cards.releasable(timezone.now(), batch).count()
        words = ngettext(
            "All that are not released: %(count)s card",
            "All that are not released: %(count)s cards",
            count,
        )
        return words % {"count": figure(count)}

    def act(self, batch: CardBatch, form: PartForm, expected: int | None) -> str:
        count = cards_release(actor=self.actor, batch=batch, expected=expected, **form.ends())
        words = ngettext("%(count)s card is released.", "%(count)s cards are released.", count)
        return words % {"count": figure(count)}

    def plan(self, batch: CardBatch, form: PartForm) -> dict[str, Any]:
        found = release_preview(actor=self.actor, batch=batch, **form.ends())
        return {
            "number": found.count,
            "first": found.first,
            "last": found.last,
            "face_value": shown(batch.face_value),
            "total": shown(found.total),
            "opening": opening_of(self.actor, batch),
            "shortfalls": [one.words for one in found.shortfalls],
            "cover": cover_context(self.actor, found),
        }


class WithdrawView(PartView):
    """For good, the cards are worth nothing any more."""

    authorization = Authorization.MANAGE_PHONE_CARD
    form_class = WithdrawForm
    template = "billing/cards/withdraw.html"
    check_template = "billing/cards/withdraw_check.html"
    nothing = "nothing_to_withdraw"

    def heading(self) -> str:
        return _("Withdraw cards")

    def all_label(self, batch: CardBatch) -> str:
        count = batch.cards.unused().count()
        words = ngettext(
            "All that are not used: %(count)s card", "All that are not used: %(count)s cards", count
        )
        return words % {"count": figure(count)}

    def act(self, batch: CardBatch, form: PartForm, expected: int | None) -> str:
        reason = form.cleaned_data["reason"]
        count = cards_withdraw(
            actor=self.actor, batch=batch, reason=reason, expected=expected, **form.ends()
        )
        words = ngettext("%(count)s card is withdrawn.", "%(count)s cards are withdrawn.", count)
        return words % {"count": figure(count)}

    def plan(self, batch: CardBatch, form: PartForm) -> dict[str, Any]:
        found = withdrawal_preview(actor=self.actor, batch=batch, **form.ends())
        return {
            "number": found.count,
            "first": found.first,
            "last": found.last,
            "sold": figure(found.sold) if found.sold else "",
            "outstanding": figure(found.outstanding) if found.outstanding else "",
            "total": shown(found.total),
            "reason": form.cleaned_data["reason"],
        }
