"""What authorizations add to the pages of others."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.queries.facts import changes_reached
from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.integrity import authorizations_found
from accounts.authorizations.queries.reviews import due_before, grants_due
from accounts.authorizations.rules.grants import unavailable
from accounts.authorizations.rules.templates import may_keep
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Level, effective
from accounts.core.models import Account, AccountGrant, GrantBatch, SubAgentPolicy
from accounts.kit.addresses import address_of
from accounts.kit.pagination import cursor_behind
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.finding import Hit, Offer, Row, SearchDeed, SearchPage
from accounts.portal.modules import (
    RIGHTS,
    Module,
    ModuleAction,
    Waiting,
    level_scope,
    own_level,
)
from accounts.portal.object_search import keyed
from accounts.portal.panel import Glance, PanelPart
from accounts.portal.registry import (
    Additions,
    Link,
    Place,
    Placed,
    Tab,
    numbered,
    registry,
)
from accounts.portal.steps import DataCheck, Step


def _grant_batch(row: Row, key: str) -> Hit:
    history = address_of("accounts:authorization-history", row["account_id"])
    # The page begins with it.
    return Hit(key, f"{history}?{urlencode({'cursor': cursor_behind(row['number'] + 1)})}")


def _editor(actor: Actor, account: Account) -> str:
    return address_of("accounts:authorizations", account.account_id)


TAB = Tab("authorizations", _("Authorizations"), _editor, order=40)
ACTION = Link(
    "authorizations", _("Authorizations"), "shield", _editor, place=Place.NOWHERE, order=50
)
SEARCH = keyed(
    "grants",
    _("Changed authorizations"),
    "shield",
    GrantBatch.key_kind,
    changes_reached,
    {
        "account": "account_id",
        "account_id": "account__account_id",
        "level": "account__level",
        "key": "pk",
    },
    _grant_batch,
    number="batch_id",
    place=lambda row, asked: (row["level"], row["key"]),
)


def _why(actor: Actor, account: Account | None, figure: str) -> Offer | None:
    if account is None:
        return None
    words = gettext("Why can %(account)s not …") % {"account": account.account_id}
    url = f"{reverse('check-access')}?{urlencode({'who': account.account_id})}"
    return Offer(words, url, gettext("call a number, sign in, be paid"))


WHY = SearchDeed(
    "why",
    "help",
    (_("why can"), _("why is"), _("why does"), _("why"), _("check access of"), _("diagnose")),
    _why,
    order=20,
)


def _own_authorizations(actor: Actor) -> str:
    return address_of("accounts:authorizations", actor.own.account_id) if actor.own else ""


AUTHORIZATIONS = SearchPage(
    _("Own authorizations"),
    "shield",
    _own_authorizations,
    (_("Agent rights"),),
    order=90,
)


def _step(actor: Actor, account: Account) -> Step:
    """What the own account holds was read with the way to it; of others one query."""
    codes = (
        actor.grants.get(account.pk, frozenset())
        if account.pk == actor.account_pk
        else held(account)
    )
    return Step(
        _("Authorizations"),
        _("Nothing is granted by itself: without any, its people can only look."),
        bool(codes),
        address_of("accounts:authorizations", account.account_id),
        _("Grant"),
        is_next=True,
    )


def _part(glance: Glance) -> Mapping[str, Any]:
    """The eight in a row, out of what was read with the way: what it holds, and what cannot be
    granted. No query.
    """
    account, now = glance.account, timezone.now()
    held = glance.grants.get(account.pk, frozenset())
    counting = effective(
        Level(link.is_stopped(now), glance.grants.get(link.pk, frozenset())) for link in glance.way
    )
    parents = glance.grants.get(account.parent_id or 0, frozenset())
    lacking = () if glance.is_own else unavailable(glance.actor, account, parents=parents)
    marks = [
        (code.number, "on" if code in held else "na" if code in lacking else "")
        for code in Authorization
    ]
    words = gettext("%(account)s: %(count)s of 8 authorizations") % {
        "account": account.account_id,
        "count": len(held),
    }
    numbers = [str(code.number) for code in Authorization if code in held]
    return {
        "marks": marks,
        "words": f"{words}: {', '.join(numbers)}" if numbers else words,
        "held": [code.label for code in Authorization if code in held],
        "idle": ", ".join(str(one.number) for one in Authorization if one in held - counting),
        "url": _editor(glance.actor, account),
    }


PART = PanelPart("accounts/authorizations/_panel.html", _part, order=70)


def _reviews_due(*values: Any) -> QuerySet[AccountGrant]:
    *own, limit = values
    return grants_due(level_scope(*own), limit)


MODULES = [
    Module(
        "rights",
        _("Authorization management"),
        "shield",
        lambda: reverse("rights"),
        RIGHTS,
        order=80,
    ),
    Module(
        "holders",
        _("Who holds what"),
        "shield",
        lambda: reverse("rights"),
        RIGHTS,
        pages=frozenset({"rights"}),
        within="rights",
        order=81,
    ),
    Module(
        "reviews",
        _("Reviews"),
        "clock",
        lambda: reverse("reviews"),
        RIGHTS,
        beginnings=("reviews",),
        is_for=lambda actor: (
            actor.is_administrator or Authorization.MANAGE_ACCOUNT in actor.effective
        ),
        waiting=Waiting(
            _reviews_due,
            lambda actor: [*own_level(actor), due_before()],
            ngettext_lazy(
                "%(count)s authorization to review", "%(count)s authorizations to review", "count"
            ),
        ),
        within="rights",
        order=82,
    ),
    Module(
        "templates",
        _("Templates"),
        "bookmark",
        lambda: reverse("templates"),
        RIGHTS,
        beginnings=("template",),
        is_for=may_keep,
        within="rights",
        order=85,
    ),
    Module(
        "check-access",
        _("Check access"),
        "help",
        lambda: reverse("check-access"),
        RIGHTS,
        pages=frozenset({"check-access"}),
        within="rights",
        order=86,
    ),
]
# Whoever answers for a platform is asked it all day.
CHECK_ACCESS = ModuleAction(
    "dashboard",
    _("Check access"),
    "help",
    lambda: reverse("check-access"),
    lambda actor: actor.is_administrator,
    order=10,
)
AUDIT_TERMS = AuditTerms(
    words={
        "policy.set": ("branch", "", _("Rule for new agents changed")),
        "grant.add": ("shield", "ok", _("Authorization granted")),
        "grant.revoke": ("shield", "danger", _("Authorization revoked")),
        "grant.cut": ("shield", "danger", _("Authorization lost by a move")),
        "grant.restore": ("shield", "ok", _("Authorization restored")),
        "grant.review": ("check", "", _("Authorizations reviewed")),
        "template.create": ("shield", "ok", _("Template %(subject)s made")),
        "template.edit": ("shield", "", _("Template %(subject)s changed")),
        "template.delete": ("trash", "danger", _("Template %(subject)s deleted")),
        "group.drop": ("shield", "warn", _("Group without account removed")),
        "group.join": ("shield", "warn", _("Login put into its group")),
        "group.leave": ("shield", "warn", _("Login taken out of a foreign group")),
        "permission.drop": ("shield", "warn", _("Permission removed that nobody granted")),
    },
    labels={
        "codes": _("Authorizations"),
        "granted": _("Granted"),
        "kind": _("Kind"),
        "sub_agents": _("New agents"),
    },
    choices={"sub_agents": dict(SubAgentPolicy.choices)},
    private=("group.", "permission."),
)
CHECK = DataCheck("authorizations", _("Authorizations"), authorizations_found, order=30)
AUDIT_GROUP = AuditGroup(
    "authorizations",
    _("Authorizations"),
    ("grant.", "template.", "group.", "permission."),
    order=20,
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "authorizations",
        Additions(
            account_tabs=[TAB],
            panel_parts=[PART],
            row_actions=[ACTION],
            modules=MODULES,
            module_actions=[CHECK_ACCESS],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            data_checks=[CHECK],
            setup_steps=[Placed(28, _step)],
            search_sections=numbered(50, [SEARCH]),
            search_deeds=[WHY],
            search_pages=[AUTHORIZATIONS],
        ),
    )
