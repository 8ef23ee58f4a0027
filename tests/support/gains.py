"""What is gained at which address, written by hand: the posts that take a fresh proof, and the
addresses that gain nothing of the kind. An address that is not in here fails the tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import Account, User
from tests.factories import AccountFactory, StaffFactory
from tests.factories.fixtures import signed_in
from tests.support.pages import sent_by_form
from tests.support.world import World

ADMINISTRATOR, AGENT, SUPERUSER = "administrator", "own agent", "superuser"


class Scene(World):
    """The world, with a superuser and an account that nothing has happened to."""

    def __post_init__(self) -> None:
        self.is_authorized = True
        super().__post_init__()
        superuser = StaffFactory(username="staff-superuser", superuser=True, operator=True)
        self.browsers[SUPERUSER] = signed_in(superuser)
        self.untouched = AccountFactory(account_id="Untouched-1", parent=self.tree.agent)
        self.operator: User = User.objects.get(username="staff-operator")
        self.people = {
            ADMINISTRATOR: User.objects.get(username="staff-administrator"),
            AGENT: self.logins["agent"],
            SUPERUSER: superuser,
        }


@dataclass(frozen=True)
class Case:
    """A post that gains something. `at` and `data` are made for the scene; `page`: already opening
    the page asks.
    """

    name: str
    who: str
    at: Callable[[Scene], str]
    data: Callable[[Scene], Mapping[str, Any]]
    page: bool = True
    what: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.what}".strip()


def terms(version: int) -> dict[str, Any]:
    return {
        "payment_mode": "postpaid", "credit_limit": "", "is_unlimited": "on",
        "low_balance_threshold": "", "alert_emails": "", "terms_version": version,
    }  # fmt: skip


def account_values(**more: Any) -> dict[str, Any]:
    """The form of an account, as far as it has to be sent."""
    return {
        "name": "New", "type": "general", "ctd_billing_model": "standard", "time_zone": "",
        "valid_until": "", "company": "", "contact_person": "", "email": "", "phone": "",
        "address": "", "memo": "", "reason": "x", **more,
    }  # fmt: skip


def new_account(w: Scene, **more: Any) -> dict[str, Any]:
    login = {"login_username": "", "login_full_name": "", "login_email": ""}
    parent = w.tree.agent.account_id
    return account_values(account_id="New-001", parent=parent, **{**login, **more})


def edited(w: Scene) -> dict[str, Any]:
    one = Account.objects.get(pk=w.tree.customer.pk)
    zone = one.time_zone
    return account_values(version=one.version, time_zone=zone, **terms(one.wallet.version))


def phone_values(**more: Any) -> dict[str, Any]:
    return {
        "numbers": "8801999000001", "display_number": "", "dids": "", "max_calls": "1",
        "lock": "none", "memo": "", **more,
    }  # fmt: skip


def gateway_values(**more: Any) -> dict[str, Any]:
    return {
        "protocol": "sip", "port": "5060", "registration": "static", "user_name": "",
        "password": "", "addresses": "203.0.113.251", "prefixes": "", "memo": "",
        "caller_rewrite": "", "callee_rewrite": "", "confirmed": "1", **more,
    }  # fmt: skip


def gateway_changed(w: Scene) -> dict[str, Any]:
    """What the check page of a changed port sends."""
    at = f"/gateways/{w.gateways['customer']}/information/"
    browser = w.browsers[AGENT]
    page = sent_by_form(browser.get(at), "version")
    sent = gateway_values(version=page["version"], port="5070")
    del sent["confirmed"]
    check = sent_by_form(browser.post(at, sent), "reason")
    return {**check, "confirmed": "1", "reason": "x"}


def own_top_up(w: Scene) -> dict[str, Any]:
    return {
        "kind": "recharge", "amount": "5", "method": "cash", "reference": "Slip 1", "memo": "",
        "idempotency_key": "k" * 32, "confirmed": "1",
    }  # fmt: skip


def of(w: Scene, name: str, page: str) -> str:
    return f"/accounts/{w.account_id(name)}/{page}/"


def login_page(w: Scene, deed: str) -> str:
    return of(w, "customer", f"logins/{w.logins['customer'].username}/{deed}")


def card(w: Scene) -> str:
    return f"/cards/{w.cards['customer']}/reveal/"


def cards(w: Scene, deed: str) -> str:
    return reverse(f"billing:card-batch-{deed}", args=[w.card_batches["customer"]])


def in_admin(model: str, key: Any, deed: str) -> str:
    return f"/admin/accounts/{model}/{key}/{deed}/"


def staff_values(w: Scene, **more: Any) -> dict[str, Any]:
    return {"full_name": "", "email": "", "time_zone": "", "operator": "on", **more}


REASON: Callable[[Scene], Mapping[str, Any]] = lambda w: {"reason": "x"}  # noqa: E731

CASES = [
    # A way into somebody's login
    Case(
        "accounts:login-new", ADMINISTRATOR, lambda w: of(w, "agent", "logins/new"),
        lambda w: {"username": "new-one", "full_name": "", "email": "", "time_zone": "",
                   "way_in": "code"},
    ),
    Case(
        "accounts:login-reset", AGENT, lambda w: login_page(w, "reset"),
        lambda w: {"way_in": "code", "remove_second_factor": "on", "reason": ""},
    ),
    Case(
        "accounts:login-edit", AGENT, lambda w: login_page(w, "edit"),
        lambda w: {"full_name": "", "email": "other@x.example", "time_zone": ""}, page=False,
    ),
    Case(
        "accounts:new", AGENT, lambda w: "/accounts/new/",
        lambda w: new_account(w, login_username="first-one"), page=False, what="with a login",
    ),
    # Unlimited credit
    Case(
        "accounts:new", ADMINISTRATOR, lambda w: "/accounts/new/",
        lambda w: new_account(w, **terms(1)), page=False, what="unlimited",
    ),
    Case("accounts:edit", ADMINISTRATOR, lambda w: of(w, "customer", "edit"), edited, page=False),
    # What calls are made with
    Case("phone-reset", AGENT, lambda w: f"/phones/{w.phones['customer']}/reset/", lambda w: {}),
    Case(
        "accounts:phone-new", AGENT, lambda w: of(w, "customer", "phones/new"),
        lambda w: phone_values(),
    ),
    Case(
        "phone-new", AGENT, lambda w: "/phones/new/",
        lambda w: phone_values(account=w.account_id("customer")),
    ),
    Case(
        "gateway-new", AGENT, lambda w: "/gateways/new/",
        lambda w: gateway_values(
            name="gw-new", account=w.account_id("customer"), capacity="1", windows=""
        ),
    ),
    Case(
        "gateway-information", AGENT,
        lambda w: f"/gateways/{w.gateways['customer']}/information/", gateway_changed, page=False,
    ),
    # PINs
    Case("billing:card-reveal", AGENT, card, REASON),
    Case(
        "billing:card-batch-export", AGENT, lambda w: cards(w, "export"),
        lambda w: {"reason": "x", "format": "csv"},
    ),
    Case(
        "billing:card-batch-print", AGENT, lambda w: cards(w, "print"),
        lambda w: {"reason": "x", "first": w.cards["customer"], "count": "1"},
    ),
    # Money for the own account; payments taken back
    Case(
        "billing:payment-new", AGENT, lambda w: of(w, "agent", "payments/new"), own_top_up,
        what="own",
    ),
    Case(
        "billing:payment-reverse", ADMINISTRATOR,
        lambda w: reverse("billing:payment-reverse", args=[w.payments["customer"]]),
        lambda w: {"reason": "x", "idempotency_key": "r" * 32},
    ),
    # Policies
    Case(
        "accounts:authorization-policy", ADMINISTRATOR,
        lambda w: of(w, "agent", "authorizations/policy"),
        lambda w: {"sub_agents": "forbidden", "reason": "x"},
    ),
    Case(
        "billing:payment-policy", ADMINISTRATOR, lambda w: of(w, "agent", "payments/policy"),
        lambda w: {"funding": "record", "per_payment": "", "per_day": "5", "reason": "x",
                   "confirmed": "1"},
    ),
    # Ends
    Case(
        "accounts:close", AGENT, lambda w: "/accounts/Untouched-1/close/",
        lambda w: {"reason": "x", "typed": "Untouched-1"},
    ),
    Case("accounts:delete", AGENT, lambda w: "/accounts/Untouched-1/delete/", REASON),
    Case("phone-delete", AGENT, lambda w: f"/phones/{w.phones['customer']}/delete/", REASON),
    Case("gateway-delete", AGENT, lambda w: f"/gateways/{w.gateways['customer']}/delete/", REASON),
    # The Django admin
    Case(
        "admin:accounts_user_add", SUPERUSER, lambda w: "/admin/accounts/user/add/",
        lambda w: {"username": "new-one", "account": w.tree.agent.pk, "full_name": "", "email": "",
                   "time_zone": ""},
    ),
    Case(
        "admin:accounts_user_reset", SUPERUSER,
        lambda w: in_admin("user", w.logins["customer"].pk, "reset"), REASON,
    ),
    Case(
        "admin:accounts_user_change", SUPERUSER,
        lambda w: in_admin("user", w.logins["customer"].pk, "change"),
        lambda w: {"full_name": "", "email": "other@x.example", "time_zone": ""}, page=False,
        what="address",
    ),
    Case(
        "admin:accounts_user_change", SUPERUSER,
        lambda w: in_admin("user", w.operator.pk, "change"),
        lambda w: staff_values(w, administrator="on"), page=False, what="staff",
    ),
    Case(
        "admin:accounts_account_close", SUPERUSER,
        lambda w: in_admin("account", w.untouched.pk, "close"), REASON,
    ),
    Case(
        "admin:accounts_account_delete", SUPERUSER,
        lambda w: in_admin("account", w.untouched.pk, "delete"), REASON,
    ),
]  # fmt: skip

# What asks where it hits many, with a test of its own, by the name of that test.
MANY = {
    "accounts:authorizations": "tests/accounts/test_authorizations_review.py",
    "billing:distribution-check": "tests/billing/test_distribution_pages_paying.py",
    "admin:accounts_account_change": "test_the_admin_asks_where_accounts_below_lose_something",
    "admin:accounts_user_unlock": "tests/accounts/test_operators_logins.py",
    "phones-import": "test_an_import_asks_before_it_shows_passwords",
}

# What is posted to and gains nothing of the kind, each with its reason.
NOTHING = {
    # Looking, choosing, asking
    "tree-customers", "accounts:columns", "number-test", "billing:card-look-up",
    "phones-import-errors", "accounts:view-as", "view-as-end",
    # Deeds that only take, or that the deed itself undoes
    "accounts:lock", "accounts:unlock", "accounts:bulk", "accounts:login-lock",
    "accounts:login-unlock", "accounts:login-sign-out", "phone-lock", "phones-bulk",
    "billing:card-block", "billing:card-unblock", "billing:card-extend",
    "billing:card-batch-block", "billing:card-batch-unblock", "billing:card-batch-extend",
    "job-cancel", "job-retry",
    # Accounts below, within what the gate and the grants allow
    "accounts:move", "accounts:move-sub-accounts", "accounts:authorization-restore", "reviews",
    "approval", "template-new", "template-edit", "template-delete", "accounts:number-sections",
    "number-sections", "phone-edit", "gateway-capacity", "accounts:gateway-ceiling",
    # What administrators permit others for a day
    "accounts:availability",
    # Money below, within limits
    "billing:distribute", "billing:distribute-selection", "billing:card-redeem",
    "billing:card-batch-new", "billing:card-batch-delete", "billing:card-batch-edit",
    "billing:card-batch-release", "billing:card-batch-withdraw", "billing:cards-mark",
    # Signing in, and one's own security, where django-allauth asks for the same proof
    "account_login", "account_logout", "security-preferences", "security-appearance",
    "security-sessions", "security-invitation", "account_change_password", "account_set_password",
    "account_reset_password", "account_reset_password_from_key", "mfa_authenticate",
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn",
    "mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_login_webauthn", "account_reauthenticate",
    "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "admin-sign-in", "admin-shortcut",
    "admin-sign-out", "admin-password-change", "csp-report", "health-live", "health-ready",
    # The admin's own pages, its lists and what only stops somebody
    "admin:", "admin:index", "admin:login", "admin:logout", "admin:password_change",
    "admin:password_change_done", "admin:autocomplete", "admin:jsi18n", "admin:view_on_site",
    "admin:app_list", "admin:accounts_account_add", "admin:accounts_account_lock",
    "admin:accounts_account_unlock", "admin:accounts_account_changelist",
    "admin:accounts_account_history", "admin:accounts_user_lock",
    "admin:accounts_user_sign-out", "admin:accounts_user_changelist",
    "admin:accounts_user_history", "admin:accounts_user_delete",
    "admin:usersessions_usersession_end",
}  # fmt: skip
# Models that are looked at alone.
READ_ONLY = (
    "admin:accounts_gateway_", "admin:accounts_gatewayceiling_", "admin:accounts_job_",
    "admin:accounts_phone_", "admin:accounts_auditentry_", "admin:accounts_numberrule_",
    "admin:accounts_authorizationtemplate_", "admin:accounts_subagentrequest_",
    "admin:accounts_accountgrant_", "admin:usersessions_usersession_",
    "admin:billing_",
)  # fmt: skip
