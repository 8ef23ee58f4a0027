"""Who may come to which address, and what it names. An address that is not in here fails the tests.

When you add a page, add a line: say who comes, what kind of object the address names, which of the
eight authorizations it asks for, and which query parameters and posted fields name accounts or look
for them. The authorization is its code in docs/domain.md 3, typed by hand from the rules there and
never taken from the view. `tests/accounts/core/test_isolation*.py` and `test_address_authority.py`
do the rest.
"""

from dataclasses import replace
from fnmatch import fnmatchcase

from tests.support.addresses import Route
from tests.support.urls_kinds import (
    ADMINISTRATORS,
    CARRIER,
    CARRIERS_GATEWAY,
    FACTOR,
    GATEWAY,
    JOB,
    JOB_DEED,
    LOOK,
    OF_ADMINISTRATORS,
    PAYMENT,
    PHONE,
    PORTAL,
    POSTED,
    PUBLIC,
    SIGNED_IN,
    STAFF,
    SWITCH,
    Address,
    asking,
    looking,
)
from tests.support.urls_of_calls import CALLS
from tests.support.urls_of_queue import QUEUE
from tests.support.urls_of_rates import RATES
from tests.support.urls_of_reports import REPORTS
from tests.support.urls_of_rights import RIGHTS

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
    "csp-report": replace(PUBLIC, is_post_only=True),
    # The navigation tree and the global search
    "search": looking("q", "after", "bar", variants=("?q=sub", "?q=sub&bar=1")),
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
    "views": PORTAL,
    "view-save": POSTED,
    "accounts:bulk": asking(
        "manage_account", names="", is_post_only=True, fields=("account", "agent", "agent_list")
    ),
    "accounts:sub-accounts": looking(*FILTERS, names="account", variants=LISTS),
    "accounts:sub-accounts-export": looking(*FILTERS, names="account", variants=FILES),
    "accounts:menu": LOOK,
    "accounts:panel": LOOK,
    "accounts:letterhead": asking("manage_account"),
    "accounts:logo": LOOK,
    # The pages of an account
    "accounts:new": asking(
        "manage_account", names="", fields=("parent", "login_username"), queries=("agent",)
    ),
    "accounts:customer-new": asking("manage_account", names=""),
    "accounts:picker": looking(
        "q",
        "account",
        variants=(
            "?for=parent&q=sub",
            "?for=move&account=Agent&q=sub",
            "?for=parent",
            "?for=who&q=sub",
        ),
    ),
    "accounts:detail": LOOK,
    "accounts:edit": asking("manage_account"),
    "accounts:move": asking("manage_account", fields=("parent",), queries=("parent",)),
    "accounts:move-sub-accounts": asking("manage_account", fields=("parent",), queries=("parent",)),
    "accounts:lock": asking("manage_account"),
    "accounts:unlock": asking("manage_account"),
    "accounts:close": asking("manage_account"),
    "accounts:view-as": OF_ADMINISTRATORS,
    "view-as-end": POSTED,
    "accounts:delete": asking("manage_account"),
    # Authorizations
    "accounts:authorizations": asking("manage_account", queries=("copy",), posts_ask=True),
    "accounts:authorization-review": asking("manage_account"),
    "accounts:authorization-history": looking("cursor", names="account"),
    "accounts:authorization-restore": asking("manage_account", names="batch"),
    "accounts:availability": OF_ADMINISTRATORS,
    "accounts:authorization-policy": OF_ADMINISTRATORS,
    "template-new": asking("manage_account", names=""),
    "template-edit": asking("manage_account", names="template", is_own_only=True),
    "template-delete": asking("manage_account", names="template", is_own_only=True),
    # Number sections
    "accounts:number-sections": asking(
        "manage_account",
        posts_ask=True,
        variants=("", "?start=preset:regional-agent", "?start=country:880"),
    ),
    "number-sections": replace(ADMINISTRATORS, variants=("", "?start=set:satellite")),
    "number-test": looking(
        "account", variants=("", "?account=Sub-001&number=8801711000000", "?account=Sub-001")
    ),
    **RIGHTS,
    # What a number costs
    "billing:price": looking(
        "account",
        variants=("", "?account=Sub-001&number=8801711000000&seconds=5:37", "?list=1"),
    ),
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
    "billing:statement-mail": asking("manage_account", posts_ask=True, is_free_at_home=True),
    "billing:statement-export": looking(names="account", variants=("?format=csv", "?format=xlsx")),
    "billing:payment-start": asking("pay_sub_account", names="", queries=("account",)),
    "billing:payment-new": asking("pay_sub_account", own_asks="pay_own_account"),
    "billing:payment-effect": asking("pay_sub_account", own_asks="pay_own_account"),
    "billing:payment-policy": OF_ADMINISTRATORS,
    "billing:carriers": replace(ADMINISTRATORS, variants=("", "?q=a", "?page=2")),
    "billing:carriers-export": replace(
        ADMINISTRATORS, variants=("?format=csv", "?format=xlsx&q=a")
    ),
    "billing:carrier": CARRIER,
    "billing:carrier-policy": OF_ADMINISTRATORS,
    "billing:rate-group-give": asking(
        "manage_account", names="", is_post_only=True, fields=("account", "agent_list")
    ),
    "billing:payment": PAYMENT,
    "billing:payment-reverse": replace(ADMINISTRATORS, names="payment"),
    "billing:settlements": ADMINISTRATORS,
    "checks": ADMINISTRATORS,
    "billing:settlement": OF_ADMINISTRATORS,
    "billing:distribute": asking("pay_sub_account", names="", queries=("list",)),
    "billing:distribute-selection": asking(
        "pay_sub_account", names="", is_post_only=True, fields=("account", "agent_list")
    ),
    "billing:distribute-table": asking("pay_sub_account", names="", queries=("list",)),
    "billing:distribution-check": asking("pay_sub_account", names="draft", is_own_only=True),
    "billing:distribution-errors": asking("pay_sub_account", names="draft", is_own_only=True),
    "billing:distribution-list": asking("pay_sub_account", names="draft", is_own_only=True),
    "billing:distribution": looking(names="distribution"),
    **RATES,
    **CALLS,
    **QUEUE,
    **REPORTS,
    # Switches
    "switches": replace(
        ADMINISTRATORS, queries=("q", "cursor"), variants=("", "?state=silent&q=sw", "?state=never")
    ),
    "switches-export": replace(ADMINISTRATORS, queries=("q",), variants=FILES),
    "switch-new": ADMINISTRATORS,
    "switch": SWITCH,
    "switch-key": SWITCH,
    "switch-remove": SWITCH,
    # Phone cards
    "billing:cards": looking("q", "cursor", variants=("", "?state=active&q=card")),
    "billing:account-cards": looking(
        "q", "cursor", names="account", variants=("", "?show=all", "?show=all&state=generated&q=a")
    ),
    "billing:cards-export": looking("q", variants=FILES),
    "billing:account-cards-export": looking("q", names="account", variants=FILES),
    "billing:card-pins-taken": looking("cursor"),
    "billing:card-batch-new": asking("manage_phone_card"),
    "billing:card-batch": looking(
        names="card batch", variants=("", "?status=new&q=SER", "?status=expired")
    ),
    "billing:card-batch-edit": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-delete": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-release": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-withdraw": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-block": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-unblock": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-extend": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-export": asking("manage_phone_card", names="card batch"),
    "billing:card-batch-print": asking("manage_phone_card", names="card batch"),
    "billing:cards-mark": asking("manage_phone_card", names="card batch"),
    "billing:card": looking(names="card"),
    "billing:card-reveal": asking("manage_phone_card", names="card"),
    "billing:card-block": asking("manage_phone_card", names="card"),
    "billing:card-unblock": asking("manage_phone_card", names="card"),
    "billing:card-extend": asking("manage_phone_card", names="card"),
    "billing:card-callers": asking("manage_phone_card", names="card"),
    "billing:card-redeem": asking(
        "manage_phone_card", names="", fields=("account",), queries=("account",)
    ),
    "billing:card-look-up": asking("manage_phone_card", names=""),
    "billing:distribution-export": looking(
        names="distribution", variants=("?format=csv", "?format=xlsx")
    ),
    # Phones
    "phones": looking("q", "account", "cursor", variants=PHONES),
    "phones-export": looking("q", "account", variants=FILES),
    "phone-new": asking("manage_phone", names="", fields=("account",)),
    "phones-bulk": asking(
        "manage_phone", names="", is_post_only=True, fields=("account", "account_list")
    ),
    "phones-import": asking("manage_phone", names="", queries=("account",), fields=("account",)),
    "phones-import-errors": asking(
        "manage_phone", names="", is_post_only=True, fields=("account",)
    ),
    "phones-import-checked": asking("manage_phone", names="job", is_own_only=True),
    "phones-import-passwords": asking("manage_phone", names="job", is_own_only=True),
    "phone": PHONE,
    "phone-menu": PHONE,
    "phone-edit": asking("manage_phone", names="phone"),
    "phone-lock": asking("manage_phone", names="phone"),
    "phone-dids": asking("manage_phone", names="phone"),
    "phone-reset": asking("manage_phone", names="phone"),
    "phone-password": asking("manage_phone", names="phone"),
    "phone-delete": asking("manage_phone", names="phone"),
    "accounts:phones": looking("q", "account", "cursor", names="account", variants=PHONES),
    "accounts:phones-export": looking("q", "account", names="account", variants=FILES),
    "accounts:phone-new": asking("manage_phone"),
    # Gateways
    "gateways": looking("q", "account", "cursor", variants=GATEWAYS),
    "gateways-export": looking("q", "account", variants=FILES),
    "accounts:gateways": looking("q", "account", "cursor", names="account", variants=GATEWAYS),
    "accounts:gateways-export": looking("q", "account", names="account", variants=FILES),
    "accounts:gateway-ceiling": asking("modify_gateway_capacity"),
    "gateway-new": asking("manage_gateway", names="", fields=("account",), queries=("account",)),
    "gateway": GATEWAY,
    "gateway-routing": CARRIERS_GATEWAY,
    "gateway-history": GATEWAY,
    "gateway-information": asking("modify_gateway_information", names="gateway"),
    "gateway-capacity": asking("modify_gateway_capacity", names="gateway"),
    "gateway-delete": asking("manage_gateway", names="gateway"),
    # Background work
    "jobs": PORTAL,
    "job": JOB,
    "job-state": JOB,
    "job-cancel": JOB_DEED,
    "job-retry": JOB_DEED,
    "job-output": JOB,
    "job-file": replace(JOB, variants=("?format=csv", "?format=xlsx")),
    # Mails
    "mails": replace(
        ADMINISTRATORS, queries=("q",), variants=("", "?state=failing", "?state=sent&page=2&q=a")
    ),
    "mails-export": replace(ADMINISTRATORS, queries=("q",), variants=FILES),
    "mail-again": replace(ADMINISTRATORS, is_post_only=True),
    # Logins of an account
    "accounts:logins": replace(LOOK, variants=("", "?factor=none", "?state=locked&used=ever")),
    "accounts:logins-export": replace(LOOK, variants=FILES),
    "accounts:login-new": asking("manage_account"),
    "accounts:login-edit": asking("manage_account", names="login"),
    "accounts:login-lock": asking("manage_account", names="login"),
    "accounts:login-unlock": asking("manage_account", names="login"),
    "accounts:login-reset": asking("manage_account", names="login"),
    "accounts:login-sign-out": asking("manage_account", names="login"),
    # The audit log
    "audit": looking(*AUDIT_FILTERS, variants=AUDIT),
    "audit-export": looking(*AUDIT_FILTERS, variants=AUDIT_FILES),
    "audit-entry": looking(names="entry"),
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
    "security-appearance": replace(PUBLIC, is_post_only=True),
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
    "admin:accounts_authorizationrequest_*": STAFF,
    "admin:accounts_accountgrant_*": STAFF,
    "admin:accounts_gatewayceiling_*": STAFF,
    "admin:accounts_switch_*": STAFF,
    "admin:accounts_doorrefusal_*": STAFF,
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
