"""Many rates enter a group at once, as they are: for loads of thousands, in one deed. What people
hand in goes through a deck, which shows first what it would change.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.record import record
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.rules import check_draft, check_no_collision
from billing.rates.services.keeping import kept_group, touched
from billing.rates.services.rates import built
from billing.wallets.models import RateGroup

_BATCH = 2000
# Prefixes that are asked for in one statement.
_AT_A_TIME = 5000


def rates_load(*, actor: Actor, group: RateGroup, drafts: Sequence[RateDraft]) -> int:
    """Add all drafts to a group or none; return how many. Raises as
    `billing.rates.services.rates.rate_add`.
    """
    for one in drafts:
        check_draft(one)
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk)
        now = timezone.now()
        rates = [built(kept, one, now) for one in drafts]
        _check_all(kept, rates)
        Rate.objects.bulk_create(rates, batch_size=_BATCH)
        touched(kept)
        record(
            actor=actor, action="rate.load", account=kept.owner, subject=kept.name,
            after={"rates": len(rates)},
        )  # fmt: skip
        return len(rates)


def _check_all(group: RateGroup, rates: Sequence[Rate]) -> None:
    """Raise Refused where two of them, or one and what the group has, could apply at once."""
    known: dict[str, list[Rate]] = defaultdict(list)
    prefixes = sorted({one.prefix for one in rates})
    for first in range(0, len(prefixes), _AT_A_TIME):
        some = prefixes[first : first + _AT_A_TIME]
        for one in Rate.objects.standing().filter(group=group, prefix__in=some):
            known[one.prefix].append(one)
    for one in rates:
        check_no_collision(one.plain, (other.plain for other in known[one.prefix]), "prefix")
        known[one.prefix].append(one)
