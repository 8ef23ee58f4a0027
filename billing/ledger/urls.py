"""The history of payments, statements, and former transfers."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from billing.ledger.models import Transaction
from billing.ledger.views import history, mailing, settlements, statements

register_kind(Transaction.key_kind)

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
        "accounts/<str:account_id>/statement/mail/",
        mailing.StatementMailView.as_view(),
        name="statement-mail",
    ),
    path("payments/settlements/", settlements.SettlementsView.as_view(), name="settlements"),
    path(
        "payments/settlements/<str:account_id>/",
        settlements.SettlementView.as_view(),
        name="settlement",
    ),
]
