"""What the tree of accounts puts on the pages that everything stands on."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account, AccountDetail
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.modules import WORK, Module
from accounts.portal.registry import Additions, Tab, registry
from accounts.portal.steps import DataCheck
from accounts.tree.actions import ACTIONS
from accounts.tree.dashboard import CHECKS, FIRST, OVERVIEW, SETUP
from accounts.tree.filters import LIST_VIEWS
from accounts.tree.queries.integrity import trees_found


def _overview(actor: Actor, account: Account) -> str:
    return address_of("accounts:detail", account.account_id)


def _sub_accounts(actor: Actor, account: Account) -> str:
    return address_of("accounts:sub-accounts", account.account_id)


TABS = [
    Tab("overview", _("Overview"), _overview, order=10),
    Tab(
        "sub-accounts",
        _("Sub-accounts"),
        _sub_accounts,
        count=lambda account: account.sub_account_count,
        order=20,
    ),
]

# Everybody's accounts, and those of one agent, by the words of a switch that operators come from.
MODULES = [
    Module(
        "accounts",
        _("Account management"),
        "accounts",
        lambda: reverse("accounts:list"),
        WORK,
        beginnings=("accounts:",),
        is_for=lambda actor: actor.is_administrator,
        order=20,
    ),
    Module(
        "sub-accounts",
        _("Sub account management"),
        "accounts",
        lambda: reverse("accounts:list"),
        WORK,
        beginnings=("accounts:",),
        is_for=lambda actor: not actor.is_administrator,
        order=21,
    ),
]
AUDIT_TERMS = AuditTerms(
    words={
        "account.create": ("plus", "ok", _("Account created")),
        "account.edit": ("edit", "", _("Account changed")),
        "account.move": ("move", "", _("Moved to another agent")),
        "account.lock": ("lock", "danger", _("Locked")),
        "account.unlock": ("unlock", "ok", _("Unlocked")),
        "account.close": ("no", "danger", _("Closed for good")),
        "account.delete": ("trash", "danger", _("Account deleted")),
        "account.lose": ("trash", "danger", _("Sub-account %(subject)s deleted")),
        "account.load": ("upload", "ok", _("Accounts loaded")),
        "accounts.export": ("download", "", _("List of accounts exported")),
    },
    labels={
        "agent": _("Agent ID"),
        "account_id": _("Account ID"),
        "accounts": _("Accounts"),
        "codecs": _("Codecs"),
    },
    choices={
        "type": dict(Account.Type.choices),
        "status": dict(Account.Status.choices),
        "ctd_billing_model": dict(Account.BillingModel.choices),
    },
    models=[Account, AccountDetail],
    accounts={"agent": ""},
    from_above=frozenset({"memo"}),
    detailed=frozenset({"account.edit", "account.move"}),
    order=10,
)
AUDIT_GROUP = AuditGroup("accounts", _("Accounts"), ("account.", "policy."), order=10)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "tree",
        Additions(
            list_views=LIST_VIEWS,
            overview_cards=OVERVIEW,
            setup_steps=SETUP,
            first_steps=FIRST,
            standing_checks=CHECKS,
            data_checks=[DataCheck("tree", _("Trees of accounts"), trees_found, order=20)],
            account_tabs=TABS,
            row_actions=ACTIONS,
            modules=MODULES,
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
        ),
    )
