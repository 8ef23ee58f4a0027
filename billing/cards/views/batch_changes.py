"""A batch that is edited, or deleted."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization
from accounts.portal.forms.base import PortalForm
from billing.cards.forms.deeds import BatchEditForm
from billing.cards.models import CardBatch
from billing.cards.rules.batches import check_deletable
from billing.cards.services.batch_deeds import batch_delete, batch_opening_set, batch_rename
from billing.cards.views.batch import BatchDeedView


class BatchEditView(BatchDeedView):
    """Name, memo, and what the accounts have that its cards open, at any time."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Edit %(name)s")
    submit = gettext_lazy("Save")
    effects = (
        ("account", "info", gettext_lazy("Accounts that its cards opened stay as they are.")),
    )
    done = gettext_lazy("%(name)s is saved.")

    def form(self, batch: CardBatch, data: Any = None) -> PortalForm:
        initial = {
            "name": batch.name,
            "memo": batch.memo,
            "ctd_billing_model": batch.ctd_billing_model,
            "number_preset": batch.number_preset,
        }
        return BatchEditForm(
            data,
            actor=self.actor,
            account=batch.account,
            present=batch.rate_group,
            initial=initial,
        )

    def act(self, batch: CardBatch, form: PortalForm) -> None:
        assert isinstance(form, BatchEditForm)
        words = form.cleaned_data
        with transaction.atomic():
            batch_rename(actor=self.actor, batch=batch, name=words["name"], memo=words["memo"])
            batch_opening_set(actor=self.actor, batch=batch, **form.opening())


class BatchDeleteView(BatchDeedView):
    """Really deleted, with its cards; what was done with them stays on record."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Delete %(name)s")
    submit = gettext_lazy("Delete the batch of %(count)s cards")
    effects = (
        ("trash", "danger", gettext_lazy("The batch and all its cards are gone, for good.")),
        ("wallet", "info", gettext_lazy("Released cards stop counting as handed out.")),
        (
            "audit",
            "info",
            gettext_lazy("The audit log, and who took PINs out of the portal, stay."),
        ),
    )
    is_dangerous = True
    done = gettext_lazy("%(name)s is deleted.")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        check_deletable(self.find(pk))
        return super().get(request, pk)

    def act(self, batch: CardBatch, form: PortalForm) -> None:
        batch_delete(actor=self.actor, batch=batch, reason=form.cleaned_data["reason"])

    def after(self, batch: CardBatch) -> str:
        return reverse("billing:account-cards", args=[batch.account.account_id])
