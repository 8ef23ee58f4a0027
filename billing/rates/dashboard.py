"""The question what a number costs, on the overview of an account and beside a number's test."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Card
from accounts.portal.ways import NumberCard
from billing.rates.ladder import group_url, group_words
from billing.rates.queries import group_bought_at


def _of_account(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """The rate group the account buys at, and the question. Two queries."""
    if account is None:
        return None
    level = group_bought_at(actor, account)
    return {
        "group": group_words(actor, level),
        "is_hidden": bool(level.group_pk and not level.group_name),
        "group_url": group_url(level),
        "account_id": account.account_id,
        "url": reverse("billing:price"),
    }


def _of_number(actor: Actor, account: Account | None, number: str) -> Mapping[str, Any] | None:
    """The question about the number that was tested, for who would call it. No query."""
    if account is None:
        return None
    return {
        "account_id": account.account_id,
        "number": number,
        "url": reverse("billing:price"),
    }


PRICE = Card("billing/rates/_price_of_account.html", _of_account, is_aside=True)
PRICE_OF_NUMBER = NumberCard("billing/rates/_price_of_number.html", _of_number)
