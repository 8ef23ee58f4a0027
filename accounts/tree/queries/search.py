"""Finding accounts by a fragment: what may be searched for, and in which order hits are shown."""

import re
import unicodedata
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from accounts.core.models import Account, AccountDetail
from accounts.core.querysets import AccountQuerySet, in_scope
from accounts.core.reach import own_key
from accounts.core.scope import Scope
from accounts.kit.beginnings import Capitals, Start, capitals
from accounts.kit.text import name_key, tidied

SHORTEST = 2
# No account id or name is longer.
LONGEST = 100
_MOST_WORDS = 6
_CURSOR = re.compile(r"(?P<rank>[0-3])\.(?P<key>[A-Za-z0-9._-]{1,32})\Z")


def clean(text: str) -> str:
    """What a person meant by the text: as it would be stored, spaces for control characters."""
    return tidied("".join(" " if unicodedata.category(one) == "Cc" else one for one in text))


def searchable(text: str) -> str:
    """The cleaned text if it is of a length that can be searched for, else ""."""
    cleaned = clean(text[: LONGEST * 10])
    return cleaned if SHORTEST <= len(cleaned) <= LONGEST else ""


def find(accounts: AccountQuerySet, text: str, *, after: str = "") -> AccountQuerySet:
    """The `accounts` that hold every word of `text` in account id or name, best first.

    Order: the account id itself, account ids beginning with it, names beginning with it, the rest;
    within these by account id. `after` is the `cursor` of the last hit already shown; a malformed
    one begins again.
    """
    ranked: Any = _ranked(_holding(accounts, text), text)
    place = _CURSOR.match(after)
    if place:
        behind = Q(rank=int(place["rank"]), sort_key__gt=Lower(Value(place["key"])))
        ranked = ranked.filter(behind | Q(rank__gt=int(place["rank"])))
    return ranked.order_by("rank", "sort_key")


def first_found(
    accounts: AccountQuerySet, text: str, most: int, *, called: str = ""
) -> AccountQuerySet:
    """The best of what `find` finds, and the account of exactly the account id `called`, however
    many accounts there are: what begins with the text is looked for first, and of the rest no more
    than are shown.
    """
    within: Any = accounts.order_by()
    parts = [within.filter(account_id__lower=name_key(called or text))]
    if text:
        parts += [
            _beginning(within, capitals(text)),
            _holding(within, text),
        ]
    # Cut within each: SQLite cuts no part of a union.
    cut = [within.filter(pk__in=one.values("pk")[:most]).values("pk") for one in parts]
    ranked: Any = _ranked(accounts.filter(pk__in=cut[0].union(*cut[1:], all=True)), called or text)
    return ranked.order_by("rank", "sort_key")


def _beginning(accounts: AccountQuerySet, text: str) -> AccountQuerySet:
    """Account ids that begin with these capitals before names that do."""
    by_id, by_name = (
        Q(**{f"{name}__capitals__beginning": text}) for name in ("account_id", "name")
    )
    first = Case(When(by_id, then=Value(0)), default=Value(1), output_field=IntegerField())
    return accounts.filter(by_id | by_name).order_by(first, "account_id")


def _holding(accounts: AccountQuerySet, text: str) -> AccountQuerySet:
    for word in text.split()[:_MOST_WORDS]:
        accounts = accounts.matching(word)
    return accounts


def _ranked(accounts: AccountQuerySet, text: str) -> AccountQuerySet:
    rank = Case(
        When(account_id__iexact=text, then=Value(0)),
        When(account_id__istartswith=text, then=Value(1)),
        When(name__istartswith=text, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return accounts.annotate(rank=rank, sort_key=Lower("account_id"))


def cursor(hit: Account) -> str:
    """Where the hits after this one begin."""
    return f"{hit.rank}.{hit.account_id}"  # type: ignore[attr-defined]


def people_called(scope: Scope, text: str) -> QuerySet[AccountDetail]:
    """Accounts, by what is known of whom to speak to there: company or contact person begin like
    this; with a sign of e-mail, the address does.
    """
    begins = capitals(text)
    known = AccountDetail.objects.filter(in_scope(scope, "account"))
    if "@" in text:
        return known.filter(email__capitals__beginning=begins).order_by("account__account_id")
    named = Q(company__capitals__beginning=begins) | Q(contact_person__capitals__beginning=begins)
    return known.filter(named).order_by("account__account_id")


def noted(scope: Scope, text: str) -> QuerySet[AccountDetail]:
    """Accounts whose memo begins like this, without the own one: what the levels above note about
    an account is not for the account itself.
    """
    above = AccountDetail.objects.filter(in_scope(scope, "account"))
    known = above.exclude(account__in=own_key(scope))
    begins = capitals(text[: Start.MOST])
    known = known.alias(start=Capitals(Start("memo"))).filter(start__beginning=begins)
    return known.order_by("account__account_id")
