"""Which rate group an account may buy at (docs/domain.md 7), and the reason that deeds ask for."""

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.kit.text import tidied
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_to_sell


def check_group(
    actor: Actor,
    account: Account | None,
    group: RateGroup | None,
    *,
    agent: Account | None = None,
) -> None:
    """Raise Refused unless the actor may give the account, or a new one below the `agent`, this
    rate group: one of its own, or one that is shared with it. An unknown group and a foreign one
    are told in the same words.
    """
    if group is None:
        return
    offered = groups_to_sell(actor, account, agent=agent)
    if not offered.filter(pk=group.pk).exists():
        raise group_not_yours(actor)


def group_not_yours(actor: Actor) -> Refused:
    """The refusal of a rate group that somebody may not give; who approves what somebody asked for
    reads of that one.
    """
    words = _("Choose one of your own rate groups, or one that is shared with you.")
    if actor.approver is not None:
        words = _("The rate group that was asked for may not be given by who asked any more.")
    return Refused(words, code="group_not_yours", field="rate_group")


def required_reason(reason: str) -> str:
    """The reason without spaces around it. Raises Refused where there is none."""
    text = tidied(reason)
    if not text:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    return text[:500]
