"""Rates that are loaded in one deed (docs/domain.md 7): as each of them is added."""

from decimal import Decimal

from billing.rates.drafts import RateDraft
from billing.rates.services.loading import rates_load
from tests.contracts.contract import OWN_ALONE, Contract, needs
from tests.factories.rates import rate_group

CONTRACTS = [
    Contract(
        service="billing.rates.services.loading.rates_load",
        needs=needs("manage_account"),
        reach=OWN_ALONE,
        make=lambda on: rate_group(on.target),
        call=lambda actor, _on, it: rates_load(
            actor=actor, group=it, drafts=[RateDraft("880", Decimal("0.02"))]
        ),
    ),
]
