"""What charging keeps in the database, and how that is checked."""

from django.utils.translation import gettext_lazy as _

from accounts.core.guards import guarded
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.registry import Additions, registry
from accounts.portal.steps import DataCheck
from billing.charging.models import Charge
from billing.charging.queries.integrity import calls_found

AUDIT_TERMS = AuditTerms(words={"calls.rerate": ("rates", "warn", _("Calls rated anew"))})


def register() -> None:
    """Name the guarded table and fill the registry; called once when the app is ready."""
    guarded.update({Charge: ("reverses_id = NEW.reverses_id",)})
    registry.add(
        "charging",
        Additions(
            data_checks=[DataCheck("calls", _("Calls"), calls_found, order=55)],
            audit_terms=[AUDIT_TERMS],
        ),
    )
