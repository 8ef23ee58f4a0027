"""The addresses of billing, a line a package: some below /accounts/, the others on their own."""

from django.urls import include, path

app_name = "billing"

# Those of payments come last: their keys stand where the others have words.
urlpatterns = [
    path("", include("billing.ledger.urls")),
    path("", include("billing.handing_out.urls")),
    path("", include("billing.distributions.urls")),
    path("", include("billing.cards.urls")),
    path("", include("billing.rates.urls")),
    path("", include("billing.calls.urls")),
    path("", include("billing.holds.urls")),
    path("", include("billing.charging.urls")),
    path("", include("billing.reports.urls")),
    path("", include("billing.carriers.urls")),
    path("", include("billing.payments.urls")),
]
