"""Where an account stands, as its viewer may know it: from the viewer's own root downwards
(docs/domain.md 2).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.authorizations import Codes
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chain_and_grants, chains
from accounts.kit.addresses import address_of


class Crumb(NamedTuple):
    """One step of the path; the last one has no address: it is the page itself."""

    label: Any
    url: str = ""


def way_to(request: HttpRequest, account_pk: int) -> tuple[ChainLink, ...]:
    """The chain from the root to the account, read once per request: breadcrumb and tree share it.

    Holds levels above the viewer's own account as well; show `actor.visible_part()` of it only.
    """
    return ways_to(request, [account_pk]).get(account_pk, ())


def ways_to(
    request: HttpRequest, account_pks: Iterable[int]
) -> Mapping[int, tuple[ChainLink, ...]]:
    """The same for several accounts at once; one query for those that were not read before, as the
    way to the own one was with the actor.
    """
    known = _known(request)
    missing = set(account_pks) - known.keys()
    if missing:
        known.update(chains(missing))
    return known


def way_and_grants(
    request: HttpRequest, account_pk: int
) -> tuple[tuple[ChainLink, ...], Mapping[int, Codes]]:
    """The same of one account, and what was granted along it. One query, none for the own one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if account_pk == actor.account_pk:
        return actor.chain, actor.grants
    way, grants = chain_and_grants(account_pk)
    _known(request)[account_pk] = way
    return way, grants


def _known(request: HttpRequest) -> dict[int, tuple[ChainLink, ...]]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    own = {} if actor.own is None else {actor.own.pk: actor.chain}
    known: dict[int, tuple[ChainLink, ...]] = request.__dict__.setdefault("ways_read", own)
    return known


def breadcrumb(request: HttpRequest, account: Account, page: Any = "") -> list[Crumb]:
    """The path to a page of `account`: its visible agents, the account, and the page's own name if
    it has one.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.is_customer:
        # Everything there is belongs to the one account.
        return [Crumb(page or account.account_id)]
    *above, own = actor.visible_part(way_to(request, account.pk))
    crumbs = [Crumb(_("Accounts"), reverse("accounts:list"))]
    crumbs += [
        Crumb(link.account_id, address_of("accounts:sub-accounts", link.account_id))
        for link in above
    ]
    if not page:
        return [*crumbs, Crumb(own.account_id)]
    return [
        *crumbs,
        Crumb(own.account_id, address_of("accounts:detail", own.account_id)),
        Crumb(page),
    ]


def paths(actor: Actor, accounts: Sequence[Account]) -> Mapping[int, tuple[ChainLink, ...]]:
    """For each account the agents above it that the actor may see, without the account itself. One
    query.
    """
    ways = chains([account.pk for account in accounts])
    return {pk: actor.visible_part(way)[:-1] for pk, way in ways.items()}
