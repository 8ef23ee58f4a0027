"""A name is found, and is taken, in whatever spelling it is typed: every place that searches."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.authorizations.services.templates import template_create
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.availability import NotAvailable
from accounts.core.models import AuthorizationTemplate, User
from accounts.kit.errors import Refused
from accounts.tree.services.accounts import account_create, account_edit, account_lock
from tests.factories import (
    AccountFactory,
    GatewayFactory,
    ResellerTree,
    StaffFactory,
    UserFactory,
    phone,
)
from tests.factories.fixtures import signed_in
from tests.support.carding import cards
from tests.support.pages import text_of
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

NAME = "Ärzte Größe – ТЕЛЕКОМ O’Brien"
# As another device, another keyboard and another hand write it.
TYPED = [
    NAME,
    NAME.lower(),
    NAME.upper(),
    unicodedata.normalize("NFD", NAME).upper(),
    NAME.replace("–", "-").replace("’", "'"),
    NAME.replace(" ", "\u00a0 "),
    NAME.replace("z", "z\u200b"),
]
# Nothing of it is a part of NAME.
ANOTHER = "Аптека Süß"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    return reseller_tree


@pytest.fixture
def browser() -> Client:
    return signed_in(StaffFactory(administrator=True, operator=True, superuser=True))


def _account(tree: ResellerTree) -> str:
    account_edit(actor=SYSTEM, account=tree.customer, name=NAME)
    return tree.customer.account_id


def _agent(tree: ResellerTree) -> str:
    account_edit(actor=SYSTEM, account=tree.agent, name=NAME)
    return tree.agent.account_id


def _account_memo(tree: ResellerTree) -> str:
    return AccountFactory(account_id="With-Memo", detail={"memo": f"1\n{NAME}"}).account_id


def _phone_memo(tree: ResellerTree) -> str:
    return phone(tree.customer, "8801700000001", memo=NAME).number


def _batch(tree: ResellerTree) -> str:
    return cards(tree.agent, name=NAME, first="ZZZ0001").serial_prefix


def _reason(tree: ResellerTree) -> str:
    account_lock(actor=SYSTEM, account=tree.customer, reason=NAME)
    return tree.customer.account_id


def _reference(tree: ResellerTree) -> str:
    pay(tree.customer, "7.25", reference=NAME)
    return "7.25"


def _login(tree: ResellerTree) -> str:
    return UserFactory(account=tree.customer, username="spelled", full_name=NAME).username


def _template(tree: ResellerTree) -> str:
    codes = frozenset({Authorization.MANAGE_PHONE})
    template_create(actor=SYSTEM, name=NAME, codes=codes, note="to be found")
    return "to be found"


PLACES: dict[str, tuple[Callable[[ResellerTree], str], str, str]] = {
    "list of accounts": (_account, "/accounts/?show=all", "q"),
    "list of accounts, by memo": (_account_memo, "/accounts/?show=all", "q"),
    "global search": (_account, "/search/", "q"),
    "search of the tree": (_agent, "/tree/search/", "q"),
    "picker of accounts": (_account, "/accounts/picker/?for=read", "q"),
    "list of phones": (_phone_memo, "/phones/", "memo"),
    "list of card batches": (_batch, "/cards/", "q"),
    "audit log": (_reason, "/audit/", "q"),
    "history of payments": (_reference, "/payments/", "reference"),
    "accounts in the admin": (_account, "/admin/accounts/account/", "q"),
    "logins in the admin": (_login, "/admin/accounts/user/", "q"),
    "templates in the admin": (_template, "/admin/accounts/authorizationtemplate/", "q"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_found_however_it_is_typed(
    tree: ResellerTree, browser: Client, place: str
) -> None:
    prepare, url, name = PLACES[place]
    found = prepare(tree)
    for typed in TYPED:
        assert found in shown(browser, url, name, typed), typed
    assert found not in shown(browser, url, name, ANOTHER)


def shown(browser: Client, url: str, name: str, text: str) -> str:
    """What the page says for this search."""
    path, _, query = url.partition("?")
    parameters = dict(one.split("=") for one in query.split("&") if one)
    answer = browser.get(path, {**parameters, name: text})
    assert answer.status_code == 200, answer.headers
    return text_of(answer)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/accounts/?show=all", "q"),
        ("/accounts/?show=all", "agent"),
        ("/phones/", "account"),
        ("/gateways/", "account"),
        ("/payments/", "account"),
        ("/audit/", "account"),
        ("/accounts/picker/?for=read", "q"),
        ("/admin/accounts/account/", "agent"),
    ],
)
@pytest.mark.parametrize(
    "typed", ["spell–01", "ＳＰＥＬＬ－０１", " Spell-01\u00a0", "\ufeffSPELL\u201101"]
)
def test_an_account_id_is_one_however_it_is_typed(
    browser: Client, url: str, name: str, typed: str
) -> None:
    account = AccountFactory(account_id="Spell-01")
    below = AccountFactory(account_id="Below-It", parent=account)
    phone(account, "8801700000001")
    GatewayFactory(account=account, name="gw-spelled")
    pay(account, "7.25")
    account_lock(actor=SYSTEM, account=below, reason="seen in the log")
    other = AccountFactory(account_id="Other-One")
    wanted = {
        "/accounts/?show=all": "Below-It" if name == "agent" else "Spell-01",
        "/phones/": "8801700000001",
        "/gateways/": "gw-spelled",
        "/payments/": "7.25",
        "/audit/": "Below-It",
        "/accounts/picker/?for=read": "Spell-01",
        "/admin/accounts/account/": "Below-It",
    }
    page = shown(browser, url, name, typed)
    assert wanted[url] in page
    assert other.account_id not in page


class TestTheSecondSpelling:
    """Of what is unique."""

    @pytest.mark.parametrize("typed", TYPED)
    def test_of_a_template_is_refused(self, db: Any, typed: str) -> None:
        codes = frozenset({Authorization.MANAGE_PHONE})
        template_create(actor=SYSTEM, name=NAME, codes=codes)
        with pytest.raises(Refused) as caught:
            template_create(actor=SYSTEM, name=typed, codes=codes)
        assert (caught.value.code, caught.value.field) == ("name_taken", "name")
        assert AuthorizationTemplate.objects.filter(name__iexact=NAME).count() == 1

    @pytest.mark.parametrize("typed", ["spell–01", "ＳＰＥＬＬ－０１", "Spell-01\u200b"])
    def test_of_an_account_id_a_gateway_and_a_login_is_not_available(
        self, tree: ResellerTree, typed: str
    ) -> None:
        account = AccountFactory(account_id="Spell-01")
        GatewayFactory(account=account, name="Spell-01")
        UserFactory(account=account, username="Spell-01")
        with pytest.raises(NotAvailable):
            account_create(actor=SYSTEM, account_id=typed, name="x")
        with pytest.raises(NotAvailable):
            GatewayFactory(account=account, name=typed)
        with pytest.raises(NotAvailable):
            UserFactory(account=account, username=typed)

    @pytest.mark.parametrize("typed", ["ann@MÜNCHEN.example", "ann@mu\u0308nchen.example"])
    def test_of_an_address_is_not_available(self, tree: ResellerTree, typed: str) -> None:
        UserFactory(account=tree.agent, username="ann", email="Ann@München.example")
        with pytest.raises(NotAvailable):
            UserFactory(account=tree.customer, username="bob", email=typed)

    @pytest.mark.parametrize("typed", ["ТЕЛЕКОМ", "телеком", "Теле\u200bком"])
    def test_of_what_a_gateway_registers_as_is_not_available(
        self, tree: ResellerTree, typed: str
    ) -> None:
        registers = {"registration": "dynamic", "password": "secret-of-a-gateway-1"}
        GatewayFactory(account=tree.agent, user_name="Телеком", **registers)
        with pytest.raises(NotAvailable):
            GatewayFactory(account=tree.agent, user_name=typed, **registers)


class TestStored:
    """What is stored is one spelling, whoever brings it."""

    LOOSE = "  Socie\u0301te\u0301\u00a0 Ge\u0301ne\u0301rale\u200b "
    KEPT = "Société Générale"

    def test_of_accounts(self, tree: ResellerTree) -> None:
        account = AccountFactory(
            account_id=" Spell\u201101\u200b",
            name=self.LOOSE,
            detail={"company": self.LOOSE, "memo": f"{self.LOOSE}\r\n\tcafe\u0301"},
        )
        assert (account.account_id, account.name) == ("Spell-01", self.KEPT)
        assert account.detail.company == self.KEPT
        assert account.detail.memo == "Société  Générale\n\tcafé"

    def test_of_logins(self, tree: ResellerTree) -> None:
        login = UserFactory(
            account=tree.agent,
            username="ａｎｎ",
            full_name=self.LOOSE,
            email="Ann@Mu\u0308nchen.example",
        )
        assert (login.username, login.full_name) == ("ann", self.KEPT)
        assert login.email == "ann@münchen.example"
        assert User.objects.called("ＡＮＮ").get() == login
        assert User.objects.with_address("ANN@mu\u0308nchen.example").get() == login

    def test_of_phones_gateways_cards_payments_and_templates(self, tree: ResellerTree) -> None:
        kept = [
            phone(tree.customer, "8801700000001", memo=self.LOOSE).memo,
            GatewayFactory(account=tree.agent, note=self.LOOSE).note,
            cards(tree.agent, name=self.LOOSE).name,
            pay(tree.customer, "5", reference=self.LOOSE).reference,
            pay(tree.customer, "5", memo=self.LOOSE).memo,
            template_create(
                actor=SYSTEM,
                name=self.LOOSE,
                codes=frozenset({Authorization.MANAGE_PHONE}),
            ).name,
        ]
        assert kept == [self.KEPT] * len(kept)


def test_a_login_is_found_at_sign_in_however_its_name_is_typed(
    client: Client, tree: ResellerTree
) -> None:
    UserFactory(account=tree.agent, username="ann-1")
    answer = client.post("/login/", {"login": " ＡＮＮ‑１ ", "password": "tests-only-2026"})
    assert answer.status_code == 302, text_of(answer)
