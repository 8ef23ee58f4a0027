"""All mutants, area by area."""

from dataclasses import replace

from tests.mutants.mutant import Mutant
from tests.mutants.of_approvals import APPROVALS
from tests.mutants.of_archives import ARCHIVES
from tests.mutants.of_authority import AUTHORITY
from tests.mutants.of_calls import CALLS
from tests.mutants.of_calls_seen import CALLS_SEEN
from tests.mutants.of_cards import CARDS
from tests.mutants.of_charging import CHARGING
from tests.mutants.of_decks import DECKS
from tests.mutants.of_distributions import DISTRIBUTIONS
from tests.mutants.of_exports import EXPORTS
from tests.mutants.of_handing_out import HANDING_OUT
from tests.mutants.of_isolation import ISOLATION
from tests.mutants.of_ledger import LEDGER
from tests.mutants.of_numbers import NUMBERS
from tests.mutants.of_payments import PAYMENTS
from tests.mutants.of_pricing import PRICING
from tests.mutants.of_queue import QUEUE
from tests.mutants.of_rates import RATES
from tests.mutants.of_rates_bought import BOUGHT_AT
from tests.mutants.of_reports import REPORTS
from tests.mutants.of_rerating import RERATING
from tests.mutants.of_running_calls import RUNNING_CALLS
from tests.mutants.of_statement_mails import STATEMENT_MAILS
from tests.mutants.of_time import TIME
from tests.mutants.of_volumes import VOLUMES
from tests.mutants.of_written_calls import WRITTEN_CALLS

AREAS: dict[str, tuple[Mutant, ...]] = {
    "authority": AUTHORITY,
    "approvals": APPROVALS,
    "isolation": ISOLATION,
    "ledger": LEDGER,
    "payments": PAYMENTS,
    "handing-out": HANDING_OUT,
    "distributions": DISTRIBUTIONS,
    "cards": CARDS,
    "time": TIME,
    "numbers": NUMBERS,
    "exports": EXPORTS,
    "rates": (*RATES, *BOUGHT_AT),
    "pricing": PRICING,
    "decks": DECKS,
    "calls": CALLS,
    "volumes": VOLUMES,
    "queue": QUEUE,
    "charging": (*CHARGING, *WRITTEN_CALLS),
    "rerating": RERATING,
    "running-calls": RUNNING_CALLS,
    "calls-seen": CALLS_SEEN,
    "archives": ARCHIVES,
    "reports": REPORTS,
    "statement-mails": STATEMENT_MAILS,
}
TABLE = tuple(replace(one, area=area) for area, each in AREAS.items() for one in each)
