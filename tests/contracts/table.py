"""The table: every service × what it asks for × what that reaches (docs/domain.md), written by hand
and not out of the code.
"""

from tests.contracts import (
    of_authority,
    of_calls_files,
    of_calls_running,
    of_cards,
    of_customers,
    of_decks,
    of_gateways,
    of_jobs,
    of_logins,
    of_money,
    of_phones,
    of_queue,
    of_rates,
    of_rates_account,
    of_rates_price,
    of_releases,
    of_requests,
    of_reratings,
    of_switches,
    of_tree,
)
from tests.contracts.contract import Contract

TABLE: list[Contract] = [
    *of_tree.CONTRACTS,
    *of_authority.CONTRACTS,
    *of_requests.CONTRACTS,
    *of_logins.CONTRACTS,
    *of_gateways.CONTRACTS,
    *of_phones.CONTRACTS,
    *of_customers.CONTRACTS,
    *of_jobs.CONTRACTS,
    *of_cards.CONTRACTS,
    *of_releases.CONTRACTS,
    *of_reratings.CONTRACTS,
    *of_money.CONTRACTS,
    *of_rates.CONTRACTS,
    *of_rates_price.CONTRACTS,
    *of_decks.CONTRACTS,
    *of_rates_account.CONTRACTS,
    *of_calls_files.CONTRACTS,
    *of_calls_running.CONTRACTS,
    *of_queue.CONTRACTS,
    *of_switches.CONTRACTS,
]
