"""What stands at the head of a document: who sends it, and to whom (docs/domain.md 2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.core.models import Account, AccountDetail
from accounts.core.querysets import chains


@dataclass(frozen=True)
class Party:
    """A name, and the lines below it."""

    name: str
    lines: Sequence[str] = ()


def letterhead_of(account: Account) -> Party:
    """Who sends documents to this account: the nearest level above that has published its company
    and contact, else the platform. Nothing else of a level is said, what those above call it
    neither, nor how many there are. Two queries at most.
    """
    return letterhead_below(link.pk for link in chains([account.pk])[account.pk][:-1])


def letterhead_below(levels: Iterable[int]) -> Party:
    """As `letterhead_of`, for whom these accounts stand above, the root first. One query."""
    above = list(levels)
    published = AccountDetail.objects.filter(account__in=above, is_published=True)
    published = published.exclude(company="")
    found = {one.account_id: one for one in published}
    nearest = next((found[pk] for pk in reversed(above) if pk in found), None)
    if nearest is None:
        name, *lines = [one.strip() for one in settings.LETTERHEAD.split("|")]
        return Party(name, lines)
    lines = [*nearest.address.splitlines(), nearest.phone, nearest.email]
    return Party(nearest.company, [one for one in lines if one])


def addressee_of(account: Account) -> Party:
    """To whom documents of this account go. One query at most."""
    about = account.detail
    person = [about.contact_person] if about.company else []
    name = about.company or about.contact_person or account.name
    lines = [*person, *about.address.splitlines()]
    return Party(name, [one for one in lines if one])
