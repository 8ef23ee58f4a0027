"""What stands against handing out money: the limits of payments (docs/domain.md 6)."""

from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.kit.errors import Refused
from billing.handing_out.queries.policies import Effective, paid_today
from billing.money import shown


def check_limits(
    actor: Actor, policy: Effective, amount: Decimal, *, paid: Decimal, field: str = "amount"
) -> None:
    """Raise Refused where a payment of `amount` would pass a limit; `paid` is what the same deed
    hands out altogether. Call it in the transaction that writes, with a policy read with `lock`.
    Limits of levels above the actor's own are kept without a figure.
    """
    visible = {link.pk for link in actor.visible_part(actor.chain)}
    hidden = _("This is more than %(above)s permits.") % {"above": actor.someone_above}
    if policy.per_payment is not None:
        link, limit = policy.per_payment
        if amount > limit:
            words = _("At most %(limit)s may be paid at once.") % {"limit": shown(limit)}
            raise Refused(
                words if link.pk in visible else hidden, code="over_payment_limit", field=field
            )
    for link, limit in policy.day_limits:
        left = limit - paid_today(link)
        if paid > left:
            words = _("At most %(left)s more may be paid today.") % {
                "left": shown(max(left, Decimal(0)))
            }
            raise Refused(
                words if link.pk in visible else hidden, code="over_day_limit", field=field
            )
