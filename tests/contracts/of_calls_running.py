"""Running calls (docs/domain.md 7): whoever holds 5 cuts those of its own account and below."""

from billing.holds.models import RunningCall
from billing.holds.services.running import call_cut
from tests.contracts.contract import OWN_AND_BELOW, Contract, needs
from tests.contracts.ground import Ground
from tests.support.switching import running_call


def runs(on: Ground) -> RunningCall:
    """A call of the account that rings."""
    return running_call(on.target, on.target.account_id)


CONTRACTS = [
    Contract(
        service="billing.holds.services.running.call_cut",
        needs=needs("modify_gateway_information"),
        reach=OWN_AND_BELOW,
        make=runs,
        call=lambda actor, _on, it: call_cut(actor=actor, call=it, reason="Why"),
        # An account whose calls run is not closed.
        closed=None,
    ),
]
