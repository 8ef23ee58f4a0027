"""What the portal itself puts on its pages."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import Module
from accounts.portal.registry import Additions, registry

DASHBOARD = Module(
    "dashboard",
    _("Dashboard"),
    "dashboard",
    lambda: reverse("dashboard"),
    pages=frozenset({"dashboard", "checks"}),
    order=10,
)
DJANGO_ADMIN = Module(
    "admin",
    _("Django admin"),
    "sliders",
    lambda: reverse("admin:index"),
    is_for=lambda actor: actor.user is not None and actor.user.is_staff,
    is_outside=True,
    order=140,
)
AUDIT_TERMS = AuditTerms(
    words={
        "demo.load": ("spark", "", _("Demo data loaded")),
    },
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add("portal", Additions(modules=[DASHBOARD, DJANGO_ADMIN], audit_terms=[AUDIT_TERMS]))
