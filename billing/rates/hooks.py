"""What rates add to the pages of others: their module, and the words of the audit log."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.authorizations import Authorization
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import Module
from accounts.portal.registry import Additions, registry

MODULE = Module(
    "rates",
    _("Rates"),
    "rates",
    lambda: reverse("billing:rate-groups"),
    beginnings=("billing:rate",),
    is_for=lambda actor: actor.is_administrator or Authorization.MANAGE_ACCOUNT in actor.effective,
    order=60,
)
AUDIT_TERMS = AuditTerms(
    words={
        "rate_group.create": ("rates", "ok", _("Rate group %(subject)s made")),
        "rate_group.change": ("edit", "", _("Rate group %(subject)s changed")),
        "rate_group.delete": ("trash", "danger", _("Rate group %(subject)s deleted")),
        "rate_group.tiers": ("rates", "", _("Volume tiers of %(subject)s changed")),
        "rate.add": ("plus", "ok", _("Rate added: %(subject)s")),
        "rate.change": ("edit", "", _("Rate changed: %(subject)s")),
        "rate.change_many": ("edit", "warn", _("Rates of %(subject)s changed")),
        "rate.end": ("calendar", "warn", _("Rate ended: %(subject)s")),
        "rate.correct": ("edit", "warn", _("Past price corrected: %(subject)s")),
        "rate.uncorrect": ("edit", "", _("Correction taken back: %(subject)s")),
    },
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add("rates", Additions(modules=[MODULE], audit_terms=[AUDIT_TERMS]))
