"""All mutants, area by area."""

from dataclasses import replace

from tests.mutants.mutant import Mutant
from tests.mutants.of_approvals import APPROVALS
from tests.mutants.of_authority import AUTHORITY
from tests.mutants.of_cards import CARDS
from tests.mutants.of_decks import DECKS
from tests.mutants.of_distributions import DISTRIBUTIONS
from tests.mutants.of_exports import EXPORTS
from tests.mutants.of_handing_out import HANDING_OUT
from tests.mutants.of_isolation import ISOLATION
from tests.mutants.of_ledger import LEDGER
from tests.mutants.of_numbers import NUMBERS
from tests.mutants.of_payments import PAYMENTS
from tests.mutants.of_pricing import PRICING
from tests.mutants.of_rates import RATES
from tests.mutants.of_rates_bought import BOUGHT_AT
from tests.mutants.of_time import TIME

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
}
TABLE = tuple(replace(one, area=area) for area, each in AREAS.items() for one in each)
