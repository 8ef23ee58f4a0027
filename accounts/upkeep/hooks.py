"""What the portal's upkeep adds to the pages of others."""

from django.utils.translation import gettext_lazy as _

from accounts.core import privileges
from accounts.kit.findings import Findings
from accounts.portal.registry import Additions, Placed, registry
from accounts.portal.steps import DataCheck
from accounts.upkeep.dashboard import checks_note, role_note


def _guards() -> Findings:
    unnamed = ["WEB_ROLE names no role: nobody looks after its privileges"]
    told = unnamed if privileges.is_unnamed() else []
    return Findings.of(privileges.weaknesses(), besides=told)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "upkeep",
        Additions(
            standing_notes=[Placed(10, role_note), Placed(20, checks_note)],
            data_checks=[DataCheck("guards", _("Guards of the database"), _guards, order=10)],
        ),
    )
