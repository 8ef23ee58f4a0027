"""Addresses about money: those of one account below /accounts/, the others below /payments/."""

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
from billing.distributions.views import check as distribution_check
from billing.distributions.views import hand_in as distribution
from billing.distributions.views import paid as distributions
from billing.handing_out import views as policies
from billing.ledger.models import Transaction
from billing.ledger.views import history, settlements, statements
from billing.payments.views import paying as payments
from billing.payments.views import receipt as receipts
from billing.payments.views import reversing as reversals

app_name = "billing"

register_kind(Transaction.key_kind)
register_kind(CardBatch.key_kind)

urlpatterns = [
    path("payments/", history.PaymentsView.as_view(), name="payments"),
    path("payments/export/", history.PaymentsExportView.as_view(), name="payments-export"),
    path(
        "accounts/<str:account_id>/payments/",
        history.PaymentsView.as_view(),
        name="account-payments",
    ),
    path(
        "accounts/<str:account_id>/payments/export/",
        history.PaymentsExportView.as_view(),
        name="account-payments-export",
    ),
    path(
        "accounts/<str:account_id>/statement/",
        statements.StatementView.as_view(),
        name="statement",
    ),
    path(
        "accounts/<str:account_id>/statement/export/",
        statements.StatementExportView.as_view(),
        name="statement-export",
    ),
    path(
        "accounts/<str:account_id>/payments/new/",
        payments.PaymentNewView.as_view(),
        name="payment-new",
    ),
    path(
        "accounts/<str:account_id>/payments/policy/",
        policies.PaymentPolicyView.as_view(),
        name="payment-policy",
    ),
    path("payments/settlements/", settlements.SettlementsView.as_view(), name="settlements"),
    path(
        "payments/settlements/<str:account_id>/",
        settlements.SettlementView.as_view(),
        name="settlement",
    ),
    path("payments/distribute/", distribution.DistributeView.as_view(), name="distribute"),
    path(
        "payments/distribute/selection/",
        distribution.DistributeSelectionView.as_view(),
        name="distribute-selection",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/",
        distribution_check.DistributionCheckView.as_view(),
        name="distribution-check",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/errors/",
        distribution_check.DistributionErrorsView.as_view(),
        name="distribution-errors",
    ),
    path(
        "payments/distributions/<uuid:distribution_id>/",
        distributions.DistributionView.as_view(),
        name="distribution",
    ),
    path(
        "payments/distributions/<uuid:distribution_id>/export/",
        distributions.DistributionExportView.as_view(),
        name="distribution-export",
    ),
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
        card_batches.BatchesView.as_view(),
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
    *with_former("payments/<payment:pk>/", receipts.ReceiptView.as_view(), "payment"),
    *with_former(
        "payments/<payment:pk>/reverse/", reversals.ReversalView.as_view(), "payment-reverse"
    ),
]
