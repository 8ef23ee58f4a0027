"""Reading phones: within a scope, of an account, by a fragment of a number. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.core.models import Account, AccountDetail
from accounts.core.querysets import in_scope
from accounts.core.reach import own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.jobs.models import Job
from accounts.kit.pagination import Beside, Page, SortKey, page_read
from accounts.kit.prepared import Prepared, padded
from accounts.phones.models import Phone, PhoneLock, PhoneNumber
from accounts.portal.registry import Blocker

BY_NUMBER = SortKey(F("number"), is_unique=True)

# What a new phone is like where nobody says otherwise; its codecs are its account's.
DEFAULTS = {"display_number": "", "lock": PhoneLock.NONE.value, "max_calls": 1, "memo": ""}


def phones_counted(_scope: Scope) -> QuerySet[Phone]:
    """The phones that count for an account of a list: whoever sees the account sees how many."""
    return Phone.objects.all()


def phones_of(actor: Actor) -> QuerySet[Phone]:
    """The phones of all accounts the actor reaches, each with its account."""
    return _phones_in(actor.scope)


def _phones_in(scope: Scope) -> QuerySet[Phone]:
    if scope.is_empty:
        return Phone.objects.none()
    return Phone.objects.filter(in_scope(scope, "account")).select_related("account")


def phones_on(actor: Actor, account: Account, *, with_below: bool) -> QuerySet[Phone]:
    """Those of one account of the actor's scope, or of it and everything below it."""
    return _on(phones_of(actor), account.pk, with_below=with_below)


def _on(phones: QuerySet[Phone], account_pk: int, *, with_below: bool) -> QuerySet[Phone]:
    if with_below:
        return phones.filter(in_scope(Scope.of(account_pk), "account"))
    return phones.filter(account=account_pk)


def phone_numbered(number: str) -> Phone | None:
    """The phone that registers with this number, whoever asks: for switches. One query."""
    return Phone.objects.filter(number=number).first()


def with_numbers(phones: QuerySet[Phone]) -> QuerySet[Phone]:
    """The phones with all their numbers, in one query more."""
    return phones.prefetch_related(Prefetch("numbers", PhoneNumber.objects.order_by("number")))


class _Listed(NamedTuple):
    """What the text of the question for a page follows from."""

    everything: bool
    # Of one account; and of all below it.
    is_of_one: bool
    with_below: bool
    down: bool
    limit: int


def phones_page(
    actor: Actor, account: Account | None, *, with_below: bool, size: int, cursor: str
) -> Page:
    """A page of `phones_on` an account of the actor's scope (None: of `phones_of` the actor) by
    their numbers. One query. Raises BadCursor.
    """
    of_one = () if account is None else (account.pk,)

    def read(beside: Beside | None, down: bool, limit: int) -> list[Phone]:
        shape = _Listed(actor.scope.everything, account is not None, with_below, down, limit)
        place = () if beside is None else (beside[0],)
        return _LISTED.objects(shape, *own_key(actor.scope), *of_one, *place)

    return page_read(read, BY_NUMBER, descending=False, size=size, cursor=cursor)


def _listed(shape: _Listed, *values: Any) -> QuerySet[Phone]:
    scope, rest = scope_and_rest(shape.everything, values)
    phones = _phones_in(scope)
    if shape.is_of_one:
        account_pk, *rest = rest
        phones = _on(phones, account_pk, with_below=shape.with_below)
    for number in rest:
        phones = phones.filter(**{"number__lt" if shape.down else "number__gt": number})
    ordered = phones.annotate(sort_key=BY_NUMBER.expression)
    return ordered.order_by("-number" if shape.down else "number")[: shape.limit]


_LISTED = Prepared(_listed)


def dids_of(phones: Sequence[Phone]) -> dict[int, list[str]]:
    """The further numbers of phones, in order, by the phone's key. One query."""
    found: dict[int, list[str]] = {}
    if phones:
        own = {one.pk: one.number for one in phones}
        for pk, number in _NUMBERS.rows((), *padded(sorted(own))):
            if number != own[pk]:
                found.setdefault(pk, []).append(number)
    return found


def _numbers(_shape: Any, *pks: int) -> QuerySet[PhoneNumber, Any]:
    numbers = PhoneNumber.objects.filter(phone__in=pks).order_by("number")
    return numbers.values_list("phone", "number")


_NUMBERS = Prepared(_numbers)


def leading_to(phones: QuerySet[Phone], fragment: str) -> QuerySet[Phone]:
    """Those to which a number leads, their own or a DID, that holds these digits."""
    found = PhoneNumber.objects.filter(phone=OuterRef("pk"), number__contains=fragment)
    return phones.filter(Exists(found))


def numbers_like(actor: Actor, fragment: str) -> QuerySet[PhoneNumber]:
    """Numbers of the actor's scope that hold these digits, those that begin with them first."""
    begins = Case(
        When(number__startswith=fragment, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    rows = PhoneNumber.objects.filter(
        in_scope(actor.scope, "phone__account"), number__contains=fragment
    )
    return rows.annotate(rank=begins).order_by("rank", "number")


def blockers(account: Account) -> Sequence[Blocker]:
    """Its live phones stand against closing and deleting an account (docs/domain.md 1)."""
    count = Phone.objects.filter(account=account).count()
    if not count:
        return []
    words = ngettext("%(count)s phone", "%(count)s phones", count) % {"count": count}
    return [Blocker(words, reverse("accounts:phones", args=[account.account_id]))]


def numbers_below(accounts: Sequence[Account], most: int) -> list[tuple[str, str]]:
    """(number, account id) of all numbers in the branches of these accounts, display numbers left
    out, at most so many. One query.
    """
    within = Q(pk__in=())
    for one in accounts:
        within |= Q(
            phone__account__tree_id=one.tree_id, phone__account__lft__range=(one.lft, one.rght)
        )
    rows = PhoneNumber.objects.filter(within).order_by("number")
    return list(rows.values_list("number", "phone__account__account_id")[:most])


def defaults_of(account: Account) -> dict[str, Any]:
    """What new phones of an account begin with."""
    codecs = AccountDetail.objects.filter(account=account).values_list("codecs", flat=True)
    return {**DEFAULTS, "codecs": list(codecs.first() or [])}


def own_job(actor: Actor, key: UUID) -> Job | None:
    """A job this very login started."""
    return Job.objects.filter(pk=key, login=actor.user).first() if actor.user else None


def made_by(
    actor: Actor, numbers: Sequence[str], begin: datetime, end: datetime
) -> "QuerySet[Phone]":
    """Those of the actor's phones with these numbers that were made between two moments."""
    return (
        phones_of(actor)
        .filter(number__in=numbers, created_at__gte=begin, created_at__lte=end)
        .order_by("number")
    )
