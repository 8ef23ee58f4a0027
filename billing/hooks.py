"""What billing adds to accounts, through the one upward hook (`accounts.portal.registry`)."""

from accounts.core.guards import guarded
from accounts.jobs.kinds import register as register_job
from accounts.kit.secret_columns import SecretColumn, secret_columns
from accounts.portal.registry import registry
from billing.audit_words import AUDIT_WORDS
from billing.cards import pins
from billing.cards.hooks import CARDS, CARDS_TAB, NEW_BATCH, SEARCH
from billing.cards.models import Card, CardBatch
from billing.cards.services import batches
from billing.handing_out.columns import COVER_COLUMNS, COVER_FILTER
from billing.handing_out.forms.terms import TERMS_SECTION
from billing.handing_out.services.moves import check_cover_of_move
from billing.handing_out.services.terms import close_blockers, delete_blockers, wallets_create
from billing.jobs import CARD_BATCH, DISTRIBUTION
from billing.ledger.models import Entry, Transaction
from billing.ledger.services.posting import TRANSACTION_KEYS
from billing.object_search import SECTIONS
from billing.payments.hooks import DISTRIBUTE, OWN_TOP_UPS, PAYMENT, PAYMENTS, POLICY, TOP_UP
from billing.wallets.columns import CARD_COLUMNS, COLUMNS, LIST_FILTERS, hit_notes
from billing.wallets.dashboard import BALANCE, LOW_BALANCES, UNCOVERED


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    guarded.update({Transaction: TRANSACTION_KEYS, Entry: ()})
    registry.on_create.append(wallets_create)
    registry.move_checks.append(check_cover_of_move)
    registry.delete_blockers += [delete_blockers, batches.delete_blockers]
    registry.close_blockers += [close_blockers, batches.close_blockers]
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
