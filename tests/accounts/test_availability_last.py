"""Deeds that are meant to fail name what others have, past the bound, for ever and at no cost."""
from typing import Any

import pytest
from django.test import Client

from accounts.access import actor_for
from accounts.errors import Refused
from accounts.models import Account, AvailabilityDay, Phone, User
from accounts.services.availability import MOST_NAMED
from accounts.services.logins import login_create
from accounts.services.phones_many import phones_preview
from tests.factories import GatewayFactory, ResellerTree, UserFactory, grant, phone
from tests.factories.fixtures import signed_in
from tests.support.pages import sent_by_form, text_of
from tests.support.probing import taken_numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(reseller_tree: ResellerTree) -> User:
    grant(reseller_tree.agent)
    return UserFactory(account=reseller_tree.agent, username="dhaka", email="dhaka@x.example")


@pytest.fixture
def agent(login: User, reseller_tree: ResellerTree) -> Client:
    """Past the bound: twenty were named, three previews were counted."""
    actor = actor_for(login)
    numbers = taken_numbers(reseller_tree, 23, begin=5550001)
    phones_preview(actor=actor, account=reseller_tree.customer, numbers="\n".join(numbers[:20]))
    return signed_in(login)


def of_two(taken: Any, free: Any) -> None:
    """The same answer, whoever has it, as far as what was typed is left out."""
    assert taken == free


def refused(call: Any, **values: Any) -> str:
    try:
        call(**values)
    except Refused as error:
        return str(error.message)
    return "done"


def test_logins(agent: Client, login: User, reseller_tree: ResellerTree) -> None:
    UserFactory(account=reseller_tree.other_customer, username="theirs")
    actor = actor_for(login)
    said = [
        refused(login_create, actor=actor, account=reseller_tree.customer, username=name,
                email="dhaka@x.example")
        for name in ("theirs", "nobodys")
    ]
    of_two(*said)


def test_emails_by_the_page(agent: Client, reseller_tree: ResellerTree) -> None:
    UserFactory(account=reseller_tree.other_customer, username="theirs", email="theirs@x.example")
    said = []
    before = Account.objects.count()
    for email in ("theirs@x.example", "nobody@x.example"):
        sent = sent_by_form(agent.get("/accounts/new/"), "account_id")
        # Authorization 1 is a high risk, and there is no reason.
        sent |= {"account_id": "New-1", "name": "X", "login_username": "new-1", "type": "general",
                 "ctd_billing_model": "standard", "login_email": email,
                 "grant_manage_account": "on", "reason": ""}
        answer = agent.post("/accounts/new/", sent)
        assert answer.status_code == 422
        said.append(text_of(answer).replace(email, "ASKED"))
    assert Account.objects.count() == before
    of_two(*said)


def test_serials_by_a_key_used_before(agent: Client, login: User, reseller_tree: ResellerTree) -> None:
    from decimal import Decimal
    from accounts.access import SYSTEM
    from billing.services.card_batches import BatchDraft
    from billing.services.card_generation import batch_generate, batch_request
    def draft(serial: str) -> BatchDraft:
        return BatchDraft(name="x", count=10, face_value=Decimal(1), first_serial=serial)
    batch_generate(actor=SYSTEM, account=reseller_tree.other_top, draft=draft("TH0001"))
    asked = {"actor": actor_for(login), "account": reseller_tree.agent, "key": "k" * 32}
    batch_request(**asked, draft=draft("OWN0001"))
    said = [refused(batch_request, **asked, draft=draft(one)) for one in ("TH0001", "ZZ0001")]
    of_two(*said)


@pytest.mark.parametrize("ids", [("Customer-201", "Customer-2019")])
def test_account_ids_by_the_page(agent: Client, ids: Any, reseller_tree: ResellerTree) -> None:
    assert Account.objects.filter(account_id=ids[0]).exists()
    before = Account.objects.count()
    said = []
    for account_id in ids:
        sent = sent_by_form(agent.get("/accounts/new/"), "account_id")
        sent |= {"account_id": account_id, "name": "X", "login_username": "dhaka", "type": "general",
                 "ctd_billing_model": "standard"}
        answer = agent.post("/accounts/new/", sent)
        assert answer.status_code == 422
        said.append(text_of(answer).replace(account_id, "ASKED"))
    assert Account.objects.count() == before
    of_two(*said)


def test_numbers_by_the_page(agent: Client, reseller_tree: ResellerTree) -> None:
    phone(reseller_tree.customer, "7770001")
    path = "/accounts/Customer-001/phones/new/"
    said = []
    before = Phone.objects.count()
    for number in ("5550022", "5559922"):
        sent = sent_by_form(agent.get(path), "numbers")
        sent |= {"numbers": number, "dids": "7770001"}
        answer = agent.post(path, sent)
        assert answer.status_code == 422
        said.append(text_of(answer).replace(number, "ASKED"))
    assert Phone.objects.count() == before
    of_two(*said)


def test_networks_by_the_page(agent: Client, reseller_tree: ResellerTree) -> None:
    GatewayFactory(account=reseller_tree.other_top, name="theirs", addresses=["198.51.7.9"])
    GatewayFactory(account=reseller_tree.agent, name="own", registration="dynamic",
                   user_name="u-0", password="secretsecret1")
    GatewayFactory(account=reseller_tree.agent, name="own-2", registration="dynamic",
                   user_name="u-1", password="secretsecret1")
    said = []
    for network in ("198.51.7.0/24", "198.51.8.0/24"):
        sent = sent_by_form(agent.get("/gateways/own/information/"), "version")
        sent |= {"protocol": "sip", "registration": "dynamic", "user_name": "u-1",
                 "addresses": network, "password": "", "confirmed": "1", "reason": "x"}
        sent.pop("is_locked", None)
        answer = agent.post("/gateways/own/information/", sent)
        said.append(text_of(answer).replace(network, "ASKED"))
    print(said)
    of_two(*said)


def test_gateway_names(agent: Client, login: User, reseller_tree: ResellerTree) -> None:
    from accounts.services.gateways import gateway_create
    GatewayFactory(account=reseller_tree.other_top, name="theirs", addresses=["198.51.7.9"])
    said = [
        refused(gateway_create, actor=actor_for(login), account=reseller_tree.customer, name=name,
                information={"is_locked": False})
        for name in ("theirs", "nobodys")
    ]
    print(said)
    of_two(*said)
