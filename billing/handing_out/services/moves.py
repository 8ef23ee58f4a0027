"""What a move of accounts means for the cover of their new agent (docs/domain.md 6).

A move changes no money. An agent may not move accounts below one that has too little free for them;
administrators may, and are told. Calls of before are charged to the agents of before.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from billing.handing_out.queries.cover import cover_of, worth
from billing.handing_out.queries.policies import funding_of
from billing.handing_out.services.gate import NotCovered
from billing.ledger.services.posting import locked_wallets
from billing.money import shown
from billing.wallets.models import Funding, Wallet
from billing.wallets.services.standing import hold_charging, standing_noted


def check_cover_of_move(
    actor: Actor, accounts: Sequence[Account], target: Account | None, lock: bool
) -> Sequence[str]:
    """Raise NotCovered where an agent's move would uncover `target`, which is on *covered*; tell
    administrators the same; who approves an agent's move reads that agent's account id. With `lock`
    the wallets of all stay locked: whoever pays one of the accounts waits, and then finds its new
    agent.
    """
    moved = [one.pk for one in accounts]
    if lock:
        hold_charging()
        locked_wallets([*moved, *([target.pk] if target else [])])
    if target is None or funding_of([target.pk])[target.pk] is not Funding.COVERED:
        return []
    coming = sum((worth(one) for one in Wallet.objects.filter(pk__in=moved)), Decimal(0))
    free = cover_of(target.pk).free
    if free is None or coming == 0 or coming <= free:
        return []
    values = {
        "agent": target.account_id,
        "free": shown(max(free, Decimal(0))),
        "coming": shown(coming),
    }
    if actor.is_administrator:
        words = _(
            "%(agent)s is on covered and has %(free)s free to hand out; what comes counts for"
            " %(coming)s. It hands out nothing more until it is covered."
        )
        return [words % values]
    words = _(
        "%(agent)s has %(free)s free to hand out, and what would come below it counts for"
        " %(coming)s. Pay it first."
    )
    if target.pk == actor.account_pk and actor.approver is None:
        words = _(
            "Your account has %(free)s free to hand out, and what would come directly below it"
            " counts for %(coming)s."
        )
    raise NotCovered(words % values, code="not_covered", field="parent")


def moved(actor: Actor, accounts: Sequence[Account]) -> None:
    """Keep from when on accounts stand below their new agent. `check_cover_of_move` has kept the
    charger away until the move is done.
    """
    standing_noted([one.pk for one in accounts])
