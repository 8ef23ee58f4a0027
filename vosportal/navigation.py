"""What every page of the portal shows around its content: modules, the tree, who is looking."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.approvals.services.asking import to_look_at
from accounts.authorizations.services.reviews import due_before, grants_due
from accounts.authorizations.services.templates import may_keep
from accounts.core.actor import NOBODY, Actor
from accounts.core.authorizations import Authorization
from accounts.core.scope import Scope
from accounts.jobs.services.jobs import open_jobs
from accounts.kit.counting import counts as counts_of
from accounts.kit.prepared import Prepared
from accounts.tree.tables.sidebar import sidebar_tree


@dataclass(frozen=True)
class Module:
    """An entry of the sidebar. `current` marks the module the page belongs to."""

    label: str
    url: str
    icon: str
    current: bool = False
    # What waits there, as text; asked for only if the page shows it.
    count: Any = ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of `base.html`. The tree is read only if the page shows it."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "nav": modules(request, actor),
        "show_tree": bool(actor.is_administrator or actor.chain),
        "sidebar_tree": SimpleLazyObject(lambda: sidebar_tree(request)),
    }


def modules(request: HttpRequest, actor: Actor) -> list[Module]:
    """The modules this actor may open, in the order it needs them; those without any right are
    absent.
    """
    match = request.resolver_match
    here = match.view_name if match else ""
    found = []
    if actor.is_administrator or actor.chain:
        found = [*_business(actor, here), *_watching(actor, here)]
    if actor.user is not None and actor.user.is_staff:
        found.append(Module(_("Django admin"), reverse("admin:index"), "sliders"))
    return found


def _business(actor: Actor, here: str) -> Iterator[Module]:
    """What people work with all day."""
    is_card = here.startswith("billing:") and "card" in here
    yield Module(_("Dashboard"), reverse("dashboard"), "dashboard", here == "dashboard")
    yield Module(
        _("Accounts"),
        reverse("accounts:list"),
        "accounts",
        here.startswith("accounts:")
        and not here.startswith(("accounts:phone", "accounts:gateway")),
    )
    yield Module(
        _("Payments"),
        reverse("billing:payments"),
        "wallet",
        here.startswith("billing:") and not is_card,
    )
    if actor.is_administrator:
        yield Module(
            _("Number sections"),
            reverse("number-sections"),
            "sections",
            here in ("number-sections", "number-test"),
        )
    else:
        yield Module(_("Test numbers"), reverse("number-test"), "sections", here == "number-test")
    for word, label, icon in (
        ("phone", _("Phones"), "phone"),
        ("gateway", _("Gateways"), "gateway"),
    ):
        is_here = here.removeprefix("accounts:").startswith(word)
        yield Module(label, reverse(f"{word}s"), icon, is_here)
    if actor.is_administrator or Authorization.MANAGE_PHONE_CARD in actor.effective:
        yield Module(_("Phone cards"), reverse("billing:cards"), "card", is_card)


def _watching(actor: Actor, here: str) -> Iterator[Module]:
    """What waits for somebody, and what happened."""
    counts = SimpleLazyObject(lambda: _waiting(actor))

    def waiting(name: str) -> Any:
        return SimpleLazyObject(lambda: str(counts.get(name, "")))

    yield Module(
        _("Approvals"),
        reverse("approvals"),
        "approve",
        here in ("approvals", "approval"),
        waiting("approvals"),
    )
    if _reviews(actor):
        yield Module(
            _("Reviews"),
            reverse("reviews"),
            "clock",
            here.startswith("reviews"),
            waiting("reviews"),
        )
    if may_keep(actor):
        yield Module(_("Templates"), reverse("templates"), "bookmark", here.startswith("template"))
    yield Module(_("Jobs"), reverse("jobs"), "jobs", here in ("jobs", "job"), waiting("jobs"))
    yield Module(_("Audit log"), reverse("audit"), "audit", here in ("audit", "audit-entry"))
    yield Module(_("Check access"), reverse("check-access"), "help", here == "check-access")


def _reviews(actor: Actor) -> bool:
    return actor.is_administrator or Authorization.MANAGE_ACCOUNT in actor.effective


def _waiting(actor: Actor) -> dict[str, int]:
    """How much waits in which module; what is empty is absent. One query."""
    login: Any = actor.user  # Whoever sees a page has one.
    values: list[int | datetime] = [login.pk]
    if actor.account_pk is not None:
        values.append(actor.account_pk)
    if _reviews(actor):
        values.append(due_before())
    shape = _Waiting(actor.is_administrator, _reviews(actor))
    return {name: n for name, n in _WAITING.rows(shape, *values) if n}


class _Waiting(NamedTuple):
    """What the text of that query follows from."""

    everything: bool
    with_reviews: bool


def _counted(shape: _Waiting, login_pk: int, *more: Any) -> "QuerySet[Any, Any]":
    given = iter(more)
    scope = Scope.EVERYTHING if shape.everything else Scope.of(next(given))
    waits: dict[str, QuerySet[Any]] = {"approvals": to_look_at(scope), "jobs": open_jobs(login_pk)}
    if shape.with_reviews:
        waits["reviews"] = grants_due(scope, next(given))
    return counts_of(**waits)


_WAITING = Prepared(_counted)
