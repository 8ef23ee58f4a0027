"""Finding accounts by a fragment: what may be searched for, and in which order hits are shown."""

import re
import unicodedata
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Lower

from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.text import tidied

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
    for word in text.split()[:_MOST_WORDS]:
        accounts = accounts.matching(word)
    rank = Case(
        When(account_id__iexact=text, then=Value(0)),
        When(account_id__istartswith=text, then=Value(1)),
        When(name__istartswith=text, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    ranked: Any = accounts.annotate(rank=rank, sort_key=Lower("account_id"))
    place = _CURSOR.match(after)
    if place:
        behind = Q(rank=int(place["rank"]), sort_key__gt=Lower(Value(place["key"])))
        ranked = ranked.filter(behind | Q(rank__gt=int(place["rank"])))
    return ranked.order_by("rank", "sort_key")


def cursor(hit: Account) -> str:
    """Where the hits after this one begin."""
    return f"{hit.rank}.{hit.account_id}"  # type: ignore[attr-defined]
