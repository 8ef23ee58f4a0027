"""What may be a rate group, a rate, a correction and a volume tier (docs/domain.md 7)."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.kit.legible import is_enterable
from accounts.kit.text import tidied
from billing.errors import BadAmount
from billing.money import check_amount, shown
from billing.rates.counting import Uses
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.models import Rate
from billing.rates.periods import period_checked
from billing.rates.pricing import MAX_BLOCK, MAX_PRICE
from billing.rates.rating import MOST_DIGITS
from billing.rates.rating import Rate as PlainRate
from billing.wallets.models import RateGroup

_PREFIX = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")
MOST_TIERS = 20
_MOST_PERCENT = 10_000


def checked_name(name: str, memo: str = "") -> str:
    """The name of a group without spaces around it. Raises Refused, with the field."""
    text = tidied(name)
    if not text:
        raise Refused(_("Give the rate group a name."), code="required", field="name")
    if len(text) > 64:
        raise Refused(_("Use at most 64 characters."), code="too_long", field="name")
    if len(memo) > 200:
        raise Refused(_("Use at most 200 characters."), code="too_long", field="memo")
    return text


def check_name_free(owner: Account | None, name: str) -> None:
    """Raise Refused where the owner (None: the platform) has a group of this name, whatever its
    case.
    """
    same = RateGroup.objects.annotate(lowered=Lower("name"))
    if same.filter(owner=owner, lowered=Lower(Value(name))).exists():
        raise name_taken()


def name_taken() -> Refused:
    return Refused(
        _("There is a rate group of this name already."), code="name_taken", field="name"
    )


def check_zone(time_zone: str) -> None:
    """Raise Refused for what is no time zone."""
    if time_zone not in _time_zones():
        raise Refused(_("Choose one of the time zones."), code="unknown_choice", field="time_zone")


@cache
def _time_zones() -> frozenset[str]:
    # Reads hundreds of files; once per process is enough.
    return frozenset(available_timezones())


def check_draft(draft: RateDraft) -> None:
    """Raise Refused, with the field, for what is no rate of any group."""
    if not _PREFIX.fullmatch(draft.prefix):
        raise Refused(
            _("A prefix is 1 to %(most)s digits.") % {"most": MOST_DIGITS},
            code="prefix",
            field="prefix",
        )
    if len(draft.destination) > 100:
        raise Refused(_("Use at most 100 characters."), code="too_long", field="destination")
    check_price(draft.price, "price")
    check_price(draft.connection_fee, "connection_fee")
    for name in ("first_block", "increment"):
        if not 1 <= getattr(draft, name) <= MAX_BLOCK:
            raise Refused(
                _("Enter 1 to %(most)s seconds.") % {"most": f"{MAX_BLOCK:,}"},
                code="block",
                field=name,
            )
    for name in ("since", "until"):
        moment = getattr(draft, name)
        if moment is not None and not is_enterable(moment):
            raise Refused(_("Enter a day from 2000 to 2099."), code="range", field=name)
    if draft.since and draft.until and draft.until <= draft.since:
        raise Refused(_("It ends before it begins."), code="ends_before", field="until")
    if draft.period is not None:
        period_checked(draft.period)


def check_price(price: Decimal, field: str) -> None:
    """Raise BadAmount, with the field, for what is no price."""
    try:
        check_amount(price)
    except BadAmount as error:
        raise BadAmount(error.message, code=error.code, field=field) from error
    if not 0 <= price <= MAX_PRICE:
        raise BadAmount(
            _("Enter a price from 0 to %(most)s.") % {"most": shown(MAX_PRICE)},
            code="negative" if price < 0 else "too_large",
            field=field,
        )


def check_mark_up(mark_up: MarkUp) -> None:
    """Raise Refused, with the field, for what changes no price in a way anybody means."""
    if not -100 <= mark_up.percent <= _MOST_PERCENT:
        raise Refused(
            _("Enter a percentage from −100 to %(most)s.") % {"most": f"{_MOST_PERCENT:,}"},
            code="percent",
            field="percent",
        )
    if abs(mark_up.amount) > MAX_PRICE:
        raise Refused(_("This amount is too large."), code="too_large", field="amount")
    if not 0 <= mark_up.decimals <= 6:
        raise Refused(_("Round to 0 to 6 decimals."), code="decimals", field="decimals")


def check_no_collision(new: PlainRate, others: Iterable[PlainRate], field: str = "since") -> None:
    """Raise Refused where another rate of the group could apply at the same moment."""
    for one in others:
        if new.collides(one):
            raise collision(one, field)


def collision(other: PlainRate, field: str = "since") -> Refused:
    """The refusal of a rate that could apply at the same moment as another one of its group."""
    return Refused(
        _("%(prefix)s has a price of %(price)s at that time already: end it first, or change it.")
        % {"prefix": other.prefix, "price": shown(other.price.per_minute)},
        code="collides",
        field=field,
    )


def check_may_end(rate: Rate, at: datetime, now: datetime) -> None:
    """Raise Refused unless a rate can end at a moment: what was in effect stays."""
    if at < now:
        raise Refused(
            _("A price that was in effect stays: it can end now, or later."),
            code="past",
            field="until",
        )
    if rate.void_at is not None or (rate.effective_until and rate.effective_until <= now):
        raise Refused(_("This price has ended."), code="ended")


def check_unused(group: RateGroup, uses: Uses) -> None:
    """Raise Refused for a group that is in use: it is not deleted. Closed accounts are never
    changed, and keep it for good.
    """
    accounts, used = uses.accounts - uses.closed, []
    if uses.closed and not accounts and not uses.batches:
        raise Refused(
            _("Closed accounts bought at %(group)s: it stays, with its prices.")
            % {"group": group.name},
            code="in_use",
        )
    if accounts:
        used.append(ngettext("%(n)s account", "%(n)s accounts", accounts) % {"n": accounts})
    if uses.batches:
        words = ngettext("%(n)s card batch", "%(n)s card batches", uses.batches)
        used.append(words % {"n": uses.batches})
    if used:
        raise Refused(
            _("%(group)s is used by %(users)s. Give them another group first.")
            % {"group": group.name, "users": _(" and ").join(used)},
            code="in_use",
        )


def check_tiers(tiers: Sequence[tuple[int, int]]) -> None:
    """Raise Refused for tiers (minutes, hundredths of a percent) that do not rise."""
    if len(tiers) > MOST_TIERS:
        raise Refused(
            _("A group has at most %(most)s tiers.") % {"most": MOST_TIERS}, code="too_many"
        )
    before = (0, 0)
    for minutes, discount in sorted(tiers):
        if not 1 <= minutes <= 2_000_000_000 or not 1 <= discount <= 10_000:
            raise Refused(
                _("A tier has one minute or more, and a discount above 0 and up to 100 %%."),
                code="tier",
            )
        if minutes == before[0]:
            raise Refused(
                _("Two tiers begin at %(minutes)s minutes.") % {"minutes": f"{minutes:,}"},
                code="twice",
            )
        if discount <= before[1]:
            raise Refused(
                _("More minutes have a larger discount: look at %(minutes)s.")
                % {"minutes": f"{minutes:,}"},
                code="tier",
            )
        before = (minutes, discount)
