"""Who may come to which address, and what it names. An address that is not in here fails the tests.

When you add a page, add a line: say who comes, what kind of object the address names, whether it
changes something (needs an authorization), and which query parameters and posted fields name
accounts or look for them. `tests/accounts/core/test_isolation*.py` does the rest.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from tests.support.addresses import Route


class Audience(StrEnum):
    # Also who is not signed in.
    PUBLIC = "public"
    # Everybody signed in, operators included: one's own security.
    SIGNED_IN = "signed in"
    # Administrators and logins of accounts.
    PORTAL = "portal"
    ADMINISTRATORS = "administrators"
    # The Django admin: operators, as far as their permissions go.
    STAFF = "staff"


@dataclass(frozen=True)
class Address:
    """What is known of one address.

    `names` is the kind of object in the address: "account", "login" (of an account), "factor" (a
    second factor of the own login), "request" (filed by an account), "payment" (to an account),
    "phone" (of an account), "batch" (of an account's grants), "template" (an account's own), "job"
    and "draft" (of one of an account's logins), "distribution" (paid by one of them), "gateway",
    "card batch" or "card" (of an account). `changes`: it needs an authorization, which only
    administrators hold at present. `posts_change`: everybody who reaches the object may look, and
    needs the authorization to post. `is_own_only`: reached by the logins of its own account alone.
    `queries` and `fields` are the parameters that name or look for accounts, `variants` query
    strings that make it a different page; `is_post_only`: nothing to look at.
    """

    audience: Audience
    names: str = ""
    changes: bool = False
    queries: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    is_post_only: bool = False
    posts_change: bool = False
    is_own_only: bool = False
    variants: tuple[str, ...] = ()


PUBLIC = Address(Audience.PUBLIC)
SIGNED_IN = Address(Audience.SIGNED_IN)
PORTAL = Address(Audience.PORTAL)
POSTED = Address(Audience.PORTAL, is_post_only=True)
STAFF = Address(Audience.STAFF)
FACTOR = Address(Audience.SIGNED_IN, names="factor")
LOOK = Address(Audience.PORTAL, names="account")
CHANGE = Address(Audience.PORTAL, names="account", changes=True)
REQUEST = Address(Audience.PORTAL, names="request")
PAYMENT = Address(Audience.PORTAL, names="payment")
BATCH = Address(Audience.PORTAL, names="batch", changes=True)
KEEPERS = Address(Audience.PORTAL, changes=True)
JOB = Address(Audience.PORTAL, names="job", is_own_only=True)
DRAFT = Address(Audience.PORTAL, names="draft", changes=True, is_own_only=True)
DISTRIBUTION = Address(Audience.PORTAL, names="distribution")
CARD_BATCH = Address(Audience.PORTAL, names="card batch", changes=True)
CARD = Address(Audience.PORTAL, names="card", changes=True)
JOB_DEED = Address(Audience.PORTAL, names="job", is_own_only=True, is_post_only=True)
TEMPLATE = Address(Audience.PORTAL, names="template", changes=True, is_own_only=True)
PHONE = Address(Audience.PORTAL, names="phone")
CHANGE_PHONE = Address(Audience.PORTAL, names="phone", changes=True)
GATEWAY = Address(Audience.PORTAL, names="gateway")
CHANGE_GATEWAY = Address(Audience.PORTAL, names="gateway", changes=True)
CHANGE_LOGIN = Address(Audience.PORTAL, names="login", changes=True)


def looking(*queries: str, names: str = "", variants: tuple[str, ...] = ()) -> Address:
    """A page that takes account ids or words to search for in its query."""
    return Address(Audience.PORTAL, names=names, queries=queries, variants=variants)


def changing(*fields: str, queries: tuple[str, ...] = (), names: str = "") -> Address:
    """A page that takes account ids in a form."""
    return Address(Audience.PORTAL, names=names, changes=True, queries=queries, fields=fields)


FILTERS = ("q", "agent", "cursor")
LISTS = (
    "?show=direct",
    "?show=all",
    "?show=all&sort=-name&status=active&level_from=1&agent=Agent",
    "?show=all&q=sub&size=25",
)
AUDIT_FILTERS = ("q", "account", "actor", "request_id", "cursor")
AUDIT = ("", "?show=all", "?group=accounts&since=2020-01-01&q=a&size=25", "?refused=1")
AUDIT_FILES = ("?format=csv&show=all", "?format=xlsx")
FILES = ("?show=all&format=csv", "?show=all&format=xlsx&columns=all")
GATEWAYS = ("", "?show=all", "?show=all&sort=-capacity&state=active&protocol=sip&q=a&size=25")
HISTORIES = ("", "?show=all", "?show=all&kind=recharge&amount_from=1&since=2020-01-01&totals=1")
PHONES = ("", "?show=all", "?show=all&sort=-account&lock=none&account=Agent&q=555&size=25")
STATEMENTS = ("", "?from=2020-01-01&to=2099-12-31")

REGISTRY: dict[str, Address] = {
    "dashboard": PORTAL,
    "health-live": PUBLIC,
    "health-ready": PUBLIC,
    "csp-report": PUBLIC,
    # The navigation tree and the global search
    "search": looking("q", "after", variants=("?q=sub",)),
    "tree": looking("open", "after", variants=("", "?open=Agent")),
    "tree-roots": looking("after"),
    "tree-branch": looking("after", names="account"),
    "tree-menu": LOOK,
    "tree-search": looking("q", variants=("?q=sub",)),
    "tree-version": PORTAL,
    "tree-refresh": looking("open", "current", variants=("?open=Agent&current=Sub-001",)),
    "tree-customers": POSTED,
    # Sub account management
    "accounts:list": looking(*FILTERS, variants=LISTS),
    "accounts:export": looking(*FILTERS, variants=FILES),
    "accounts:columns": POSTED,
    "accounts:bulk": Address(
        Audience.PORTAL, changes=True, is_post_only=True, fields=("account", "agent", "agent_list")
    ),
    "accounts:sub-accounts": looking(*FILTERS, names="account", variants=LISTS),
    "accounts:sub-accounts-export": looking(*FILTERS, names="account", variants=FILES),
    "accounts:menu": LOOK,
    # The pages of an account
    "accounts:new": changing("parent", "login_username", queries=("agent",)),
    "accounts:picker": looking(
        "q",
        "account",
        variants=("?for=parent&q=sub", "?for=move&account=Agent&q=sub", "?for=parent"),
    ),
    "accounts:detail": LOOK,
    "accounts:edit": CHANGE,
    "accounts:move": changing("parent", queries=("parent",), names="account"),
    "accounts:move-sub-accounts": changing("parent", queries=("parent",), names="account"),
    "accounts:lock": CHANGE,
    "accounts:unlock": CHANGE,
    "accounts:close": CHANGE,
    "accounts:view-as": Address(Audience.ADMINISTRATORS, names="account", changes=True),
    "view-as-end": POSTED,
    "reviews": looking("agent", variants=("", "?show=due", "?show=all&risk=high")),
    "reviews-export": looking("agent", variants=("?show=all&format=csv",)),
    "accounts:authorization-matrix": looking(names="account", variants=("?sort=account_id",)),
    "accounts:authorization-matrix-export": looking(
        names="account", variants=("?format=csv", "?format=xlsx")
    ),
    "check-access": looking(
        "who", "target", variants=("", "?who=Sub-001&deed=manage_phone&target=Agent")
    ),
    "accounts:delete": CHANGE,
    # Authorizations
    "accounts:authorizations": Address(
        Audience.PORTAL, names="account", queries=("copy",), posts_change=True
    ),
    "accounts:authorization-review": CHANGE,
    "accounts:authorization-history": looking("cursor", names="account"),
    "accounts:authorization-restore": BATCH,
    "accounts:availability": Address(Audience.ADMINISTRATORS, names="account"),
    "accounts:authorization-policy": Address(Audience.ADMINISTRATORS, names="account"),
    "templates": KEEPERS,
    "template-new": KEEPERS,
    "template-edit": TEMPLATE,
    "template-delete": TEMPLATE,
    # Number sections
    "accounts:number-sections": Address(
        Audience.PORTAL,
        names="account",
        posts_change=True,
        variants=("", "?start=preset:regional-agent", "?start=country:880"),
    ),
    "number-sections": Address(Audience.ADMINISTRATORS, variants=("", "?start=set:satellite")),
    "number-test": looking(
        "account", variants=("", "?account=Sub-001&number=8801711000000", "?account=Sub-001")
    ),
    # Sub-agent approval
    "approvals": looking("cursor", variants=("", "?show=decided")),
    "approval": REQUEST,
    # Payments
    "billing:payments": looking("account", "reference", "cursor", variants=HISTORIES),
    "billing:payments-export": looking("account", "reference", variants=FILES),
    "billing:account-payments": looking(
        "account", "reference", "cursor", names="account", variants=HISTORIES
    ),
    "billing:account-payments-export": looking(
        "account", "reference", names="account", variants=FILES
    ),
    "billing:statement": looking(names="account", variants=STATEMENTS),
    "billing:statement-export": looking(names="account", variants=("?format=csv", "?format=xlsx")),
    "billing:payment-new": CHANGE,
    "billing:payment-policy": Address(Audience.ADMINISTRATORS, names="account"),
    "billing:payment": PAYMENT,
    "billing:payment-reverse": Address(Audience.ADMINISTRATORS, names="payment"),
    "billing:settlements": Address(Audience.ADMINISTRATORS),
    "checks": Address(Audience.ADMINISTRATORS),
    "billing:settlement": Address(Audience.ADMINISTRATORS, names="account"),
    "billing:distribute": Address(Audience.PORTAL, changes=True, queries=("list",)),
    "billing:distribute-selection": Address(
        Audience.PORTAL, changes=True, is_post_only=True, fields=("account", "agent_list")
    ),
    "billing:distribution-check": DRAFT,
    "billing:distribution-errors": DRAFT,
    "billing:distribution-list": DRAFT,
    "billing:distribution": DISTRIBUTION,
    # Phone cards
    "billing:cards": looking("q", "cursor", variants=("", "?state=active&q=card")),
    "billing:account-cards": looking(
        "q", "cursor", names="account", variants=("", "?show=all", "?show=all&state=generated&q=a")
    ),
    "billing:card-pins-taken": looking("cursor"),
    "billing:card-batch-new": CHANGE,
    "billing:card-batch": Address(
        Audience.PORTAL,
        names="card batch",
        variants=("", "?status=new&q=SER", "?status=expired"),
    ),
    "billing:card-batch-*": CARD_BATCH,
    "billing:cards-mark": CARD_BATCH,
    "billing:card": Address(Audience.PORTAL, names="card"),
    "billing:card-reveal": CARD,
    "billing:card-block": CARD,
    "billing:card-unblock": CARD,
    "billing:card-extend": CARD,
    "billing:card-redeem": changing("account", queries=("account",)),
    "billing:card-look-up": KEEPERS,
    "billing:distribution-export": Address(
        Audience.PORTAL, names="distribution", variants=("?format=csv", "?format=xlsx")
    ),
    # Phones
    "phones": looking("q", "account", "cursor", variants=PHONES),
    "phones-export": looking("q", "account", variants=FILES),
    "phone-new": Address(Audience.PORTAL, changes=True, fields=("account",)),
    "phones-bulk": Address(
        Audience.PORTAL, changes=True, is_post_only=True, fields=("account", "account_list")
    ),
    "phones-import": Address(
        Audience.PORTAL, changes=True, queries=("account",), fields=("account",)
    ),
    "phones-import-errors": Address(
        Audience.PORTAL, changes=True, is_post_only=True, fields=("account",)
    ),
    "phones-import-checked": replace(JOB, changes=True),
    "phones-import-passwords": replace(JOB, changes=True),
    "phone": PHONE,
    "phone-menu": PHONE,
    "phone-edit": CHANGE_PHONE,
    "phone-lock": CHANGE_PHONE,
    "phone-reset": CHANGE_PHONE,
    "phone-delete": CHANGE_PHONE,
    "accounts:phones": looking("q", "account", "cursor", names="account", variants=PHONES),
    "accounts:phones-export": looking("q", "account", names="account", variants=FILES),
    "accounts:phone-new": CHANGE,
    # Gateways
    "gateways": looking("q", "account", "cursor", variants=GATEWAYS),
    "gateways-export": looking("q", "account", variants=FILES),
    "accounts:gateways": looking("q", "account", "cursor", names="account", variants=GATEWAYS),
    "accounts:gateways-export": looking("q", "account", names="account", variants=FILES),
    "accounts:gateway-ceiling": CHANGE,
    "gateway-new": changing("account", queries=("account",)),
    "gateway": GATEWAY,
    "gateway-history": GATEWAY,
    "gateway-information": CHANGE_GATEWAY,
    "gateway-capacity": CHANGE_GATEWAY,
    "gateway-delete": CHANGE_GATEWAY,
    # Background work
    "jobs": PORTAL,
    "job": JOB,
    "job-state": JOB,
    "job-cancel": JOB_DEED,
    "job-retry": JOB_DEED,
    "job-output": JOB,
    "job-file": Address(
        Audience.PORTAL,
        names="job",
        is_own_only=True,
        variants=("?format=csv", "?format=xlsx"),
    ),
    # Mails
    "mails": Address(
        Audience.ADMINISTRATORS, variants=("", "?state=failing", "?state=sent&page=2")
    ),
    "mail-again": Address(Audience.ADMINISTRATORS, is_post_only=True),
    # Logins of an account
    "accounts:logins": LOOK,
    "accounts:login-new": CHANGE,
    "accounts:login-*": CHANGE_LOGIN,
    # The audit log
    "audit": looking(*AUDIT_FILTERS, variants=AUDIT),
    "audit-export": looking(*AUDIT_FILTERS, variants=AUDIT_FILES),
    "audit-entry": Address(Audience.PORTAL, names="entry"),
    "accounts:audit": looking(*AUDIT_FILTERS, names="account", variants=AUDIT),
    "accounts:audit-export": looking(*AUDIT_FILTERS, names="account", variants=AUDIT_FILES),
    # Signing in
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "security-invitation": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "mfa_login_webauthn": PUBLIC,
    "admin-sign-in": PUBLIC,
    "admin-sign-out": PUBLIC,
    "admin-password-change": SIGNED_IN,
    # One's own security
    "security": SIGNED_IN,
    "security-preferences": SIGNED_IN,
    "security-appearance": PUBLIC,
    "security-sessions": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": FACTOR,
    "mfa_remove_webauthn": FACTOR,
    # The Django admin. Its own door is replaced by ours.
    "admin:login": PUBLIC,
    "admin:logout": PUBLIC,
    "admin:password_change": SIGNED_IN,
    "admin:password_change_done": STAFF,
    "admin:index": STAFF,
    "admin:app_list": STAFF,
    "admin:autocomplete": STAFF,
    "admin:jsi18n": STAFF,
    "admin:view_on_site": STAFF,
    "admin-shortcut": STAFF,
    "admin:": STAFF,  # old addresses of objects, and everything else below /admin/
    "admin:usersessions_usersession_*": STAFF,
    "admin:accounts_account_*": STAFF,
    "admin:accounts_user_*": STAFF,
    "admin:accounts_auditentry_*": STAFF,
    "admin:accounts_job_*": STAFF,
    "admin:accounts_mail_*": STAFF,
    "admin:accounts_worker_*": STAFF,
    "admin:accounts_checkresult_*": STAFF,
    "admin:accounts_phone_*": STAFF,
    "admin:accounts_gateway_*": STAFF,
    "admin:accounts_numberrule_*": STAFF,
    "admin:accounts_authorizationtemplate_*": STAFF,
    "admin:accounts_subagentrequest_*": STAFF,
    "admin:accounts_accountgrant_*": STAFF,
    "admin:accounts_gatewayceiling_*": STAFF,
    "admin:billing_*": STAFF,
}


# How addresses of the time when they held numbers are called; they lead on to those with keys.
FORMER = "-by-number"


def is_former(route: Route) -> bool:
    return route.name.endswith(FORMER)


def classified(route: Route) -> Address | None:
    """The line of the registry for this route: by its whole name, else by the first pattern. The
    former address of a page is looked at only, whatever else the page takes.
    """
    if is_former(route):
        page = classified(replace(route, name=route.name.removesuffix(FORMER)))
        return page and replace(page, queries=(), fields=(), variants=())
    if route.name in REGISTRY:
        return REGISTRY[route.name]
    for pattern, address in REGISTRY.items():
        if "*" in pattern and fnmatchcase(route.name, pattern):
            return address
    return None
