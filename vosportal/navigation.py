"""What every page of the portal shows around its content: modules, the tree, who is looking."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.access import NOBODY, Actor
from accounts.authorizations import Authorization
from accounts.counting import count_each
from accounts.navigation_tree import sidebar_tree
from accounts.services.approvals import to_look_at
from accounts.services.jobs import open_jobs
from accounts.services.reviews import grants_due
from accounts.services.templates import may_keep


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
    counts = SimpleLazyObject(
        lambda: count_each(
            approvals=to_look_at(actor), reviews=grants_due(actor), jobs=open_jobs(actor)
        )
    )

    def waiting(name: str) -> Any:
        return SimpleLazyObject(lambda: str(counts[name] or ""))

    yield Module(
        _("Approvals"),
        reverse("approvals"),
        "approve",
        here in ("approvals", "approval"),
        waiting("approvals"),
    )
    if actor.is_administrator or Authorization.MANAGE_ACCOUNT in actor.effective:
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
