"""What agents have handed out and may still hand out, in the lists of accounts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.markup import format_html
from accounts.portal.registry import AccountColumn, ListFilter
from billing.handing_out.queries.agents import AgentCover, agent_covers, uncovered_covers
from billing.handing_out.words import free_shown, uncovered_mark
from billing.money import shown


def _prepare(actor: Actor, accounts: Sequence[Account]) -> Mapping[int, AgentCover]:
    """Empty for ordinary accounts, which hand out nothing."""
    return agent_covers(accounts)


def _free(one: AgentCover) -> Decimal | str:
    free = one.cover.free
    return free_shown(None) if free is None else free


def _free_cell(one: AgentCover) -> str:
    text = free_shown(one.cover.free)
    return format_html("{} {}", uncovered_mark(), text) if one.is_uncovered else text


# The label says the currency once for the whole column.
COVER_COLUMNS = [
    AccountColumn(
        "handed_out",
        format_lazy("{}, {}", gettext_lazy("Handed out"), settings.CURRENCY),
        _prepare,
        lambda one: one.cover.handed_out,
        cell=lambda one: shown(one.cover.handed_out),
        is_number=True,
        is_default=False,
        hint=gettext_lazy("What the accounts directly below an agent have from it, and its cards"),
    ),
    AccountColumn(
        "free_to_hand_out",
        format_lazy("{}, {}", gettext_lazy("Free to hand out"), settings.CURRENCY),
        _prepare,
        _free,
        cell=_free_cell,
        is_number=True,
        is_default=False,
        hint=gettext_lazy("What an agent may still hand out"),
    ),
]


def _narrow(rows: AccountQuerySet, _name: str, _value: Any) -> AccountQuerySet:
    return rows.filter(pk__in=[one.account_pk for one in uncovered_covers(rows)])


COVER_FILTER = ListFilter(
    "cover",
    lambda: django_filters.ChoiceFilter(
        field_name="cover",
        choices=[("uncovered", _("Not covered"))],
        method=_narrow,
        label=gettext_lazy("Handed out"),
        empty_label=gettext_lazy("Any"),
    ),
)
