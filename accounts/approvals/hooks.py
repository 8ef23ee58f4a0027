"""What approvals add to the pages and deeds of others."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.approvals.mails import KINDS
from accounts.approvals.models import SubAgentRequest
from accounts.approvals.queries import requests_of, requests_waiting_below, to_look_at
from accounts.approvals.services.asking import request_create_filed, request_move_filed
from accounts.approvals.services.voiding import void_groundless
from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.mail.kinds import register_mail
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.desk import Desk, Filed
from accounts.portal.finding import Hit, Row
from accounts.portal.list_parts import ListNotice
from accounts.portal.modules import RIGHTS, Module, Waiting, level_scope, own_level
from accounts.portal.object_search import keyed
from accounts.portal.registry import Additions, Placed, numbered, registry
from accounts.tree.services.together import Together


def _request(row: Row, key: str) -> Hit:
    return Hit(key, reverse("approval", args=[row["number"]]))


def _new_account(
    actor: Actor, agent: Account, values: Mapping[str, Any], together: Together
) -> Filed:
    filed = request_create_filed(
        actor=actor,
        parent=agent,
        **values,
        codes=together.codes,
        first_login=together.first_login,
        held=together.held,
        reason=together.reason,
    )
    words = _("The request is on its way. Nothing happens before it is approved.")
    return Filed(reverse("approval", args=[filed.pk]), words)


def _move(actor: Actor, account: Account, agent: Account, reason: str) -> Filed:
    filed = request_move_filed(actor=actor, account=account, parent=agent, reason=reason)
    words = _("The request is on its way. Nothing moves before it is approved.")
    return Filed(reverse("approval", args=[filed.pk]), words)


DESK = Desk(_new_account, _move)
WAITING = ListNotice("requests", requests_waiting_below, "accounts/approvals/_waiting.html")
SEARCH = keyed(
    "requests",
    _("Approvals"),
    "check",
    SubAgentRequest.key_kind,
    requests_of,
    {"account": "requester_account_id"},
    _request,
)
MODULE = Module(
    "approvals",
    _("Approvals"),
    "approve",
    lambda: reverse("approvals"),
    RIGHTS,
    pages=frozenset({"approvals", "approval"}),
    waiting=Waiting(
        lambda *own: to_look_at(level_scope(*own)),
        own_level,
        ngettext_lazy("%(count)s request to look at", "%(count)s requests to look at", "count"),
    ),
    within="rights",
    order=84,
)
AUDIT_TERMS = AuditTerms(
    words={
        "request.file": ("half", "", _("Approval asked for: it would become an agent")),
        "request.approve": ("check", "ok", _("Approved as an agent")),
        "request.reject": ("no", "danger", _("Rejected as an agent")),
        "request.withdraw": ("undo", "", _("The request for approval was withdrawn")),
        "request.void": ("stop", "warn", _("The request for approval became void")),
        "approvals.export": ("download", "", _("List of approvals exported")),
    },
    labels={"first_login": _("First login"), "kind": _("Kind")},
    choices={
        "status": dict(SubAgentRequest.Status.choices),
        "kind": {
            "create": _("a new account below it"),
            "move": _("an account moved below it"),
        },
    },
    subjects={"request.": SubAgentRequest.key_kind},
    private=("request.file",),
)
AUDIT_GROUP = AuditGroup("approvals", _("Approvals"), ("request.",), order=40)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_mail(*KINDS)
    registry.add(
        "approvals",
        Additions(
            modules=[MODULE],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            list_notices=[WAITING],
            desks=[DESK],
            ground_lost=[Placed(10, void_groundless)],
            search_sections=numbered(40, [SEARCH]),
        ),
    )
