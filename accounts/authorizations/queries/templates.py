"""Templates somebody may start from, and how many accounts were set up from them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Codes, codes_from
from accounts.core.models import Account, AccountGrant, AppliedTemplate, AuthorizationTemplate
from accounts.core.querysets import in_scope


def templates_of(actor: Actor) -> "QuerySet[AuthorizationTemplate]":
    """What the actor may start from: the platform's templates, then those of its own account."""
    if actor.scope.is_empty:
        return AuthorizationTemplate.objects.none()
    owned = Q(owner=None)
    if actor.account_pk is not None:
        owned |= Q(owner=actor.account_pk)
    rows = AuthorizationTemplate.objects.filter(owned)
    return rows.order_by(F("owner").asc(nulls_first=True), "-kind", "position", "pk")


@dataclass(frozen=True)
class TemplateUse:
    """How many accounts were set up from a template, and how many hold something else than it says
    now.
    """

    accounts: int = 0
    drifted: int = 0


def uses_of(actor: Actor, templates: Iterable[AuthorizationTemplate]) -> dict[int, TemplateUse]:
    """The use of each template within the actor's scope, closed accounts left out. One query, which
    counts in the database.
    """
    masks = {one.pk: _mask(codes_from(one.codes)) for one in templates}
    bits = [When(permission__codename=code, then=1 << code.number) for code in Authorization]
    held = (
        AccountGrant.objects.filter(content_object=OuterRef("account"))
        .order_by()
        .values("content_object")
        .annotate(bits=Sum(Case(*bits, default=0, output_field=IntegerField())))
        .values("bits")
    )
    rows = (
        AppliedTemplate.objects.filter(in_scope(actor.scope, "account"), template__in=list(masks))
        .exclude(account__status=Account.Status.CLOSED)
        .annotate(held=Coalesce(Subquery(held, output_field=IntegerField()), 0))
        .order_by()
        .values("template", "held")
        .annotate(n=Count("pk"))
    )
    uses: dict[int, TemplateUse] = {}
    for row in rows:
        pk, n = row["template"], row["n"]
        use = uses.get(pk, TemplateUse())
        differs = n if row["held"] != masks[pk] else 0
        uses[pk] = TemplateUse(use.accounts + n, use.drifted + differs)
    return uses


def templates_used(
    actor: Actor, templates: "QuerySet[AuthorizationTemplate]", *, is_used: bool
) -> "QuerySet[AuthorizationTemplate]":
    """Those of the templates from which an account within the actor's scope was set up that is not
    closed; or those from which none was.
    """
    used = Exists(
        AppliedTemplate.objects.filter(
            in_scope(actor.scope, "account"), template=OuterRef("pk")
        ).exclude(account__status=Account.Status.CLOSED)
    )
    return templates.filter(used if is_used else ~used)


def _mask(codes: Codes) -> int:
    return sum(1 << code.number for code in codes)
