"""Handed out and free to hand out, as pages show them (docs/domain.md 6)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.money import shown
from billing.services.cover import Cover


def cover_shown(cover: Cover, *, given: Decimal | None = None) -> Mapping[str, Any]:
    """For `billing/_cover.html`; `given` is what a deed on a check page hands out beyond that."""
    free = cover.free
    after = None
    if given is not None:
        after = {
            "handed_out": shown(cover.handed_out + given),
            "free": _("no bound") if free is None else shown(free - given),
        }
    return {
        "balance": shown(cover.balance),
        "handed_out": shown(cover.handed_out),
        "free": _("no bound") if free is None else shown(free),
        "is_unlimited": free is None,
        "is_uncovered": cover.is_uncovered,
        "beside": _beside(cover.unlimited_below),
        "after": after,
        "currency": settings.CURRENCY,
    }


def _beside(unlimited: int) -> str:
    """What no sum can say."""
    if not unlimited:
        return ""
    return ngettext(
        "and %(count)s sub-account with unlimited credit",
        "and %(count)s sub-accounts with unlimited credit",
        unlimited,
    ) % {"count": unlimited}
