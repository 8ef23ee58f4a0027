"""What reports add to other pages: their module, the way to them from an account, and the words of
the audit log for a file that was taken.
"""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import MONEY, Module
from accounts.portal.registry import Additions, Link, numbered, registry
from billing.payments.lasting import register_lasting
from billing.reports.dashboard import CALLS, OWN_BALANCE, lasting_words

MODULE = Module(
    "reports",
    _("Reports"),
    "report",
    lambda: reverse("billing:reports"),
    MONEY,
    beginnings=("billing:report",),
    order=75,
)


def _income(actor: Actor, account: Account) -> str:
    return f"{reverse('billing:report-income')}?{urlencode({'account': account.account_id})}"


OPEN = Link("reports", _("Reports"), "report", _income)
AUDIT_TERMS = AuditTerms(
    words={"report.export": ("download", "", _("Report exported"))},
    labels={"report": _("Report")},
    order=75,
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_lasting(lasting_words)
    registry.add(
        "reports",
        Additions(
            modules=[MODULE],
            dashboard_cards=numbered(22, [CALLS]),
            own_cards=[OWN_BALANCE],
            row_actions=numbered(190, [OPEN]),
            audit_terms=[AUDIT_TERMS],
        ),
    )
