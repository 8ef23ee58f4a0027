"""The work of a re-rating, whoever does it: a job, a command, the page itself. Looking through the
legs and posting what was shown both go part after part, each in a transaction of its own, and go on
where they stood (docs/domain.md 7).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.many import insert_many
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from billing.charging.models import Rerating, ReratingLine, ReratingPart, ReratingTotal
from billing.charging.queries.books import Tariffs
from billing.charging.queries.legs import Wanted, legs_counted
from billing.charging.queries.reratings import wanted_of
from billing.charging.services.rerating import Compared, charge_anew, compared
from billing.money import plain, to_micros
from billing.wallets.services.standing import hold_charging

State = Rerating.State
# A preview that people ask for looks at no more legs.
MOST_LEGS = 1_000_000

Part = Callable[[Mapping[str, Any]], AbstractContextManager[None]]
Told = Callable[[int, int], None]


def administrator(actor: Actor) -> Actor:
    """The fresh actor, an administrator. Raises NotAllowed."""
    actor = fresh(actor)
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Calls are rated anew by administrators."), code="administrators_only")
    return actor


def locked(rerating: Rerating) -> Rerating:
    """The row of a re-rating, locked. Raises NotInScope."""
    one = Rerating.objects.select_for_update().filter(pk=rerating.pk).first()
    if one is None:
        raise NotInScope(_("There is no such re-rating."))
    return one


@contextmanager
def in_transaction(_position: Mapping[str, Any]) -> Iterator[None]:
    """What stands for a part where no job is at it."""
    with transaction.atomic():
        yield


def silent(_done: int, _total: int) -> None:
    """Nobody looks on."""


def looked_through(one: Rerating, tariffs: Tariffs, actor: Actor, part: Part, told: Told) -> None:
    """Keep what would change of all the legs, each part in a transaction of its own, and then what
    it comes to.
    """
    wanted = wanted_of(one)
    total = max(one.looked_at, legs_counted(wanted, MOST_LEGS))
    last = one.parts.aggregate(last=Max("last_leg"))["last"] or 0
    while (found := compared(wanted, last, tariffs)).looked_at:
        with part({"leg": found.last}):
            one = _still(actor, one, State.CHECKING, last)
            _keep(one, found)
        last = found.last
        told(min(one.looked_at, total), total)
    with part({"leg": last, "is_checked": True}):
        one = _still(actor, one, State.CHECKING, last)
        _sum_up(one)
        one.state, one.checked_at = State.CHECKED, timezone.now()
        one.save()


def _still(actor: Actor, one: Rerating, state: State, last: int) -> Rerating:
    """The re-rating, locked, if it still stands at the leg `last`. Raises NotAllowed, Refused."""
    administrator(actor)
    one = locked(one)
    parts = one.parts.all() if state == State.CHECKING else one.parts.exclude(posted_at=None)
    stands = parts.aggregate(last=Max("last_leg"))["last"] or 0
    if one.state != state or stands != last:
        # Another worker was believed to be dead and is not, or it was looked at again.
        words = _("This re-rating does not stand where it stood. Look at it again.")
        raise Refused(words, code="moved_on")
    return one


def _keep(one: Rerating, found: Compared) -> None:
    ReratingPart.objects.create(
        rerating=one,
        last_leg=found.last,
        looked_at=found.looked_at,
        changed=found.legs,
        digest=found.digest,
    )
    rows: list[tuple[Any, ...]] = [
        (
            one.pk, line.leg, line.account, line.level, line.is_cost, line.is_root, line.before,
            line.after, "", "",
        )
        for line in found.changes
    ]  # fmt: skip
    rows += [
        (
            one.pk, left.leg, left.wait.level or 0, 0, left.is_cost, False, None, None,
            left.wait.reason.value, left.wait.detail[:200],
        )
        for left in found.left
    ]  # fmt: skip
    insert_many(ReratingLine, _LINE, sorted(rows))
    one.looked_at += found.looked_at
    one.changed += found.legs
    one.left += len({left.leg for left in found.left})
    one.save(update_fields=["looked_at", "changed", "left"])


def _sum_up(one: Rerating) -> None:
    """What the lines come to, for each account and for the platform."""
    lines = one.lines.filter(reason="").order_by()
    nothing = Decimal(0)
    for name, only in (("income", {"is_root": True}), ("cost", {"is_cost": True})):
        sums = lines.filter(**only).aggregate(was=Sum("before"), is_now=Sum("after"))
        setattr(one, name, (sums["is_now"] or nothing) - (sums["was"] or nothing))
    rows = lines.values("account_id", "is_cost").annotate(
        legs=Count("leg_id", distinct=True), was=Sum("before"), is_now=Sum("after")
    )
    ReratingTotal.objects.bulk_create(
        [
            ReratingTotal(
                rerating=one,
                account_id=row["account_id"],
                is_cost=row["is_cost"],
                legs=row["legs"],
                before=row["was"],
                after=row["is_now"],
                change=abs(to_micros(row["is_now"] - row["was"])),
            )
            for row in rows
        ],
        batch_size=2_000,
    )


def posted_parts(one: Rerating, tariffs: Tariffs, actor: Actor, part: Part, told: Told) -> None:
    """Post what was shown and is not posted yet, each part in a transaction of its own."""
    wanted = wanted_of(one)
    parts = list(one.parts.order_by("last_leg"))
    done = [each for each in parts if each.posted_at is not None]
    last = done[-1].last_leg if done else 0
    looked_at = sum(each.looked_at for each in done)
    total = max(one.looked_at, 1)
    if not done and len(parts) > 1:
        # So that nothing is posted where something has changed; a leg counts half until it is.
        _check_unchanged(parts, wanted, tariffs, lambda count: told(count // 2, total))
    changed = sum(each.changed for each in done)
    for each in parts[len(done) :]:
        changed += each.changed
        with part({"leg": each.last_leg, "changed": changed}):
            one = _still(actor, one, State.POSTING, last)
            hold_charging()
            found = compared(wanted, last, tariffs, until=each.last_leg)
            if found.digest != each.digest:
                raise _has_changed()
            charge_anew(found, one.pk)
            each.posted_at = timezone.now()
            each.save(update_fields=["posted_at"])
            if each is parts[0]:
                _recorded(actor, one)
            if each is parts[-1]:
                one.state, one.posted_at = State.POSTED, each.posted_at
                one.save(update_fields=["state", "posted_at"])
        last = each.last_leg
        looked_at += each.looked_at
        told((total + looked_at) // 2, total)


def _check_unchanged(
    parts: list[ReratingPart], wanted: Wanted, tariffs: Tariffs, told: Callable[[int], None]
) -> None:
    """Raise Refused where a leg would cost something else by now than was shown."""
    last = looked_at = 0
    for each in parts:
        if compared(wanted, last, tariffs, until=each.last_leg).digest != each.digest:
            raise _has_changed()
        last = each.last_leg
        looked_at += each.looked_at
        told(looked_at)


def _has_changed() -> Refused:
    words = _("Since the preview a price, an account or a charge has changed. Look again.")
    return Refused(words, code="changed_since")


def _recorded(actor: Actor, one: Rerating) -> None:
    """One entry for the whole, with its first part."""
    record(
        actor=actor,
        action="calls.rerate",
        account=None,
        after={
            "since": one.begins_at,
            "until": one.ends_at,
            "legs": one.changed,
            "income": plain(one.income),
            "cost": plain(one.cost),
        },
        reason=one.reason,
    )


_LINE = (
    "rerating_id", "leg_id", "account_id", "level", "is_cost", "is_root", "before", "after",
    "reason", "detail",
)  # fmt: skip
