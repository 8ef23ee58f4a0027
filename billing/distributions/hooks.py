"""What distributions add to accounts: the deed on a selection, their job, search."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, register_job
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.finding import Hit, Row
from accounts.portal.list_parts import BulkAction
from accounts.portal.modules import ModuleAction
from accounts.portal.object_search import called_by_uuid
from accounts.portal.registry import Additions, numbered, registry
from billing.distributions.queries import distributions_of
from billing.distributions.services.paying import JOB
from billing.distributions.services.work import distribute
from billing.money import shown


def _why_not(actor: Actor, subject: Account | None = None) -> str:
    """Why the actor distributes nothing below this agent (None: its own account, or the top level);
    "" = it may. No query.
    """
    agent: Any = subject or actor.own
    decision = decide(actor, Authorization.PAY_SUB_ACCOUNT, agent, is_agent_id=True)
    return "" if decision.is_allowed else decision.sentence


DISTRIBUTE = BulkAction(
    "distribute",
    _("Distribute credit…"),
    "payment",
    url=lambda: reverse("billing:distribute-selection"),
    reason=_why_not,
)


HAND_IN = ModuleAction(
    "payments",
    _("Distribute credit"),
    "payment",
    lambda: reverse("billing:distribute"),
    lambda actor: not _why_not(actor),
    order=10,
)


def _distribution(row: Row) -> Hit:
    key = UUID(row["key"])
    return Hit(str(key), reverse("billing:distribution", args=[key]), row["memo"])


DISTRIBUTION_SECTION = called_by_uuid(
    "distributions",
    _("Distributions"),
    "payment",
    distributions_of,
    {"key": "pk", "memo": "memo"},
    _distribution,
)


def _title(job: Any) -> str:
    return gettext("Distribute credit to %(count)s accounts") % {
        "count": number_format(job.total, force_grouping=True)
    }


def _facts(job: Any) -> Sequence[tuple[str, str]]:
    total = shown(Decimal(job.input["total"]))
    return [(gettext("Control sum"), f"{total} {settings.CURRENCY}")]


def _links(job: Any) -> Sequence[tuple[str, str]]:
    if not job.committed_at:
        return []
    return [(gettext("See the payments"), reverse("billing:distribution", args=[_key(job)]))]


def _own_links(job: Any) -> Sequence[tuple[str, str]]:
    """What was not paid can be looked at, and corrected, by who handed it in."""
    if job.committed_at:
        return []
    return [(gettext("See the list"), reverse("billing:distribution-check", args=[_key(job)]))]


def _key(job: Any) -> str:
    return str(job.input["distribution"])


DISTRIBUTION = JobKind(
    JOB,
    _("Distribute credit"),
    distribute,
    is_idempotent=True,
    title=_title,
    facts=_facts,
    links=_links,
    own_links=_own_links,
    unit=_("accounts"),
    cancel=_("Cancel, and pay nobody"),
)


AUDIT_TERMS = AuditTerms(
    words={
        "payment.distribution": ("payment", "ok", _("Credit distributed, %(subject)s")),
        "distribution.export": ("download", "", _("Payments of a distribution exported")),
    },
)


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    register_job(DISTRIBUTION)
    registry.add(
        "distributions",
        Additions(
            audit_terms=[AUDIT_TERMS],
            module_actions=[HAND_IN],
            bulk_actions=numbered(10, [DISTRIBUTE]),
            search_sections=numbered(100, [DISTRIBUTION_SECTION]),
        ),
    )
