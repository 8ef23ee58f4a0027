"""What switches add to the pages of others: a module for administrators, words of the audit log."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.modules import OPERATION, Module
from accounts.portal.registry import Additions, registry
from accounts.switches.models import Switch

MODULE = Module(
    "switches",
    _("Switches"),
    "branch",
    lambda: reverse("switches"),
    OPERATION,
    beginnings=("switch",),
    is_for=lambda actor: actor.is_administrator,
    order=62,
)
AUDIT_TERMS = AuditTerms(
    words={
        "switch.new": ("branch", "ok", _("Switch %(subject)s made")),
        "switch.change": ("branch", "warn", _("Switch %(subject)s changed")),
        "switch.key": ("key", "warn", _("Switch %(subject)s given another key")),
        "switch.remove": ("trash", "danger", _("Switch %(subject)s removed")),
        "switches.export": ("download", "", _("List of switches exported")),
    },
    labels={"key_id": _("Key")},
    models=[Switch],
    order=42,
)
AUDIT_GROUP = AuditGroup("switches", _("Switches"), ("switch.",), order=62)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "switches",
        Additions(modules=[MODULE], audit_terms=[AUDIT_TERMS], audit_groups=[AUDIT_GROUP]),
    )
