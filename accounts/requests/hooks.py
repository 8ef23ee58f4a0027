"""What requests for authorizations add to the pages and deeds of others."""

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.core.actor import Actor, Kind
from accounts.core.decisions import Cause
from accounts.kit.errors import NotAllowed, WayOut
from accounts.mail.kinds import register_mail
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.finding import Hit, Row
from accounts.portal.modules import RIGHTS, Module, OwnPage, Waiting, level_scope, own_level
from accounts.portal.object_search import keyed
from accounts.portal.registry import Additions, Placed, numbered, registry
from accounts.requests.mails import KINDS
from accounts.requests.models import AuthorizationRequest
from accounts.requests.queries import asked_of, asked_to_grant
from accounts.requests.services import close_granted, void_asked


def _request(row: Row, key: str) -> Hit:
    return Hit(key, reverse("authorization-request", args=[row["number"]]))


def _ask(actor: Actor, error: NotAllowed) -> WayOut | None:
    """Where an account asks for what it does not hold itself, if that is what was missing."""
    code = error.asked
    if actor.kind is not Kind.ACCOUNT or actor.read_only or actor.own is None or code is None:
        return None
    if error.cause != Cause.MISSING or actor.blocked_by:
        return None
    query = urlencode({"code": code.value})
    return WayOut(_("Request it"), f"{reverse('authorization-request-new')}?{query}")


MODULE = Module(
    "requests",
    _("Requests"),
    "shield",
    lambda: reverse("authorization-requests"),
    RIGHTS,
    beginnings=("authorization-request",),
    waiting=Waiting(
        lambda *own: asked_to_grant(level_scope(*own)),
        own_level,
        ngettext_lazy(
            "%(count)s request for an authorization",
            "%(count)s requests for authorizations",
            "count",
        ),
    ),
    within="rights",
    order=83,
)
# Where customers find what they asked for, and its answer.
OWN_PAGE = OwnPage(
    "requests",
    _("Requests"),
    "shield",
    lambda _actor: reverse("authorization-requests"),
    pages=frozenset(
        {"authorization-requests", "authorization-request", "authorization-request-new"}
    ),
    order=90,
)
AUDIT_TERMS = AuditTerms(
    words={
        "asked.file": ("half", "", _("Authorization asked for")),
        "asked.grant": ("check", "ok", _("Request for an authorization granted")),
        "asked.refuse": ("no", "danger", _("Request for an authorization refused")),
        "asked.withdraw": ("undo", "", _("Request for an authorization withdrawn")),
        "authorization_requests.export": (
            "download",
            "",
            _("List of requests for authorizations exported"),
        ),
        "asked.void": ("stop", "warn", _("Request for an authorization became void")),
    },
    labels={"code": _("Authorization")},
    models=[AuthorizationRequest],
    subjects={"asked.": AuthorizationRequest.key_kind},
)
AUDIT_GROUP = AuditGroup("authorizations", _("Authorizations"), ("asked.",), order=21)
SEARCH = keyed(
    "asked",
    _("Requests for authorizations"),
    "shield",
    AuthorizationRequest.key_kind,
    asked_of,
    {"account": "account_id"},
    _request,
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_mail(*KINDS)
    registry.add(
        "requests",
        Additions(
            modules=[MODULE],
            own_pages=[OWN_PAGE],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            ground_lost=[Placed(20, void_asked)],
            on_grant=[close_granted],
            refused_ways=[_ask],
            search_sections=numbered(45, [SEARCH]),
        ),
    )
