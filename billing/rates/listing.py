"""The prices of many numbers, as a page and a file list them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from billing.money import shown
from billing.rates.answers import Answer, Level
from billing.rates.figures import exact, per_minute
from billing.rates.ladder import refusal_words


def list_head(level: Level) -> list[Any]:
    """The heads of the columns of a list of prices."""
    return [
        _("Number"),
        _("Prefix"),
        _("Destination"),
        _("Price per minute, %(currency)s") % {"currency": settings.CURRENCY},
        _("%(account)s pays, %(currency)s")
        % {"account": level.account_id, "currency": settings.CURRENCY},
        _("May it be called?"),
    ]


def list_values(actor: Actor, answer: Answer) -> Sequence[Any]:
    """The cells of a list of prices, as a file holds them."""
    one = answer.asked
    return [
        answer.number,
        one.rate.prefix if one.rate else "",
        one.rate.destination if one.rate else "",
        one.rate.price.per_minute if one.rate else None,
        one.amount,
        refusal_words(actor, answer) or _("yes"),
    ]


def list_rows(actor: Actor, answers: Sequence[Answer]) -> Iterator[dict[str, str]]:
    """The same for a page."""
    for answer in answers:
        one = answer.asked
        yield {
            "number": answer.number,
            "matched": one.rate.prefix if one.rate else "",
            "rest": answer.number.removeprefix(one.rate.prefix if one.rate else ""),
            "prefix": one.rate.prefix if one.rate else "",
            "destination": one.rate.destination if one.rate else "",
            "price": per_minute(one.rate.price.per_minute) if one.rate else "",
            "amount": "" if one.amount is None else exact(one.amount),
            "refusal": refusal_words(actor, answer),
        }


def sum_words(answers: Sequence[Answer]) -> str:
    """What all of a list that may be called comes to."""
    return shown(
        sum((one.asked.amount or Decimal(0) for one in answers if one.may_be_called), Decimal(0))
    )
