"""What stands at the head of a document: who sends it, and to whom (docs/domain.md 2)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet

from accounts.core.models import Account, AccountDetail, Logo
from accounts.core.querysets import chains
from accounts.kit.errors import Refused
from accounts.kit.pictures import picture_file
from accounts.kit.prepared import Prepared, padded


@dataclass(frozen=True)
class Party:
    """A name, the lines below it, and the digest of its logo ("": it has none); `level` is whose
    letterhead it is, None that of the platform.
    """

    name: str
    lines: Sequence[str] = ()
    logo: str = ""
    level: int | None = field(default=None, compare=False)


def letterhead_of(account: Account) -> Party:
    """Who sends documents to this account: the nearest level above that has published its company
    and contact, else the platform. Nothing else of a level is said, what those above call it
    neither, nor how many there are. Two queries at most.
    """
    return letterhead_below(link.pk for link in chains([account.pk])[account.pk][:-1])


def letterhead_below(levels: Iterable[int]) -> Party:
    """As `letterhead_of`, for whom these accounts stand above, the root first. One query."""
    above = list(levels)
    found = {one.account_id: one for one in _PUBLISHED.objects((), *padded(above))}
    nearest = next((found[pk] for pk in reversed(above) if pk in found), None)
    if nearest is None:
        return _of_the_platform()
    return _published(nearest, nearest.logo or "")


def _of_levels(_shape: Any, *levels: int) -> QuerySet[AccountDetail]:
    published = AccountDetail.objects.filter(account__in=levels, is_published=True)
    return published.exclude(company="").annotate(logo=F("account__logo__digest"))


_PUBLISHED = Prepared(_of_levels)


def own_letterhead(account: Account) -> Party:
    """What the accounts below get, or would if it were published: it may have no name. Two queries
    at most.
    """
    logo = Logo.objects.filter(account=account).values_list("digest", flat=True).first()
    return _published(account.detail, logo or "")


def logo_image(level: int | None) -> bytes:
    """The logo of a letterhead, by its `level`, as a PNG; b"" where it has none. One query, of the
    platform none.
    """
    if level is None:
        return _platform_logo()
    found = Logo.objects.filter(account=level).values_list("image", flat=True).first()
    return bytes(found or b"")


def addressee_of(account: Account) -> Party:
    """To whom documents of this account go. One query at most."""
    about = account.detail
    person = [about.contact_person] if about.company else []
    name = about.company or about.contact_person or account.name
    lines = [*person, *about.address.splitlines()]
    return Party(name, [one for one in lines if one])


def _published(about: AccountDetail, logo: str) -> Party:
    lines = [*about.address.splitlines(), about.phone, about.email]
    return Party(about.company, [one for one in lines if one], logo, about.account_id)


def _of_the_platform() -> Party:
    name, *lines = [one.strip() for one in settings.LETTERHEAD.split("|")]
    image = _platform_logo()
    return Party(name, lines, hashlib.sha256(image).hexdigest()[:16] if image else "")


def _platform_logo() -> bytes:
    try:
        return picture_file(settings.LETTERHEAD_LOGO) if settings.LETTERHEAD_LOGO else b""
    except (OSError, Refused):
        # A document without it is better than none; `check --deploy` names what is wrong.
        return b""
