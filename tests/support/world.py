"""A small world with one person of every kind, for tests that walk every address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

import time_machine
from allauth.mfa.models import Authenticator
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from accounts.core.models import (
    Account,
    AuthorizationTemplate,
    User,
)
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    grant,
    reseller_tree,
)
from tests.factories.fixtures import signed_in
from tests.support.addresses import Route
from tests.support.passkeys import passkey_data
from tests.support.undoing import undone
from tests.support.world_calls import Calls, calls_of_all
from tests.support.world_money import paid_to
from tests.support.world_objects import (
    asked_by,
    asked_for,
    cards_of,
    connected_to,
    distributed_by,
    handed_in_by,
    kept_by,
    phone_of,
    started_by,
    took_from,
    written_of,
)
from tests.support.world_rates import Prices, prices_of

# Whom the scope of a role reaches, written down by hand.
REACHES = {
    "customer": {"customer"},
    "own agent": {"agent", "customer", "customer_2", "sub_agent", "deep_customer"},
    "sibling agent": {"sibling", "sibling_customer"},
    "parent agent": {
        "top", "agent", "customer", "customer_2", "sub_agent", "deep_customer", "sibling",
        "sibling_customer",
    },
}  # fmt: skip
OWN_ACCOUNT = {
    "customer": "customer",
    "own agent": "agent",
    "sibling agent": "sibling",
    "parent agent": "top",
}
ROLES = ("anonymous", *REACHES, "administrator", "operator")
ACCOUNTS = sorted(set().union(*REACHES.values(), {"other_top", "other_customer"}))

# Shaped like real ones, and nobody's.
UNKNOWN_ACCOUNT, UNKNOWN_LOGIN, UNKNOWN_FACTOR = "Customer-999", "user-of-nobody", 987654
UNKNOWN_NUMBER = "99999999999"
UNKNOWN_GATEWAY = "gw-of-nobody"
UNKNOWN_SERIAL = "SER999999"
UNKNOWN_KEY = UUID("00000000-0000-4000-8000-000000000000")


@dataclass
class Answer:
    """What came back, with what may differ between two equal answers taken out."""

    status: int
    body: str
    location: str
    headers: dict[str, str]

    def without(self, *values: str) -> "Answer":
        """The same with what was asked for replaced: pages repeat it in search boxes and links."""
        body, location = self.body, self.location
        spelled = {how(value) for value in values if value for how in (str, quote, quote_plus)}
        for value in sorted(spelled, key=len, reverse=True):
            body = re.sub(re.escape(value), "ASKED", body, flags=re.IGNORECASE)
            location = re.sub(re.escape(value), "ASKED", location, flags=re.IGNORECASE)
        return Answer(self.status, body, location, self.headers)


@dataclass
class World:
    """The reseller tree, a login on each of its accounts, and a browser for each role."""

    tree: ResellerTree = field(default_factory=lambda: reseller_tree(one_by_one=True))
    browsers: dict[str, Client] = field(default_factory=dict)
    logins: dict[str, User] = field(default_factory=dict)
    factors: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    # For an authorization.
    asked: dict[str, int] = field(default_factory=dict)
    payments: dict[str, int] = field(default_factory=dict)
    batches: dict[str, int] = field(default_factory=dict)
    templates: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, UUID] = field(default_factory=dict)
    # The number of a phone of each account.
    phones: dict[str, str] = field(default_factory=dict)
    # Lists that were handed in, by the account of who did ("administrator": by staff), and paid.
    drafts: dict[str, UUID] = field(default_factory=dict)
    distributions: dict[str, UUID] = field(default_factory=dict)
    # A gateway of each account, by its name.
    gateways: dict[str, str] = field(default_factory=dict)
    card_batches: dict[str, int] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Prices] = field(default_factory=dict)
    calls: Calls = field(init=False)
    # Nobody's but administrators': a carrier by its account id, and a gateway to it.
    carrier: str = "Carrier-of-the-World"
    routing: str = "rt-of-the-world"
    now: datetime = field(default_factory=timezone.now)
    # Whether the "own agent" and the "parent agent" hold all eight authorizations.
    is_authorized: bool = False
    # The parameters that a page's own forms and links carry.
    names: dict[str, set[str]] = field(default_factory=dict)
    # Answers about what does not exist, by who asked for what.
    unknown: dict[tuple[Any, ...], Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ACCOUNTS:
            self.logins[name] = UserFactory(
                account=self.account(name), username=f"user-of-{name.replace('_', '-')}"
            )
        people = {role: self.logins[name] for role, name in OWN_ACCOUNT.items()}
        people["administrator"] = StaffFactory(username="staff-administrator", administrator=True)
        people["operator"] = StaffFactory(username="staff-operator", operator=True)
        self.browsers["anonymous"] = Client()
        for role, login in people.items():
            self.browsers[role] = _just_signed_in(login)
            self.factors[role] = Authenticator.objects.create(
                user=login, type=Authenticator.Type.WEBAUTHN, data=passkey_data(f"key of {role}")
            ).pk
        for name, login in self.logins.items():
            self.requests[name] = asked_by(login, self.account(name))
            self.asked[name] = asked_for(login, self.account(name))
            self.payments[name] = paid_to(self.account(name))
            self.batches[name] = took_from(self.account(name))
            self.templates[name] = kept_by(self.account(name))
            self.entries[name] = written_of(self.account(name))
            self.jobs[name] = started_by(login)
            self.phones[name] = phone_of(self.account(name))
            self.drafts[name] = handed_in_by(login)
            self.distributions[name] = distributed_by(login)
            self.gateways[name] = connected_to(self.account(name))
            batch = cards_of(self.account(name))
            self.card_batches[name], self.cards[name] = batch.pk, batch.serial_at(0)
            self.prices[name] = prices_of(self.account(name))
        carrier = AccountFactory(account_id=self.carrier, type=Account.Type.CLEARING)
        GatewayFactory(account=carrier, name=self.routing, direction="routing")
        self.calls = calls_of_all({name: self.account(name) for name in ACCOUNTS})
        self.drafts["administrator"] = handed_in_by(people["administrator"])
        if self.is_authorized:
            grant(self.tree.agent)
        self.tree.refresh()

    def account(self, name: str) -> Account:
        return getattr(self.tree, name)

    def account_id(self, name: str) -> str:
        return self.account(name).account_id if name != "unknown" else UNKNOWN_ACCOUNT

    def reached(self, role: str) -> set[str]:
        """The names of the accounts this role reaches."""
        if role == "administrator":
            return set(ACCOUNTS)
        return REACHES.get(role, set())

    def secrets(self, role: str, *asked: str) -> list[str]:
        """Texts that must not occur in anything this role gets, except what it asked for."""
        foreign = set(ACCOUNTS) - self.reached(role)
        texts = [self.account(name).name for name in foreign]
        texts += [self.account_id(name) for name in foreign]
        texts += [self.logins[name].username for name in foreign]
        texts += [self.phones[name] for name in foreign]
        texts += [self.gateways[name] for name in foreign]
        texts += [self.carrier, self.routing]
        return [text for text in texts if text not in asked]

    def ask(
        self, role: str, method: str, path: str, data: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send a request as this role and undo everything it did; of one that is refused, see that
        there is nothing to undo.
        """
        browser = Client(raise_request_exception=False)
        browser.cookies.load({key: one.value for key, one in self.browsers[role].cookies.items()})
        # Pages say when they were made; two equal ones are made at the same moment.
        with undone() as answered, time_machine.travel(self.now, tick=False):
            response = getattr(browser, method.lower())(path, data or {})
            answer = _answer(response)
            answered(answer.status)
        return answer

    def values(self, route: Route, account: str, role: str = "", login: str = "") -> dict[str, Any]:
        """What stands in the places of the route's parameters for this object."""
        # Addresses with numbers name what those with keys name.
        name = route.name.removesuffix("-by-number")
        username = UNKNOWN_LOGIN if (login or account) == "unknown" else ""
        known = {
            "account_id": self.carrier
            if name == "billing:carrier" and account != "unknown"
            else self.account_id(account),
            "username": username or self.logins[login or account].username,
            "pk": UNKNOWN_FACTOR
            if account == "unknown"
            else self.requests[account]
            if name == "approval"
            else self.asked[account]
            if name == "authorization-request"
            else self.payments[account]
            if name in ("billing:payment", "billing:payment-reverse")
            else self.batches[account]
            if name == "accounts:authorization-restore"
            else self.card_batches[account]
            if name.startswith(("billing:card-batch", "billing:cards-mark"))
            else self.prices.get(account, Prices()).deck
            if name.startswith("billing:rate-import")
            else self.prices.get(account, Prices()).group
            if name.startswith("billing:rate")
            else self.calls.key(name, account)
            if name.startswith(
                ("billing:call", "billing:rerating", "billing:running-call", "switch")
            )
            else self._template(account, role)
            if name in ("template-edit", "template-delete")
            else self.entries[account]
            if name == "audit-entry"
            else self.factors.get(role, 0),
            "output": "1",
            "job_id": UNKNOWN_KEY if account == "unknown" else self.jobs[account],
            "distribution_id": self._distribution(route, account, role),
            "number": UNKNOWN_NUMBER if account == "unknown" else self.phones[account],
            "name": self._named(route, account),
            "serial": UNKNOWN_SERIAL if account == "unknown" else self.cards[account],
            "of_list": "phones",
            "token": "no-such-token",
            "uidb36": "1",
            "key": "no-such-key",
            "object_id": UNKNOWN_FACTOR,
            "content_type_id": 1,
            "app_label": "auth",
            "url": "nowhere",
            **self.prices.get(account, Prices()).values(),
        }
        return {name: known[name] for name in route.parameters}

    def _named(self, route: Route, account: str) -> str:
        """The account's gateway, or the list of a job."""
        if not route.name.startswith("gateway"):
            return "result"
        if account == "unknown":
            return UNKNOWN_GATEWAY
        return self.routing if route.name == "gateway-routing" else self.gateways[account]

    def _distribution(self, route: Route, account: str, role: str) -> UUID:
        """A paid list of the account's login; or one that is not paid, which nobody else sees, so
        that administrators get their own.
        """
        if account == "unknown":
            return UNKNOWN_KEY
        if route.name in ("billing:distribution", "billing:distribution-export"):
            return self.distributions[account]
        return self.drafts["administrator" if role == "administrator" else account]

    def _template(self, account: str, role: str) -> int:
        """The account's own template; for administrators, who never see those, the platform's."""
        if role != "administrator":
            return self.templates[account]
        return AuthorizationTemplate.objects.filter(owner=None).order_by("pk")[0].pk


def _just_signed_in(login: User) -> Client:
    """Signed in a moment ago, so that one's own security asks for no password again."""
    client = signed_in(login)
    # Whoever is at work has been noted as seen; `ask` undoes, so it would be noted again each time.
    client.get("/security/")
    return client


def _answer(response: HttpResponseBase) -> Answer:
    if getattr(response, "streaming", False):
        raw = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    else:
        raw = response.content  # type: ignore[attr-defined]
    body = raw.decode("utf-8", errors="replace")
    request = getattr(response, "wsgi_request", None)
    request_id = getattr(request, "request_id", "") or ""
    if request_id:
        body = body.replace(str(request_id), "REQUEST")
    body = re.sub(r"\b[A-Za-z0-9]{64}\b", "TOKEN", body)
    return Answer(
        response.status_code,
        body,
        response.headers.get("Location", ""),
        dict(response.headers),
    )
