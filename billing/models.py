"""Everything the billing app stores, a line a package."""

from billing.calls import models as calls
from billing.cards import models as cards
from billing.charging import models as charging
from billing.distributions import models as distributions
from billing.ledger import models as ledger
from billing.rates import models as rates
from billing.wallets import models as wallets

__all__ = ["calls", "cards", "charging", "distributions", "ledger", "rates", "wallets"]
