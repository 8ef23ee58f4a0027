"""Which accounts of a hierarchy hold which of the eight. Nothing here writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from accounts.core.authorizations import Authorization, Codes
from accounts.core.models import Account, AccountGrant, AppliedTemplate
from accounts.core.querysets import AccountQuerySet, ChainLink, chains, grants_of

_GRANTS = AccountGrant.objects.filter(permission__codename__in=list(Authorization))


def agents_and_holders(accounts: AccountQuerySet) -> AccountQuerySet:
    """Those of the accounts that have sub-accounts, or hold anything."""
    return accounts.filter(Q(rght__gt=F("lft") + 1) | Exists(_own()))


def holders(accounts: AccountQuerySet) -> AccountQuerySet:
    """Those of the accounts that hold anything."""
    return accounts.filter(Exists(_own()))


def with_grant(accounts: AccountQuerySet, code: Authorization, *, is_held: bool) -> AccountQuerySet:
    """Those of the accounts that were granted the authorization, or those that were not."""
    held = Exists(_own().filter(permission__codename=code.value))
    return accounts.filter(held if is_held else ~held)


def unlike_their_agent(accounts: AccountQuerySet, own_pk: int | None) -> AccountQuerySet:
    """Those of the accounts that do not hold all that the agent directly above them holds. The
    account with the key `own_pk` is none of them: what a level above holds is not told.
    """
    same = AccountGrant.objects.filter(
        content_object=OuterRef(OuterRef("pk")), permission=OuterRef("permission")
    )
    missing = _GRANTS.filter(~Exists(same), content_object=OuterRef("parent"))
    return accounts.filter(Exists(missing)).exclude(pk=own_pk)


def _own() -> "AccountQuerySet":
    return _GRANTS.filter(content_object=OuterRef("pk"))  # type: ignore[return-value]


@dataclass(frozen=True)
class Holder:
    """An account, the way from its root to it, and what each level of the way holds."""

    account: Account
    way: tuple[ChainLink, ...]
    held: Mapping[int, Codes]
    applied: AppliedTemplate | None

    @property
    def own(self) -> Codes:
        return self.held.get(self.account.pk, frozenset())


def as_holders(accounts: Sequence[Account]) -> list[Holder]:
    """What each of these accounts holds. Three queries for all of them."""
    pks = [one.pk for one in accounts]
    ways = chains(pks)
    held = grants_of({link.pk for way in ways.values() for link in way})
    applied = {
        one.account_id: one
        for one in AppliedTemplate.objects.filter(account__in=pks).select_related("template")
    }
    return [Holder(one, ways.get(one.pk, ()), held, applied.get(one.pk)) for one in accounts]
