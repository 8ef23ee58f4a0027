"""What an account may be and hold, and which accounts somebody finds: asked before every deed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Case, Count, F, Sum, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, in_scope
from accounts.core.scope import Scope
from accounts.kit.errors import NotInScope, Refused
from accounts.kit.legible import is_enterable
from accounts.kit.prepared import Prepared, padded
from accounts.kit.text import name_key
from accounts.kit.typed import plain


def check_may_hold_sub_accounts(agent: Account) -> None:
    """Raise Refused if `agent` can't be an Agent ID: not a general account, or closed."""
    if agent.type != Account.Type.GENERAL:
        raise Refused(
            _("%(account)s is not a general account: only general accounts may have sub-accounts.")
            % {"account": agent.account_id},
            code="agent_not_general",
            field="parent",
        )
    if agent.status == Account.Status.CLOSED:
        raise Refused(
            _("%(account)s is closed and cannot take sub-accounts.")
            % {"account": agent.account_id},
            code="agent_closed",
            field="parent",
        )


def check_depth(depth: int) -> None:
    """Raise Refused if an account with `depth` agents above it would be deeper than
    MAX_AGENT_DEPTH.
    """
    if depth > settings.MAX_AGENT_DEPTH:
        raise Refused(
            # Not how deep it is: that would tell how many levels lie above the viewer's own.
            _("That is too deep: an account has at most %(max)s agents above it.")
            % {"max": settings.MAX_AGENT_DEPTH},
            code="too_deep",
            field="parent",
        )


def check_fields(account: Account) -> None:
    """Raise Refused for a type, billing model or expiry that is none."""
    for field, choices in (
        ("type", Account.Type.values),
        ("ctd_billing_model", Account.BillingModel.values),
    ):
        if getattr(account, field) not in choices:
            raise Refused(_("Choose one of the options."), code="unknown_choice", field=field)
    if account.valid_until is not None and timezone.is_naive(account.valid_until):
        raise Refused(
            _("Give the time zone of the expiry."), code="naive_time", field="valid_until"
        )
    if account.valid_until is not None and not is_enterable(account.valid_until):
        raise Refused(_("Enter a day from 2000 to 2099."), code="range", field="valid_until")


def refuse_closed(account: Account) -> None:
    """Raise Refused for a closed account: it is never changed, moved or reopened."""
    if account.status == Account.Status.CLOSED:
        raise Refused(
            _("%(account)s is closed; a closed account is never changed or reopened.")
            % {"account": account.account_id},
            code="closed",
        )


def accounts_reached(actor: Actor) -> AccountQuerySet:
    """The accounts in the actor's scope: what every page and every question begins with."""
    return Account.objects.within(actor.scope)


def find_in_scope(actor: Actor, account_id: str, *, field: str | None = None) -> Account:
    """The account with this id in the actor's scope, in any case and without what nobody sees in
    it; unknown and foreign raise the same NotInScope.
    """
    typed = plain(account_id).replace("\u2013", "-").strip()
    account = accounts_reached(actor).called(typed).first()
    if account is None:
        raise NotInScope(
            _("Agent ID must be an existing account in your scope."),
            code="unknown_agent",
            field=field,
        )
    return account


def accounts_below(scope: Scope) -> AccountQuerySet:
    """The accounts in a scope but for the one it belongs to."""
    return Account.objects.within(scope).exclude(pk__in=own_key(scope))


def own_account(scope: Scope) -> AccountQuerySet:
    """The account a scope belongs to. By its key alone: told that it lies within the scope as well,
    PostgreSQL reads all that does.
    """
    return Account.objects.filter(pk__in=own_key(scope))


def roots_in(scope: Scope) -> AccountQuerySet:
    """The top-level accounts in a scope."""
    return Account.objects.within(scope).filter(parent=None)


def accounts_chosen(chosen: AccountQuerySet) -> AccountQuerySet:
    """A few accounts that were found within a scope, to be read with what belongs to them: what is
    selected along with all of them before they are chosen is read for all.
    """
    return Account.objects.filter(pk__in=chosen.values("pk"))


def directly_in(scope: Scope) -> AccountQuerySet:
    """The accounts directly below the one that a scope belongs to, which are all within it."""
    return Account.objects.filter(parent__in=own_key(scope))


def account_reached(actor: Actor, account_id: str) -> Account | None:
    """The account with this id in the actor's scope, in any case, with its detail and its agent;
    None for unknown and foreign alike. One query.
    """
    if actor.scope.is_empty:
        return None
    shape, own = actor.scope.everything, own_key(actor.scope)
    found = reached_by(actor.scope, _ACCOUNT.objects(shape, *own, name_key(account_id)))
    return found[0] if found else None


def reached_among(actor: Actor, account_pks: Iterable[int]) -> set[int]:
    """Those of these accounts that the actor reaches, by key. One query."""
    pks = padded(sorted(set(account_pks)))
    if not pks or actor.scope.is_empty:
        return set()
    return {pk for (pk,) in _AMONG.rows(actor.scope.everything, *own_key(actor.scope), *pks)}


def count_of_trees(scope: Scope) -> tuple[int, int]:
    """How many roots lie in the scope and how many accounts their trees have, from their
    boundaries: every account of the platform without reading each. One query.
    """
    if scope.is_empty:
        return 0, 0
    ((_one, roots, accounts),) = _TREES.rows(scope.everything, *own_key(scope))
    return roots, int(accounts or 0)


def reached_by(scope: Scope, accounts: list[Account]) -> list[Account]:
    """The same, marked like all that are read within a scope, which prepared statements are not by
    themselves.
    """
    for one in accounts:
        one.reached_by = scope
    return accounts


def own_key(scope: Scope) -> tuple[int, ...]:
    """The key a scope follows from, as values of a prepared statement; of a scope that reaches
    nothing one that no account has.
    """
    return () if scope.everything else (scope.account_pk or 0,)


def scope_and_rest(everything: bool, values: Sequence[Any]) -> tuple[Scope, Sequence[Any]]:
    """The scope such values begin with, and those behind its key."""
    return (Scope.EVERYTHING, values) if everything else (Scope.of(values[0]), values[1:])


def _account(everything: bool, *values: Any) -> AccountQuerySet:
    scope, (account_id,) = scope_and_rest(everything, values)
    found = Account.objects.called(account_id).select_related("detail", "parent")
    if scope.everything:
        return found
    # As a value, which no index answers: PostgreSQL would look for the name in the whole scope.
    within = Case(When(in_scope(scope), then=True), default=False, output_field=BooleanField())
    return found.alias(is_within=within).filter(is_within=True)


def _among(everything: bool, *values: int) -> AccountQuerySet:
    scope, pks = scope_and_rest(everything, values)
    return Account.objects.within(scope).filter(pk__in=pks).order_by().values_list("pk")


def _trees(everything: bool, *own: int) -> AccountQuerySet:
    scope, _rest = scope_and_rest(everything, own)
    roots = roots_in(scope).order_by()
    size = Sum((F("rght") - F("lft") + 1) / 2)
    return roots.values_list(Value(1)).annotate(roots=Count("*"), accounts=size)


_ACCOUNT = Prepared(_account)
_AMONG = Prepared(_among)
_TREES = Prepared(_trees)
