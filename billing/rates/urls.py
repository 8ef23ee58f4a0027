"""Rate groups and their rates, and what a number costs. Literal words stand before keys."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from billing.rates.models import Rate, RateCorrection, RateImport
from billing.rates.views import (
    compare,
    corrections,
    deck_files,
    deck_state,
    deck_undo,
    decks,
    group,
    groups,
    many,
    price,
    rate,
)
from billing.wallets.models import RateGroup

for kind in (RateGroup, Rate, RateCorrection, RateImport):
    register_kind(kind.key_kind)

_GROUP = "rate-groups/<rate_group:pk>/"
_RATE = f"{_GROUP}rates/<rate:rate>/"
_CORRECTIONS = f"{_GROUP}corrections/"
_DECK = "rate-imports/<rate_import:pk>/"

urlpatterns = [
    path("price/", price.PriceView.as_view(), name="price"),
    path("rate-groups/", groups.GroupsView.as_view(), name="rate-groups"),
    path("rate-groups/export/", groups.GroupsExportView.as_view(), name="rate-groups-export"),
    path("rate-groups/new/", groups.GroupNewView.as_view(), name="rate-group-new"),
    path("rate-groups/compare/", compare.CompareView.as_view(), name="rate-compare"),
    path(
        "rate-groups/compare/export/",
        compare.CompareExportView.as_view(),
        name="rate-compare-export",
    ),
    path(_GROUP, group.GroupView.as_view(), name="rate-group"),
    path(f"{_GROUP}edit/", groups.GroupEditView.as_view(), name="rate-group-edit"),
    path(f"{_GROUP}copy/", groups.GroupCopyView.as_view(), name="rate-group-copy"),
    path(f"{_GROUP}delete/", groups.GroupDeleteView.as_view(), name="rate-group-delete"),
    path(f"{_GROUP}below-cost/", compare.BelowCostView.as_view(), name="rate-below-cost"),
    path(f"{_GROUP}tiers/", groups.TiersView.as_view(), name="rate-group-tiers"),
    path(_CORRECTIONS, corrections.CorrectionsView.as_view(), name="rate-corrections"),
    path(
        f"{_CORRECTIONS}<rate_correction:correction>/remove/",
        corrections.CorrectionRemoveView.as_view(),
        name="rate-correction-remove",
    ),
    path(f"{_GROUP}rates/new/", rate.RateNewView.as_view(), name="rate-new"),
    path(f"{_GROUP}rates/many/", many.ManyView.as_view(), name="rates-many"),
    path(_RATE, rate.RateView.as_view(), name="rate"),
    path(f"{_RATE}change/", rate.RateChangeView.as_view(), name="rate-change"),
    path(f"{_RATE}price/", rate.RatePriceView.as_view(), name="rate-price"),
    path(f"{_RATE}end/", rate.RateEndView.as_view(), name="rate-end"),
    path(f"{_RATE}lock/", rate.RateLockView.as_view(), name="rate-lock"),
    path(f"{_GROUP}import/", decks.DeckNewView.as_view(), name="rate-group-import"),
    path(f"{_GROUP}export/", deck_files.GroupExportView.as_view(), name="rate-group-export"),
    path(_DECK, decks.DeckView.as_view(), name="rate-import"),
    path(f"{_DECK}state/", deck_state.DeckStateView.as_view(), name="rate-import-state"),
    path(f"{_DECK}undo/", deck_undo.DeckUndoView.as_view(), name="rate-import-undo"),
    path(
        f"{_DECK}refused/", deck_files.DeckRefusedView.as_view(), name="rate-import-refused-export"
    ),
]
