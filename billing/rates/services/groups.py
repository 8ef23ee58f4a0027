"""Rate groups are made, changed and deleted (docs/domain.md 7)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.core.record import changes, record
from accounts.kit.errors import Refused
from accounts.portal.registry import registry
from billing.money import plain
from billing.rates.models import Rate, VolumeTier
from billing.rates.queries import uses_of
from billing.rates.rules import (
    check_tiers,
    check_unused,
    check_zone,
    checked_name,
    name_taken,
)
from billing.rates.services.keeping import keeper, kept_group, touched
from billing.wallets.models import RateGroup

_FIELDS = ("name", "time_zone", "is_shared", "memo")


def group_create(
    *,
    actor: Actor,
    name: str,
    time_zone: str = "UTC",
    is_shared: bool = False,
    memo: str = "",
    owner: Account | None = None,
) -> RateGroup:
    """Make a rate group of the actor's own account; administrators make the platform's, or that of
    an `owner`.

    Raises Refused with the field, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, owner = keeper(actor, owner)
        return made_group(
            actor, owner, name=name, time_zone=time_zone, is_shared=is_shared, memo=memo
        )


def made_group(
    actor: Actor, owner: Account | None, *, name: str, copied_from: str = "", **fields: Any
) -> RateGroup:
    """A group that an actor makes who may, on record, in the transaction that has asked. Raises
    Refused with the field.
    """
    check_zone(fields["time_zone"])
    group = RateGroup(owner=owner, name=checked_name(name, fields["memo"]), **fields)
    _saved(group, force_insert=True)
    more = {"copied_from": copied_from} if copied_from else {}
    record(
        actor=actor, action="rate_group.create", account=owner, subject=group.name,
        after={**_state(group), **more},
    )  # fmt: skip
    return group


def group_change(
    *,
    actor: Actor,
    group: RateGroup,
    expected_version: int | None = None,
    name: str,
    time_zone: str,
    is_shared: bool,
    memo: str = "",
) -> RateGroup:
    """Change what a rate group is called, its zone, and whether it is shared. What accounts buy at
    already stays when it is shared no longer; the zone stays where periods read it, or months of
    volume discounts.

    Raises Refused with the field, NotAllowed, NotInScope, Clash, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk, expected_version=expected_version)
        before = _state(kept)
        kept.name = checked_name(name, memo)
        if time_zone != kept.time_zone:
            check_zone(time_zone)
            _check_zone_may_change(kept)
        kept.time_zone, kept.is_shared, kept.memo = time_zone, is_shared, memo
        was, became = changes(before, _state(kept))
        if not became:
            return kept
        kept.version += 1
        _saved(kept, update_fields=[*became, "version"])
        record(
            actor=actor, action="rate_group.change", account=kept.owner, subject=kept.name,
            before=was, after=became,
        )  # fmt: skip
        return kept


def group_delete(*, actor: Actor, group: RateGroup) -> None:
    """Delete a rate group with its rates. One that is in use is not deleted.

    Raises Refused, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk)
        check_unused(kept, uses_of(kept))
        owner, name, before = kept.owner, kept.name, _state(kept)
        before["rates"] = Rate.objects.standing().filter(group=kept).count()
        kept.delete()
        record(actor=actor, action="rate_group.delete", account=owner, subject=name, before=before)


def tiers_set(
    *,
    actor: Actor,
    group: RateGroup,
    tiers: Sequence[tuple[int, int]],
    expected_version: int | None = None,
) -> None:
    """Put these volume tiers, (minutes, discount in hundredths of a percent), in place of those
    there are. They count for months that are not closed.

    Raises Refused, NotAllowed, NotInScope, Clash, Busy.
    """
    check_tiers(tiers)
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk, expected_version=expected_version)
        before = _tiers(kept)
        VolumeTier.objects.filter(group=kept).delete()
        VolumeTier.objects.bulk_create(
            [VolumeTier(group=kept, minutes=minutes, discount=part) for minutes, part in tiers]
        )
        after = _tiers(kept)
        if before == after:
            return
        touched(kept)
        record(
            actor=actor, action="rate_group.tiers", account=kept.owner, subject=kept.name,
            before={"tiers": before}, after={"tiers": after},
        )  # fmt: skip


def _saved(group: RateGroup, **how: Any) -> None:
    try:
        with transaction.atomic():
            group.save(**how)
    except IntegrityError as error:
        raise name_taken() from error


def _check_zone_may_change(group: RateGroup) -> None:
    """Periods of rates in effect are never edited, and their zone is what they mean; nor is a month
    whose discount was posted.
    """
    timed = Rate.objects.standing().filter(group=group, days__gt=0)
    if timed.filter(effective_from__lte=timezone.now()).exists():
        raise Refused(
            _("This group has prices for hours of the day: their time zone stays."),
            code="has_periods",
            field="time_zone",
        )
    # By another zone the same calls would lie in another month, and be discounted once more.
    has_months = VolumeTier.objects.filter(group=group).exists() or any(
        keeps(group.pk) for keeps in registry.zone_keepers
    )
    if has_months:
        raise Refused(
            _("Months of this group have volume discounts: the time zone they go by stays."),
            code="has_volumes",
            field="time_zone",
        )


def _state(group: RateGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in _FIELDS}


def _tiers(group: RateGroup) -> list[Mapping[str, Any]]:
    return [
        {"minutes": one.minutes, "discount": plain(one.percent)}
        for one in VolumeTier.objects.filter(group=group)
    ]
