"""Everything the billing app stores, a line a package."""

from billing.calls import models as calls
from billing.cards import models as cards
from billing.carriers import models as carriers
from billing.charging import models as charging
from billing.distributions import models as distributions
from billing.holds import models as holds
from billing.ledger import models as ledger
from billing.rates import models as rates
from billing.wallets import models as wallets

__all__ = [
    "calls", "cards", "carriers", "charging", "distributions", "holds", "ledger", "rates",
    "wallets",
]  # fmt: skip
