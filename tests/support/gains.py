"""What is gained at which address, written by hand: the posts that take a fresh proof, and the
addresses that gain nothing of the kind. An address that is not in here fails the tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.numbers.verdict import Purpose
from accounts.phones.models import Phone
from accounts.phones.services.phones import phone_edit
from billing.cards.models import Card
from billing.cards.services.redeeming import card_redeem
from tests.factories import AccountFactory, StaffFactory
from tests.factories.fixtures import signed_in
from tests.support.answering import answered
from tests.support.carding import pin_of, release_all
from tests.support.numbers import limit
from tests.support.settling import former_transfer
from tests.support.world import World
from tests.support.world_calls import rerating_of_a_call

ADMINISTRATOR, AGENT, SUPERUSER = "administrator", "own agent", "superuser"


class Scene(World):
    """The world, with a superuser and an account that nothing has happened to."""

    def __post_init__(self) -> None:
        self.is_authorized = True
        super().__post_init__()
        superuser = StaffFactory(username="staff-superuser", superuser=True, operator=True)
        self.browsers[SUPERUSER] = signed_in(superuser)
        self.rerating = rerating_of_a_call().pk
        self.untouched = AccountFactory(account_id="Untouched-1", parent=self.tree.agent)
        # What the sibling has paid out of its own balance is not settled yet.
        former_transfer(self.tree.sibling, self.tree.sibling_customer, "5")
        self.operator: User = User.objects.get(username="staff-operator")
        self.people = {
            ADMINISTRATOR: User.objects.get(username="staff-administrator"),
            AGENT: self.logins["agent"],
            SUPERUSER: superuser,
        }


@dataclass(frozen=True)
class Case:
    """A post that gains something. `at` and `changes`, what a person changes on the page, are made
    for the scene; `checked`: what is changed on the check page that the deed is confirmed on;
    `page`: already opening the page asks.
    """

    name: str
    who: str
    at: Callable[[Scene], str]
    changes: Callable[[Scene], Mapping[str, Any]]
    page: bool = True
    what: str = ""
    checked: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.what}".strip()

    def sent(self, w: Scene) -> dict[str, Any]:
        """What the browser of this person sends for the deed, whole; it signed in a moment ago."""
        browser, at = signed_in(w.people[self.who]), self.at(w)
        sent = answered(browser.get(at), self.changes(w))
        if self.checked is None:
            return sent
        return answered(browser.post(at, sent), {"confirmed": "1", **self.checked})


UNLIMITED = {"payment_mode": "postpaid", "credit_limit": "", "is_unlimited": "on"}
NEW_ACCOUNT = {"account_id": "New-001", "name": "New", "reason": "x"}
NEW_GATEWAY = {
    "name": "gw-new", "protocol": "sip", "port": "5060", "registration": "static",
    "addresses": "203.0.113.251", "capacity": "1", "confirmed": "1",
}  # fmt: skip
OWN_TOP_UP = {"amount": "5", "method": "cash", "reference": "Slip 1"}
NUMBER, DID = "8801999000001", "8801999000077"


def of(w: Scene, name: str, page: str) -> str:
    return f"/accounts/{w.account_id(name)}/{page}/"


def login_page(w: Scene, deed: str) -> str:
    return of(w, "customer", f"logins/{w.logins['customer'].username}/{deed}")


def card(w: Scene) -> str:
    return f"/cards/{w.cards['customer']}/reveal/"


def with_an_account(w: Scene) -> str:
    """Of a card that was used."""
    one = Card.objects.get(serial=w.cards["customer"])
    if one.account_id is None:
        release_all(one.batch)
        card_redeem(actor=SYSTEM, pin=pin_of(one), target=None, idempotency_key="opens")
    return f"/cards/{one.serial}/callers/"


def with_a_did(w: Scene) -> str:
    """Of a phone that has one, which was allocated."""
    limit(w.tree.top, f"allow {DID}", purpose=Purpose.ALLOCATION)
    one = Phone.objects.get(number=w.phones["customer"])
    phone_edit(actor=SYSTEM, phone=one, dids=[DID])
    return f"/phones/{one.number}/dids/"


def cards(w: Scene, deed: str) -> str:
    return reverse(f"billing:card-batch-{deed}", args=[w.card_batches["customer"]])


def in_admin(model: str, key: Any, deed: str) -> str:
    return f"/admin/accounts/{model}/{key}/{deed}/"


REASON: Callable[[Scene], Mapping[str, Any]] = lambda w: {"reason": "x"}  # noqa: E731

CASES = [
    # A way into somebody's login
    Case(
        "accounts:login-new", ADMINISTRATOR, lambda w: of(w, "agent", "logins/new"),
        lambda w: {"username": "new-one", "way_in": "code"},
    ),
    Case(
        "accounts:login-reset", AGENT, lambda w: login_page(w, "reset"),
        lambda w: {"way_in": "code", "remove_second_factor": "on"},
    ),
    Case(
        "accounts:login-edit", AGENT, lambda w: login_page(w, "edit"),
        lambda w: {"email": "other@x.example"}, page=False,
    ),
    Case(
        "accounts:new", AGENT, lambda w: "/accounts/new/",
        lambda w: {**NEW_ACCOUNT, "login_username": "first-one"}, page=False,
        what="with a login",
    ),
    # Unlimited credit
    Case(
        "accounts:new", ADMINISTRATOR, lambda w: "/accounts/new/",
        lambda w: {**NEW_ACCOUNT, "parent": w.tree.agent.account_id, **UNLIMITED}, page=False,
        what="unlimited",
    ),
    Case(
        "accounts:edit", ADMINISTRATOR, lambda w: of(w, "customer", "edit"),
        lambda w: {**UNLIMITED, "reason": "x"}, page=False,
    ),
    # What calls are made with
    Case("phone-reset", AGENT, lambda w: f"/phones/{w.phones['customer']}/reset/", lambda w: {}),
    Case("phone-dids", AGENT, with_a_did, lambda w: {f"use_{DID}": "access"}),
    Case(
        "accounts:phone-new", AGENT, lambda w: of(w, "customer", "phones/new"),
        lambda w: {"numbers": NUMBER},
    ),
    Case(
        "accounts:customer-new", AGENT, lambda w: "/accounts/new/customer/",
        lambda w: {"name": "Corner Shop", "account_id": "Corner-Shop", "number": NUMBER},
        page=False,
    ),
    Case(
        "phone-new", AGENT, lambda w: "/phones/new/",
        lambda w: {"account": w.account_id("customer"), "numbers": NUMBER},
    ),
    Case(
        "gateway-new", AGENT, lambda w: "/gateways/new/",
        lambda w: {**NEW_GATEWAY, "account": w.account_id("customer")},
    ),
    Case(
        "gateway-information", AGENT,
        lambda w: f"/gateways/{w.gateways['customer']}/information/",
        lambda w: {"port": "5070"}, page=False, checked={"reason": "x"},
    ),
    Case(
        "gateway-routing", ADMINISTRATOR, lambda w: f"/gateways/{w.routing}/routing/",
        lambda w: {"host": "sip.other.example", "reason": "x"}, page=False,
    ),
    Case(
        "switch-new", ADMINISTRATOR, lambda w: "/switches/new/",
        lambda w: {"name": "sw-new", "addresses": "203.0.113.252"},
    ),
    Case(
        "switch", ADMINISTRATOR, lambda w: reverse("switch", args=[w.calls.switch]),
        lambda w: {"addresses": "203.0.113.253"}, page=False,
    ),
    Case(
        "switch-key", ADMINISTRATOR, lambda w: reverse("switch-key", args=[w.calls.switch]),
        lambda w: {},
    ),
    # PINs
    Case("billing:card-reveal", AGENT, card, REASON),
    Case("billing:card-callers", AGENT, with_an_account, lambda w: {"numbers": NUMBER}),
    Case(
        "billing:card-batch-export", AGENT, lambda w: cards(w, "export"),
        lambda w: {"reason": "x", "format": "csv"},
    ),
    Case(
        "billing:card-batch-print", AGENT, lambda w: cards(w, "print"),
        lambda w: {"reason": "x", "first": w.cards["customer"], "count": "1"},
    ),
    # Money for the own account, corrections between two wallets; payments taken back
    Case(
        "billing:payment-new", AGENT, lambda w: of(w, "agent", "payments/new"),
        lambda w: OWN_TOP_UP, what="own", checked={},
    ),
    Case(
        "billing:payment-new", ADMINISTRATOR, lambda w: of(w, "customer", "payments/new"),
        lambda w: {"kind": "transfer", "amount": "5", "source": w.account_id("customer_2"),
                   "memo": "Paid to the wrong one"},
        page=False, what="transfer", checked={},
    ),
    Case(
        "billing:settlements", ADMINISTRATOR, lambda w: reverse("billing:settlements"),
        lambda w: {"account": w.account_id("sibling")}, page=False, checked={"reason": "x"},
    ),
    Case(
        "billing:payment-reverse", ADMINISTRATOR,
        lambda w: reverse("billing:payment-reverse", args=[w.payments["customer"]]),
        REASON,
    ),
    # Policies
    Case(
        "accounts:authorization-policy", ADMINISTRATOR,
        lambda w: of(w, "agent", "authorizations/policy"),
        lambda w: {"sub_agents": "forbidden", "reason": "x"},
    ),
    Case(
        "billing:payment-policy", ADMINISTRATOR, lambda w: of(w, "agent", "payments/policy"),
        lambda w: {"funding": "record", "per_day": "5", "reason": "x"}, checked={},
    ),
    Case(
        "billing:carrier-policy", ADMINISTRATOR, lambda w: of(w, "agent", "carriers"),
        lambda w: {"guard": "on", "reason": "x"}, checked={},
    ),
    # Ends
    Case(
        "accounts:close", AGENT, lambda w: "/accounts/Untouched-1/close/",
        lambda w: {"reason": "x", "typed": "Untouched-1"},
    ),
    Case("accounts:delete", AGENT, lambda w: "/accounts/Untouched-1/delete/", REASON),
    Case("phone-delete", AGENT, lambda w: f"/phones/{w.phones['customer']}/delete/", REASON),
    Case(
        "billing:call-record-write-off", ADMINISTRATOR,
        lambda w: reverse("billing:call-record-write-off", args=[w.calls.waiting["customer"]]),
        REASON,
    ),
    Case(
        "switch-remove", ADMINISTRATOR, lambda w: reverse("switch-remove", args=[w.calls.switch]),
        lambda w: {},
    ),
    # Calls charged anew
    Case(
        "billing:rerating", ADMINISTRATOR, lambda w: reverse("billing:rerating", args=[w.rerating]),
        lambda w: {}, page=False,
    ),
    Case("gateway-delete", AGENT, lambda w: f"/gateways/{w.gateways['customer']}/delete/", REASON),
    # The Django admin
    Case(
        "admin:accounts_user_add", SUPERUSER, lambda w: "/admin/accounts/user/add/",
        lambda w: {"username": "new-one", "account": w.tree.agent.pk},
    ),
    Case(
        "admin:accounts_user_reset", SUPERUSER,
        lambda w: in_admin("user", w.logins["customer"].pk, "reset"), REASON,
    ),
    Case(
        "admin:accounts_user_change", SUPERUSER,
        lambda w: in_admin("user", w.logins["customer"].pk, "change"),
        lambda w: {"email": "other@x.example"}, page=False,
        what="address",
    ),
    Case(
        "admin:accounts_user_change", SUPERUSER,
        lambda w: in_admin("user", w.operator.pk, "change"),
        lambda w: {"administrator": "on"}, page=False, what="staff",
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
    "accounts:authorizations": "tests/accounts/authorizations/test_authorizations_review.py",
    "reviews": "tests/accounts/authorizations/test_reviews_revoking.py",
    "billing:distribution-check": "tests/billing/distributions/test_distribution_pages_paying.py",
    "admin:accounts_account_change": "test_the_admin_asks_where_accounts_below_lose_something",
    "admin:accounts_user_unlock": "tests/accounts/logins/test_operators_logins.py",
    "phones-import": "test_an_import_asks_before_it_shows_passwords",
    "phones-import-checked": "tests/accounts/phones/test_phone_import_jobs.py",
    "phones-import-passwords": "tests/accounts/phones/test_phone_import_jobs.py",
}

# What is posted to and gains nothing of the kind, each with its reason.
NOTHING = {
    # Looking, choosing, asking
    "tree-customers", "accounts:columns", "billing:call-columns", "number-test",
    "views", "view-save",
    "billing:card-look-up", "billing:price",
    "phones-import-errors", "accounts:view-as", "view-as-end",
    # Deeds that only take, or that the deed itself undoes
    "accounts:lock", "accounts:unlock", "accounts:bulk", "accounts:login-lock",
    "accounts:login-unlock", "accounts:login-sign-out", "phone-lock", "phones-bulk",
    "billing:card-block", "billing:card-unblock", "billing:card-extend",
    "billing:card-batch-block", "billing:card-batch-unblock", "billing:card-batch-extend",
    "job-cancel", "job-retry", "mail-again",
    # Accounts below, within what the gate and the grants allow
    "accounts:move", "accounts:move-sub-accounts", "accounts:authorization-restore",
    "approval", "authorization-request", "authorization-request-new", "template-new",
    "template-edit", "template-delete", "accounts:number-sections",
    "number-sections", "phone-edit", "gateway-capacity", "accounts:gateway-ceiling",
    # What stands on the documents of accounts below
    "accounts:letterhead",
    # Who is told what an account has, by who sees it anyway
    "billing:statement-mail",
    # What administrators permit others for a day
    "accounts:availability",
    # Money below, within limits
    "billing:distribute", "billing:distribute-selection", "billing:distribute-table",
    "billing:card-redeem",
    "billing:rate-group-give",
    "billing:card-batch-new", "billing:card-batch-delete", "billing:card-batch-edit",
    "billing:card-batch-release", "billing:card-batch-withdraw", "billing:cards-mark",
    # One's own prices, which accounts below buy at
    "billing:rate-group-new", "billing:rate-group-edit", "billing:rate-group-copy",
    "billing:rate-group-delete", "billing:rate-group-tiers", "billing:rate-corrections",
    "billing:rate-correction-remove", "billing:rate-new", "billing:rates-many",
    "billing:rate-change", "billing:rate-end", "billing:rate-lock",
    "billing:rate-group-import", "billing:rate-import", "billing:rate-import-undo",
    # Records of calls, which are charged by the rules
    "billing:call-import",
    # Calls that wait, charged as they would have been at once
    "billing:call-queue-again", "billing:call-record-again", "billing:call-record-assign",
    "billing:call-record-correct",
    # A call that ends
    "billing:running-call-cut",
    # What re-rating would change, looked at
    "billing:rerating-new", "billing:rerating-again",
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
    "admin:accounts_mail_", "admin:accounts_worker_",
    "admin:accounts_switch_", "admin:accounts_doorrefusal_",
    "admin:accounts_phone_", "admin:accounts_auditentry_", "admin:accounts_numberrule_",
    "admin:accounts_authorizationtemplate_", "admin:accounts_subagentrequest_",
    "admin:accounts_authorizationrequest_",
    "admin:accounts_accountgrant_", "admin:usersessions_usersession_",
    "admin:billing_", "admin:accounts_checkresult_",
)  # fmt: skip
