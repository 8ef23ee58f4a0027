"""What a rule about carriers may say."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.kit.errors import Refused
from billing.carriers.models import CarrierPolicy


def check_known(uses: str, guard: str, named: Sequence[Account | Gateway], most: int) -> None:
    """Raise Refused for a choice that is none, and for names without a rule or that are none of a
    carrier.
    """
    for field, value, known in (
        ("uses", uses, CarrierPolicy.Uses.values),
        ("guard", guard, CarrierPolicy.Guard.values),
    ):
        if value not in ("", *known):
            raise Refused(_("Choose one of the options."), code="unknown_choice", field=field)
    if named and not uses:
        raise Refused(
            _("Say what of the carriers that are ticked: bound to them, or kept from them."),
            code="carriers_without_rule",
            field="uses",
        )
    if uses == CarrierPolicy.Uses.KEPT and not named:
        raise Refused(_("Name the carriers to keep from."), code="kept_from_nothing", field="named")
    if len(named) > most:
        raise Refused(
            _("Name at most %(most)s carriers and gateways.") % {"most": most},
            code="too_many",
            field="named",
        )
    if not all(_is_carrier(one) for one in named):
        raise Refused(_("There is no such carrier."), code="no_carrier", field="named")


def _is_carrier(one: Account | Gateway) -> bool:
    if isinstance(one, Gateway):
        return one.direction == Gateway.Direction.ROUTING
    return one.type == Account.Type.CLEARING


def check_calls(account: Account) -> None:
    """Raise Refused for a clearing account: nobody calls there."""
    if account.type == Account.Type.CLEARING:
        raise Refused(
            _("%(account)s is a carrier itself: its own calls need no rule.")
            % {"account": account.account_id},
            code="carrier_itself",
        )
