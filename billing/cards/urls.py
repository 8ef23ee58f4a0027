"""Phone cards: batches, each card, and the counter. Literal words stand before the serial."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former
from billing.cards.models import CardBatch
from billing.cards.views import batch as card_batch
from billing.cards.views import batch_changes as card_batch_changes
from billing.cards.views import batches as card_batches
from billing.cards.views import card as cards
from billing.cards.views import counter as card_counter
from billing.cards.views import parts as card_parts
from billing.cards.views import pins as card_pins
from billing.cards.views import pins_taken as card_pins_taken

register_kind(CardBatch.key_kind)

urlpatterns = [
    path("cards/", card_batches.BatchesView.as_view(), name="cards"),
    path("cards/pins-taken/", card_pins_taken.PinsTakenView.as_view(), name="card-pins-taken"),
    path("cards/redeem/", card_counter.RedeemView.as_view(), name="card-redeem"),
    path("cards/look-up/", card_counter.LookUpView.as_view(), name="card-look-up"),
    path("cards/<str:serial>/", cards.CardView.as_view(), name="card"),
    path("cards/<str:serial>/reveal/", cards.CardRevealView.as_view(), name="card-reveal"),
    path("cards/<str:serial>/block/", cards.CardBlockView.as_view(), name="card-block"),
    path("cards/<str:serial>/unblock/", cards.CardUnblockView.as_view(), name="card-unblock"),
    path("cards/<str:serial>/extend/", cards.CardExtendView.as_view(), name="card-extend"),
    path(
        "accounts/<str:account_id>/cards/",
        card_batches.AccountBatchesView.as_view(),
        name="account-cards",
    ),
    path(
        "accounts/<str:account_id>/cards/new/",
        card_batches.BatchNewView.as_view(),
        name="card-batch-new",
    ),
    *with_former("card-batches/<card_batch:pk>/", card_batch.BatchView.as_view(), "card-batch"),
    path(
        "card-batches/<card_batch:pk>/edit/",
        card_batch_changes.BatchRenameView.as_view(),
        name="card-batch-edit",
    ),
    path(
        "card-batches/<card_batch:pk>/delete/",
        card_batch_changes.BatchDeleteView.as_view(),
        name="card-batch-delete",
    ),
    path(
        "card-batches/<card_batch:pk>/release/",
        card_parts.ReleaseView.as_view(),
        name="card-batch-release",
    ),
    path(
        "card-batches/<card_batch:pk>/withdraw/",
        card_parts.WithdrawView.as_view(),
        name="card-batch-withdraw",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/block/",
        card_batch.BatchBlockView.as_view(),
        "card-batch-block",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/unblock/",
        card_batch.BatchUnblockView.as_view(),
        "card-batch-unblock",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/extend/",
        card_batch.BatchExtendView.as_view(),
        "card-batch-extend",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/mark/", card_batch.CardsMarkView.as_view(), "cards-mark"
    ),
    *with_former(
        "card-batches/<card_batch:pk>/export/",
        card_pins.BatchExportView.as_view(),
        "card-batch-export",
    ),
    *with_former(
        "card-batches/<card_batch:pk>/print/",
        card_pins.BatchPrintView.as_view(),
        "card-batch-print",
    ),
]
