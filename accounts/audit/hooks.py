"""What the audit log adds to the pages of others."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.audit.queries import entries_of
from accounts.audit.services import log_found
from accounts.audit.words.deeds import words
from accounts.audit.words.events import latest_events
from accounts.core.actor import Actor
from accounts.core.models import Account, AuditEntry
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.finding import Hit, Row
from accounts.portal.modules import OPERATION, Module
from accounts.portal.object_search import keyed
from accounts.portal.registry import Additions, Card, Tab, numbered, registry
from accounts.portal.steps import DataCheck


def _entry(row: Row, key: str) -> Hit:
    text = str(words(row["action"])[2]).replace("%(subject)s", "").strip()
    return Hit(key, reverse("audit-entry", args=[row["number"]]), text)


def _log(actor: Actor, account: Account) -> str:
    return address_of("accounts:audit", account.account_id)


TAB = Tab("audit", _("Audit log"), _log, order=100)
SEARCH = keyed(
    "entries",
    _("Audit log"),
    "audit",
    AuditEntry.key_kind,
    entries_of,
    {"action": "action", "account": "account_pk"},
    _entry,
)


def _recent(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    return {"events": latest_events(actor, account)} if account else None


RECENT = Card("accounts/audit/_recent.html", _recent, order=40)
MODULE = Module(
    "audit",
    _("Audit log"),
    "audit",
    lambda: reverse("audit"),
    OPERATION,
    pages=frozenset({"audit", "audit-entry"}),
    order=120,
)
AUDIT_TERMS = AuditTerms(
    words={
        "audit.export": ("download", "", _("Audit log exported")),
        "refused.page": ("stop", "danger", _("Tried what was not permitted")),
        "refused.address": ("stop", "danger", _("Tried an address that is not there")),
    },
    labels={
        "authorization": _("Needs"),
        "code": _("Code"),
        "filters": _("Filters"),
        "message": _("Why"),
        "method": _("Method"),
        "rows": _("Rows"),
    },
    private=("refused.",),
)
AUDIT_GROUPS = [
    AuditGroup("exports", _("Exports"), ends=(".export", "export"), order=100),
    AuditGroup("refused", _("Attempts"), ("refused.",), order=110),
]


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "audit",
        Additions(
            overview_cards=[RECENT],
            account_tabs=[TAB],
            modules=[MODULE],
            audit_terms=[AUDIT_TERMS],
            audit_groups=AUDIT_GROUPS,
            data_checks=[DataCheck("audit", _("Audit log"), log_found, order=40)],
            search_sections=numbered(60, [SEARCH]),
        ),
    )
