"""What the global search finds by its key: jobs, requests, entries of the audit log, batches of
grants.
"""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.asking import requests_of
from accounts.audit.queries import entries_of
from accounts.audit.words.deeds import words
from accounts.authorizations.queries.facts import account_of_batch
from accounts.core.actor import Actor
from accounts.core.models import AuditEntry, GrantBatch
from accounts.jobs.kinds import kind_of
from accounts.jobs.services.jobs import jobs_of
from accounts.kit.object_keys import object_key
from accounts.kit.pagination import cursor_behind
from accounts.portal.object_search import called_by_uuid, keyed
from accounts.portal.registry import Hit, registry


def _job(actor: Actor, key: UUID) -> Hit | None:
    one: Any = jobs_of(actor).select_related("account").filter(pk=key).first()
    if one is None:
        return None
    return Hit(str(one.pk), reverse("job", args=[one.pk]), one.account, kind_of(one).title_of(one))


def _request(actor: Actor, number: int) -> Hit | None:
    one = requests_of(actor).filter(pk=number).first()
    if one is None:
        return None
    return Hit(one.key, reverse("approval", args=[one.pk]), one.requester_account)


def _entry(actor: Actor, number: int) -> Hit | None:
    one = entries_of(actor).filter(pk=number).first()
    if one is None:
        return None
    text = str(words(one.action)[2]).replace("%(subject)s", "").strip()
    return Hit(one.key, reverse("audit-entry", args=[one.pk]), None, text)


def _grant_batch(actor: Actor, number: int) -> Hit | None:
    account = account_of_batch(actor, number)
    if account is None:
        return None
    history = reverse("accounts:authorization-history", args=[account.account_id])
    # The page begins with it.
    query = urlencode({"cursor": cursor_behind(number + 1)})
    return Hit(object_key(GrantBatch.key_kind, number), f"{history}?{query}", account)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.search_sections += [
        called_by_uuid("jobs", _("Jobs"), "jobs", _job),
        keyed("requests", _("Approvals"), "check", SubAgentRequest.key_kind, _request),
        keyed("grants", _("Changed authorizations"), "shield", GrantBatch.key_kind, _grant_batch),
        keyed("entries", _("Audit log"), "audit", AuditEntry.key_kind, _entry),
    ]
