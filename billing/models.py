"""Everything the billing app stores, a line a package."""

from billing.cards import models as cards
from billing.distributions import models as distributions
from billing.ledger import models as ledger
from billing.rates import models as rates
from billing.wallets import models as wallets

__all__ = ["cards", "distributions", "ledger", "rates", "wallets"]
