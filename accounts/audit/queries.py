"""Which entries of the audit log somebody may read: those on accounts within the own scope
(docs/domain.md 2, 9).
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.core.actor import Actor
from accounts.core.models import Account, AuditEntry, AuditSeal, User
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope

# So many entries of one request are listed beside each other.
_MOST_OF_A_REQUEST = 100


def entries_of(actor: Actor) -> QuerySet[AuditEntry]:
    """The whole log for administrators; for everybody else what happened to accounts within the
    scope.
    """
    if actor.scope.everything:
        return AuditEntry.objects.all()
    reached = Account.objects.within(actor.scope)
    return AuditEntry.objects.filter(account_pk__in=reached.values("pk"))


def entries_on(actor: Actor, account: Account, *, with_below: bool) -> QuerySet[AuditEntry]:
    """The entries on one account, or on it and all accounts below it."""
    entries = entries_of(actor)
    if not with_below:
        return entries.filter(account_pk=account.pk)
    branch = Account.objects.filter(in_scope(Scope.of(account.pk)))
    return entries.filter(account_pk__in=branch.values("pk"))


def accounts_of_logins(usernames: Iterable[str]) -> dict[str, int | None]:
    """The accounts of the logins with these names; None for platform staff."""
    people = User.objects.filter(username__in=usernames)
    return dict(people.values_list("username", "account_id"))


def by_known(actor: Actor) -> Q:
    """A condition for the entries whose actor `actor` may know by name: those of its own hierarchy.
    Only in these may it search for names, words, addresses and requests.
    """
    if actor.scope.everything:
        return Q()
    return Q(actor_account_pk__in=Account.objects.within(actor.scope).values("pk"))


def of_same_request(actor: Actor, entry: AuditEntry) -> list[AuditEntry]:
    """The other entries of the entry's request, as far as `actor` may read them, in their order."""
    if not entry.request_id:
        return []
    same = entries_of(actor).filter(by_known(actor), request_id=entry.request_id)
    return list(same.exclude(pk=entry.pk).order_by("pk")[:_MOST_OF_A_REQUEST])


def seal_over(entry: AuditEntry) -> AuditSeal | None:
    """The seal that holds the entry, if there is one yet."""
    return AuditSeal.objects.filter(last_id__gte=entry.pk).order_by("last_id").first()


def last_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-last_id").first()
