"""A wrong price of the past is put right beside the rate it corrects (docs/domain.md 7): only
re-rating and calls that wait read it.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.record import record
from accounts.kit.errors import NotInScope, Refused
from billing.money import plain
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate, RateCorrection
from billing.rates.rules import check_draft
from billing.rates.services.keeping import kept_group, touched
from billing.wallets.models import RateGroup
from billing.wallets.rules import required_reason


def correction_add(
    *,
    actor: Actor,
    group: RateGroup,
    prefix: str,
    begins_at: datetime,
    ends_at: datetime,
    price: Decimal,
    reason: str,
) -> RateCorrection:
    """Say what a prefix should have cost per minute from one moment until another, both past.

    Raises Refused and BadAmount with the field, NotAllowed, NotInScope, Busy.
    """
    check_draft(RateDraft(prefix, price, since=begins_at, until=ends_at))
    text = required_reason(reason)
    if ends_at > timezone.now():
        raise Refused(
            _("A correction is about the past: prices to come are changed."),
            code="not_past",
            field="until",
        )
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk)
        _check_corrects(kept, prefix, begins_at, ends_at)
        correction = RateCorrection(
            group=kept, prefix=prefix, begins_at=begins_at, ends_at=ends_at, price=price,
            reason=text, login=actor.user,
        )  # fmt: skip
        correction.save(force_insert=True)
        touched(kept)
        _recorded(actor, kept, correction, "rate.correct", text)
        return correction


def correction_remove(*, actor: Actor, correction: RateCorrection, reason: str) -> None:
    """Take a correction back; what was re-rated by it stays until it is re-rated again.

    Raises Refused with the field, NotAllowed, NotInScope, Busy.
    """
    text = required_reason(reason)
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, correction.group_id)
        current = RateCorrection.objects.filter(group=kept, pk=correction.pk).first()
        if current is None:
            raise NotInScope(_("There is no such correction."))
        _recorded(actor, kept, current, "rate.uncorrect", text)
        current.delete()
        touched(kept)


def _check_corrects(group: RateGroup, prefix: str, begins_at: datetime, ends_at: datetime) -> None:
    rates = Rate.objects.standing().filter(group=group, prefix=prefix, effective_from__lt=ends_at)
    if not rates.exclude(effective_until__lte=begins_at).exists():
        raise Refused(
            _("%(prefix)s had no price at that time: add the rate that was missing.")
            % {"prefix": prefix},
            code="no_rate",
            field="prefix",
        )
    known = RateCorrection.objects.filter(
        group=group, prefix=prefix, begins_at__lt=ends_at, ends_at__gt=begins_at
    )
    if known.exists():
        raise Refused(
            _("There is a correction of %(prefix)s for a part of that time: take it back first.")
            % {"prefix": prefix},
            code="collides",
            field="since",
        )


def _recorded(
    actor: Actor, group: RateGroup, correction: RateCorrection, action: str, reason: str
) -> None:
    record(
        actor=actor,
        action=action,
        account=group.owner,
        subject=f"{group.name} {correction.prefix}",
        after={
            "price": plain(correction.price),
            "since": correction.begins_at,
            "until": correction.ends_at,
        },
        reason=reason,
    )
