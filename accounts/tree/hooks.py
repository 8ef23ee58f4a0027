"""What the tree of accounts puts on the pages that everything stands on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountDetail
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.deeds import MoveEffect
from accounts.portal.finding import (
    Hit,
    Offer,
    Row,
    SearchDeed,
    SearchPage,
    SearchSection,
)
from accounts.portal.modules import WORK, Module
from accounts.portal.registry import Additions, Placed, Tab, registry
from accounts.portal.steps import DataCheck
from accounts.tree.actions import ACTIONS
from accounts.tree.dashboard import CHECKS, FIRST, OVERVIEW, SETUP
from accounts.tree.filters import LIST_VIEWS
from accounts.tree.queries.integrity import trees_found
from accounts.tree.queries.memos import memos_to_lose
from accounts.tree.queries.search import noted, people_called
from accounts.tree.services.memos import memos_lost


def _overview(actor: Actor, account: Account) -> str:
    return address_of("accounts:detail", account.account_id)


def _known(row: Row) -> Hit:
    note = " · ".join(one for one in (row["company"], row["email"]) if one)
    return Hit(row["person"] or row["company"] or row["email"], _url(row), note)


def _url(row: Row) -> str:
    return address_of("accounts:detail", row["account_id"])


PEOPLE = SearchSection(
    "people",
    _("People"),
    "account",
    lambda actor, asked: people_called(actor.scope, asked.fragment) if asked.fragment else None,
    {
        "person": "contact_person",
        "company": "company",
        "email": "email",
        "account": "account_id",
        "account_id": "account__account_id",
    },
    _known,
    place=lambda row, asked: row["account_id"],
    order=27,
)
MEMOS = SearchSection(
    "memos",
    _("Memos of accounts"),
    "edit",
    lambda actor, asked: noted(actor.scope, asked.fragment) if asked.fragment else None,
    {"memo": "memo", "account": "account_id", "account_id": "account__account_id"},
    lambda row: Hit(row["account_id"], _url(row), row["memo"][:100]),
    place=lambda row, asked: row["account_id"],
    all_url=lambda text: f"{reverse('accounts:list')}?{urlencode({'show': 'all', 'q': text})}",
    order=120,
)


def _deed(name: str, words: Any) -> Callable[[Actor, Account | None, str], Offer | None]:
    """The page of one of the actions of accounts, where it is available."""
    action = next(one for one in ACTIONS if one.name == name)

    def offer(actor: Actor, account: Account | None, figure: str) -> Offer | None:
        url = action.url(actor, account) if account else None
        if account is None or url is None or (action.reason and action.reason(actor, account)):
            return None
        return Offer(words % {"account": account.account_id}, url)

    return offer


MOVE = SearchDeed(
    "move",
    "move",
    (_("move"),),
    _deed("move", _("Move %(account)s to another agent…")),
    order=60,
)
LOCK = SearchDeed(
    "lock",
    "lock",
    (_("lock"), _("block")),
    _deed("lock", _("Lock %(account)s…")),
    is_usual=False,
    order=70,
)
UNLOCK = SearchDeed(
    "unlock",
    "unlock",
    (_("unlock"), _("unblock")),
    _deed("unlock", _("Unlock %(account)s…")),
    is_usual=False,
    order=75,
)


def _own_sub_accounts(actor: Actor) -> str:
    if actor.own is None:
        return reverse("accounts:list")
    return address_of("accounts:sub-accounts", actor.own.account_id)


SUB_ACCOUNTS = SearchPage(
    _("Sub-accounts"),
    "accounts",
    _own_sub_accounts,
    (_("Sub account management"), _("Agent account management")),
    order=20,
)


def _adding(actor: Actor) -> str:
    """For who may add accounts anywhere: administrators, and who holds it for its own account."""
    if actor.own is None:
        return reverse("accounts:new")
    may = Authorization.MANAGE_ACCOUNT in actor.grants.get(actor.own.pk, frozenset())
    return reverse("accounts:new") if may else ""


NEW_ACCOUNT = SearchPage(
    _("Add an account"),
    "plus",
    _adding,
    (_("New account"), _("Add sub-account"), _("New customer"), _("Add account")),
    order=25,
)
CTD = SearchPage(
    _("Accounts billed as Flow (callback)"),
    "accounts",
    lambda actor: f"{reverse('accounts:list')}?show=all&billing=flow",
    (_("CTD billing model"), _("CTD, call type definition"), _("Callback accounts")),
    order=200,
)


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
def _memos(
    actor: Actor, accounts: Sequence[Account], target: Account | None
) -> Mapping[str, Any] | None:
    lost = memos_to_lose(accounts, target)
    return {"count": len(lost), "first": lost[0].account.account_id} if lost else None


MEMOS_LOST = MoveEffect("accounts/tree/_memos_lost.html", _memos, order=50)
MODULES = [
    Module(
        "accounts",
        _("Account management"),
        "accounts",
        lambda: reverse("accounts:list"),
        WORK,
        beginnings=("accounts:",),
        is_for=lambda actor: actor.is_administrator,
        words=(_("Accounts"), _("Customers")),
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
        words=(_("Accounts"), _("Customers")),
        order=21,
    ),
]
AUDIT_TERMS = AuditTerms(
    words={
        "account.create": ("plus", "ok", _("Account created")),
        "account.edit": ("edit", "", _("Account changed")),
        "account.logo": ("card", "", _("Logo of the letterhead changed")),
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
        "logo": _("Logo"),
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
            search_sections=[PEOPLE, MEMOS],
            search_deeds=[MOVE, LOCK, UNLOCK],
            search_pages=[SUB_ACCOUNTS, NEW_ACCOUNT, CTD],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            on_move=[Placed(40, memos_lost)],
            move_effects=[MEMOS_LOST],
        ),
    )
