"""What calls keep in the database, and what they add to the pages of others."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.guards import guarded
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import OPERATION, Module
from accounts.portal.registry import Additions, registry
from billing.calls.models import Leg

FILES = Module(
    "call-files",
    _("Import calls"),
    "upload",
    lambda: reverse("billing:call-import"),
    OPERATION,
    pages=frozenset({"billing:call-import", "billing:call-files"}),
    is_for=lambda actor: actor.is_administrator,
    order=66,
)
AUDIT_TERMS = AuditTerms(
    words={"call_file.read": ("upload", "ok", _("Call records of %(subject)s taken in"))},
    labels={"records": _("Records"), "refused": _("Lines refused")},
)


def register() -> None:
    """Name the guarded table and fill the registry; called once when the app is ready."""
    guarded.update({Leg: ()})
    registry.add("calls", Additions(modules=[FILES], audit_terms=[AUDIT_TERMS]))
