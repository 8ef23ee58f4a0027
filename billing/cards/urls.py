"""Phone cards: batches, each card, and the counter. Literal words stand before the serial."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former
from billing.cards.models import CardBatch
from billing.cards.views import (
    batch,
    batch_changes,
    batches,
    card,
    counter,
    parts,
    pins,
    pins_taken,
)

register_kind(CardBatch.key_kind)

urlpatterns = [
    path("cards/", batches.BatchesView.as_view(), name="cards"),
    path("cards/export/", batches.BatchesExportView.as_view(), name="cards-export"),
    path("cards/pins-taken/", pins_taken.PinsTakenView.as_view(), name="card-pins-taken"),
    path("cards/redeem/", counter.RedeemView.as_view(), name="card-redeem"),
    path("cards/look-up/", counter.LookUpView.as_view(), name="card-look-up"),
    path("cards/<str:serial>/", card.CardView.as_view(), name="card"),
    path("cards/<str:serial>/reveal/", card.CardRevealView.as_view(), name="card-reveal"),
    path("cards/<str:serial>/block/", card.CardBlockView.as_view(), name="card-block"),
    path("cards/<str:serial>/unblock/", card.CardUnblockView.as_view(), name="card-unblock"),
    path("cards/<str:serial>/callers/", card.CardCallersView.as_view(), name="card-callers"),
    path("cards/<str:serial>/extend/", card.CardExtendView.as_view(), name="card-extend"),
    path(
        "accounts/<str:account_id>/cards/",
        batches.BatchesView.as_view(),
        name="account-cards",
    ),
    path(
        "accounts/<str:account_id>/cards/export/",
        batches.BatchesExportView.as_view(),
        name="account-cards-export",
    ),
    path(
        "accounts/<str:account_id>/cards/new/",
        batches.BatchNewView.as_view(),
        name="card-batch-new",
    ),
    *with_former("card-batches/<card_batch:pk>/", batch.BatchView.as_view(), "card-batch"),
    path(
        "card-batches/<card_batch:pk>/edit/",
        batch_changes.BatchEditView.as_view(),
        name="card-batch-edit",
    ),
    path(
        "card-batches/<card_batch:pk>/delete/",
        batch_changes.BatchDeleteView.as_view(),
        name="card-batch-delete",
    ),
    path(
        "card-batches/<card_batch:pk>/release/",
        parts.ReleaseView.as_view(),
        name="card-batch-release",
    ),
    path(
        "card-batches/<card_batch:pk>/withdraw/",
        parts.WithdrawView.as_view(),
        name="card-batch-withdraw",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/block/",
        batch.BatchBlockView.as_view(),
        "card-batch-block",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/unblock/",
        batch.BatchUnblockView.as_view(),
        "card-batch-unblock",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/extend/",
        batch.BatchExtendView.as_view(),
        "card-batch-extend",
    ),
    *with_former("card-batches/<card_batch:pk>/mark/", batch.CardsMarkView.as_view(), "cards-mark"),
    *with_former(
        "card-batches/<card_batch:pk>/export/",
        pins.BatchExportView.as_view(),
        "card-batch-export",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/print/",
        pins.BatchPrintView.as_view(),
        "card-batch-print",
    ),
]
