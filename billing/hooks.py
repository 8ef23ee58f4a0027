"""What billing adds to accounts, through the one upward hook (`accounts.extensions`)."""

from accounts.extensions import registry
from accounts.guards import guarded
from accounts.jobs import register as register_job
from billing.actions import DISTRIBUTE, OWN_TOP_UPS, PAYMENT, PAYMENTS, POLICY, TOP_UP
from billing.audit_words import AUDIT_WORDS
from billing.cards import BALANCE, LOW_BALANCES
from billing.columns import COLUMNS, LIST_FILTERS, hit_notes
from billing.forms.terms import TERMS_SECTION
from billing.jobs import DISTRIBUTION
from billing.models import Entry, Transaction
from billing.services.posting import TRANSACTION_KEYS
from billing.services.wallets import close_blockers, delete_blockers, wallets_create


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    guarded.update({Transaction: TRANSACTION_KEYS, Entry: ()})
    registry.on_create.append(wallets_create)
    registry.delete_blockers.append(delete_blockers)
    registry.close_blockers.append(close_blockers)
    registry.row_actions += [PAYMENT, TOP_UP, POLICY]
    registry.bulk_actions.append(DISTRIBUTE)
    registry.dashboard_cards += [BALANCE, LOW_BALANCES, OWN_TOP_UPS]
    registry.overview_cards.append(BALANCE)
    registry.account_tabs.append(PAYMENTS)
    # Money stands before what else is counted of an account.
    registry.columns[:0] = COLUMNS
    registry.list_filters += LIST_FILTERS
    registry.form_sections.append(TERMS_SECTION)
    registry.hit_notes.append(hit_notes)
    register_job(DISTRIBUTION)
    registry.audit_words |= AUDIT_WORDS
