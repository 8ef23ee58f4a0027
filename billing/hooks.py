"""What billing adds to accounts, through the one upward hook (`accounts.extensions`)."""

from accounts.extensions import registry
from accounts.guards import guarded
from accounts.jobs import register as register_job
from accounts.secret_columns import SecretColumn, secret_columns
from billing import pins
from billing.actions import DISTRIBUTE, OWN_TOP_UPS, PAYMENT, PAYMENTS, POLICY, TOP_UP
from billing.audit_words import AUDIT_WORDS
from billing.card_links import CARDS, CARDS_TAB, NEW_BATCH, SEARCH
from billing.cards import BALANCE, LOW_BALANCES, UNCOVERED
from billing.columns import CARD_COLUMNS, COLUMNS, LIST_FILTERS, hit_notes
from billing.cover_columns import COVER_COLUMNS, COVER_FILTER
from billing.forms.terms import TERMS_SECTION
from billing.jobs import CARD_BATCH, DISTRIBUTION
from billing.models import Card, CardBatch, Entry, Transaction
from billing.object_search import SECTIONS
from billing.services import card_batches
from billing.services.cover_moves import check_cover_of_move
from billing.services.posting import TRANSACTION_KEYS
from billing.services.wallets import close_blockers, delete_blockers, wallets_create


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    guarded.update({Transaction: TRANSACTION_KEYS, Entry: ()})
    registry.on_create.append(wallets_create)
    registry.move_checks.append(check_cover_of_move)
    registry.delete_blockers += [delete_blockers, card_batches.delete_blockers]
    registry.close_blockers += [close_blockers, card_batches.close_blockers]
    registry.row_actions += [PAYMENT, TOP_UP, POLICY, CARDS, NEW_BATCH]
    registry.bulk_actions.append(DISTRIBUTE)
    registry.dashboard_cards += [BALANCE, UNCOVERED, LOW_BALANCES, OWN_TOP_UPS]
    registry.overview_cards.append(BALANCE)
    registry.account_tabs += [PAYMENTS, CARDS_TAB]
    registry.search_sections += [SEARCH, *SECTIONS]
    secret_columns.append(SecretColumn(Card, "pin", lookup="lookup_hash", purpose=pins.PURPOSE))
    # Money stands before what else is counted of an account.
    registry.columns[:0] = [*COLUMNS, *COVER_COLUMNS]
    registry.columns += CARD_COLUMNS
    registry.list_filters += [*LIST_FILTERS, COVER_FILTER]
    registry.form_sections.append(TERMS_SECTION)
    registry.hit_notes.append(hit_notes)
    register_job(DISTRIBUTION)
    register_job(CARD_BATCH)
    registry.audit_words |= AUDIT_WORDS
    registry.audit_subjects["payment."] = Transaction.key_kind
    registry.audit_values |= {
        "payment": Transaction.key_kind,
        "reverses": Transaction.key_kind,
        "batch": CardBatch.key_kind,
    }
